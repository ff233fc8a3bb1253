"""`zth dev`: for those who write the course."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.cli.options import CourseFolder, Exit, Targets, course_words, open_whole_course, screen
from grader.course.targets import select
from grader.errors import writing

dev = typer.Typer(
    help="For those who write the course.", no_args_is_help=True, add_completion=False
)


@dev.command("check", epilog="Example: zth dev check lecture5.dprobs")
def check(
    targets: Targets = None,
    course: CourseFolder = None,
    mutation: Annotated[
        bool, typer.Option("--mutants/--no-mutants", help="Judge every mutant as well.")
    ] = True,
) -> None:
    """Prove the course, a lecture or an exercise: stubs, solutions, examples, chaffs, wheats, mutants."""
    from grader.authoring.prove import prove
    from grader.render.proof import conclusions, proof_table

    opened = open_whole_course(course)
    selections = select(opened, targets or [lecture.id for lecture in opened.lectures])
    console = screen()
    try:
        with _progress(screen(stderr=True)) as say:
            proofs = prove(opened, selections, say, mutation)
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None
    console.print(proof_table(proofs))
    console.print(conclusions(proofs), soft_wrap=True)
    broken = any(proof.breaches for proof in proofs)
    raise typer.Exit(Exit.NOT_PASSED if broken else Exit.PASSED)


@dev.command(epilog="Example: zth dev stubs lecture5")
def stubs(targets: Targets = None, course: CourseFolder = None) -> None:
    """Write exercises/ from solutions/; keep a dated copy of a file that somebody worked in."""
    from grader.authoring.stub_files import write_stubs

    opened = open_whole_course(course)
    console = screen()
    for selection in select(opened, targets or [x.id for x in opened.lectures]):
        for written in write_stubs(opened, selection.lecture):
            console.print(Text(f"written: {written.path.relative_to(opened.root)}"))
            if written.kept:
                console.print(Text(f"   kept: {written.kept.relative_to(opened.root)}"))


@dev.command(epilog="Example: zth dev new lecture1.Value.sigmoid --file engine.py")
def new(
    name: Annotated[
        str,
        typer.Argument(
            metavar="LECTURE[.CLASS].NAME",
            help="A function, or a method of a class that the file has.",
            show_default=False,
        ),
    ],
    file: Annotated[str, typer.Option(metavar="NAME.py", help="The file it is written in.")],
    folder: Annotated[
        str, typer.Option("--dir", metavar="NAME", help="The folder, for a new lecture.")
    ] = "",
    course: CourseFolder = None,
) -> None:
    """Begin an exercise: its solution, check, chaff, wheat, and entry in course.toml."""
    from grader.authoring.scaffold import MARK, new_exercise

    opened = open_whole_course(course)
    console = screen()
    for path in new_exercise(opened, name, file, folder):
        console.print(Text(f"written: {path.relative_to(opened.root)}"))
    lecture, exercise = name.split(".")[0], name.split(".")[-1]
    words = course_words(course)
    console.print(Text(f"Write what {MARK.format(id=exercise)} marks, then:"))
    console.print(Text(f"zth dev stubs {lecture}{words}", "zth.command"), soft_wrap=True)
    console.print(Text(f"zth dev check {lecture}.{exercise}{words}", "zth.command"), soft_wrap=True)


@dev.command(epilog="Example: zth dev completion")
def completion(context: typer.Context) -> None:
    """Write the table that completion in the shell reads: for those who change commands or options."""
    from grader.cli.completion import TABLE
    from grader.cli.completion_table import table_of

    table = table_of(context.find_root().command)
    with writing(path := Path(TABLE)):
        path.write_text(table, encoding="utf-8")
    screen().print(Text(f"written: {path}"), soft_wrap=True)


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A line with what is being proved and a bar; nothing if nobody watches."""
    if not console.is_terminal:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def say(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of or None)

        yield say

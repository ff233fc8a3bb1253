"""`zth nbgrader`: an nbgrader course whose notebooks are made from the solutions and judged by zth."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.cli.completion import complete_target
from grader.cli.options import (
    AsJson,
    CourseFolder,
    Exit,
    course_words,
    here,
    open_whole_course,
    screen,
)
from grader.course.manifest import bundled_course
from grader.course.targets import select
from grader.errors import UserError
from grader.render.style import visible
from grader.sandbox.isolation import Isolation, default_isolation

if TYPE_CHECKING:
    from grader.nbgrader.build import Built, BuiltLecture
    from grader.nbgrader.parallel import Autograded

nbgrader = typer.Typer(
    help="A class that works with nbgrader.", no_args_is_help=True, add_completion=False
)


@nbgrader.command(epilog="Example: zth nbgrader init my-class")
def init(
    folder: Annotated[
        Path,
        typer.Argument(metavar="COURSE_DIR", help="The folder, there or not.", show_default=False),
    ],
    isolation: Annotated[
        Isolation | None,
        typer.Option(help="How learners' code is judged: bwrap; the others trust it."),
    ] = None,
    course: CourseFolder = None,
) -> None:
    """Make a folder an nbgrader course that zth judges; of one that is there, only what is zth's.

    In nbgrader_config.py only the lines between two marks are zth's. The rest stays as it is.
    """
    from grader.nbgrader.config import (
        judging_course,
        judging_isolation,
        source_folder,
        write_config,
    )
    from grader.nbgrader.running import find_nbgrader
    from grader.nbgrader.running import nbgrader as run
    from grader.sandbox.bubblewrap import must_work

    find_nbgrader()
    place = (here() / folder).resolve()
    opened = open_whole_course(course or judging_course(place))
    named = None if opened.root == bundled_course() else opened.root
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made: {error.strerror}.", ELSEWHERE) from None
    usual = Isolation.BWRAP if sys.platform == "linux" else default_isolation()
    chosen = isolation or judging_isolation(place) or usual
    configured = write_config(place, named, chosen)
    source = source_folder(place, ".")
    source.mkdir(parents=True, exist_ok=True)
    console = screen()
    with console.status("making the gradebook"):
        run(place, "db", "student", "list", "--log-level=ERROR")
    words = "written" if configured.is_new else "zth's lines written" if configured.changed else ""
    console.print(Text(f"{folder / configured.path.name}: {words or 'as it was'}"), soft_wrap=True)
    if configured.copy:
        kept = configured.copy.folder.relative_to(place)
        console.print(Text(f"   kept: {folder / kept}", "zth.note"), soft_wrap=True)
    if chosen is Isolation.BWRAP:
        try:
            must_work()
        except UserError as error:  # it need not be this machine that grades
            console.print(Text(f"{error.message} {error.fix}", "zth.note"), soft_wrap=True)
    console.print(_next(folder, f"zth nbgrader build {opened.lectures[0].id}"), soft_wrap=True)
    marks = f"zth export {shlex.quote(str(folder))} --to nbgrader{course_words(course)}"
    console.print(
        Text.assemble("  or: ", (marks, "zth.command"), ", for the marks of zth grade"),
        soft_wrap=True,
    )


@nbgrader.command(epilog="Example: zth nbgrader build lecture5 --into my-class")
def build(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="LECTURE…",
            help="Each is an assignment.",
            autocompletion=complete_target,
            show_default=False,
        ),
    ],
    into: Annotated[
        Path | None,
        typer.Option(metavar="COURSE_DIR", help="The nbgrader course; the folder you are in."),
    ] = None,
    pack: Annotated[
        bool | None,
        typer.Option(
            "--pack/--no-pack",
            help="Put the students' pack beside the notebooks; where the course is not zth's own.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    course: CourseFolder = None,
) -> None:
    """Make the source notebooks of lectures from the solutions, for nbgrader generate_assignment.

    A notebook a file. What you change, add or take out in them stays when they are built again.
    """
    from grader.nbgrader.build import build as build_lecture
    from grader.nbgrader.config import judging_course

    place = _course_folder(into, "--into")
    opened = open_whole_course(course or judging_course(place))
    selections = select(opened, targets)
    for selection in selections:
        if not selection.is_whole:
            raise UserError(
                f"An assignment is a whole lecture, and not single exercises of "
                f"{selection.lecture.id}.",
                f"Name the lecture, and delete the cells that you do not want: "
                f"zth nbgrader build {selection.lecture.id}",
            )
    with_pack = opened.root != bundled_course() if pack is None else pack
    built = [build_lecture(opened, s.lecture, place, with_pack) for s in selections]
    if as_json:
        _write_json({"lectures": _raw(built)})
        return
    console = screen()
    for lecture in built:
        console.print(_view(lecture, place), soft_wrap=True)
    folder = into or Path()
    console.print(_next(folder, f"nbgrader generate_assignment {built[0].lecture}"), soft_wrap=True)


@nbgrader.command(epilog="Example: zth nbgrader autograde lecture5 --jobs 2")
def autograde(
    assignment: Annotated[
        str, typer.Argument(metavar="ASSIGNMENT", help="As nbgrader calls it.", show_default=False)
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--in", metavar="COURSE_DIR", help="The nbgrader course; where you are."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Judges at once; the cores by default.")
    ] = None,
    student: Annotated[
        list[str] | None, typer.Option(metavar="WHO", help="This learner's alone.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="What is graded already, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Do what nbgrader autograde does, with as many judges as there are cores.

    What is graded and has not been handed in again is not graded again; a run that was stopped goes on.
    """
    from functools import partial

    from grader.cli.progress import progress_of
    from grader.judge.pool import cores, mark_all
    from grader.nbgrader.running import find_nbgrader

    find_nbgrader()
    from grader.nbgrader.parallel import autograde as run

    place = _course_folder(folder, "--in")
    errors = screen(stderr=True)
    workers = jobs or cores()
    try:
        done = run(
            place,
            assignment,
            lambda todo, setting: mark_all(todo, setting, workers),
            partial(progress_of, errors),
            student or (),
            force,
        )
    except KeyboardInterrupt:
        errors.print(Text(STOPPED))
        raise typer.Exit(Exit.INTERRUPTED) from None
    if as_json:
        _write_json(msgspec.structs.asdict(done))
    else:
        screen().print(_summary(done, place), soft_wrap=True)
    if done.failed:
        raise typer.Exit(Exit.NOT_PASSED)


def _course_folder(named: Path | None, option: str) -> Path:
    """The nbgrader course that was named, or the one we are in. Raises UserError if it is none."""
    from grader.nbgrader.config import must_be_course

    place = (here() / named).resolve() if named else here()
    make = f"zth nbgrader init {shlex.quote(str(named or '.'))}"
    must_be_course(place, named, f"Name one with {option} DIR, or make it one: {make}")
    return place


def _summary(done: Autograded, place: Path) -> RenderableType:
    """How many are graded, who is not and why, and where the rest is written."""
    lines = [Text(f"{len(done.graded)} graded, {done.unchanged} were graded before.")]
    for who, why in done.failed.items():
        lines.append(Text(visible(f"{who} could not be graded: {why}"), "zth.fail"))
    if done.without:
        missing = f"{len(done.without)} handed in no notebook where one is looked for:"
        lines.append(Text(missing, "zth.fail"))
        lines += [Text(visible(f"  {who}: {there}")) for who, there in done.without.items()]
    if done.log:
        where = done.log.relative_to(place)
        count = "1 remark" if len(done.remarks) == 1 else f"{len(done.remarks)} remarks"
        lines.append(Text(f"{count} on what was handed in: {where}", "zth.note"))
    return Group(*lines)


def _view(built: BuiltLecture, place: Path) -> RenderableType:
    """A line a notebook, and what of it is the instructor's."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="zth.label", pad_edge=False)
    table.add_column(built.lecture, style="zth.target", no_wrap=True)
    for name in ("exercises", "points", "bonus"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for notebook in built.notebooks:
        numbers = (notebook.exercises, notebook.points, notebook.bonus or "")
        state = "new" if notebook.is_new else "written" if notebook.changed else "as it was"
        path = notebook.path.relative_to(place)
        table.add_row(str(path), *map(str, numbers), Text(state, "zth.note"))
    lines: list[RenderableType] = [table]
    for notebook in built.notebooks:
        lines += [Text(f"{notebook.path.name}: {line}") for line in _theirs(notebook)]
    if built.given:
        lines.append(Text(f"Handed out as they are: {', '.join(built.given)}."))
    if built.pack:
        lines.append(Text(PACKED, "zth.note"))
    if built.stale:
        lines.append(Text(STALE.format(names=", ".join(built.stale))))
    if built.copy:
        lines.append(Text(f"What was replaced is kept: {built.copy.folder.relative_to(place)}"))
    return Group(*lines)


def _theirs(notebook: Built) -> list[str]:
    said = []
    if notebook.own:
        said.append(f"{notebook.own} cell{'s' * (notebook.own > 1)} of your own stay.")
    if notebook.kept:
        said.append(f"changed by you, and left so: {', '.join(notebook.kept)}.")
    if notebook.left_out:
        said.append(f"taken out by you, and left out: {', '.join(notebook.left_out)}.")
    if notebook.replaced:
        said.append(
            f"changed by you and by the course, and now the course's: {', '.join(notebook.replaced)}."
        )
    return said


def _raw(built: list[BuiltLecture]) -> list[dict[str, object]]:
    from grader.nbgrader.build import total

    lectures = []
    for lecture in built:
        points, bonus = total(lecture.notebooks)
        copy = str(lecture.copy.folder) if lecture.copy else None
        raw = {**msgspec.structs.asdict(lecture), "copy": copy, "points": points, "bonus": bonus}
        lectures.append(raw)
    return lectures


def _write_json(data: dict[str, object]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode({"format": 1, **data}, enc_hook=str) + b"\n")


def _next(folder: Path, command: str) -> Text:
    go = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    return Text.assemble("Next: ", (f"{go}{command}", "zth.command"))


ELSEWHERE = "Name another folder."
PACKED = "With the students' pack beside them, in .zth: their `check` judges what is visible."
STALE = "No longer of this lecture, and left there: {names}. Take them away if nobody needs them."
STOPPED = "Stopped. What is graded is in the gradebook; the same command goes on from there."

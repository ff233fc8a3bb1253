"""`zth export`: the gradebook, for another program."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from grader.cli.gradebook import (
    GRADEBOOK,
    GradedTargets,
    StoreFile,
    must_not_replace,
    open_gradebook,
    say_ungraded,
    waiting_in,
)
from grader.cli.options import CourseFolder, Exit, here, open_whole_course, screen
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.grading.gradebook import LectureGrade
    from grader.nbgrader.exporting import Exported

NBGRADER = "nbgrader"
"""No format: results go into the gradebook of an nbgrader course that is there."""


def complete_format(typed: str) -> list[str]:
    """The formats that begin as typed."""
    from grader.export import FORMATS

    return [name for name in (*FORMATS, NBGRADER) if name.startswith(typed)]


def export(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="The file or folder to write; of nbgrader, the course's folder.",
            show_default=False,
        ),
    ],
    targets: GradedTargets = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="csv, jsonl, junit, gradescope, github-classroom, canvas, moodle or nbgrader.",
            autocompletion=complete_format,
            show_default=False,
        ),
    ] = "",
    store: StoreFile = GRADEBOOK,
    partial: Annotated[
        bool, typer.Option("--partial", help="It may be that some are not graded yet.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    course: CourseFolder = None,
) -> None:
    """Write the marks for a spreadsheet or another program, points by hand and late work included.

    nbgrader's go into the gradebook of a course; what a person decided there stays. What is not graded
    yet is left empty, never 0, and the exit code is 1, or 0 with --partial.
    """
    from grader.export import FORMATS, find_format
    from grader.export.writing import check_place
    from grader.grading.gradebook import read_grades

    if to == NBGRADER:
        _into_nbgrader(out, targets, store, course, partial)
        return
    opened = open_whole_course(course)
    if not to:
        names = ", ".join((*FORMATS, NBGRADER))
        raise UserError("The format is missing.", f"Name it with --to: {names}.")
    form = find_format(to, others=[NBGRADER])
    check_place(out, form.is_folder, force)
    must_not_replace(store, out)
    with open_gradebook(store, opened, targets) as (book, selections):
        grades = read_grades(opened, selections, book)
    remarks = form.export(grades, opened, out)
    waiting = waiting_in(grades)
    learners = len({grade.who for grade in grades if not grade.is_nobodys})
    counted = f"{learners} learner{'' if learners == 1 else 's'}"
    screen().print(Text(f"{counted} in {out}: {form.writes}."), soft_wrap=True)
    _remark(remarks)
    _end(waiting, partial)


def _end(waiting: Sequence[LectureGrade], partial: bool) -> None:
    """Where some are not graded that is said, and the exit code says it to a script."""
    if waiting:
        say_ungraded(waiting, LEFT_EMPTY)
        if not partial:
            raise typer.Exit(Exit.NOT_PASSED)


def _into_nbgrader(
    out: Path, targets: Sequence[str] | None, store: Path, course: Path | None, partial: bool
) -> None:
    from grader.grading.gradebook import read_grades
    from grader.nbgrader.config import judging_course, must_be_course
    from grader.nbgrader.running import find_nbgrader

    find_nbgrader()
    place = (here() / out).resolve()
    must_be_course(place, out, MAKE_ONE.format(out=shlex.quote(str(out))))
    opened = open_whole_course(course or judging_course(place))
    with open_gradebook(store, opened, targets) as (book, selections):
        with screen(stderr=True).status("opening the gradebook") as status:
            from grader.nbgrader.exporting import export as run

            def tell(done: int, total: int) -> None:
                status.update(f"{done} of {total} in nbgrader's gradebook")

            exported = run(opened, selections, book, place, tell)
            waiting = waiting_in(read_grades(opened, selections, book))
        lectures = [selection.lecture.id for selection in selections]
    console = screen()
    console.print(Text(f"{out}: {_counted(exported)}."), soft_wrap=True)
    for lecture in exported.made:
        console.print(Text(MADE.format(lecture=lecture)), soft_wrap=True)
    _remark(exported.remarks)
    if exported.notebooks:
        go = f"cd {shlex.quote(str(out))} && nbgrader generate_feedback {lectures[0]}"
        console.print(Text.assemble("Next: ", (go, "zth.command")), soft_wrap=True)
    _end(waiting, partial)


def _counted(exported: Exported) -> str:
    """`3 submissions in its gradebook, 1 of them changed, 2 notebooks written`."""

    def some(count: int, word: str) -> str:
        return f"{count} {word}{'' if count == 1 else 's'}"

    return (
        f"{some(exported.works, 'submission')} in its gradebook, {exported.changed or 'none'} of them "
        f"changed; {some(exported.notebooks, 'notebook')} written"
    )


def _remark(remarks: Iterable[str]) -> None:
    for remark in remarks:
        screen(stderr=True).print(Text(remark, "zth.note"), soft_wrap=True)


LEFT_EMPTY = "What is not graded is left empty."
MAKE_ONE = "Name the folder of one, or make it one: zth nbgrader init {out}"
MADE = "{lecture} was no assignment of it, and is one now."

"""`zth export`: the gradebook, for another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.gradebook import (
    GRADEBOOK,
    GradedTargets,
    StoreFile,
    must_not_replace,
    open_gradebook,
)
from grader.cli.options import CourseFolder, open_whole_course, screen
from grader.errors import UserError


def complete_format(typed: str) -> list[str]:
    """The formats that begin as typed."""
    from grader.export import FORMATS

    return [name for name in FORMATS if name.startswith(typed)]


def export(
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="The file or folder to write.", show_default=False),
    ],
    targets: GradedTargets = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="FORMAT",
            help="csv, jsonl, junit, gradescope, github-classroom, canvas or moodle.",
            autocompletion=complete_format,
            show_default=False,
        ),
    ] = "",
    store: StoreFile = GRADEBOOK,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    course: CourseFolder = None,
) -> None:
    """Write the marks for a spreadsheet or another program, points by hand and late work included."""
    from grader.export import FORMATS, find_format
    from grader.export.writing import check_place
    from grader.teach.gradebook import read_grades

    opened = open_whole_course(course)
    if not to:
        raise UserError("The format is missing.", f"Name it with --to: {', '.join(FORMATS)}.")
    form = find_format(to)
    check_place(out, form.is_folder, force)
    must_not_replace(store, out)
    with open_gradebook(store, opened, targets) as (book, selections):
        grades = read_grades(opened, selections, book)
    remarks = list(form.write(grades, opened, out))
    waiting = {grade.who for grade in grades if grade.not_judged}
    if waiting:
        remarks.append(WAITING.format(count=len(waiting)))
    learners = len({grade.who for grade in grades})
    counted = f"{learners} learner{'' if learners == 1 else 's'}"
    screen().print(Text(f"{counted} in {out}: {form.writes}."), soft_wrap=True)
    for remark in remarks:
        screen(stderr=True).print(Text(remark, "zth.note"), soft_wrap=True)


WAITING = "Learners with exercises that are not graded yet, which count as 0: {count}."

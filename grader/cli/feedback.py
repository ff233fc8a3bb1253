"""`zth feedback`: a page for each learner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.gradebook import GRADEBOOK, GradedTargets, StoreFile, open_gradebook
from grader.cli.options import CourseFolder, open_whole_course, screen
from grader.errors import UserError, nearest


def feedback(
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="The folder to write.", show_default=False),
    ],
    targets: GradedTargets = None,
    who: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="These learners alone.")
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="With what was expected, and the checks themselves.")
    ] = False,
    store: StoreFile = GRADEBOOK,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    course: CourseFolder = None,
) -> None:
    """Write what each learner may know of their marks: OUT/WHO/LECTURE.md and .html."""
    from grader.export.feedback import FORMATS, files_of
    from grader.export.writing import check_place, folder_names, write_among
    from grader.teach.feedback import read_feedback
    from grader.teach.gradebook import known_people

    opened = open_whole_course(course)
    names = {f"{lecture.id}{suffix}" for lecture in opened.lectures for suffix in FORMATS}
    check_place(out, is_folder=True, force=force, depth=1, names=names)
    with open_gradebook(store, opened, targets) as (book, selections):
        people = known_people(book)
        for name in who or ():
            if name not in people:
                raise UserError(f"{name!r} is not in {store}.", nearest(name, people, LISTED))
        folders = folder_names(people)
        told = read_feedback(opened, selections, book, who or (), reveal)
        write_among(out, files_of(told, folders))
    learners = len(set(who)) if who else len(people)
    counted = f"{learners} learner{'' if learners == 1 else 's'}"
    shown = "with the checks" if reveal else "without what was expected"
    screen().print(Text(f"{counted} in {out}, {shown}."), soft_wrap=True)


LISTED = "`zth class` lists who is."

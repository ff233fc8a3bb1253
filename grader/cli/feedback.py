"""`zth feedback`: a page for each learner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.gradebook import (
    GRADEBOOK,
    GradedTargets,
    StoreFile,
    open_gradebook,
    say_ungraded,
    waiting_in,
)
from grader.cli.options import CourseFolder, Exit, open_whole_course, screen
from grader.export.feedback import FORMATS, files_of
from grader.export.writing import check_place, folder_names, write_among
from grader.grading.feedback import Feedback, read_feedback
from grader.grading.gradebook import find_learner, known_people, read_grades


def feedback(
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="The folder to write.", show_default=False),
    ],
    targets: GradedTargets = None,
    who: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO", help="These learners alone, by id, name or email."),
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="With what was expected, and the checks themselves.")
    ] = False,
    store: StoreFile = GRADEBOOK,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    course: CourseFolder = None,
) -> None:
    """Write what each learner may know of their marks: OUT/WHO/LECTURE.md and .html."""
    opened = open_whole_course(course)
    names = {f"{lecture.id}{suffix}" for lecture in opened.lectures for suffix in FORMATS}
    check_place(out, is_folder=True, force=force, depth=1, names=names)
    with open_gradebook(store, opened, targets) as (book, selections):
        people = known_people(book)
        wanted = {find_learner(name, people, str(store)) for name in who or ()}
        waiting = waiting_in(read_grades(opened, selections, book), wanted)
        folders = folder_names(person.id for person in people)
        written: set[str] = set()

        def told() -> Iterator[Feedback]:
            for each in read_feedback(opened, selections, book, wanted, reveal):
                written.add(each.grade.who)
                yield each

        write_among(out, files_of(told(), folders))
    learners = len(written)
    counted = f"{learners} learner{'' if learners == 1 else 's'}"
    shown = "with the checks" if reveal else "without what was expected"
    screen().print(Text(f"{counted} in {out}, {shown}."), soft_wrap=True)
    if waiting:
        say_ungraded(waiting, NO_PAGE)
        raise typer.Exit(Exit.NOT_PASSED)


NO_PAGE = "No page is written for them."

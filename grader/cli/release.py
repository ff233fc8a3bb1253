"""`zth release`: the pack for the students of a class whose checks stay with the instructor."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from grader.cli.completion import complete_target
from grader.cli.options import (
    AsJson,
    CourseFolder,
    Exit,
    course_words,
    open_whole_course,
    screen,
)
from grader.course.targets import select
from grader.errors import UserError


def release(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="What to write: a folder, or a .zip.", show_default=False
        ),
    ],
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LECTURE…",
            help="The lectures in it; all by default.",
            autocompletion=complete_target,
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a pack that nobody has worked in.")
    ] = False,
    as_json: AsJson = False,
    course: CourseFolder = None,
) -> None:
    """Make the pack for a class: stubs, docstring examples, visible checks; nothing hidden.

    What is in it is judged before it is written: every stub is to do, every solution passes.
    """
    from grader.authoring.pack_writer import check_place, making
    from grader.authoring.release import faults, release_course
    from grader.render.release import released_view
    from grader.workspace.init import fill
    from grader.workspace.workspace import COURSE, Workspace

    opened = open_whole_course(course)
    selections = select(opened, targets or [lecture.id for lecture in opened.lectures])
    for selection in selections:
        if not selection.is_whole:
            raise UserError(
                f"A pack has whole lectures, and not single exercises of {selection.lecture.id}.",
                f"Name the lecture: zth release {out} {selection.lecture.id}",
            )
    check_place(out, force)
    console = screen()
    try:
        with making(out) as pack:
            released = release_course(opened, [s.lecture for s in selections], pack / COURSE)
            with console.status("judging what is in it") if not as_json else nullcontext():
                found = faults(released, opened)
            if found:
                raise UserError("\n".join([NOT_RIGHT, *found]), MEND_THEM)
            fill(Workspace(pack), released.course)
    except KeyboardInterrupt:
        screen(stderr=True).print(Text(STOPPED))
        raise typer.Exit(Exit.INTERRUPTED) from None
    if as_json:
        listing = {"format": 1, "out": str(out), "lectures": released.lectures}
        sys.stdout.buffer.write(msgspec.json.encode(listing) + b"\n")
    else:
        console.print(released_view(released, out, course_words(course)), soft_wrap=True)


NOT_RIGHT = "Nothing is written: what would be visible judges wrong."
MEND_THEM = "Fix those examples in the solutions, or those checks; then run the command again."
STOPPED = "Stopped. Nothing is written."

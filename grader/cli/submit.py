"""`zth submit`: what is to be handed in, in one file."""

from __future__ import annotations

import datetime
import sys
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from grader.cli.options import (
    AsJson,
    CourseFolder,
    Targets,
    WorkspaceFolder,
    begun_workspace,
    here,
    known_standings,
    open_course,
    screen,
)
from grader.course.targets import select


def submit(
    targets: Targets = None,
    who: Annotated[
        str,
        typer.Option(
            "--as", metavar="NAME", help="Who hands it in: in the file's name.", show_default=False
        ),
    ] = "",
    as_json: AsJson = False,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
) -> None:
    """Write the zip to hand in: a lecture's files as they are now. Nothing is judged.

    Without a target: the lecture that you are in. Of several, a zip each.
    """
    from grader.learn.next_step import current_lecture
    from grader.learn.progress import Progress
    from grader.learn.submitting import file_name, hand_in
    from grader.show.submit import handed_in_view

    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    if targets:
        lectures = [selection.lecture for selection in select(opened, targets)]
    else:
        lectures = [current_lecture(opened, known_standings(Progress(place))[0])]
    for lecture in lectures:
        file_name(who, lecture)  # before anything is written
    now = datetime.datetime.now().astimezone()
    done = [hand_in(place, opened, lecture, who, now) for lecture in lectures]
    if as_json:
        rows = [
            {
                "lecture": one.lecture.id,
                "path": str(one.path),
                "files": one.files,
                "unwritten": one.unwritten,
                "warnings": one.warnings,
                "kept": str(one.kept) if one.kept else None,
            }
            for one in done
        ]
        sys.stdout.buffer.write(msgspec.json.encode({"format": 1, "submissions": rows}) + b"\n")
        return
    console = screen()
    for one in done:
        console.print(handed_in_view(one, here()), soft_wrap=True)
    if not who:
        console.print(Text(NAMELESS, "zth.note"), soft_wrap=True)


NAMELESS = "Its name does not say whose it is. With --as NAME it does, where your class wants that."

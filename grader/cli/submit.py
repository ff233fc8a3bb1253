"""`zth submit`: what is to be handed in, in one file."""

from __future__ import annotations

import datetime
import sys
from contextlib import nullcontext
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
    """Write the zip to hand in: a lecture's files as they are now.

    First they are tried once as where a class is graded, in a folder of their own: what would not come
    along is said. Without a target: the lecture that you are in. Of several, a zip each.
    """
    from grader.render.submit import handed_in_view, missed_view
    from grader.workspace.next_exercise import current_lecture
    from grader.workspace.progress import Progress
    from grader.workspace.submit import file_name, hand_in, pack
    from grader.workspace.submit_trial import missed_in_class

    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    if targets:
        lectures = [selection.lecture for selection in select(opened, targets)]
    else:
        lectures = [current_lecture(opened, known_standings(Progress(place))[0])]
    for lecture in lectures:
        file_name(who, lecture)  # before anything is written
    packed = [pack(place, lecture) for lecture in lectures]
    console = screen()
    missed = {}
    for one in packed:
        with nullcontext() if as_json else console.status(f"trying {one.lecture.id}"):
            found = missed_in_class(opened, one.lecture, one.submission)
        missed[one.lecture.id] = found
        if found and not as_json:
            console.print(missed_view(found), soft_wrap=True)
    now = datetime.datetime.now().astimezone()
    done = [hand_in(place, opened, one, who, now) for one in packed]
    if as_json:
        rows = [
            {
                "lecture": one.lecture.id,
                "path": str(one.path),
                "files": one.files,
                "unwritten": one.unwritten,
                "warnings": one.warnings,
                "missed": missed[one.lecture.id],
                "kept": str(one.kept) if one.kept else None,
            }
            for one in done
        ]
        sys.stdout.buffer.write(msgspec.json.encode({"format": 1, "submissions": rows}) + b"\n")
        return
    for written in done:
        console.print(handed_in_view(written, here()), soft_wrap=True)
    if not who:
        console.print(Text(NAMELESS, "zth.note"), soft_wrap=True)


NAMELESS = "Its name does not say whose it is. With --as NAME it does, where your class wants that."

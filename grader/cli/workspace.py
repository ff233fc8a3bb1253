"""`zth init`, `reset`, `update`, `restore`: what puts files into a workspace."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.cli.completion import complete_copy
from grader.cli.options import (
    AsJson,
    CourseFolder,
    SomeTargets,
    WorkspaceFolder,
    begun_workspace,
    here,
    open_course,
    screen,
)
from grader.course.manifest import Course
from grader.errors import UserError
from grader.render.files import copies_view, init_view, reset_view, restored_view, update_view
from grader.workspace.backups import copies, find_copy
from grader.workspace.backups import restore as do_restore
from grader.workspace.init import make_workspace
from grader.workspace.known import remember
from grader.workspace.progress import Event, NotRecorded, Progress
from grader.workspace.reset import reset as do_reset
from grader.workspace.update import update as do_update
from grader.workspace.workspace import FOLDER, Workspace


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; here by default.")] = Path(),
    course: CourseFolder = None,
) -> None:
    """Make a workspace: the stubs of every lecture, in your own folder."""
    opened = open_course(course)
    workspace = make_workspace(folder, opened)
    remember(workspace)
    first = opened.lectures[0].id
    screen().print(init_view(workspace, here(), first), soft_wrap=True)


def reset(
    targets: SomeTargets, workspace: WorkspaceFolder = None, course: CourseFolder = None
) -> None:
    """Begin an exercise or a lecture anew; what you wrote is kept.

    Of an exercise only its own functions and methods become stubs again, and the rest of the file
    stays as it is. `zth restore` brings back what was there.
    """
    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    done = do_reset(place, opened, targets)
    _screen_for(place).print(reset_view(done, targets), soft_wrap=True)
    try:
        for lecture, exercise in done.exercises:
            Progress(place).note(Event.RESET, lecture.id, exercise.id)
    except NotRecorded as error:
        screen(stderr=True).print(Text(str(error), "zth.note"), soft_wrap=True)


def update(workspace: WorkspaceFolder = None, course: CourseFolder = None) -> None:
    """Bring in what is new in the course; your work stays.

    After a newer zth was installed: new lectures and exercises are added, stubs that you have not
    touched are renewed, and where both you and the course have changed something, yours stays.
    """
    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    done = do_update(place, opened)
    _screen_for(place).print(update_view(done, place), soft_wrap=True)


def restore(
    copy: Annotated[
        str,
        typer.Argument(
            help="A copy's name or how it begins, or latest; without it they are listed.",
            autocompletion=complete_copy,
            show_default=False,
        ),
    ] = "",
    as_json: AsJson = False,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
) -> None:
    """Bring back what a reset or an update replaced.

    What is replaced by that is kept as well, so that it can be undone in the same way.
    """
    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    if copy:
        done = do_restore(place, find_copy(place, copy))
        _note_restored(opened, place, done.files)
        if as_json:
            _write_json(
                {"restored": list(done.files), "kept": done.kept.name if done.kept else None}
            )
        else:
            _screen_for(place).print(restored_view(done), soft_wrap=True)
        return
    there = copies(place)
    if as_json:
        _write_json(
            {
                "copies": [
                    {"name": c.name, "when": c.when, "why": c.why, "files": c.files} for c in there
                ]
            }
        )
    else:
        _screen_for(place).print(copies_view(there), soft_wrap=True)


def _note_restored(course: Course, place: Workspace, files: Collection[str]) -> None:
    """What was passed before a reset counts again."""
    progress = Progress(place)
    try:
        for lecture in course.lectures:
            for exercise in lecture.exercise:
                name = f"{FOLDER}/{lecture.dir}/{exercise.file}"
                if name in files and progress.count(Event.RESET, lecture.id, exercise.id):
                    progress.note(Event.RESTORE, lecture.id, exercise.id)
    except UserError as error:
        screen(stderr=True).print(Text(str(error), "zth.note"), soft_wrap=True)


def _screen_for(place: Workspace) -> Console:
    """The terminal; where we are elsewhere, the workspace is named first."""
    console = screen()
    if not here().is_relative_to(place.root):
        where = Text.assemble("In the workspace ", (str(place.root), "zth.file"), ":")
        console.print(where, soft_wrap=True)
    return console


def _write_json(what: dict[str, object]) -> None:
    import msgspec

    sys.stdout.buffer.write(msgspec.json.encode({"format": 1, **what}) + b"\n")

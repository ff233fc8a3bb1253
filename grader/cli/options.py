"""What the commands share: exit codes, the screen, the options that several of them take."""

from __future__ import annotations

import enum
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.cli.completion import complete_target
from grader.course.manifest import Course, load_course
from grader.errors import UserError
from grader.render.style import THEME
from grader.workspace.workspace import Workspace, course_at, find_workspace, named_workspace

if TYPE_CHECKING:
    from grader.workspace.next_exercise import Statuses
    from grader.workspace.progress import Progress


class Exit(enum.IntEnum):
    PASSED = 0
    NOT_PASSED = 1
    WRONG_USE = 2
    OUR_FAULT = 3
    INTERRUPTED = 130


def screen(stderr: bool = False) -> Console:
    """The terminal, or plain text of 80 columns where the output goes elsewhere."""
    console = Console(theme=THEME, stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = 80
    return console


def here() -> Path:
    """The folder we are in. Raises UserError if somebody has taken it away."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UserError("The folder you are in is gone.", GO_ELSEWHERE) from None


def open_course(folder: Path | None, workspace: Path | None = None) -> Course:
    """The course that was named, or that of the workspace, which is ours where it is no pack.

    Every command begins with it, and so is somewhere.
    """
    start = here()
    if folder:
        return load_course(folder.resolve())
    return course_at(workspace.resolve() if workspace else start)


def course_words(folder: Path | None) -> str:
    """What a printed command needs besides, so that it works as it is typed: ` --course DIR`."""
    return f" --course {shlex.quote(str(folder))}" if folder else ""


def open_whole_course(folder: Path | None) -> Course:
    """The same, for what needs the solutions. Raises UserError for a pack's."""
    course = open_course(folder)
    if course.released:
        raise UserError(STUDENTS_PACK, THE_WHOLE_ONE)
    return course


def open_workspace(folder: Path | None, course: Course) -> Workspace:
    """The workspace that was named, or the one we are in. Raises UserError if it is none."""
    return named_workspace(folder) if folder else find_workspace(here(), course)


def begun_workspace(folder: Path | None, course: Course) -> Workspace:
    """The same, for what only makes sense in one: raises UserError if exercises/ is not there."""
    place = open_workspace(folder, course)
    if not place.exists:
        from grader.workspace.known import where_to_go

        raise UserError("You are not in a workspace.", where_to_go())
    return place


def known_standings(progress: Progress) -> tuple[Statuses, UserError | None]:
    """Where the learner stands, for what can do without: nowhere where it cannot be read, and why."""
    try:
        return progress.standing(), None
    except UserError as error:
        return {}, error


Targets = Annotated[
    list[str] | None,
    typer.Argument(
        help="Lectures or exercises: lecture5, 5, lecture5.dprobs, 5.dprobs, dprobs.",
        autocompletion=complete_target,
        show_default=False,
    ),
]
SomeTargets = Annotated[
    list[str],
    typer.Argument(
        help="Lectures or exercises: lecture5, 5, lecture5.dprobs, 5.dprobs, dprobs.",
        autocompletion=complete_target,
        show_default=False,
    ),
]
CourseFolder = Annotated[
    Path | None,
    typer.Option("--course", metavar="DIR", help="Another course: a folder with a course.toml."),
]
WorkspaceFolder = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The folder that holds exercises/."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")]
GO_ELSEWHERE = "Go to one that is there, with `cd`, and run the command again."
STUDENTS_PACK = "This is the students' pack: it has no solutions and no hidden checks."
THE_WHOLE_ONE = (
    "Name the course that it was made from with --course DIR, or go elsewhere with `cd`."
)

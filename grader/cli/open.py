"""`zth open`: the learner's file in their editor, at the line of the exercise."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.completion import complete_target
from grader.cli.options import (
    CourseFolder,
    WorkspaceFolder,
    begun_workspace,
    known_standings,
    open_course,
    screen,
)
from grader.errors import UserError
from grader.workspace.editors import choose, place_of, start
from grader.workspace.next_exercise import exercise_meant
from grader.workspace.progress import Event, Progress


def open_(
    target: Annotated[
        str,
        typer.Argument(
            help="A lecture or an exercise; the next one to do by default.",
            autocompletion=complete_target,
            show_default=False,
        ),
    ] = "",
    only_print: Annotated[
        bool, typer.Option("--print", help="Only print the place, as FILE:LINE.")
    ] = False,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
) -> None:
    """Open an exercise in your editor, at its line.

    VISUAL and EDITOR say which editor, then the one whose terminal this is.
    Of a lecture, the first exercise that you have not done is opened.
    """
    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    progress = Progress(place)
    standings, trouble = known_standings(progress)
    lecture, exercise = exercise_meant(opened, target, standings)
    path, line = place_of(place, lecture, exercise)
    shown = Text(f"{path}:{line}" if line else str(path))
    if only_print:
        screen().print(shown, soft_wrap=True)
        _say(trouble)
        return
    editor = choose(os.environ)
    if editor.in_terminal and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(f"{editor.name} needs a terminal, and this is not one.", f"Open {shown}")
    try:
        progress.note(Event.OPEN, lecture.id, exercise.id)
    except UserError as error:
        trouble = trouble or error
    _say(trouble)
    if editor.kind is None and line:
        _say(NO_LINE.format(editor=editor.name, line=line))
    start(editor, path, line)
    if not editor.in_terminal:
        text = Text.assemble((str(shown), "zth.file"), f" is open in {editor.name}.")
        screen().print(text, soft_wrap=True)


def _say(trouble: UserError | str | None) -> None:
    """What is amiss and does not stop us."""
    if trouble:
        screen(stderr=True).print(Text(str(trouble), "zth.note"), soft_wrap=True)


NO_LINE = "zth does not know how {editor} is told a line: yours is line {line}."

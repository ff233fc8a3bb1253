"""`zth hint`, `zth solution`: help on the way, and a look at another way afterwards."""

from __future__ import annotations

import sys
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from grader.cli.completion import complete_target
from grader.cli.options import (
    AsJson,
    CourseFolder,
    SomeTargets,
    WorkspaceFolder,
    begun_workspace,
    known_standings,
    open_course,
    screen,
)
from grader.course.targets import select
from grader.render.hint import hint_view
from grader.render.solution import solution_view
from grader.workspace.hints import next_hints
from grader.workspace.next_exercise import exercise_meant
from grader.workspace.progress import Event, NotRecorded, Progress
from grader.workspace.solution import solutions_to_show


def hint(
    target: Annotated[
        str,
        typer.Argument(
            help="An exercise; a lecture's next one; or, without it, your next one.",
            autocompletion=complete_target,
            show_default=False,
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="All three at once.", show_default=False)
    ] = False,
    as_json: AsJson = False,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
) -> None:
    """A hint, and one more each time you ask.

    There are three, from a question to nearly the answer, each with the minute of the video.
    """
    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    progress = Progress(place)
    standings, trouble = known_standings(progress)
    lecture, exercise = exercise_meant(opened, target, standings)
    standing = standings.get((lecture.id, exercise.id))
    passed = standing is not None and standing.done
    hints = next_hints(progress, lecture, exercise, passed, everything)
    if as_json:
        _write_json(
            {
                "lecture": lecture.id,
                "exercise": exercise.id,
                "hints": [{"number": n, "says": exercise.hints[n - 1]} for n in hints.shown],
                "of": hints.of,
                "video": lecture.link(exercise),
                "at": exercise.at,
            }
        )
    else:
        screen().print(hint_view(hints, solutions=not opened.released))
    if trouble := trouble or hints.trouble:
        screen(stderr=True).print(Text(str(trouble), "zth.note"), soft_wrap=True)


def solution(
    targets: SomeTargets,
    spoil: Annotated[
        bool, typer.Option("--spoil", help="Before you have passed it.", show_default=False)
    ] = False,
    as_json: AsJson = False,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
) -> None:
    """The worked solution beside yours, once yours has passed.

    Of a lecture: all of its exercises that have passed.
    """
    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    progress = Progress(place)
    standings = progress.standing()
    shown = [
        worked
        for selection in select(opened, targets)
        for worked in solutions_to_show(selection, place, opened, standings, spoil)
    ]
    if as_json:
        _write_json(
            {
                "exercises": [
                    {
                        "lecture": w.lecture.id,
                        "exercise": w.exercise.id,
                        "passed": w.passed,
                        "worked": w.worked,
                        "yours": w.yours,
                    }
                    for w in shown
                ]
            }
        )
    else:
        console = screen()
        for worked in shown:
            view = solution_view(worked, console.is_terminal)
            console.print(view, soft_wrap=not console.is_terminal)
    try:
        for worked in shown:
            if not worked.passed:
                progress.note(Event.SPOIL, worked.lecture.id, worked.exercise.id)
    except NotRecorded as error:
        screen(stderr=True).print(Text(str(error), "zth.note"), soft_wrap=True)


def _write_json(what: dict[str, object]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode({"format": 1, **what}) + b"\n")

"""`zth` alone, `zth status`, `zth list`, `zth log`: how far the learner has come."""

from __future__ import annotations

import sys
import time

from rich.text import Text

from grader.cli.options import (
    AsJson,
    CourseFolder,
    Targets,
    WorkspaceFolder,
    begun_workspace,
    here,
    open_course,
    open_workspace,
    screen,
)
from grader.course.targets import select
from grader.render.progress import (
    attempts_table,
    course_map,
    log_json,
    log_table,
    overview,
    overview_json,
)
from grader.workspace.log import read_log
from grader.workspace.progress import Progress


def status(
    as_json: AsJson = False, workspace: WorkspaceFolder = None, course: CourseFolder = None
) -> None:
    """Where you are: every lecture, what you did last, what comes next."""
    opened = open_course(course, workspace)
    place = open_workspace(workspace, opened)
    progress = Progress(place)
    standings, latest = progress.standing(), progress.latest()
    if as_json:
        sys.stdout.buffer.write(overview_json(opened, place, standings, latest) + b"\n")
    else:
        screen().print(overview(opened, place, standings, latest, here(), time.time()))


def list_(
    targets: Targets = None, workspace: WorkspaceFolder = None, course: CourseFolder = None
) -> None:
    """The map: every lecture and exercise, by the name to type."""
    opened = open_course(course, workspace)
    shown = [selection.lecture for selection in select(opened, targets)] if targets else None
    standings = Progress(open_workspace(workspace, opened)).standing()
    screen().print(course_map(opened, standings, shown))


def log(
    targets: Targets = None,
    as_json: AsJson = False,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
) -> None:
    """Your attempts, hints and time. Of an exercise: every attempt."""
    opened = open_course(course, workspace)
    selections = select(opened, targets or [lecture.id for lecture in opened.lectures])
    wanted = {(s.lecture.id, e.id) for s in selections for e in s.exercises}
    progress = Progress(begun_workspace(workspace, opened))
    records = read_log(opened, progress, wanted, each=as_json or len(wanted) == 1)
    if as_json:
        sys.stdout.buffer.write(log_json(records) + b"\n")
    elif not records:
        screen().print(Text(NOTHING_YET))
    elif records[0].tried:
        screen().print(attempts_table(records[0].tried))
    else:
        screen().print(log_table(records, time.time()))


NOTHING_YET = "Nothing was tried yet: `zth check` and `zth watch` write down every attempt."

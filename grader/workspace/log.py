"""The log: attempts, hints and time by exercise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import msgspec

from grader.course.manifest import Course
from grader.results import Outcome
from grader.workspace.progress import Attempt, Event, ExerciseStatus, Progress


class LogEntry(msgspec.Struct, frozen=True):
    """One exercise in the log."""

    lecture: str
    exercise: str
    outcome: Outcome
    """How it stands: PASS where it was passed, else the latest."""
    attempts: int
    hints: int
    spoiled: bool
    """Whether the solution was looked at before a pass."""
    seconds: float
    """Of work, as far as it can be told: from one command to the next, long pauses left out."""
    at: float
    """The latest attempt, seconds since 1970; 0 if there was none."""
    tried: tuple[Attempt, ...]
    """Each attempt, where they are asked for."""


def read_log(
    course: Course, progress: Progress, wanted: Collection[tuple[str, str]], each: bool
) -> list[LogEntry]:
    """What was done for the wanted exercises, in the course's order; the untouched are left out.

    With `each`, every single attempt as well: there may be ten thousand.
    """
    standings = progress.standing()
    tried: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in progress.attempts() if each else ():
        tried[attempt.lecture, attempt.exercise].append(attempt)
    seconds = defaultdict(float, progress.seconds())
    done: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for deed, lecture, exercise, worked in progress.deeds():
        done[lecture, exercise].append(deed)
        seconds[lecture, exercise] += worked
    records = []
    for pair in [(le.id, e.id) for le in course.lectures for e in le.exercise]:
        standing = standings.get(pair)
        if pair not in wanted or (not standing and pair not in done):
            continue
        records.append(
            LogEntry(
                lecture=pair[0],
                exercise=pair[1],
                outcome=_outcome(standing),
                attempts=standing.attempts if standing else 0,
                hints=done[pair].count(Event.HINT),
                spoiled=Event.SPOIL in done[pair],
                seconds=round(seconds[pair], 1),
                at=standing.at if standing else 0.0,
                tried=tuple(tried[pair]),
            )
        )
    return records


def _outcome(standing: ExerciseStatus | None) -> Outcome:
    if standing is None:
        return Outcome.TODO
    return Outcome.PASS if standing.done else standing.outcome

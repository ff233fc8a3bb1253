"""Hints: three an exercise, one more each time."""

from __future__ import annotations

import msgspec

from grader.course.manifest import Exercise, Lecture
from grader.errors import UserError
from grader.workspace.progress import Event, Progress


class Hints(msgspec.Struct, frozen=True):
    """What is given of an exercise's hints."""

    lecture: Lecture
    exercise: Exercise
    shown: tuple[int, ...]
    """Their numbers, from 1."""
    passed: bool
    trouble: UserError | None = None
    """Why it was not counted, or not known how many were given before."""

    @property
    def of(self) -> int:
        return len(self.exercise.hints)

    @property
    def last(self) -> bool:
        return self.shown[-1] == self.of


def next_hints(
    progress: Progress, lecture: Lecture, exercise: Exercise, passed: bool, everything: bool
) -> Hints:
    """The hint after those given before, or all of them: when asked for, or when none is left.

    What is given is counted; where that fails, the hints come all the same.
    """
    of = len(exercise.hints)
    trouble: UserError | None = None
    try:
        given = min(progress.count(Event.HINT, lecture.id, exercise.id), of)
    except UserError as error:
        given, trouble = 0, error
    first, last = (1, of) if everything or given == of else (given + 1, given + 1)
    try:
        for _ in range(0 if trouble else last - given):
            progress.note(Event.HINT, lecture.id, exercise.id)
    except UserError as error:
        trouble = error
    return Hints(lecture, exercise, tuple(range(first, last + 1)), passed, trouble)

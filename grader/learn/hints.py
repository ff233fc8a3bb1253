"""Hints: three an exercise, one more each time."""

from __future__ import annotations

import msgspec

from grader.course.manifest import Exercise, Lecture
from grader.learn.progress import Deed, NotRecorded, Progress


class Hints(msgspec.Struct, frozen=True):
    """What is given of an exercise's hints."""

    lecture: Lecture
    exercise: Exercise
    shown: tuple[int, ...]
    """Their numbers, from 1."""
    passed: bool
    not_recorded: NotRecorded | None = None

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
    given = min(progress.count(Deed.HINT, lecture.id, exercise.id), of)
    first, last = (1, of) if everything or given == of else (given + 1, given + 1)
    failure = None
    try:
        for _ in range(last - given):
            progress.note(Deed.HINT, lecture.id, exercise.id)
    except NotRecorded as error:
        failure = error
    return Hints(lecture, exercise, tuple(range(first, last + 1)), passed, failure)

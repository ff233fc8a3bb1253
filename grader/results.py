"""What judging says, as plain data: one source for the terminal, JSON and every export."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import msgspec

from grader.failures import AnyFailure, Location

FORMAT = 2
"""Of the object that `to_json` gives."""


class Outcome(enum.StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    """It ran and was wrong."""
    TODO = "TODO"
    """Still a stub, or not there."""
    ERROR = "ERROR"
    """It raised, hung, ran out of something, or died."""
    BLOCKED = "BLOCKED"
    """An exercise it builds on is not done."""


class Misconception(msgspec.Struct, frozen=True):
    """A known mistake by its name."""

    name: str
    says: str
    location: Location | None = None
    """Where it is seen, if the words need it."""

    @property
    def sentence(self) -> str:
        return f"{self.says} ({self.location})" if self.location else self.says


class Remark(msgspec.Struct, frozen=True):
    """Something to say besides the verdict, to the learner or to the instructor. It costs nothing."""

    says: str
    location: Location | None = None
    """The place it is about, if it says nothing but what stands there in the learner's code."""

    @property
    def sentence(self) -> str:
        return f"{self.location} {self.says}" if self.location else self.says


class Step(msgspec.Struct, frozen=True):
    """A line of the learner's that was being run, outermost first: the way to an exception."""

    location: Location
    text: str


SOURCE = "source"
"""The name of the check that is decided by the text of a file alone."""


class CheckResult(msgspec.Struct, frozen=True):
    name: str
    description: str
    """The sentence of the check: what must be true."""
    outcome: Outcome
    failure: AnyFailure | None = None
    """What was seen instead."""
    call: str = ""
    """What was run beside the learner's code."""
    steps: tuple[Step, ...] = ()
    """The learner's own lines on the way to where it ended."""
    seconds: float = 0.0
    data: str = ""
    """The data set that it ran on; empty if it needs none."""

    @property
    def message(self) -> str:
        """The failure in words; empty for a pass."""
        return self.failure.sentence if self.failure else ""


class ExerciseResult(msgspec.Struct, frozen=True):
    id: str
    title: str
    outcome: Outcome
    points: int | float
    """All or none; with partial credit there are parts of points."""
    max_points: int
    file: str
    path: str
    bonus: bool
    started: bool
    """Some of it is written, though it may not be all there."""
    line: int | None
    """Where it went wrong in the learner's file, or where the answer is defined."""
    checks: tuple[CheckResult, ...] = ()
    misconception: Misconception | None = None
    output: str = ""
    """What the learner's code printed, cut at the limit."""
    output_dropped: int = 0
    """Bytes of output beyond the limit."""
    notes: tuple[Remark, ...] = ()
    """For the learner."""
    flags: tuple[Remark, ...] = ()
    """For the instructor."""
    blocked_by: tuple[str, ...] = ()
    protections: tuple[str, ...] = ()
    """What stood between the learner's code and this machine; none if none of it was run."""

    @property
    def failing(self) -> tuple[CheckResult, ...]:
        return tuple(c for c in self.checks if c.outcome is not Outcome.PASS)


class LectureResult(msgspec.Struct, frozen=True):
    id: str
    seed: int
    isolation: str
    exercises: tuple[ExerciseResult, ...]
    seconds: float
    notes: tuple[str, ...] = ()
    """What was left out of it, and why."""

    def only(self, wanted: Callable[[ExerciseResult], bool]) -> LectureResult:
        """The same with those exercises alone."""
        chosen = tuple(e for e in self.exercises if wanted(e))
        return msgspec.structs.replace(self, exercises=chosen)

    @property
    def protections(self) -> tuple[str, ...]:
        """What stood between the learner's code and this machine in all of it that was run."""
        ran = [e.protections for e in self.exercises if e.protections]
        return tuple(layer for layer in (ran[0] if ran else ()) if all(layer in on for on in ran))

    @property
    def points(self) -> int | float:
        return rounded(sum(e.points for e in self.exercises))

    @property
    def max_points(self) -> int:
        """What full marks are. A bonus exercise comes on top."""
        return sum(e.max_points for e in self.exercises if not e.bonus)

    @property
    def passed(self) -> bool:
        """Whether all is right; a bonus exercise not begun takes nothing away."""
        return all(
            e.outcome is Outcome.PASS or (e.bonus and e.outcome is Outcome.TODO)
            for e in self.exercises
        ) and any(e.outcome is Outcome.PASS for e in self.exercises)


def rounded(points: float) -> int | float:
    """Points of two places at most, and a whole number where they are one.

    >>> rounded(2.0), rounded(5 / 3)
    (2, 1.67)
    """
    places = round(points, 2)
    return int(places) if places == int(places) else places


def to_json(lectures: list[LectureResult]) -> bytes:
    """The object of `--json`: docs/results.md says what is in it."""
    return msgspec.json.encode({"format": FORMAT, "lectures": [*map(_as_object, lectures)]})


def _as_object(lecture: LectureResult) -> dict[str, Any]:
    """A lecture's result with what follows from it: points, protections, each failure in words."""
    return {
        **msgspec.structs.asdict(lecture),
        "points": lecture.points,
        "max_points": lecture.max_points,
        "protections": lecture.protections,
        "seconds": round(lecture.seconds, 4),
        "exercises": [*map(exercise_object, lecture.exercises)],
    }


def exercise_object(exercise: ExerciseResult) -> dict[str, Any]:
    """An exercise's result as JSON has it: each check has its failure in words, too."""
    result: dict[str, Any] = msgspec.to_builtins(exercise)
    for check, fields in zip(exercise.checks, result["checks"], strict=True):
        fields["message"] = check.message
    return result

"""What judging says, as plain data: one source for the terminal, JSON and every export."""

from __future__ import annotations

import enum
from collections.abc import Callable

import msgspec

FORMAT = 1


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
    name: str
    says: str


class Gap(msgspec.Struct, frozen=True):
    """What was expected and what came, in words; `compare.sentence` puts it on one line."""

    at: str
    """Which part of what came, with a colon, or a word ahead of it; empty for the whole."""
    says: str
    """How much differs, and where most; empty where the two say it all."""
    expected: str = ""
    got: str = ""
    kind: str = ""
    """What the two are: `shape `, `dtype `, or empty for values."""
    more: tuple[str, ...] = ()
    """What else there is to see: the lecture's own words for a miss, how the two relate."""
    joint: str = "; "


class Step(msgspec.Struct, frozen=True):
    """A line of the learner's that was being run, outermost first: the way to an exception."""

    file: str
    line: int
    function: str
    """Empty at the top of a file."""
    text: str


class CheckResult(msgspec.Struct, frozen=True):
    name: str
    says: str
    """The sentence of the check: what must be true."""
    outcome: Outcome
    message: str = ""
    """What was seen instead."""
    ran: str = ""
    """What was run beside the learner's code."""
    gap: Gap | None = None
    """The message in its parts, where it is about something expected."""
    steps: tuple[Step, ...] = ()
    """Where it ended, in the learner's own files."""
    seconds: float = 0.0


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
    begun: bool
    """Some of it is written, though it may not be all there."""
    line: int | None
    """Where it went wrong in the learner's file, or where the answer is defined."""
    checks: tuple[CheckResult, ...] = ()
    misconception: Misconception | None = None
    output: str = ""
    """What the learner's code printed, cut at the limit."""
    output_dropped: int = 0
    """Bytes of output beyond the limit."""
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    """For the instructor."""
    blocked_by: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    """What stood between the learner's code and this machine; none where none of it was run."""

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
    def layers(self) -> tuple[str, ...]:
        """What stood between the learner's code and this machine in all of it that was run."""
        ran = [e.layers for e in self.exercises if e.layers]
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
    """The object of `--json`."""
    return msgspec.json.encode(
        {
            "format": FORMAT,
            "lectures": [
                {
                    **{"id": lecture.id, "seed": lecture.seed, "isolation": lecture.isolation},
                    "layers": lecture.layers,
                    "points": lecture.points,
                    "max_points": lecture.max_points,
                    "seconds": round(lecture.seconds, 4),
                    "notes": lecture.notes,
                    "exercises": lecture.exercises,
                }
                for lecture in lectures
            ],
        }
    )

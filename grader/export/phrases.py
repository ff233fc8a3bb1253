"""What is said of a grade: to a learner, in a cell, in a number."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from grader.grading.gradebook import ExerciseScore, LectureGrade
from grader.results import Outcome


class OutcomePhrase(NamedTuple):
    """How an outcome is called on a page."""

    sign: str
    word: str


LOOKS = {
    Outcome.PASS: OutcomePhrase("✓", "passed"),
    Outcome.FAIL: OutcomePhrase("✗", "wrong"),
    Outcome.ERROR: OutcomePhrase("!", "broke"),
    Outcome.TODO: OutcomePhrase("·", "not started"),
    Outcome.BLOCKED: OutcomePhrase("◦", "waits"),
}
"""The words of the terminal, as in grader/render/style.py; a test holds them together."""


def number(value: float | None) -> str:
    """At most four places, and none that are not needed; nothing if something is not graded.

    >>> number(2.0), number(0.3), number(1234567.25), number(None)
    ('2', '0.3', '1234567.25', '')
    """
    if value is None:
        return ""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def is_judged(graded: ExerciseScore) -> bool:
    """Whether somebody looked at it: an exercise that waits for another was not looked at."""
    return graded.by_hand or graded.outcome not in (None, Outcome.BLOCKED)


def told(graded: ExerciseScore) -> str:
    """All that a learner is told of an exercise; flags and expected values are not in it."""
    parts = [graded.message if not graded.is_right else "", graded.misconception, graded.comment]
    if graded.outcome is Outcome.TODO and not graded.by_hand and not graded.message:
        parts.insert(0, TODO)
    if graded.by_hand:
        parts.append(BY_HAND)
    return "\n".join(part for part in parts if part)


def told_of_all(grade: LectureGrade) -> str:
    """What a learner is told of the whole: the points, and what being late costs."""
    if grade.total is None:
        return NOT_GRADED
    lines = [f"{number(grade.total)} of {number(grade.max_points)} points."]
    if not grade.handed_in:
        lines.append(NOTHING)
    if grade.penalty:
        lines.append(late(grade))
    return "\n".join(lines)


def late(grade: LectureGrade) -> str:
    hours = number(round(grade.late_hours or 0, 1))
    return f"Handed in {hours} hours late: {number(grade.penalty)} points less."


def json_bytes(value: object, indent: int | None = None) -> bytes:
    """JSON in UTF-8 that is one line for every program, where no indent is asked for."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    # half a character, as a broken name may hold, is written as JSON writes it: \\udc80
    return _LINE_ENDS.sub(lambda m: f"\\u{ord(m[0]):04x}", text).encode("utf-8", "backslashreplace")


_LINE_ENDS = re.compile("[\x7f-\x9f\u2028\u2029]")
TODO = "Not written yet."
BY_HAND = "These points were given by hand."
NOTHING = "Nothing was handed in."
NOT_GRADED = "Not graded yet."
UNANSWERED = "It is not known whose these are, so they are left out: {names}."

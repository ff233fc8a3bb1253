"""What each learner gets, and why: the judge's marks, a person's scores, the late rule, in one record.

The one source of every export, so that no two of them can disagree.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

import msgspec

from grader.course.manifest import Course, Exercise, Late, Lecture
from grader.course.targets import Selection
from grader.judge.results import CheckResult, ExerciseResult, Outcome
from grader.teach.roster import Person
from grader.teach.store import HandIn, Score, Store

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Graded(msgspec.Struct, frozen=True):
    """What became of one exercise."""

    exercise: str
    outcome: Outcome | None
    """The judge's; None where it was not judged."""
    points: float
    max_points: float
    by_hand: bool = False
    """Whether a person gave the points."""
    comment: str = ""
    """A person's."""
    misconception: str = ""
    """What zth says to the mistake it knows."""
    message: str = ""
    """What did not hold, without what was expected."""
    flags: tuple[str, ...] = ()
    """For the instructor alone."""
    title: str = ""
    bonus: bool = False


class Grade(msgspec.Struct, frozen=True):
    """What one learner gets for one lecture."""

    who: str
    name: str
    email: str
    lecture: str
    exercises: tuple[Graded, ...]
    points: float
    """Reached; a bonus is in it, so it may be more than `max_points`."""
    max_points: float
    late_hours: float | None
    """After what is due for them; None where nobody wrote down when it came, or nothing is due."""
    penalty: float
    """The points that being late costs."""
    total: float
    remarks: tuple[str, ...] = ()
    row: dict[str, str] = {}
    """The line of the roster, by column."""
    handed_in: bool = True
    title: str = ""
    """The lecture's."""

    @property
    def not_judged(self) -> tuple[str, ...]:
        """Exercises that wait for the judge, and for which nobody gave points."""
        if not self.handed_in:
            return ()
        return tuple(g.exercise for g in self.exercises if g.outcome is None and not g.by_hand)


def read_grades(course: Course, selections: Sequence[Selection], store: Store) -> list[Grade]:
    """A grade for each learner and lecture: the roster in its order, then those who are not on it."""
    hand_ins = store.hand_ins()
    people = {person.id: person for person in store.people()}
    scores = store.scores()
    grades: list[Grade] = []
    for selection in selections:
        lecture = selection.lecture
        handed = sorted(who for who, of in hand_ins if of == lecture.id)
        marks: dict[str, dict[str, ExerciseResult]] = {}
        for mark in store.marks(lecture=lecture.id):
            marks.setdefault(mark.who, {})[mark.exercise] = mark.result
        for who in dict.fromkeys([*people, *handed]):
            exercises = tuple(
                _graded(e, marks.get(who, {}).get(e.id), scores.get((who, lecture.id, e.id)))
                for e in selection.exercises
            )
            grades.append(
                _grade(
                    course.manifest.late,
                    lecture,
                    people.get(who, Person(who)),
                    hand_ins.get((who, lecture.id)),
                    exercises,
                )
            )
    return grades


def graded_lectures(store: Store) -> list[str]:
    """The lectures that something was handed in for."""
    return sorted({lecture for _, lecture in store.hand_ins()})


def penalty(late: Late, points: float, seconds: float) -> float:
    """What is lost of `points` that came `seconds` after they were due."""
    beyond = seconds - late.grace_minutes * MINUTE
    if beyond <= 0:
        return 0.0
    days = math.ceil(beyond / DAY)
    return _rounded(points * min(late.cap_percent, late.percent_a_day * days) / 100)


def _grade(
    late: Late,
    lecture: Lecture,
    person: Person,
    hand_in: HandIn | None,
    exercises: tuple[Graded, ...],
) -> Grade:
    points = sum(graded.points for graded in exercises)
    remarks = list(hand_in.remarks) if hand_in else [NOTHING]
    after = _seconds_late(lecture.due, person, hand_in)
    lost = 0.0
    if after is not None and hand_in is not None:
        if hand_in.recorded:
            lost = penalty(late, points, after)
        elif after > 0:
            remarks.append(UNCLEAR)
            after = None
        else:
            after = None
    grade = Grade(
        who=person.id,
        name=person.name,
        email=person.email,
        lecture=lecture.id,
        exercises=exercises,
        points=_rounded(points),
        max_points=sum(graded.max_points for graded in exercises if not graded.bonus),
        late_hours=None if after is None else _rounded(max(0.0, after) / HOUR),
        penalty=lost,
        total=_rounded(points - lost),
        row=person.row,
        handed_in=hand_in is not None,
        title=lecture.title,
    )
    if waiting := grade.not_judged:
        remarks.append(WAITING.format(names=", ".join(waiting)))
    return msgspec.structs.replace(grade, remarks=tuple(remarks))


def _seconds_late(
    due: datetime.datetime | None, person: Person, hand_in: HandIn | None
) -> float | None:
    """How long after what is due for this person; below zero where it came before."""
    if due is None or hand_in is None or hand_in.at is None:
        return None
    return hand_in.at - (due.timestamp() + person.extension_hours * HOUR)


def _graded(exercise: Exercise, result: ExerciseResult | None, score: Score | None) -> Graded:
    points = _worth(exercise, result)
    by_hand = score is not None and score.points is not None
    if score is not None and score.points is not None:
        points = score.points
    return Graded(
        exercise=exercise.id,
        outcome=result.outcome if result else None,
        points=_rounded(points),
        max_points=exercise.points,
        by_hand=by_hand,
        comment=score.comment if score else "",
        misconception=result.misconception.says if result and result.misconception else "",
        message=_message(result) if result else "",
        flags=result.flags if result else (),
        title=exercise.title,
        bonus=exercise.bonus,
    )


def _worth(exercise: Exercise, result: ExerciseResult | None) -> float:
    """The judge's points, as what the course gives for the exercise now."""
    if result is None or not result.max_points:
        return float(exercise.points) if result and result.outcome is Outcome.PASS else 0.0
    return result.points * exercise.points / result.max_points


def _message(result: ExerciseResult) -> str:
    """The first thing that did not hold, and how it ended where it is the learner's own doing.

    A learner may come to read it, so what a check expected is not in it.
    """
    if result.outcome is Outcome.BLOCKED and result.blocked_by:
        return f"It builds on {', '.join(result.blocked_by)}."
    for check in result.failing:
        return _of_check(check)[:LONGEST]
    return ""


def _of_check(check: CheckResult) -> str:
    own = "" if check.gap else check.message
    return "\n".join(part for part in (check.says, own) if part)


def _rounded(value: float) -> float:
    """Without the dust of binary fractions."""
    return round(float(value), 6)


LONGEST = 4_000
"""Characters of a message; the gradebook has all of it."""
NOTHING = "Nothing was handed in."
UNCLEAR = "Its file is from after it was due, but a file's time is nothing to take points off for."
WAITING = "Not graded yet: {names}."

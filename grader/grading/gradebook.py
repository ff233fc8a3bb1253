"""What each learner gets, and why: the judge's marks, a person's scores, the late rule, in one record.

The one source of every export, so that no two of them can disagree.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from grader.course.manifest import Course, Exercise, Late, Lecture
from grader.course.targets import Selection
from grader.errors import UserError, nearest
from grader.failures import Mismatch
from grader.grading.questions import is_question
from grader.grading.redaction import safe_message
from grader.grading.roster import Person
from grader.grading.store import ExerciseGrade, Score, Store, SubmissionRecord
from grader.results import ExerciseResult, Outcome
from grader.source.source_map import SourceMap

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOT_MOVED = SourceMap({})


class ExerciseScore(msgspec.Struct, frozen=True):
    """What became of one exercise."""

    exercise: str
    outcome: Outcome | None
    """The judge's; None if it was not judged."""
    points: float | None
    """None if it is not graded yet: what was handed in waits for the judge."""
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
    blocked_by: tuple[str, ...] = ()
    """What it waits for, as far as nobody has given full marks for that."""

    @property
    def is_right(self) -> bool:
        """Whether nothing is left to gain: by a person's word where there is one, or by the judge's."""
        if self.by_hand:
            return self.points is not None and self.points >= self.max_points
        return self.outcome is Outcome.PASS


class LectureGrade(msgspec.Struct, frozen=True):
    """What one learner gets for one lecture."""

    who: str
    name: str
    email: str
    lecture: str
    exercises: tuple[ExerciseScore, ...]
    points: float | None
    """Reached; a bonus is in it, so it may be more than `max_points`. None if some is not graded."""
    max_points: float
    late_hours: float | None
    """After what is due for them; None if nobody wrote down when it came, or nothing is due."""
    penalty: float | None
    """The points that being late costs; None if some is not graded."""
    total: float | None
    """None if some is not graded: that is neither 0 nor nothing handed in."""
    remarks: tuple[str, ...] = ()
    row: dict[str, str] = {}
    """The line of the roster, by column."""
    handed_in: bool = True
    title: str = ""
    """The lecture's."""
    section: str = ""
    """Of the class, where the roster has sections."""
    ungraded: str = ""
    """Why the last try to judge it came to no result."""
    is_nobodys: bool = False
    """True if nobody has said whose it is, and its own name does not tell."""
    is_asked: bool = False
    """True if something may be theirs, and nobody has said so: whether they handed in is not known."""
    to_decide: tuple[str, ...] = ()
    """Of what is not graded, what only a person can decide: what it builds on is wrong to the judge, and
    a person has given full marks for it."""

    @property
    def not_judged(self) -> tuple[str, ...]:
        """Exercises that wait for the judge, and for which nobody gave points."""
        return tuple(g.exercise for g in self.exercises if g.points is None)


def read_grades(
    course: Course,
    selections: Sequence[Selection],
    store: Store,
    on_result: Callable[[str, ExerciseResult], None] | None = None,
) -> list[LectureGrade]:
    """A grade for each learner and lecture: the roster in its order, then those who are not on it.

    A mark counts where it was made from what counts of what they handed in, and from nothing older.

    `on_result` is told each learner and result on the way: there are too many to be kept.
    """
    hand_ins = store.hand_ins()
    people = {person.id: person for person in store.people()}
    scores = store.scores()
    grades: list[LectureGrade] = []
    for selection in selections:
        lecture = selection.lecture
        handed = sorted(who for who, of in hand_ins if of == lecture.id)
        by_id = {e.id: e for e in selection.exercises}
        judged: dict[tuple[str, str], ExerciseScore] = {}
        for mark in store.marks(lecture=lecture.id):
            exercise = by_id.get(mark.exercise)
            if exercise and is_current(mark, hand_ins):
                score = scores.get((mark.who, lecture.id, exercise.id))
                accepted = _accepted(lecture, scores, mark.who)
                judged[mark.who, exercise.id] = exercise_score(
                    *(exercise, mark.result, score),
                    accepted=accepted,
                    source_map=SourceMap(hand_ins[mark.who, lecture.id].origins),
                )
                if on_result:
                    on_result(mark.who, mark.result)
        for who in dict.fromkeys([*people, *handed]):
            is_absent = (who, lecture.id) not in hand_ins
            exercises = tuple(
                judged.get((who, e.id))
                or exercise_score(e, None, scores.get((who, lecture.id, e.id)), is_absent)
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


def is_current(mark: ExerciseGrade, hand_ins: Mapping[tuple[str, str], SubmissionRecord]) -> bool:
    """Whether a mark was made from what counts now: what came later may not have been judged yet."""
    hand_in = hand_ins.get((mark.who, mark.lecture))
    return hand_in is not None and hand_in.fingerprint == mark.fingerprint


def known_people(store: Store) -> list[Person]:
    """Everybody: the roster in its order, then those who are not on it."""
    people = {person.id: person for person in store.people()}
    handed = sorted({who for who, _ in store.hand_ins()} - people.keys())
    return [*people.values(), *map(Person, handed)]


def find_learner(text: str, people: Sequence[Person], where: str) -> str:
    """The id of the one person whom a text means: by id, email, or a name that only one has.

    `where` is what the people are of, in words. Raises UserError if nobody or several are meant.
    """
    if any(person.id == text for person in people):
        return text
    wanted = _folded(text)
    for field in ("id", "email", "name"):
        found = [person.id for person in people if _folded(getattr(person, field)) == wanted]
        if len(found) > 1:
            raise UserError(
                SEVERAL.format(text=text, where=where), NAME_ID.format(ids=_some(found))
            )
        if found:
            return found[0]
    names = {name for p in people for name in (p.id, p.email, p.name) if name}
    known = KNOWN.format(where=where, names=_some([p.id for p in people]))
    raise UserError(NOBODY.format(text=text, where=where), nearest(text, sorted(names), known))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _some(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


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
    hand_in: SubmissionRecord | None,
    exercises: tuple[ExerciseScore, ...],
) -> LectureGrade:
    known = [graded.points for graded in exercises if graded.points is not None]
    points = _rounded(sum(known)) if len(known) == len(exercises) else None
    remarks = list(hand_in.remarks) if hand_in else [NOTHING]
    after = _seconds_late(lecture.due, person, hand_in)
    if after is not None and hand_in is not None and not hand_in.recorded:
        remarks += [UNCLEAR] if after > 0 else []
        after = None
    lost = None if points is None else penalty(late, points, after or 0.0)
    grade = LectureGrade(
        who=person.id,
        name=person.name,
        email=person.email,
        lecture=lecture.id,
        exercises=exercises,
        points=points,
        max_points=sum(graded.max_points for graded in exercises if not graded.bonus),
        late_hours=None if after is None else _rounded(max(0.0, after) / HOUR),
        penalty=lost,
        total=None if points is None or lost is None else _rounded(points - lost),
        row=person.row,
        handed_in=hand_in is not None,
        title=lecture.title,
        section=person.section,
        ungraded=hand_in.ungraded if hand_in else "",
        is_nobodys=bool(hand_in and hand_in.path and any(map(is_question, hand_in.remarks))),
        is_asked=bool(hand_in and hand_in.is_question),
        to_decide=tuple(
            g.exercise for g in exercises if g.points is None and g.outcome is Outcome.BLOCKED
        ),
    )
    if waiting := grade.not_judged:
        remarks.append(WAITING.format(names=", ".join(waiting)))
        remarks += [grade.ungraded] if grade.ungraded else []
    if grade.to_decide:
        remarks.append(DECIDE.format(names=", ".join(grade.to_decide)))
    return msgspec.structs.replace(grade, remarks=tuple(remarks))


def _seconds_late(
    due: datetime.datetime | None, person: Person, hand_in: SubmissionRecord | None
) -> float | None:
    """How long after what is due for this person; below zero where it came before."""
    if due is None or hand_in is None or hand_in.at is None:
        return None
    return hand_in.at - (due.timestamp() + person.extension_hours * HOUR)


def exercise_score(
    exercise: Exercise,
    result: ExerciseResult | None,
    score: Score | None = None,
    is_absent: bool = False,
    accepted: Collection[str] = (),
    source_map: SourceMap = NOT_MOVED,
) -> ExerciseScore:
    """One exercise, by the judge's result and by what a person gave.

    Without either it has 0 points where nothing was handed in, and waits for the judge otherwise. What
    waits for exercises that are all `accepted`, with full marks by hand, waits for a person. Lines are
    those of what was handed in, by its `source_map`.
    """
    moved = source_map.result(result) if result else None
    points = _worth(exercise, result) if result else 0.0 if is_absent else None
    blocked_by = tuple(
        need for need in (result.blocked_by if result else ()) if need not in accepted
    )
    if result and result.outcome is Outcome.BLOCKED and result.blocked_by and not blocked_by:
        points = None
    by_hand = score is not None and score.points is not None
    if score is not None and score.points is not None:
        points = score.points
    return ExerciseScore(
        exercise=exercise.id,
        outcome=result.outcome if result else None,
        points=None if points is None else _rounded(points),
        max_points=exercise.points,
        by_hand=by_hand,
        comment=score.comment if score else "",
        misconception=moved.misconception.sentence if moved and moved.misconception else "",
        message=_message(moved, blocked_by) if moved else "",
        flags=tuple(flag.sentence for flag in moved.flags) if moved else (),
        title=exercise.title,
        bonus=exercise.bonus,
        blocked_by=blocked_by,
    )


def _accepted(
    lecture: Lecture, scores: Mapping[tuple[str, str, str], Score], who: str
) -> frozenset[str]:
    """The exercises that a person gave somebody full marks for."""
    return frozenset(
        exercise.id
        for exercise in lecture.exercise
        if (score := scores.get((who, lecture.id, exercise.id)))
        and score.points is not None
        and score.points >= exercise.points
    )


def _worth(exercise: Exercise, result: ExerciseResult) -> float:
    """The judge's points, as what the course gives for the exercise now."""
    if not result.max_points:
        return float(exercise.points) if result.outcome is Outcome.PASS else 0.0
    return result.points * exercise.points / result.max_points


def _message(result: ExerciseResult, blocked_by: Sequence[str]) -> str:
    """The first thing that did not hold, and how it ended where it is the learner's own doing.

    A learner may come to read it, so what a check expected is not in it.
    """
    if result.outcome is Outcome.BLOCKED and result.blocked_by:
        return f"It builds on {', '.join(blocked_by)}." if blocked_by else ""
    for check in result.failing:
        own = "" if isinstance(check.failure, Mismatch) else safe_message(check)
        return "\n".join(part for part in (check.description, own) if part)[:LONGEST]
    return ""


def _rounded(value: float) -> float:
    """Without the dust of binary fractions."""
    return round(float(value), 6)


MOST_NAMED = 12
NOBODY = "Nobody in {where} is called {text!r}."
KNOWN = "There are: {names}."
SEVERAL = "{text!r} may be several people in {where}."
NAME_ID = "Name the id of one: {ids}."
LONGEST = 4_000
"""Characters of a message; the gradebook has all of it."""
NOTHING = "Nothing was handed in."
UNCLEAR = (
    "The file is dated after the deadline, but file dates are unreliable, so it loses no points."
)
WAITING = "Not graded yet: {names}."
DECIDE = (
    "What {names} builds on has full marks by hand, and the judge cannot go by that: give the points "
    "for it by hand, too."
)

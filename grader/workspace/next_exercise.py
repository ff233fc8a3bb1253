"""Which exercise comes next, from what was passed so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.course.manifest import Course, Exercise, Lecture
from grader.course.targets import select
from grader.errors import UserError
from grader.results import Outcome
from grader.workspace.progress import ExerciseStatus

Statuses = Mapping[tuple[str, str], ExerciseStatus]


def exercise_meant(course: Course, target: str, standings: Statuses) -> tuple[Lecture, Exercise]:
    """The exercise a target names: itself, a lecture's next one, or for "" the course's next one.

    Where all of a lecture is done, its first. Raises UserError if the target names nothing, or is
    empty and everything is done.
    """
    if not target:
        following = next_exercise(course, standings)
        if following is None:
            first = course.lectures[0]
            raise UserError(ALL_PASSED, NAME_ONE.format(f"{first.id}.{first.exercise[0].id}"))
        return following
    (selection,) = select(course, [target])
    lecture = selection.lecture
    left = exercises_left(lecture, standings) if selection.is_whole else []
    return lecture, first_to_do(lecture, left[0], standings) if left else selection.exercises[0]


def next_exercise(course: Course, standings: Statuses) -> tuple[Lecture, Exercise] | None:
    """The one tried last, where it is not done; else the next in its lecture, else in a later one.

    A bonus is never next. None if everything else is done.
    """
    lectures = list(course.lectures)
    here = lectures.index(current_lecture(course, standings))
    for lecture in lectures[here:] + lectures[:here]:
        if left := exercises_left(lecture, standings):
            chosen = _tried_last(lecture, left, standings) or left[0]
            return lecture, first_to_do(lecture, chosen, standings)
    return None


def first_to_do(lecture: Lecture, exercise: Exercise, standings: Statuses) -> Exercise:
    """The exercise itself, or what has to be done before it: what it needs and is left.

    One that was tried and found wrong does not wait for another: its author did without.
    """
    standing = standings.get((lecture.id, exercise.id))
    if standing and standing.outcome in (Outcome.FAIL, Outcome.ERROR):
        return exercise
    needs = lecture.all_needs(exercise)
    left = [e for e in exercises_left(lecture, standings) if e.id in needs]
    return first_to_do(lecture, left[0], standings) if left else exercise


def current_lecture(course: Course, standings: Statuses) -> Lecture:
    """The lecture that was worked on last; the first where nothing was begun."""
    known = {lecture.id for lecture in course.lectures}
    latest = max(
        (pair for pair in standings if pair[0] in known),
        key=lambda pair: standings[pair].at,
        default=None,
    )
    if latest is None:
        return course.lectures[0]
    return course.lecture(latest[0])


def _tried_last(lecture: Lecture, left: Sequence[Exercise], standings: Statuses) -> Exercise | None:
    """The first of those left that were judged in the latest run; None if that left none."""
    times = {e.id: s.at for e in lecture.exercise if (s := standings.get((lecture.id, e.id)))}
    latest = max(times.values(), default=None)
    return next((e for e in left if e.id in times and times[e.id] == latest), None)


def exercises_left(lecture: Lecture, standings: Statuses) -> list[Exercise]:
    """What is not done of a lecture, in its order; not the bonus, nor what nothing here judges."""
    counted = [e for e in lecture.exercise if not e.bonus and e.judged]
    return [e for e in counted if not is_done(lecture, e, standings)]


def is_done(lecture: Lecture, exercise: Exercise, standings: Statuses) -> bool:
    """Whether it was passed, by any route."""
    standing = standings.get((lecture.id, exercise.id))
    return standing is not None and standing.done


ALL_PASSED = "You have passed everything."
NAME_ONE = "Name an exercise: {}."

"""What will not come along: work tried once as where a class is graded, before it is handed in."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from grader.course.data import data_at_hand
from grader.course.manifest import Course, Lecture
from grader.course.targets import Selection
from grader.failures import Failure, Location, NotInstalled, Raised
from grader.judge.checks import NoObservation
from grader.judge.judge import Judge, open_judge
from grader.results import Outcome
from grader.sandbox.sandbox import Sandbox
from grader.source.files import Submission


class Missed(msgspec.Struct, frozen=True):
    """Something that is not there where work is graded."""

    message: str
    """What, and where it is asked for."""
    exercises: tuple[str, ...]
    """That need it."""


def missed_in_class(course: Course, lecture: Lecture, submission: Submission) -> tuple[Missed, ...]:
    """What a lecture's files need and would not find in a class: files, libraries, modules elsewhere.

    `submission` is what is handed in and nothing else.
    """
    data = data_at_hand(course)
    with (
        Sandbox(forbids=course.forbids, data=data, secluded=True) as sandbox,
        open_judge(course, [lecture], sandbox) as judge,
    ):
        found = [*_broken(judge, lecture, submission)]
    # a data set that is not on this machine is there where the class is graded
    absent = {d.name for d in course.manifest.data if d.name not in data}
    exercises: dict[str, list[str]] = {}
    for exercise, failure in found:
        if _is_missed(failure, absent):
            exercises.setdefault(failure.sentence, []).append(exercise)
    return tuple(Missed(message, tuple(names)) for message, names in exercises.items())


def _broken(
    judge: Judge, lecture: Lecture, submission: Submission
) -> Iterator[tuple[str, Failure]]:
    """The exercises that break, each with the reason; those that nothing judges here, too."""
    whole = Selection(lecture, lecture.exercise)
    results = judge.judge(whole, submission, brief=True).exercises
    for result in results:
        for check in result.checks:
            if check.outcome is Outcome.ERROR and check.failure:
                yield result.id, check.failure
    known = {result.id for result in results}
    for exercise in lecture.exercise:
        if exercise.id not in known and submission.files[exercise.file].code:
            trial = judge.trial(lecture, exercise, submission, judge.course.manifest.seed)
            try:
                stopped: NoObservation | None = trial.load()
            finally:
                trial.close()
            if stopped and stopped.outcome is Outcome.ERROR:
                yield exercise.id, stopped.failure


def _is_missed(failure: Failure, absent: Collection[str]) -> bool:
    """True if it asks for what is not there in a class. `absent` are data sets that are there."""
    match failure:
        case NotInstalled():
            return True
        case Raised(is_out_of_reach=True, location=Location()):
            return failure.file.removeprefix("./") not in absent
    return False

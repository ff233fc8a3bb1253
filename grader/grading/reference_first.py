"""The course's own solution, judged before a class: a check that fails it would fail everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from grader.course.manifest import Course, Lecture, course_option
from grader.errors import UserError
from grader.judge.worker import Job, JobResult
from grader.results import Outcome
from grader.source.files import read_submission

REFERENCE = ""
"""Who has written the course's own solution: nobody of the class."""


def reference_job(course: Course, lecture: Lecture, exercises: Sequence[str], seed: int) -> Job:
    """The course's own solution of these exercises, as a job for a judge."""
    submission = read_submission(course.solutions(lecture), lecture)
    return Job(REFERENCE, lecture.id, tuple(exercises), submission, seed)


def must_pass(course: Course, marked: JobResult) -> None:
    """Raises UserError if the course's own solution does not pass: then one of its checks is wrong."""
    for exercise in marked.result.exercises:
        if exercise.outcome is not Outcome.PASS:
            failing = exercise.failing[0]
            seen = " ".join(part for part in (failing.description, failing.message) if part)
            raise _unfit(course, f"{marked.lecture}.{exercise.id}", seen)
    if marked.ungraded:
        raise _unfit(course, marked.lecture, marked.ungraded)


def after_references(
    references: Mapping[str, Job], marks: Iterator[JobResult], prove: Callable[[JobResult], None]
) -> Iterator[JobResult]:
    """The learners' marks, held back until `prove` has taken those of the references."""
    left = set(references)
    held: list[JobResult] = []
    for marked in marks:
        if marked.who == REFERENCE:
            prove(marked)
            left.discard(marked.lecture)
        else:
            held.append(marked)
        if not left:
            yield from held
            held.clear()


def _unfit(course: Course, name: str, seen: str) -> UserError:
    lecture = name.partition(".")[0]
    return UserError(
        f"The course's own solution does not pass {name}, so nobody is graded on it. {seen}",
        f"Correct the check or the solution: `zth dev check {lecture}{course_option(course)}` tries "
        "them. Then run this again. What was graded before stays as it was.",
    )

"""A runner's result a learner, as GitHub Classroom's autograding reporter takes it.

The reporter (https://github.com/classroom-resources/autograding-grading-reporter, src/main.js and
src/notify-classroom.js) reads a JSON object in base64 from RUNNER_RESULTS: `status` (pass, fail,
error), `max_score`, and `tests` with `name`, `status`, `score`, `message`. It adds the scores up, so
the late rule is a test of its own with a score below zero. GitHub has ended Classroom itself
(https://gh.io/classroom-sunset); the actions still run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.course.manifest import Course
from grader.export.phrases import late, told
from grader.export.writing import write_each
from grader.grading.gradebook import ExerciseScore, LectureGrade
from grader.results import Outcome


def write(grades: Sequence[LectureGrade], _: Course, out: Path) -> tuple[str, ...]:
    write_each(out, grades, result)
    return ()


def result(grade: LectureGrade) -> dict[str, object]:
    tests: list[dict[str, object]] = [
        {
            "name": graded.title or graded.exercise,
            "status": _status(graded),
            "score": graded.points,
            "message": told(graded) or None,
        }
        for graded in grade.exercises
    ]
    # a bonus that nobody has begun takes nothing away
    counted = [_status(g) for g in grade.exercises if not (g.bonus and g.outcome is Outcome.TODO)]
    status = next((s for s in ("fail", "error") if s in counted), "pass")
    if grade.penalty:
        tests.append(
            {"name": LATE, "status": "fail", "score": -grade.penalty, "message": late(grade)}
        )
    return {"status": status, "max_score": grade.max_points, "tests": tests}


def _status(graded: ExerciseScore) -> str:
    if graded.is_right:
        return "pass"
    return "error" if graded.outcome is Outcome.ERROR and not graded.by_hand else "fail"


LATE = "Handed in late"

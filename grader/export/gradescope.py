"""A results.json a learner, as an autograder of Gradescope writes it.

The fields are those of https://gradescope-autograders.readthedocs.io/en/latest/specs/ (Output
format). The top `score` overrides the sum of the tests, so it is the total after the late rule. A
`max_score` is optional and a bonus has none, so that the maxima add up. The learner sees it when the
grades are published. `run_autograder` copies LECTURE/WHO/results.json to /autograder/results/.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.course.manifest import Course
from grader.export.phrases import told, told_of_all
from grader.export.writing import write_each
from grader.grading.gradebook import ExerciseScore, LectureGrade

VISIBILITY = "after_published"
LONGEST = 20_000
"""Characters of an `output`."""


def write(grades: Sequence[LectureGrade], _: Course, out: Path) -> tuple[str, ...]:
    write_each(out, grades, results)
    return ()


def results(grade: LectureGrade) -> dict[str, object]:
    return {
        "score": grade.total,
        "output": told_of_all(grade),
        "visibility": VISIBILITY,
        "stdout_visibility": "hidden",
        "tests": [_test(number, graded) for number, graded in enumerate(grade.exercises, 1)],
    }


def _test(number: int, graded: ExerciseScore) -> dict[str, object]:
    test: dict[str, object] = {
        "name": graded.title or graded.exercise,
        "number": str(number),
        "score": graded.points,
        "status": "passed" if graded.is_right else "failed",
        "output": told(graded)[:LONGEST],
        "visibility": VISIBILITY,
    }
    if not graded.bonus:
        test["max_score"] = graded.max_points
    return test

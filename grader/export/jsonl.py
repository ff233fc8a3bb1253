"""All that is known of every grade: a JSON object a line (https://jsonlines.org), a line a learner
and lecture. The flags and what is only for the instructor are in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.course.manifest import Course
from grader.export.phrases import json_bytes
from grader.export.writing import write_file
from grader.grading.gradebook import LectureGrade
from grader.results import FORMAT


def write(grades: Sequence[LectureGrade], _: Course, out: Path) -> tuple[str, ...]:
    write_file(
        out,
        (json_bytes({"format": FORMAT, **msgspec.to_builtins(grade)}) + b"\n" for grade in grades),
    )
    return ()

"""A table for a spreadsheet: a row a learner, a column an exercise.

It begins with a byte order mark: without one Excel takes UTF-8 for another encoding, and spoils every
accent. What is not graded yet is an empty cell.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from grader.course.manifest import Course
from grader.export.phrases import number
from grader.export.safe_csv import harmless, lines
from grader.export.writing import write_file
from grader.grading.gradebook import LectureGrade


def write(grades: Sequence[LectureGrade], _: Course, out: Path) -> tuple[str, ...]:
    """Of several lectures the points are added up, and every exercise is named with its lecture."""
    write_file(out, [codecs.BOM_UTF8, *lines(_rows(grades))])
    return ()


def _rows(grades: Sequence[LectureGrade]) -> Iterator[list[str]]:
    lectures = list(dict.fromkeys(grade.lecture for grade in grades))
    names = {
        (grade.lecture, graded.exercise): (
            graded.exercise if len(lectures) == 1 else f"{grade.lecture}.{graded.exercise}"
        )
        for grade in grades
        for graded in grade.exercises
    }
    yield [*HEAD, *names.values(), *TAIL]
    learners: dict[str, list[LectureGrade]] = {}
    for grade in grades:
        learners.setdefault(grade.who, []).append(grade)
    for of in learners.values():
        all_of = {(grade.lecture, g.exercise): g for grade in of for g in grade.exercises}
        hand = [name for key, name in names.items() if key in all_of and all_of[key].by_hand]
        yield [
            *map(harmless, (of[0].who, of[0].name, of[0].email, of[0].section)),
            *(number(all_of[key].points) if key in all_of else "" for key in names),
            " ".join(hand),
            number(_sum(grade.points for grade in of)),
            number(_sum(grade.penalty for grade in of)),
            number(_sum(grade.total for grade in of)),
            number(sum(grade.max_points for grade in of)),
            _handed_in(of),
            number(max((g.late_hours for g in of if g.late_hours is not None), default=None)),
        ]


def _handed_in(of: Sequence[LectureGrade]) -> str:
    """Empty if that is not known: something may be theirs, and nobody has said so."""
    if any(grade.handed_in and not grade.is_asked for grade in of):
        return "yes"
    return "" if any(grade.is_asked for grade in of) else "no"


def _sum(values: Iterable[float | None]) -> float | None:
    """None if one of them is not known."""
    known = [*values]
    return None if None in known else sum(value for value in known if value is not None)


HEAD = ("who", "name", "email", "section")
TAIL = ("by_hand", "points", "penalty", "total", "max_points", "handed_in", "late_hours")

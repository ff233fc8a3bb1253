"""Moodle's grading worksheet, filled in.

The worksheet that Moodle gives (Identifier, Full name, Email address, Status, Grade, Maximum Grade,
Grade can be changed, Last modified (grade), Feedback comments) is the roster; every column goes back as
it came but for Grade and Feedback comments. Moodle finds a learner by Identifier, and needs Last
modified (grade); a grade above the maximum it passes over without a word, so none is
(https://github.com/moodle/moodle/blob/main/public/mod/assign/feedback/offline/importgradeslib.php and
locallib.php). Where the worksheet's maximum is not ours, the grade is as much of theirs.
Who is not graded yet has no grade.

With another roster: a table for Grades > Import > CSV file, where the columns are mapped by hand
(https://docs.moodle.org/311/en/Grade_import).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.course.manifest import Course
from grader.errors import UserError
from grader.export.cells import harmless, lines
from grader.export.words import number, told, told_of_all
from grader.export.writing import write_file
from grader.teach.gradebook import Grade


def write(grades: Sequence[Grade], _: Course, out: Path) -> tuple[str, ...]:
    """Raises UserError where there are several lectures: a worksheet is of one assignment."""
    lectures = list(dict.fromkeys(grade.lecture for grade in grades))
    if len(lectures) > 1:
        raise UserError(
            f"A worksheet of Moodle's is of one assignment, and these are {', '.join(lectures)}.",
            f"Name one: zth export --to moodle {out.name} {lectures[0]}",
        )
    known = [grade for grade in grades if _is_worksheet(grade)]
    if not known:
        write_file(out, lines(_table(grades)))
        return (NO_WORKSHEET,) if grades else ()
    write_file(out, lines(_worksheet(known)))
    strangers = [grade.who for grade in grades if not _is_worksheet(grade)]
    return (LEFT_OUT.format(names=", ".join(strangers)),) if strangers else ()


def _is_worksheet(grade: Grade) -> bool:
    """Whether the line of the roster is from Moodle's worksheet."""
    return all(name in grade.row for name in NEEDED)


def _worksheet(grades: Sequence[Grade]) -> Iterator[list[str]]:
    columns = list(dict.fromkeys(name for grade in grades for name in grade.row))
    yield columns
    for grade in grades:
        row = {**grade.row, "Grade": number(_of_theirs(grade))}
        if FEEDBACK in columns and grade.total is not None:
            row[FEEDBACK] = harmless(_feedback(grade))
        if "Full name" in row:
            row["Full name"] = harmless(row["Full name"])
        yield [row.get(name, "") for name in columns]


def _of_theirs(grade: Grade) -> float | None:
    """The total, in points of the worksheet's maximum and not above it."""
    theirs = next((grade.row[name] for name in MAXIMUM if name in grade.row), "")
    try:
        most = float(theirs.replace(",", "."))
    except ValueError:
        most = 0.0
    if grade.total is None or not grade.max_points:
        return grade.total
    if not 0 < most < math.inf:
        most = grade.max_points
    return min(grade.total / grade.max_points, 1.0) * most


def _table(grades: Sequence[Grade]) -> Iterator[list[str]]:
    yield ["ID number", "Full name", "Email address", "Grade", "Maximum Grade", FEEDBACK]
    for grade in grades:
        yield [
            *map(harmless, (grade.who, grade.name, grade.email)),
            number(grade.total),
            number(grade.max_points),
            harmless(_feedback(grade)),
        ]


def _feedback(grade: Grade) -> str:
    """Plain text in HTML, which is what Moodle takes it for."""
    import html

    parts = [told_of_all(grade)]
    parts += [f"{g.title or g.exercise}: {text}" for g in grade.exercises if (text := told(g))]
    return html.escape("\n".join(parts)[:LONGEST], quote=False).replace("\n", "<br>")


LONGEST = 6_000
"""Characters of the feedback; written as HTML it may be five times as long."""
NEEDED = ("Identifier", "Grade", "Last modified (grade)")
MAXIMUM = ("Maximum Grade", "Maximum grade")
FEEDBACK = "Feedback comments"
LEFT_OUT = "Not in Moodle's worksheet, and left out: {names}."
NO_WORKSHEET = (
    "This is for Grades > Import > CSV file. For the assignment itself, grade with --roster and the "
    "grading worksheet that Moodle gives."
)

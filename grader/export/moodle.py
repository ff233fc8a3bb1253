"""Moodle's grading worksheet, filled in.

The worksheet that Moodle gives (Identifier, Full name, Email address, Status, Grade, Maximum Grade,
Grade can be changed, Last modified (grade), Feedback comments; in another language they are called
otherwise) is the roster; every column goes back as it came but for Grade and Feedback comments. Moodle
finds a learner by Identifier, and needs Last modified (grade); a grade above the maximum it passes over
without a word, so none is
(https://github.com/moodle/moodle/blob/main/public/mod/assign/feedback/offline/importgradeslib.php and
locallib.php). Where the worksheet's maximum is not ours, the grade is as much of theirs.
Who is not graded yet has no grade.

With another roster: a table for Grades > Import > CSV file, where the columns are mapped by hand
(https://docs.moodle.org/311/en/Grade_import).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.course.manifest import Course, course_option
from grader.errors import UserError
from grader.export.phrases import number, told, told_of_all
from grader.export.safe_csv import harmless, lines
from grader.export.writing import write_file
from grader.grading.gradebook import LectureGrade
from grader.grading.worksheet import Worksheet, find_worksheet, number_in


def write(grades: Sequence[LectureGrade], course: Course, out: Path) -> tuple[str, ...]:
    """Raises UserError if there are several lectures: a worksheet is of one assignment."""
    lectures = list(dict.fromkeys(grade.lecture for grade in grades))
    if len(lectures) > 1:
        raise UserError(
            f"A worksheet of Moodle's is of one assignment, and these are {', '.join(lectures)}.",
            f"Name one: zth export --to moodle {shlex.quote(str(out))} {lectures[0]}"
            f"{course_option(course)}",
        )
    header, sheet = _sheet(grades)
    if sheet is None:
        write_file(out, lines(_table(grades)))
        return (NO_WORKSHEET,) if grades else ()
    identifier = header[sheet.identifier]
    known = [grade for grade in grades if grade.row.get(identifier)]
    write_file(out, lines([header, *(_line(grade, header, sheet) for grade in known)]))
    strangers = [grade.who for grade in grades if not grade.row.get(identifier)]
    return (LEFT_OUT.format(names=", ".join(strangers)),) if strangers else ()


def _sheet(grades: Sequence[LectureGrade]) -> tuple[list[str], Worksheet | None]:
    """The titles of the roster's columns, and which are Moodle's, in whatever language they are."""
    rows = [grade.row for grade in grades if grade.row]
    header = list(dict.fromkeys(title for row in rows for title in row))
    return header, find_worksheet(
        header, [[row.get(title, "") for title in header] for row in rows]
    )


def _line(grade: LectureGrade, header: Sequence[str], sheet: Worksheet) -> list[str]:
    cells = [grade.row.get(title, "") for title in header]
    points = number(_of_theirs(grade, number_in(cells[sheet.maximum])))
    # as the worksheet writes its own figures
    cells[sheet.grade] = points.replace(".", ",") if "," in cells[sheet.maximum] else points
    if sheet.feedback is not None and grade.total is not None:
        cells[sheet.feedback] = harmless(_feedback(grade))
    cells[sheet.identifier + 1] = harmless(cells[sheet.identifier + 1])
    return cells


def _of_theirs(grade: LectureGrade, most: float | None) -> float | None:
    """The total, in points of the worksheet's maximum and not above it."""
    if grade.total is None or not grade.max_points:
        return grade.total
    return min(grade.total / grade.max_points, 1.0) * (most or grade.max_points)


def _table(grades: Sequence[LectureGrade]) -> Iterator[list[str]]:
    yield ["ID number", "Full name", "Email address", "Grade", "Maximum Grade", FEEDBACK]
    for grade in grades:
        yield [
            *map(harmless, (grade.who, grade.name, grade.email)),
            number(grade.total),
            number(grade.max_points),
            harmless(_feedback(grade)),
        ]


def _feedback(grade: LectureGrade) -> str:
    """Plain text in HTML, which is what Moodle takes it for."""
    import html

    parts = [told_of_all(grade)]
    parts += [f"{g.title or g.exercise}: {text}" for g in grade.exercises if (text := told(g))]
    return html.escape("\n".join(parts)[:LONGEST], quote=False).replace("\n", "<br>")


LONGEST = 6_000
"""Characters of the feedback; written as HTML it may be five times as long."""
FEEDBACK = "Feedback comments"
LEFT_OUT = "Not in Moodle's worksheet, and left out: {names}."
NO_WORKSHEET = (
    "This is for Grades > Import > CSV file. For the assignment itself, grade with --roster and the "
    "grading worksheet that Moodle gives."
)

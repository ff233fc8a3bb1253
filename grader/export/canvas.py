"""A CSV that Canvas's gradebook imports: the class as Canvas exported it, with a column a lecture.

Student, ID, SIS User ID, SIS Login ID and Section come first and in this order, then the assignments;
a line says the Points Possible
(https://github.com/instructure/canvas-lms/blob/master/lib/gradebook_importer.rb). An assignment that
is there is `Title (12345)` in Canvas's export; where the roster has such a column for the lecture, it
is that one, otherwise Canvas asks whether to make a new one. Who is who is written as Canvas wrote it;
a name is made harmless for a spreadsheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.course.manifest import Course
from grader.export.phrases import number
from grader.export.safe_csv import harmless, lines
from grader.export.writing import write_file
from grader.grading.gradebook import LectureGrade


def write(grades: Sequence[LectureGrade], _: Course, out: Path) -> tuple[str, ...]:
    """If the roster is Canvas's own, those who are not on it are left out: Canvas does not know them."""
    theirs = [grade for grade in grades if _is_canvas(grade)]
    known = theirs or grades
    write_file(out, lines(_rows(known)))
    on_list = {grade.who for grade in known}
    strangers = list(dict.fromkeys(grade.who for grade in grades if grade.who not in on_list))
    remarks = (NO_ROSTER,) if grades and not theirs else ()
    left_out = (LEFT_OUT.format(names=", ".join(strangers)),) if strangers else ()
    return (*remarks, *left_out)


def _rows(grades: Sequence[LectureGrade]) -> Iterator[list[str]]:
    theirs = list(dict.fromkeys(name for grade in grades for name in grade.row))
    firsts = {grade.lecture: grade for grade in reversed(grades)}
    columns = {
        name: _column(firsts[name], theirs) for name in dict.fromkeys(g.lecture for g in grades)
    }
    more = [name for name in OPTIONAL if any(name in grade.row for grade in grades)]
    most = {grade.lecture: number(grade.max_points) for grade in grades}
    yield ["Student", *IDS, *more, "Section", *columns.values()]
    yield [POSSIBLE, *("" for _ in (*IDS, *more, "Section")), *most.values()]
    learners: dict[str, dict[str, LectureGrade]] = {}
    for grade in grades:
        learners.setdefault(grade.who, {})[grade.lecture] = grade
    for who, of in learners.items():
        first = next(iter(of.values()))
        # the ID of another list is another number: to Canvas it would be somebody else
        row = first.row if _is_canvas(first) else {"SIS Login ID": who}
        yield [
            harmless(row.get("Student") or first.name or who),
            *(row.get(name, "") for name in (*IDS, *more, "Section")),
            *(number(of[lecture].total) if lecture in of else "" for lecture in columns),
        ]


def _is_canvas(grade: LectureGrade) -> bool:
    """Whether the line of the roster is from Canvas's export."""
    return any(all(name in grade.row for name in names) for names in NEEDED)


def _column(grade: LectureGrade, theirs: Sequence[str]) -> str:
    """The column of the lecture among those of Canvas's export, or a new one."""
    own = {name.casefold() for name in (grade.lecture, grade.title, _new(grade))}
    for name in theirs:
        if (found := _ASSIGNMENT.fullmatch(name)) and found[1].casefold() in own:
            return name
    return _new(grade)


def _new(grade: LectureGrade) -> str:
    return f"{grade.lecture} {grade.title}".strip()


IDS = ("ID", "SIS User ID", "SIS Login ID")
NEEDED = (("Student", "ID", "Section"), ("LastName", "FirstName", "ID", "Section"))
OPTIONAL = ("Integration ID", "Root Account")
POSSIBLE = "    Points Possible"
_ASSIGNMENT = re.compile(r"(.+?) \(\d+\)")
LEFT_OUT = "Not on the roster, and left out: {names}."
NO_ROSTER = (
    "Grade with --roster and the gradebook that Canvas exports: it has the ID by which Canvas knows "
    "each learner. Here they have their names and SIS Login IDs alone."
)

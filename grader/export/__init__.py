"""Grades for other programs: one module a format, and here the table of contents.

A format reads what `grader.grading.gradebook` says and decides nothing about marks. What writes into
another program's own database is no format: `grader.nbgrader.exporting`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from grader.course.manifest import Course
from grader.errors import UserError
from grader.export import (
    canvas,
    github_classroom,
    gradescope,
    jsonl,
    junit,
    moodle,
    table,
)
from grader.export.phrases import UNANSWERED
from grader.grading.gradebook import LectureGrade

Write = Callable[[Sequence[LectureGrade], Course, Path], tuple[str, ...]]
"""Writes the grades to a path that is free; gives what a person should know of it."""


class Format(msgspec.Struct, frozen=True):
    """A way to write grades down."""

    name: str
    """What is typed."""
    writes: str
    """What that is, in a few words."""
    suffix: str
    """Of the file; empty if a folder is written."""
    write: Write
    is_for_instructors: bool = False
    """Whether it has all there is, so also what is nobody's as long as a question is open. Elsewhere a
    line for it would be a learner's whom nobody knows."""

    def export(self, grades: Sequence[LectureGrade], course: Course, out: Path) -> tuple[str, ...]:
        """Write all of the grades that are somebody's; what is left out is said, too."""
        taken = [grade for grade in grades if self.is_for_instructors or not grade.is_nobodys]
        remarks = self.write(taken, course, out)
        left = dict.fromkeys(grade.who for grade in grades if grade.is_nobodys)
        if self.is_for_instructors or not left:
            return remarks
        return (*remarks, UNANSWERED.format(names=", ".join(left)))

    @property
    def is_folder(self) -> bool:
        return not self.suffix


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("csv", "a table with a row a learner", ".csv", table.write, is_for_instructors=True),
        Format(
            *("jsonl", "all there is, a JSON object a line", ".jsonl", jsonl.write),
            is_for_instructors=True,
        ),
        Format("junit", "JUnit XML, a suite a learner", ".xml", junit.write),
        Format("gradescope", "a results.json a learner", "", gradescope.write),
        Format("github-classroom", "a runner's result a learner", "", github_classroom.write),
        Format("canvas", "a CSV for the gradebook of Canvas", ".csv", canvas.write),
        Format("moodle", "a grading worksheet for Moodle", ".csv", moodle.write),
    )
}


def find_format(name: str, others: Sequence[str] = ()) -> Format:
    """The format of that name. Raises UserError with the nearest where there is none.

    `others` can be typed as well, and are not written by a format.
    """
    if name in FORMATS:
        return FORMATS[name]
    names = (*FORMATS, *others)
    near = difflib.get_close_matches(name.lower(), names, n=1)
    fix = f"Did you mean {near[0]}?" if near else f"Name one of: {', '.join(names)}."
    raise UserError(f"There is no format {name!r}.", fix)

"""Stubs from solutions: what stands between the markers goes, the goal stays."""

from __future__ import annotations

import re
from pathlib import Path

from grader.course.litter import files_in
from grader.course.manifest import Course, Lecture
from grader.errors import UserError

_BEGIN = re.compile(r"^(\s*)### BEGIN SOLUTION (\w+): (\S.*?)\s*$")
_ALMOST = re.compile(r"#\s*(BEGIN|END)\s+SOLUTION", re.IGNORECASE)
_END = re.compile(r"^\s*### END SOLUTION\s*$")


def strip_solution(source: str, name: str = "solution") -> str:
    """The stub of a worked file: each marked region becomes its goal and NotImplementedError.

    >>> print(strip_solution('''def twice(x):
    ...     ### BEGIN SOLUTION twice: add it to itself.
    ...     return x + x
    ...     ### END SOLUTION
    ... '''), end="")
    def twice(x):
        # TODO: add it to itself.
        raise NotImplementedError("twice")

    Raises UserError at a marker that is not closed, not opened, or not `### BEGIN SOLUTION id: goal`.
    """
    lines: list[str] = []
    inside = 0
    for number, line in enumerate(source.splitlines(), start=1):
        if begin := _BEGIN.match(line):
            if inside:
                raise _marker(name, number, f"opens inside the region of line {inside}")
            indent, exercise, goal = begin.groups()
            lines += [f"{indent}# TODO: {goal}", f'{indent}raise NotImplementedError("{exercise}")']
            inside = number
        elif _END.match(line):
            if not inside:
                raise _marker(name, number, "closes what was never opened")
            inside = 0
        elif _ALMOST.search(line):  # unnoticed, it would leave the solution in the stub
            raise _marker(
                name, number, "is not `### BEGIN SOLUTION id: goal` or `### END SOLUTION`"
            )
        elif not inside:
            lines.append(line)
    if inside:
        raise _marker(name, inside, "is never closed")
    return "\n".join(lines) + "\n"


def marked_exercises(source: str) -> list[str]:
    """The exercise id of each region of a worked file, in its order."""
    return [m[2] for line in source.splitlines() if (m := _BEGIN.match(line))]


def stubs_of(course: Course, lecture: Lecture) -> dict[Path, str]:
    """What each file of exercises/ should hold, by path."""
    if course.released:
        paths = files_in(course.stubs(lecture))
        return {path: path.read_text(encoding="utf-8") for path in paths}
    return {
        course.stubs(lecture) / source.name: strip_solution(
            source.read_text(encoding="utf-8"), f"solutions/{lecture.dir}/{source.name}"
        )
        for source in files_in(course.solutions(lecture))
    }


def _marker(name: str, line: int, what: str) -> UserError:
    return UserError(f"{name}, line {line}: the solution marker {what}.", MEND_THE_MARKER)


MEND_THE_MARKER = "Each region reads `### BEGIN SOLUTION id: goal`, the work, `### END SOLUTION`."

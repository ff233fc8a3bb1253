"""The worked solution of an exercise, beside what the learner wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.course.targets import Selection
from grader.errors import UserError
from grader.results import Outcome
from grader.source.definitions import Tangled, definition
from grader.source.files import read_source
from grader.workspace.next_exercise import Statuses
from grader.workspace.workspace import Workspace

_MARKER = re.compile(r"^[ \t]*### (BEGIN SOLUTION .*|END SOLUTION)[ \t]*\n", re.MULTILINE)


class Worked(msgspec.Struct, frozen=True):
    """An exercise solved twice."""

    lecture: Lecture
    exercise: Exercise
    worked: str
    yours: str
    """Empty if the learner's file cannot be read or does not define it."""
    passed: bool
    """True if it passed since it was last reset."""
    is_right: bool = True
    """True if the latest attempt passed."""

    @property
    def alike(self) -> bool:
        """But for spaces and empty lines."""
        return _bare(self.yours) == _bare(self.worked)

    def difference(self) -> list[str]:
        """A unified diff from yours to the worked one."""
        import difflib

        lines = self.yours.splitlines(), self.worked.splitlines()
        return list(difflib.unified_diff(*lines, "yours", "worked", lineterm=""))


def solutions_to_show(
    selection: Selection, workspace: Workspace, course: Course, standings: Statuses, spoil: bool
) -> list[Worked]:
    """What may be shown: what was passed, or all with `spoil`. Raises UserError if that is none."""
    if course.released:
        name = f"{selection.lecture.id}.{selection.exercises[0].id}"
        raise UserError(NOT_HERE, f"`zth hint {name}` helps a little.")
    lecture = selection.lecture
    passed = {e.id for e in selection.exercises if _passed(lecture, e, standings)}
    shown = [e for e in selection.exercises if spoil or e.id in passed]
    if not shown:
        name = (
            lecture.id if len(selection.exercises) > 1 else _name(lecture, selection.exercises[0])
        )
        message = NONE_PASSED if len(selection.exercises) > 1 else NOT_PASSED
        raise UserError(message.format(name=name), WHAT_HELPS.format(name=name))
    return [
        _worked(lecture, e, workspace, course, e.id in passed, _is_right(lecture, e, standings))
        for e in shown
    ]


def _worked(
    lecture: Lecture,
    exercise: Exercise,
    workspace: Workspace,
    course: Course,
    passed: bool,
    is_right: bool,
) -> Worked:
    solution = (course.solutions(lecture) / exercise.file).read_text(encoding="utf-8")
    source = read_source(workspace.folder(lecture) / exercise.file)
    try:
        yours = _definitions(source.text, exercise.names) if source.code else ""
    except Tangled:  # a lambda that shares its line
        yours = source.text
    worked = _definitions(_MARKER.sub("", solution), exercise.names)
    return Worked(lecture, exercise, worked, yours, passed, is_right)


def _definitions(text: str, names: Sequence[str]) -> str:
    """The definitions of those names, one below the other; one inside another comes with it."""
    outer = [n for n in names if not any(n.startswith(f"{other}.") for other in names)]
    return "\n\n".join(found for name in outer if (found := definition(text, name)))


def _passed(lecture: Lecture, exercise: Exercise, standings: Statuses) -> bool:
    standing = standings.get((lecture.id, exercise.id))
    return standing is not None and standing.done


def _is_right(lecture: Lecture, exercise: Exercise, standings: Statuses) -> bool:
    standing = standings.get((lecture.id, exercise.id))
    return standing is not None and standing.outcome is Outcome.PASS


def _bare(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _name(lecture: Lecture, exercise: Exercise) -> str:
    return f"{lecture.id}.{exercise.id}"


NOT_HERE = "The solutions stay with your instructor: this is the students' pack."
NOT_PASSED = "{name} has not passed yet. Once it has, you will see the solution next to yours."
NONE_PASSED = "Nothing of {name} has passed yet; then the solutions are shown beside yours."
WHAT_HELPS = "`zth hint {name}` helps a little. With --spoil the solution is shown now."

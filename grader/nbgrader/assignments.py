"""A lecture's assignment in nbgrader's gradebook: the one that is there, or one as it would be built.

One that is made here is what `nbgrader generate_assignment` would make of the built notebooks, in one
transaction, so that it can still be built and generated later.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.api import (
    Assignment,
    BaseCell,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells
from nbgrader.utils import is_grade, is_solution

from grader.course.manifest import Course, Lecture
from grader.errors import UserError
from grader.nbgrader.cells import cells_of
from grader.nbgrader.course import NbgraderCourse
from grader.nbgrader.files import notebook_of
from grader.nbgrader.gradebook_cells import GradebookCell, cells_of_notebooks, in_order


class AssignmentNotebook(msgspec.Struct, frozen=True):
    """A notebook of the assignment as the gradebook has it."""

    id: str
    name: str
    cells: tuple[GradebookCell, ...]
    graded: Mapping[str, str]
    """The name of each cell that has points, an essay's and a task's among them → its id."""
    commented: Mapping[str, str]
    """The name of each cell that a person may comment on → its id."""


class GradebookAssignment(msgspec.Struct, frozen=True):
    """An assignment in the gradebook."""

    id: str
    name: str
    notebooks: tuple[AssignmentNotebook, ...]
    has_due: bool
    made: bool
    """Whether it was not there before."""


def find_assignment(
    opened: NbgraderCourse, course: Course, lecture: Lecture
) -> GradebookAssignment:
    """The assignment of that lecture, made where there is none.

    Raises UserError if its notebooks are built but nbgrader has not been told of them yet, and where
    it has no cell for any exercise of the lecture.
    """
    there = _look(opened, lecture)
    made = there is None or not there.notebooks
    if made:
        source = opened.source(lecture.id)
        if any(source.glob("*.ipynb")):  # made without them, it could not be generated any more
            fix = GENERATE.format(name=lecture.id)
            raise UserError(NOT_GENERATED.format(source=source, name=lecture.id), fix)
        _make(opened, course, lecture, there)
        there = _look(opened, lecture)
    assert there is not None
    if lecture.due and there.duedate is None:
        there.duedate = utc(lecture.due.timestamp())
        opened.book.db.commit()
    known = in_order(cells_of_notebooks(there.notebooks), opened.source(lecture.id))
    if not any(targets(cells, lecture) for cells in known.values()):
        raise UserError(NONE_OF_OURS.format(name=lecture.id), BUILD.format(name=lecture.id))
    entries = tuple(
        AssignmentNotebook(
            id=notebook.id,
            name=notebook.name,
            cells=tuple(known[notebook.name]),
            graded=_ids([*notebook.grade_cells, *notebook.task_cells]),
            commented=_ids([*notebook.solution_cells, *notebook.task_cells]),
        )
        for notebook in there.notebooks
    )
    return GradebookAssignment(there.id, there.name, entries, there.duedate is not None, made)


def targets(cells: Iterable[GradebookCell], lecture: Lecture) -> dict[str, list[GradebookCell]]:
    """The lecture's exercises that have a graded cell, and which."""
    found: dict[str, list[GradebookCell]] = {}
    for cell in cells:
        of, _, exercise = cell.target.partition(".")
        if of == lecture.id and any(e.id == exercise for e in lecture.exercise):
            found.setdefault(exercise, []).append(cell)
    return found


def utc(seconds: float) -> datetime.datetime:
    """As nbgrader keeps a moment: UTC, and nothing that says so."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).replace(tzinfo=None)


def _look(opened: NbgraderCourse, lecture: Lecture) -> Assignment | None:
    try:
        return opened.book.find_assignment(lecture.id)
    except MissingEntry:
        return None


def _make(
    opened: NbgraderCourse, course: Course, lecture: Lecture, there: Assignment | None
) -> None:
    """All of it in one transaction: of half an assignment nbgrader would make no whole one."""
    db, course_id = opened.book.db, opened.book.course_id
    assignment = there or Assignment(name=lecture.id, course_id=course_id)
    db.add(assignment)
    for file in lecture.files:
        built = notebook_of(lecture, file, cells_of(course, lecture, file))
        node: NotebookNode = from_dict(built.raw)  # type: ignore[no-untyped-call] # nbformat has no types
        for step in (LockCells, ClearSolutions, ComputeChecksums):
            node, _ = step(parent=opened.app).preprocess(node, {})
        name = file.removesuffix(".py")
        kernel = json.dumps(node.metadata.kernelspec)
        notebook = Notebook(name=name, assignment=assignment, kernelspec=kernel)
        db.add(notebook)
        for cell in node.cells:
            db.add_all(_rows(cell, notebook))
    db.commit()


def _rows(cell: NotebookNode, notebook: Notebook) -> Iterator[object]:
    """What nbgrader's own SaveCells keeps of a cell."""
    about = cell.metadata.get("nbgrader")
    if not about:
        return
    same = {"name": about.grade_id, "notebook": notebook}
    if is_grade(cell):
        yield GradeCell(max_score=float(about.points), cell_type=cell.cell_type, **same)
    if is_solution(cell):
        yield SolutionCell(**same)
    yield SourceCell(
        cell_type=cell.cell_type,
        locked=about.locked,
        source=cell.source,
        checksum=about.checksum,
        **same,
    )


def _ids(cells: Iterable[BaseCell | TaskCell]) -> dict[str, str]:
    return {cell.name: cell.id for cell in cells}


NOT_GENERATED = "{source} is there, but the gradebook has no notebooks of {name!r} yet."
GENERATE = "Type in the course's folder: nbgrader generate_assignment {name}"
NONE_OF_OURS = "The gradebook's assignment {name!r} has no cell for any exercise of {name}."
BUILD = "Its own notebooks are made by: zth nbgrader build {name}"

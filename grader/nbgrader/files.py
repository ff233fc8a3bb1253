"""Cells as a notebook's file, byte for byte the same each time; and the cells of a file that is there."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from grader.course.manifest import Lecture
from grader.nbgrader.cells import Cell, CellKind

SCHEMA = 3
"""Of nbgrader's metadata."""

Json = dict[str, Any]
"""A cell as it stands in a file: whatever else an instructor's program keeps in it is left alone."""


class NotebookFile(msgspec.Struct, frozen=True):
    cells: list[Json]
    metadata: Json
    more: Json
    """nbformat, nbformat_minor, and whatever else stands beside the cells."""

    def encode(self) -> bytes:
        """As nbformat writes it."""
        text = json.dumps(self.raw, ensure_ascii=False, indent=1, sort_keys=True)
        return (text + "\n").encode()

    @property
    def raw(self) -> Json:
        return {**self.more, "cells": self.cells, "metadata": self.metadata}


def notebook_of(lecture: Lecture, file: str, cells: list[Cell]) -> NotebookFile:
    """What is built for a file of a lecture."""
    about = {"lecture": lecture.id, "file": file}
    return with_python([_raw(cell) for cell in cells], about)


def with_python(cells: list[Json], about: Json | None = None) -> NotebookFile:
    """A notebook of Python; `about` is what zth is to know of it, where it is zth's."""
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        **({"zth": about} if about else {}),
    }
    return NotebookFile(cells, metadata, {"nbformat": 4, "nbformat_minor": 5})


def read_notebook(data: bytes) -> NotebookFile | None:
    """The notebook in a file; None if it is none of format 4."""
    try:
        raw = json.loads(data)
        cells, metadata = raw["cells"], raw["metadata"]
        known = raw["nbformat"] == 4 and isinstance(metadata, dict)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not known or not all(isinstance(c, dict) and "cell_type" in c for c in cells):
        return None
    more = {key: value for key, value in raw.items() if key not in ("cells", "metadata")}
    return NotebookFile([_with_text(cell) for cell in cells], metadata, more)


def same(one: Json, other: Json) -> bool:
    """Whether two cells are alike in all that counts: outputs, and how a program shows them, do not."""
    return _essence(one) == _essence(other)


def _essence(cell: Json) -> tuple[object, ...]:
    about = dict(cell.get("metadata", {}).get("nbgrader", {}))
    return cell["cell_type"], cell.get("source", ""), about


def _with_text(cell: Json) -> Json:
    """A source may be a text or its lines."""
    source = cell.get("source", "")
    return {**cell, "source": source if isinstance(source, str) else "".join(source)}


def _raw(cell: Cell) -> Json:
    about = _about(cell)
    made: Json = {
        "cell_type": "markdown" if cell.kind is CellKind.TEXT else "code",
        "id": cell.id,
        "metadata": {"nbgrader": about} if about else {},
        "source": cell.source,
    }
    if cell.kind is not CellKind.TEXT:
        made |= {"execution_count": None, "outputs": []}
    return made


def _about(cell: Cell) -> Json:
    """What nbgrader is to know of a cell."""
    if cell.kind in (CellKind.TEXT, CellKind.PLAY):
        return {}
    is_test = cell.kind is CellKind.TEST
    return {
        "schema_version": SCHEMA,
        "grade_id": cell.id,
        "solution": cell.kind is CellKind.SOLUTION,
        "grade": is_test,
        "locked": cell.kind is not CellKind.SOLUTION,
        "task": False,
        **({"points": cell.points} if is_test else {}),
    }

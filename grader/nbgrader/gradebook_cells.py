"""A learner's notebook as nbgrader can take it: its graded cells are the gradebook's, whatever it says.

What a cell is worth, what it is called and whether it is graded come from the gradebook alone. Of the
notebook's metadata only the names of cells are looked at. What a program or a person has broken in it
is left out, and nothing that is in it can stop nbgrader.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from grader.grading.gathering import LIMITS
from grader.nbgrader.cells import target_of
from grader.nbgrader.files import SCHEMA, Json


class GradebookCell(msgspec.Struct, frozen=True):
    """A cell that the gradebook knows."""

    name: str
    """Its grade_id."""
    kind: str
    """`code` or `markdown`."""
    source: str
    checksum: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float
    target: str = ""
    """The exercise whose points it has; empty if it is the instructor's own affair."""

    @property
    def is_own_test(self) -> bool:
        """Whether it is a test of the instructor's own, which nbgrader would execute."""
        return self.grade and not self.solution and not self.target and self.kind == "code"

    def about(self) -> Json:
        """nbgrader's metadata."""
        worth: Json = {"points": self.points} if self.grade or self.task else {}
        sum_: Json = {"checksum": self.checksum} if self.checksum else {}
        return {
            "schema_version": SCHEMA,
            "grade_id": self.name,
            "grade": self.grade,
            "solution": self.solution,
            "locked": self.locked,
            "task": self.task,
            "cell_type": self.kind,
            **worth,
            **sum_,
        }


class RestoredNotebook(msgspec.Struct, frozen=True):
    cells: list[Json]
    put_back: tuple[str, ...]
    """The graded cells that were not there, by their names."""


def known_cells(db_url: str, assignment: str) -> dict[str, list[GradebookCell]]:
    """What the gradebook knows of an assignment: its notebooks, and the cells of each in any order."""
    from nbgrader.api import Gradebook

    with Gradebook(db_url) as book:
        return cells_of_notebooks(book.find_assignment(assignment).notebooks)


def cells_of_notebooks(notebooks: Iterable[Any]) -> dict[str, list[GradebookCell]]:
    """The same, of notebooks as a gradebook that is open gives them."""
    found: dict[str, list[GradebookCell]] = {}
    for notebook in notebooks:
        graded = {cell.name: cell.max_score for cell in notebook.grade_cells}
        tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
        solutions = {cell.name for cell in notebook.solution_cells}
        cells = found[notebook.name] = []
        for cell in notebook.source_cells:
            name, source = cell.name, cell.source or ""
            judged = name in graded and name not in solutions and cell.cell_type == "code"
            known = GradebookCell(
                name=name,
                kind=cell.cell_type,
                source=source,
                checksum=cell.checksum or "",
                locked=bool(cell.locked),
                grade=name in graded,
                solution=name in solutions,
                task=name in tasks,
                points=float(graded.get(name, tasks.get(name, 0))),
                target=target_of(source) if judged else "",
            )
            cells.append(known)
    return found


def in_order(
    known: Mapping[str, Sequence[GradebookCell]], source: Path
) -> dict[str, list[GradebookCell]]:
    """The cells of each notebook as they follow one another in the assignment's source folder.

    The gradebook keeps no order: SQLite gives the one in which they were first written, PostgreSQL has
    those last that were changed since. What is not in the source stays as it is, behind the rest.
    """
    ordered: dict[str, list[GradebookCell]] = {}
    for notebook, cells in known.items():
        names = [name_of(cell) for cell in cells_in(source / f"{notebook}.ipynb")]
        places = {name: place for place, name in enumerate(names) if name}
        ordered[notebook] = sorted(cells, key=lambda cell: places.get(cell.name, len(names)))
    return ordered


def cells_in(path: Path) -> list[Json]:
    """The cells of a notebook of format 3 or later, without outputs; none of what is no notebook."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > LIMITS.notebook_bytes:
            return []  # as for the judge: a link may lead to what is not theirs
        raw = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return []
    return [cell for entry in _entries(raw) if (cell := _cell(entry))]


def restore(cells: Sequence[Json], known: Sequence[GradebookCell]) -> RestoredNotebook:
    """The cells, with nbgrader's metadata where the gradebook knows them and nowhere else.

    A cell that zth judges is as it was, and where it was if it is gone; of two with one name the later
    one is meant. What somebody wrote into it stays above it.
    """
    by_name = {cell.name: cell for cell in known}
    backwards: list[Json] = []
    places: set[str] = set()
    for cell in reversed(cells):
        found = by_name.get(name_of(cell))
        if found is None or found.name in places:
            backwards.append(_without_name(cell))
            continue
        places.add(found.name)
        if not found.target:
            backwards.append(_as_known(cell, found))
            continue
        backwards.append(_judged(found))
        if cell["source"].strip() not in found.source:
            backwards.append(_without_name(cell))
    made = backwards[::-1]
    gone = [cell for cell in known if cell.target and cell.name not in places]
    for lost in gone:
        ahead = [cell.name for cell in known[: known.index(lost)]]
        last = next((name for name in reversed(ahead) if name in places), None)
        at = [name_of(cell) for cell in made].index(last) + 1 if last else 0
        made.insert(at, _judged(lost))
        places.add(lost.name)
    return RestoredNotebook(list(with_ids(made)), tuple(cell.name for cell in gone))


# a cell


def name_of(cell: Json) -> str:
    """What it calls itself."""
    about = cell["metadata"].get("nbgrader")
    name = about.get("grade_id") if isinstance(about, Mapping) else None
    return name if isinstance(name, str) else ""


def _without_name(cell: Json) -> Json:
    metadata = {key: value for key, value in cell["metadata"].items() if key != "nbgrader"}
    return {**cell, "metadata": metadata}


def _as_known(cell: Json, known: GradebookCell) -> Json:
    """One that is not judged by zth: what the learner wrote in it, and what the gradebook says of it."""
    outputs = cell.get("outputs", []) if cell["cell_type"] == known.kind else []
    return made_cell(known.kind, cell["source"], known.about(), cell, outputs)


def _judged(known: GradebookCell) -> Json:
    return made_cell(known.kind, known.source, known.about(), {"id": known.name})


def made_cell(
    kind: str, source: str, about: Json, more: Json, outputs: Sequence[Json] = ()
) -> Json:
    """With nbgrader's metadata, if there is any; `more` may have an id and pictures."""
    cell: Json = {"cell_type": kind, "id": more.get("id", ""), "source": source}
    cell["metadata"] = {"nbgrader": about} if about else {}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": list(outputs)}
    elif kind == "markdown" and more.get("attachments"):
        cell["attachments"] = more["attachments"]
    return cell


def with_ids(cells: Sequence[Json]) -> Iterator[Json]:
    """Each with an id of its own, as a notebook of format 4.5 must have it; the gradebook's first."""
    used: set[str] = set()
    kept = {cell.get("id", "") for cell in cells if name_of(cell)}
    for number, cell in enumerate(cells):
        wanted = cell.get("id", "")
        if not _ID.fullmatch(wanted):
            wanted = f"cell-{number}"
        free = wanted
        while free in used or (free in kept and not name_of(cell)):
            free = f"{wanted[:50]}-{len(used)}-{number}"
            number += 1
        used.add(free)
        yield {**cell, "id": free}


# a file


def _entries(raw: object) -> Iterator[object]:
    if not isinstance(raw, dict):
        return
    sheets = raw.get("worksheets")  # of format 3
    for sheet in [raw, *(sheets if isinstance(sheets, list) else [])]:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        yield from cells if isinstance(cells, list) else []


def _cell(raw: object) -> Json | None:
    """One as it may stand in a notebook, whatever stood there; None if it was no cell."""
    if not isinstance(raw, dict) or not isinstance(raw.get("cell_type"), str):
        return None
    kind = raw["cell_type"]
    source = _text(raw.get("source") or raw.get("input"))
    if kind == "heading":  # of format 3
        kind, source = "markdown", f"# {source}"
    if kind not in ("code", "markdown", "raw"):
        return None
    metadata, id_ = raw.get("metadata"), raw.get("id")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    more = {"id": id_ if isinstance(id_, str) else "", "attachments": _pictures(raw)}
    return made_cell(kind, source, about if isinstance(about, dict) else {}, more)


def _text(source: object) -> str:
    """A source is a text or its lines. Half a character cannot be written to a file."""
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    return text.encode("utf-8", "backslashreplace").decode()


def _pictures(raw: Json) -> Json:
    """What somebody has pasted into a text."""
    found: Json = {}
    attachments = raw.get("attachments")
    for name, data in attachments.items() if isinstance(attachments, dict) else ():
        kept = {
            kind: _text(value)
            for kind, value in (data.items() if isinstance(data, dict) else ())
            if kind in ("image/png", "image/jpeg", "image/gif")
        }
        if kept:
            found[_text(name)] = kept
    return found


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

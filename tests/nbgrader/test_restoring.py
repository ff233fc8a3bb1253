"""A notebook's graded cells, as the gradebook has them: what is broken in it first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.notebooknode import from_dict

from grader.nbgrader.cells import graded_source
from grader.nbgrader.gradebook_cells import GradebookCell, cells_in, in_order, restore

Json = dict[str, Any]


def known(name: str, target: str = "", **about: Any) -> GradebookCell:
    usual = {"locked": bool(target), "grade": bool(target), "solution": not target, "task": False}
    source = graded_source(target) if target else f"def {name}(): ..."
    return GradebookCell(
        name, "code", source, "0" * 32, **{**usual, "points": 2.0, **about}, target=target
    )


BOOK = [known("a"), known("test_a", "l.a"), known("b"), known("test_b", "l.b")]
"""Two solutions, and the cell behind each that is worth its points."""


def cell(name: str, source: str = "", kind: str = "code", **about: object) -> Json:
    metadata = {"nbgrader": {"grade_id": name, **about}} if name else {}
    return {"cell_type": kind, "id": name or "x", "metadata": metadata, "source": source}


def names(cells: list[Json]) -> list[str]:
    return [c["metadata"].get("nbgrader", {}).get("grade_id", "") for c in cells]


def written(path: Path, raw: object) -> Path:
    path.write_text(json.dumps(raw))
    return path


@pytest.mark.parametrize(
    "raw",
    [
        *(3, [], None, "text", {}, {"cells": 3}, {"cells": {"a": 1}}, {"worksheets": [3, {}]}),
        {"cells": [3, None, [], {}, {"cell_type": 1}, {"cell_type": "html"}]},
    ],
)
def test_what_is_no_notebook_has_no_cells(tmp_path: Path, raw: object) -> None:
    assert cells_in(written(tmp_path / "a.ipynb", raw)) == []


def test_what_cannot_be_read_has_no_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    assert cells_in(path) == []
    path.write_bytes(b"\xff\xfe\x00")
    assert cells_in(path) == []
    path.write_text("[" * 100_000)
    assert cells_in(path) == []
    link = tmp_path / "b.ipynb"
    written(path, {"cells": [cell("a")]})
    link.symlink_to(path)
    assert len(cells_in(path)) == 1
    assert cells_in(link) == []
    assert cells_in(tmp_path) == []


@pytest.mark.parametrize("metadata", [None, 3, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": []}}])
def test_a_cell_with_odd_metadata_stays_without_it(tmp_path: Path, metadata: object) -> None:
    raw = {"cells": [{**cell("a", "x = 1"), "metadata": metadata}]}
    (made,) = cells_in(written(tmp_path / "a.ipynb", raw))
    restored = restore([made], BOOK)
    assert names(restored.cells) == ["test_a", "test_b", ""]
    assert restored.cells[-1]["source"] == "x = 1"


def test_what_is_gone_is_put_back_behind_what_it_stood_behind() -> None:
    restored = restore([cell("b"), cell(""), cell("a")], BOOK)
    assert names(restored.cells) == ["b", "test_b", "", "a", "test_a"]
    assert restored.put_back == ("test_a", "test_b")
    assert names(restore([], BOOK).cells) == ["test_a", "test_b"], "a solution is not made up"


def test_the_order_is_the_source_s_and_not_the_gradebook_s(tmp_path: Path) -> None:
    """As PostgreSQL gives it when `test_a` was the last to be changed."""
    changed = [BOOK[0], BOOK[2], BOOK[3], BOOK[1]]
    left = [cell("a"), cell("b")]
    assert names(restore(left, changed).cells) == ["a", "b", "test_b", "test_a"], "it would matter"
    assert in_order({"n": changed}, tmp_path) == {"n": changed}, "no source: as it is"
    source = [cell("", "# text", "markdown"), cell("a"), cell("test_a"), cell("b"), cell("test_b")]
    written(tmp_path / "n.ipynb", {"cells": source})
    (known,) = in_order({"n": changed}, tmp_path).values()
    assert known == BOOK
    assert names(restore(left, known).cells) == ["a", "test_a", "b", "test_b"]
    written(tmp_path / "n.ipynb", {"cells": source[3:]})
    (known,) = in_order({"n": changed}, tmp_path).values()
    assert [one.name for one in known] == ["b", "test_b", "a", "test_a"], "those it lacks are last"


def test_of_two_with_a_name_the_later_is_meant_and_the_earlier_is_plain() -> None:
    cells = [cell("a", "one"), cell("test_a"), cell("a", "two"), cell("test_a"), cell("test_b")]
    restored = restore(cells, BOOK)
    assert names(restored.cells) == ["", "", "a", "test_a", "test_b"]
    assert [c["source"] for c in restored.cells[:3]] == ["one", "", "two"]


def test_a_graded_cell_is_the_gradebook_s_whatever_it_says() -> None:
    forged = cell("test_a", "assert True", "markdown", points=99, solution=True, schema_version=9)
    restored = restore([cell("a"), forged, cell("test_b")], BOOK)
    plain, graded = restored.cells[1:3]
    assert (plain["source"], plain["metadata"]) == ("assert True", {}), "what they wrote stays"
    assert graded["source"] == graded_source("l.a")
    assert graded["metadata"]["nbgrader"] == BOOK[1].about()
    assert graded["cell_type"] == "code"
    assert graded["id"] == "test_a" != plain["id"]


def test_a_name_that_the_gradebook_does_not_know_means_nothing() -> None:
    restored = restore(
        [cell("mine", grade=True, points=50), *map(cell, ("test_a", "test_b"))], BOOK
    )
    assert names(restored.cells) == ["", "test_a", "test_b"]


def test_what_was_restored_stays_and_is_a_valid_notebook() -> None:
    odd = [cell("a", kind="raw"), cell("b"), {**cell(""), "id": "no id!"}, cell(""), cell("")]
    restored = restore(odd, BOOK)
    assert restore(restored.cells, BOOK).cells == restored.cells
    cells = [c if c["cell_type"] != "code" else {"outputs": [], **c} for c in restored.cells]
    for one in cells:
        if one["cell_type"] == "code":
            one.setdefault("execution_count", None)
    raw = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    nbformat.validate(from_dict(raw))

"""A notebook built anew where an instructor has worked: whose version of a cell stays."""

from __future__ import annotations

from typing import Any

import pytest

from grader.nbgrader.merging import merge

Json = dict[str, Any]


def cell(name: str, source: str = "", **about: object) -> Json:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {"nbgrader": about} if about else {},
        "source": source or name,
        "outputs": [],
    }


BUILT = [cell("title"), cell("double", points=2), cell("test_double"), cell("run")]


def ids(cells: list[Json]) -> list[str]:
    return [c["id"] for c in cells]


def test_what_nobody_touched_is_built_anew() -> None:
    now = [cell("title", "another"), *BUILT[1:]]
    merged = merge(BUILT, BUILT, now)
    assert merged.cells == now
    assert (merged.own, merged.kept, merged.left_out, merged.replaced) == (0, (), (), ())


def test_a_cell_of_their_own_stays_behind_what_it_stood_behind() -> None:
    mine = [cell("x1", "an essay"), cell("x2")]
    theirs = [*BUILT[:2], *mine, *BUILT[2:]]
    now = [cell("title", "another"), BUILT[1], cell("new"), *BUILT[2:]]
    merged = merge(BUILT, theirs, now)
    assert ids(merged.cells) == ["title", "double", "x1", "x2", "new", "test_double", "run"]
    assert merged.own == 2
    first = merge(BUILT, [cell("x0"), *BUILT], now)
    assert ids(first.cells)[:2] == ["x0", "title"]


def test_a_cell_that_only_they_have_changed_is_theirs() -> None:
    theirs = [cell("title", "my own words"), *BUILT[1:]]
    merged = merge(BUILT, theirs, [*BUILT[:3], cell("run", "another")])
    assert merged.cells[0]["source"] == "my own words"
    assert merged.cells[3]["source"] == "another"
    assert merged.kept == ("title",)


def test_points_that_they_have_changed_are_theirs() -> None:
    theirs = [BUILT[0], cell("double", points=5), *BUILT[2:]]
    merged = merge(BUILT, theirs, BUILT)
    assert merged.cells[1]["metadata"]["nbgrader"]["points"] == 5
    assert merged.kept == ("double",)


def test_a_cell_that_both_have_changed_is_the_courses_and_said() -> None:
    theirs = [cell("title", "mine"), *BUILT[1:]]
    merged = merge(BUILT, theirs, [cell("title", "ours"), *BUILT[1:]])
    assert merged.cells[0]["source"] == "ours"
    assert merged.replaced == ("title",)


def test_a_cell_that_both_have_changed_alike_is_no_conflict() -> None:
    now = [cell("title", "the same"), *BUILT[1:]]
    assert merge(BUILT, now, now).replaced == ()


def test_what_they_took_out_stays_out_and_what_is_new_comes_in() -> None:
    theirs = [BUILT[0], *BUILT[2:]]
    merged = merge(BUILT, theirs, [*BUILT, cell("new")])
    assert ids(merged.cells) == ["title", "test_double", "run", "new"]
    assert merged.left_out == ("double",)


def test_what_left_the_course_leaves_the_notebook_unless_they_have_changed_it() -> None:
    now = [BUILT[0], BUILT[3]]
    assert ids(merge(BUILT, BUILT, now).cells) == ["title", "run"]
    theirs = [BUILT[0], cell("double", "mine", points=2), *BUILT[2:]]
    assert ids(merge(BUILT, theirs, now).cells) == ["title", "double", "run"]


def test_an_order_that_they_have_changed_is_theirs() -> None:
    theirs = [BUILT[0], BUILT[3], BUILT[1], BUILT[2]]
    merged = merge(BUILT, theirs, [*BUILT[:3], cell("new"), BUILT[3]])
    assert ids(merged.cells) == ["title", "run", "double", "test_double", "new"]
    ours = merge(BUILT, BUILT, [BUILT[0], BUILT[3], BUILT[1], BUILT[2]])
    assert ids(ours.cells) == ["title", "run", "double", "test_double"]


def test_outputs_are_no_change() -> None:
    ran = [{**c, "outputs": [{"output_type": "stream"}], "execution_count": 3} for c in BUILT]
    merged = merge(BUILT, ran, BUILT)
    assert merged.cells == ran
    assert merged.kept == ()


@pytest.mark.parametrize("about", [True, False])
def test_a_program_that_drops_ids_loses_nothing(about: bool) -> None:
    theirs = [{k: v for k, v in c.items() if k != "id"} for c in BUILT]
    if about:
        theirs[1] = {
            **theirs[1],
            "source": "mine",
            "metadata": {"nbgrader": {"grade_id": "double"}},
        }
    theirs.insert(1, {"cell_type": "markdown", "metadata": {}, "source": "an essay"})
    merged = merge(BUILT, theirs, BUILT)
    assert ids(merged.cells) == ["title", "own-1", "double", "test_double", "run"]
    assert merged.kept == (("double",) if about else ())


def test_two_cells_of_one_id_both_stay() -> None:
    theirs = [*BUILT, {**BUILT[1], "source": "a copy"}]
    merged = merge(BUILT, theirs, BUILT)
    assert [c["source"] for c in merged.cells].count("a copy") == 1
    assert len(set(ids(merged.cells))) == 5

"""The table, and what every CSV of ours has to keep."""

from __future__ import annotations

import csv
import doctest
from pathlib import Path

import pytest
from exporting import HOSTILE, grade, graded, hostile, missing, not_graded, write

from grader.export import phrases, safe_csv, writing
from grader.export.safe_csv import harmless
from grader.results import Outcome


def read(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "without it Excel spoils every accent"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_a_row_a_learner(tmp_path: Path) -> None:
    by_hand = graded("mean", Outcome.FAIL, points=1.5, by_hand=True)
    late = grade(
        "bob", graded("double"), by_hand, penalty=0.35, total=3.15, late_hours=7.5, section="Two"
    )
    assert write("csv", [grade(), late, missing()], tmp_path / "out.csv") == ()
    assert read(tmp_path / "out.csv") == [
        [
            *("who", "name", "email", "section", "double", "mean"),
            *("by_hand", "points", "penalty", "total", "max_points", "handed_in", "late_hours"),
        ],
        ["ada", "Ada", "ada@example.org", "", "2", "0", "", "2", "0", "2", "4", "yes", ""],
        [
            *("bob", "Bob", "bob@example.org", "Two", "2", "1.5"),
            *("mean", "3.5", "0.35", "3.15", "4", "yes", "7.5"),
        ],
        ["zoe", "Zoe", "zoe@example.org", "", "0", "0", "", "0", "0", "0", "4", "no", ""],
    ]


def test_what_is_not_graded_is_an_empty_cell(tmp_path: Path) -> None:
    write("csv", [grade(), not_graded("eve")], tmp_path / "out.csv")
    _, _, eve = read(tmp_path / "out.csv")
    assert eve[4:] == ["2", "", "", "", "", "", "4", "yes", ""]
    second = grade("eve", graded("sum"), lecture="lecture2")
    write("csv", [not_graded("eve"), second], tmp_path / "two.csv")
    _, eve = read(tmp_path / "two.csv")
    assert eve[4:7] == ["2", "", "2"]
    assert eve[8:11] == ["", "", ""], "a sum of which a part is not known is not known"


def test_several_lectures_are_added_up(tmp_path: Path) -> None:
    second = grade("ada", graded("sum", by_hand=True), lecture="lecture2")
    write("csv", [grade(), grade("bob"), second], tmp_path / "out.csv")
    head, ada, bob = read(tmp_path / "out.csv")
    assert head[4:7] == ["lecture1.double", "lecture1.mean", "lecture2.sum"]
    assert ada[4:] == ["2", "0", "2", "lecture2.sum", "4", "0", "4", "6", "yes", ""]
    assert bob[4:] == ["2", "0", "", "", "2", "0", "2", "4", "yes", ""]


def test_an_empty_class(tmp_path: Path) -> None:
    write("csv", [], tmp_path / "out.csv")
    (head,) = read(tmp_path / "out.csv")
    assert head[:3] == ["who", "name", "email"]


def test_hostile_cells_are_text_and_nothing_is_lost(tmp_path: Path) -> None:
    write("csv", hostile(), tmp_path / "out.csv")
    rows = read(tmp_path / "out.csv")[1:]
    assert len(rows) == len(HOSTILE)
    for row, text in zip(rows, HOSTILE, strict=True):
        assert len(row) == 13
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert row[0] == row[1] == row[2]
        letters = [c for c in text if c.isalnum()]
        assert [c for c in row[0] if c in letters][-1:] == letters[-1:]
    by_text = dict(zip(HOSTILE, rows, strict=True))
    assert by_text["@SUM(A1)"][0] == "'@SUM(A1)"
    assert by_text[HOSTILE[6]][0] == HOSTILE[6], "commas, quotes and lines come back as they were"
    assert by_text[HOSTILE[9]][0] == HOSTILE[9], "and so do scripts from right to left"
    assert by_text["a;=1+1"][0] == "a;'=1+1"
    assert by_text["broken \udc80"][0] == "broken \\udc80"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("-1", "-1"),
        ("+49.5", "+49.5"),
        ("-1e5", "'-1e5"),
        ("-", "'-"),
        ("", ""),
        ("a-b", "a-b"),
        ("＝1", "'＝1"),
        ("-1\n=2", "'-1\n'=2"),
        ("٣", "٣"),
    ],
)
def test_numbers_stay_numbers(cell: str, written: str) -> None:
    assert harmless(cell) == written


@pytest.mark.parametrize("module", [safe_csv, phrases, writing])
def test_the_examples_in_the_docstrings(module: object) -> None:
    done = doctest.testmod(module)  # type: ignore[arg-type] # it is a module
    assert done.failed == 0
    assert done.attempted > 0

"""JSON lines, and the results of Gradescope's and GitHub Classroom's graders."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from exporting import HOSTILE, grade, graded, hostile, missing, write

from grader.results import Outcome


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """Every results.json, by learner."""
    paths = sorted(folder.glob("*/*/results.json"))
    assert len(paths) == sum(path.is_file() for path in folder.rglob("*"))
    return {path.parent.name: json.loads(path.read_bytes()) for path in paths}


def test_everything_in_a_line(tmp_path: Path) -> None:
    flagged = graded("double", Outcome.FAIL, flags=("odd",), by_hand=True, comment="hm")
    late = grade("ada", flagged, late_hours=1.5, penalty=0.5, row={"ID": "7"})
    write("jsonl", [late, missing()], tmp_path / "out.jsonl")
    ada, zoe = map(json.loads, (tmp_path / "out.jsonl").read_text().split("\n")[:-1])
    assert ada["format"] == 2
    assert (ada["who"], ada["late_hours"], ada["penalty"], ada["row"]) == (
        "ada",
        1.5,
        0.5,
        {"ID": "7"},
    )
    (exercise,) = ada["exercises"]
    assert (exercise["outcome"], exercise["flags"], exercise["by_hand"]) == ("FAIL", ["odd"], True)
    assert (zoe["handed_in"], zoe["total"], zoe["exercises"][0]["outcome"]) == (False, 0, None)


def test_hostile_lines_are_one_line_each_and_come_back(tmp_path: Path) -> None:
    write("jsonl", hostile(), tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_bytes().decode("utf-8").splitlines()
    assert [json.loads(line)["who"] for line in lines] == list(HOSTILE)


def test_nobody(tmp_path: Path) -> None:
    write("jsonl", [], tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == b""
    for form in ("gradescope", "github-classroom"):
        write(form, [], tmp_path / form)
        assert list((tmp_path / form).iterdir()) == []


TOP = {"score", "output", "visibility", "stdout_visibility", "tests"}
TEST = {"name", "number", "score", "max_score", "status", "output", "visibility"}


def test_gradescope(tmp_path: Path) -> None:
    bonus = graded("extra", Outcome.TODO, bonus=True)
    wrong = graded("mean", Outcome.FAIL, message="It is off.", misconception="One too few.")
    late = grade("bob", graded("double"), wrong, bonus, penalty=0.5, total=1.5, late_hours=26.04)
    write("gradescope", [late, missing()], tmp_path / "out")
    found = results(tmp_path / "out")
    bob = found["bob"]
    assert set(bob) == TOP
    assert bob["score"] == 1.5, "the total: it overrides the sum of the tests"
    assert "Handed in 26 hours late: 0.5 points less." in bob["output"]
    assert (bob["visibility"], bob["stdout_visibility"]) == ("after_published", "hidden")
    double, mean, extra = bob["tests"]
    assert set(double) == set(mean) == TEST
    assert set(extra) == TEST - {"max_score"}
    assert (double["score"], double["max_score"], double["status"]) == (2, 2, "passed")
    assert (mean["score"], mean["status"], mean["number"]) == (0, "failed", "2")
    assert mean["output"] == "It is off.\nOne too few."
    zoe = found["zoe"]
    assert zoe["score"] == 0
    assert "Nothing was handed in." in zoe["output"]


def test_github_classroom(tmp_path: Path) -> None:
    error = graded("mean", Outcome.ERROR, message="It raised.")
    late = grade("bob", graded("double"), error, penalty=0.5, total=1.5, late_hours=2.0)
    right = grade("eve", graded("double"), graded("extra", Outcome.TODO, bonus=True))
    write("github-classroom", [late, right, missing()], tmp_path / "out")
    found = results(tmp_path / "out")
    bob = found["bob"]
    assert set(bob) == {"status", "max_score", "tests"}
    assert (bob["status"], bob["max_score"]) == ("error", 4)
    for test in bob["tests"]:
        assert set(test) == {"name", "status", "score", "message"}
        assert test["status"] in {"pass", "fail", "error"}
    assert sum(test["score"] for test in bob["tests"]) == 1.5, "as the reporter adds them up"
    assert bob["tests"][0]["message"] is None
    assert found["eve"]["status"] == "pass", "a bonus not begun takes nothing away"
    assert found["zoe"]["status"] == "fail"
    path = tmp_path / "out" / "lecture1" / "bob" / "results.json"
    assert json.loads(base64.b64decode(base64.b64encode(path.read_bytes()))) == bob


@pytest.mark.parametrize("form", ["gradescope", "github-classroom"])
def test_hostile_names_are_harmless_folders(tmp_path: Path, form: str) -> None:
    out = tmp_path / "a" / "out"
    out.parent.mkdir()
    people = [*hostile(), grade("Ada"), grade("ada"), grade("."), grade("")]
    write(form, people, out)
    found = results(out)
    assert len(found) == len(people), "each has one of their own, whatever the disk"
    assert len({name.lower() for name in found}) == len(people)
    assert list(tmp_path.rglob("passwd*")) == []
    assert all(len(name) < 100 for name in found)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_flags_are_not_for_learners(tmp_path: Path) -> None:
    flagged = grade("ada", graded("double", flags=("like bob's",)), remarks=("/home/me/ada.zip",))
    for form in ("gradescope", "github-classroom", "junit", "moodle"):
        write(form, [flagged], tmp_path / form)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"like bob" not in path.read_bytes()
            assert b"ada.zip" not in path.read_bytes()

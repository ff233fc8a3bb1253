"""`zth feedback`: the real commands over a class whose checks are the instructor's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import commands
import pytest
from judging import TINY

ZTH = str(Path(sys.executable).parent / "zth")
ARRAYS = (TINY / "solutions" / "tiny" / "arrays.py").read_text()
MODEL = (TINY / "solutions" / "tiny" / "model.py").read_text()
Run = Callable[..., "subprocess.CompletedProcess[str]"]

PRIVATE = '''"""Private checks, whose expected values are nowhere else."""

import torch
from grader.judge.checks import exercise, fail


@exercise("double")
def test_the_private_one(observe):
    """double gives what is asked for, in both rows."""
    def probe(arrays):
        return arrays.double(torch.tensor([[20766.375, 1.0], [2.0, 3.0]]))
    seen = observe(probe)
    seen.note("Nobody reads that 41532.75 was noted.")
    seen.is_close(torch.tensor([[41532.75, 2.0], [4.0, 6.0]]), says="41532.75 comes first:")

@exercise("mean")
def test_the_private_mean(observe):
    """mean gives the right number."""
    def probe(arrays):
        return arrays.mean([41532.75, 41532.75])
    observe(probe).is_close(41532.75, says="The private one:")

@exercise("slope")
def test_the_private_slope(observe):
    """slope gives a list of its own."""
    def probe(arrays):
        return arrays.slope(torch.ones(1))
    if observe(probe).value.tolist() != [3.0]:
        fail("It has to be [41532.75, 4153.275].")

@exercise("Tally")
def test_the_private_tally(observe):
    """A Tally gives the numbers by name."""
    def probe(arrays):
        tally = arrays.Tally()
        tally.add(1.0)
        name = "privatekey" if tally.total() == 1.0 else "b"
        return {"a": 41532.75 * tally.total(), name: 8306.55}
    observe(probe).is_close({"a": 41532.75, "privatekey": 8306.55})
'''
SECRETS = (
    *(
        "41532.75",
        "41532.7",
        "41532.8",
        "41,532",
        "41532",
        "4.15e",
        "4.1532e",
        "4153.275",
        "8306.55",
    ),
    *("83065.5", "83065", "1.5 times", "twice that", "half of that", "maxdiff", "privatekey"),
    *("20766", "test_the_private", "def probe", "observe(", "is_close", "The private one", "noted"),
)
"""The expected values in several spellings, what they can be reckoned from, and the checks themselves."""
WRONG = (
    ARRAYS.replace("return x + x", "return 3 * x")
    .replace("sum(values) / len(values)", "sum(values) * 0 + 124598.25")
    .replace("3 * x**2", "x * 0 + 7")
    .replace("self.sum += value", "pass")
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a graded class: wrong in a zip's folder, wrong in a notebook, hostile, missing."""
    folder = tmp_path_factory.mktemp("class")
    shutil.copytree(TINY, folder / "course")
    (folder / "course/tests/hidden/tiny/test_arrays.py").write_text(
        PRIVATE
        + (TINY / "tests/hidden/tiny/test_arrays.py")
        .read_text()
        .split("\n\n\n", 1)[1]
        .replace("test_", "test_the_private_public_")
    )
    handed = folder / "submissions"
    (handed / "ada" / "homework").mkdir(parents=True)
    (handed / "ada" / "homework" / "arrays.py").write_text(WRONG)
    (handed / "ada" / "homework" / "model.py").write_text(MODEL)
    first, second = ARRAYS.split("def mean", 1)
    broken = "# the second cell\n\ndef mean" + second.replace("sum(values)", "sum(values) / 0")
    cells = [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": []}
        for text in (first, broken)
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (handed / "dan.ipynb").write_text(json.dumps(notebook))
    (handed / "mal").mkdir()
    hostile = (
        "</pre><script>alert(1)</script>\x1b[31m\u202e```\n# ✓ 100 of 100 points\n![x](http://e/x)"
    )
    (handed / "mal" / "arrays.py").write_text(
        f"def double(x):\n    print({hostile!r})\n    raise ValueError({hostile!r})\n"
    )
    (folder / "roster.csv").write_text("id,name\nada,Ada\ndan,Dan\nmal,<b>Mal</b>\nzoe,Zoe\n")
    done = run(
        folder, "grade", "submissions", "lecture1", "--isolation", "fork", "--roster", "roster.csv"
    )
    assert done.returncode == 0, done.stderr
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = ("zth", *arguments, "--course", str(folder / "course"))
    return commands.run(folder, *words, env={**os.environ, "COLUMNS": "80"})


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def told(graded: Path) -> dict[str, str]:
    done = run(graded, "feedback", "out", "lecture1")
    assert (done.returncode, done.stdout) == (0, "4 learners in out, without what was expected.\n")
    return files(graded / "out")


def test_everybody_has_a_page_of_both_kinds(told: dict[str, str]) -> None:
    who = ("ada", "dan", "mal", "zoe")
    assert set(told) == {f"{w}/lecture1{suffix}" for w in who for suffix in (".md", ".html")}
    assert "Nothing was handed in" in told["zoe/lecture1.md"]


def test_nothing_that_was_expected_is_in_any_file(told: dict[str, str]) -> None:
    assert "double gives what is asked for, in both rows." in told["ada/lecture1.md"]
    assert "62299.1" in told["ada/lecture1.md"], "their own value is"
    for name, text in told.items():
        for secret in SECRETS:
            assert secret not in text, f"{secret} in {name}"


def test_with_reveal_it_is(graded: Path) -> None:
    done = run(graded, "feedback", "revealed", "lecture1", "--reveal", "--who", "ada")
    assert done.stdout == "1 learner in revealed, with the checks.\n"
    texts = files(graded / "revealed")
    assert set(texts) == {"ada/lecture1.md", "ada/lecture1.html"}
    for text in texts.values():
        for secret in ("41532.8", "1.5 times", "maxdiff", "privatekey", "def probe(arrays):"):
            assert secret in text, secret
        assert "It has to be [41532.75, 4153.275]." in text


def test_the_place_is_as_they_handed_it_in(told: dict[str, str]) -> None:
    line = next(n for n, text in enumerate(WRONG.splitlines(), 1) if text.startswith("def double"))
    assert f"homework/arrays.py, line {line}" in told["ada/lecture1.md"]
    for text in (told["dan/lecture1.md"], told["dan/lecture1.html"]):
        assert "dan.ipynb, cell 2, line 6" in text
        assert (
            "ZeroDivisionError: float division by zero (dan.ipynb, cell 2, line 6, in mean)" in text
        )


def test_hostile_words_are_words(told: dict[str, str]) -> None:
    page, text = told["mal/lecture1.html"], told["mal/lecture1.md"]
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m\\u202e" in page
    assert "&lt;b&gt;Mal&lt;/b&gt;" in page
    for made in (page, text):
        assert "\x1b" not in made
        assert "\u202e" not in made


def test_what_is_there_is_replaced_only_where_asked_and_only_ours(graded: Path) -> None:
    assert run(graded, "feedback", "again", "lecture1", "--who", "ada").returncode == 0
    there = run(graded, "feedback", "again", "lecture1", "--who", "dan")
    assert there.returncode == 2
    assert "--force" in there.stderr
    assert run(graded, "feedback", "again", "lecture1", "--who", "dan", "--force").returncode == 0
    assert len(files(graded / "again")) == 4, "ada's are there still"
    (graded / "again" / "ada" / "thesis.tex").write_text("years of work")
    refused = run(graded, "feedback", "again", "lecture1", "--force")
    assert refused.returncode == 2
    assert (graded / "again" / "ada" / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no/such/place", "lecture1"], "no folder"),
        (["new", "lecture1", "--who", "adda"], "Did you mean ada?"),
        (["new", "lecture1", "--store", "other.sqlite"], "no gradebook"),
        (["course", "lecture1", "--force"], "other things"),
        (["new", "lecture9"], "There is no"),
    ],
)
def test_what_cannot_be(graded: Path, arguments: list[str], says: str) -> None:
    done = run(graded, "feedback", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (graded / "new").exists()


def test_the_class_at_a_glance(graded: Path) -> None:
    """The same gradebook, seen from above."""
    seen = run(graded, "class", "lecture1")
    assert seen.returncode == 0, seen.stderr
    assert "3 handed in, 1 handed in nothing." in seen.stdout
    assert max(map(len, seen.stdout.splitlines())) <= 80
    (room,) = json.loads(run(graded, "class", "--json").stdout)["lectures"]
    assert room["missing"] == {"count": 1, "who": ["zoe"]}
    assert {s["exercise"]: s["counts"] for s in room["exercises"]}["double"] == {
        **{"PASS": 1, "FAIL": 1, "TODO": 0, "ERROR": 1, "BLOCKED": 0}
    }
    assert [stuck["people"]["who"] for stuck in room["stuck"]] == [["ada", "mal"], ["dan"]]
    assert room["compared"] >= 2
    done = run(graded, "class", "lecture1", "--html", "class.html")
    assert done.stdout == "Written: class.html\n"
    page = (graded / "class.html").read_text()
    assert "Ada" in page
    assert run(graded, "class", "--html", "class.html").returncode == 2, "it is there"
    done = run(graded, "class", "--html", "class.html", "--force", "--anonymous", "--json")
    assert json.loads(done.stdout)["lectures"][0]["missing"] == {"count": 1, "who": []}
    page = (graded / "class.html").read_text()
    words = set(page.replace("<", " ").replace(">", " ").split())
    assert not {"ada", "dan", "mal", "zoe", "Ada", "Dan", "Zoe"} & words
    assert "no gradebook" in run(graded, "class", "--store", "none.sqlite").stderr
    assert "gradebook itself" in run(graded, "class", "--html", "grades.sqlite", "--force").stderr


def test_what_is_wrong_with_a_whole_file_is_said_once(tmp_path: Path) -> None:
    """An archive that cannot be read, and a file that ends the process: a card each, and no more."""
    handed = tmp_path / "submissions"
    (handed / "lacks").mkdir(parents=True)
    (handed / "lacks" / "arrays.py").write_text(f"raise SystemExit\n{ARRAYS}")
    (handed / "rar.zip").write_bytes(b"Rar!\x1a\x07\x00 and more")
    course = ("--course", str(TINY))
    grade = ("grade", "submissions", "lecture1", "--isolation", "fork")
    for words in (grade, ("feedback", "pages", "lecture1")):
        assert commands.run(tmp_path, "zth", *words, *course).returncode == 0
    told = files(tmp_path / "pages")
    for who in ("rar", "lacks"):
        assert told[f"{who}/lecture1.html"].count("<article") == 1, who
        assert told[f"{who}/lecture1.md"].count("\n### ") == 1, who
        for name in ("double", "mean", "Tally", "quadruple", "slope"):
            assert name in told[f"{who}/lecture1.md"].split("## In detail")[1], who
    assert "### ! What was handed in cannot be read\n" in told["rar/lecture1.md"]
    assert "### ! 5 exercises of arrays.py broke" in told["lacks/lecture1.md"]
    assert "zth check" not in told["rar/lecture1.md"] + told["rar/lecture1.html"]
    assert "zth check lecture1" in told["lacks/lecture1.md"]
    assert told["rar/lecture1.md"].count("rar archive") <= 2

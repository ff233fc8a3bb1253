"""Every command of docs/instructors.md, typed in order in a fresh folder, and what it is said to print.

The class is the guide's own: Ada is right, Bob forgets a mean, Cleo has left one exercise out, Dan hands
in nothing. They hand in files for the one way and the notebooks that were handed out for the other.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import typer
from commands import run
from guide import GUIDE, Block, blocks

from grader.cli.commands import walk
from grader.cli.main import app
from grader.course.manifest import bundled_course

BIN = Path(sys.executable).parent
OUTSIDE = [
    "sudo apt-get install bubblewrap",
    "python3 -m venv ~/zth-env",
    "source ~/zth-env/bin/activate",
    "pip install 'zth[nbgrader]'",
    "zth grade submissions lecture5 --roster class.csv --dask tcp://scheduler:8786",
    "nbgrader release_assignment lecture5",
    "nbgrader collect lecture5",
    "jupyter lab",
    "sudo apt-get install postgresql",
    'sudo -u postgres createuser "$USER"',
    'sudo -u postgres createdb --owner="$USER" gradebook',
    "pip install 'psycopg[binary]'",
]
"""They need an index of packages, root, a cluster, an exchange, a browser or a server. What they do is
tested where those are: in CI's first lines, test_cluster.py, test_formgrader.py, test_postgresql.py."""

# the class

ABOUT: dict[str, Callable[[str], str]] = {
    "ada": lambda text: text,
    "bob": lambda text: text.replace("dlogits /= n", "pass"),
    "cleo": lambda text: text.replace("n = dhpreact.shape[0]", "raise NotImplementedError"),
}
POINTS = {"ada": 42, "bob": 42 - 3 - 4, "cleo": 42 - 4 - 4}
"""What is lost are the cross entropy or the batchnorm, and the training that calls both."""


def files(folder: Path) -> None:
    """What came back, as it comes: a folder each."""
    solutions = bundled_course() / "solutions" / "lecture05_backprop"
    for who, edit in ABOUT.items():
        for path in solutions.glob("*.py"):
            target = folder / "submissions" / who / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(edit(_solved(path.read_text())))


def notebooks(folder: Path) -> None:
    """What was released, with the solutions in it."""
    for released in (folder / "release" / "lecture5").glob("*.ipynb"):
        source = json.loads((folder / "source" / "lecture5" / released.name).read_text())
        solved = {cell["id"]: _solved("".join(cell["source"])) for cell in source["cells"]}
        raw = json.loads(released.read_text())
        for who, edit in ABOUT.items():
            cells = [
                {**cell, "source": edit(solved[cell["id"]])}
                if cell["metadata"].get("nbgrader", {}).get("solution")
                else cell
                for cell in raw["cells"]
            ]
            target = folder / "submitted" / who / "lecture5" / released.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps({**raw, "cells": cells}))


def _solved(text: str) -> str:
    return re.sub(r" *### (BEGIN|END) SOLUTION.*\n?", "", text)


HAND_IN = {"three hand in files": files, "three hand in notebooks": notebooks}


# the reading


class Reader:
    """Types what the guide says, where it says it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.typed: list[str] = []
        self.outside: list[str] = []
        self._said = ""

    def read(self, block: Block) -> None:
        kind, _, name = block.remark.partition(" ")
        if block.language == "sh" and kind == "outside":
            self.outside += block.lines
        elif block.language == "sh":
            if block.remark:
                HAND_IN[block.remark](self.folder)
            self._said = "".join(self._type(line, block) for line in block.lines)
        elif kind == "file":
            (self.folder / name).write_text(block.text)
        elif block.language == "text" and not kind:
            assert_said(block, self._said)
        else:
            assert kind in ("settings", "shown"), f"line {block.line}: what is this for?"

    def _type(self, line: str, block: Block) -> str:
        self.typed.append(line)
        if line.startswith("cd "):
            self.folder /= line.removeprefix("cd ")
            assert self.folder.is_dir(), line
            return ""
        env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
        env["JUPYTER_PLATFORM_DIRS"] = "1"
        words = shlex.split(line)
        assert words[0] in ("zth", "nbgrader"), f"line {block.line}: this is typed without a shell"
        assert not set(line) & set("|&;<>$*?`~"), (
            f"line {block.line}: this is typed without a shell"
        )
        done = run(self.folder, *words, env=env)
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"docs/instructors.md, line {block.line}: {line}\n{said}"
        assert "Traceback" not in said, said
        return said


def assert_said(block: Block, said: str) -> None:
    """Each line that the guide shows is there, in that order; how wide the gaps are does not count."""
    rest = iter([" ".join(line.split()) for line in said.splitlines()])
    for line in block.lines:
        wanted = " ".join(line.split())
        assert any(wanted in there for there in rest), f"line {block.line}: {line!r}\n{said}"


def test_what_the_guide_shows_wrongly_is_found() -> None:
    shown = Block("text", "one  two\nthree\n", "", 1)
    assert_said(shown, "a one two b\nelse\nthree\n")
    for said in ("one three", "three\none two", "one two"):
        with pytest.raises(AssertionError):
            assert_said(shown, said)


def test_each_command_of_the_guide_does_what_it_says(tmp_path: Path) -> None:
    """One test, for the second half goes on where the first has led."""
    reader = Reader(tmp_path)
    for one in blocks():
        reader.read(one)
    assert_none_is_left_out(reader)
    assert_the_first_way_ends_in_marks(tmp_path)
    assert_the_second_way_ends_in_the_same(tmp_path / "my-class")


def assert_none_is_left_out(reader: Reader) -> None:
    assert reader.outside == OUTSIDE
    commands = [line for one in blocks() if one.language == "sh" for line in one.lines]
    assert sorted(reader.typed + reader.outside) == sorted(commands)
    assert len(reader.typed) > len(reader.outside)


def assert_the_first_way_ends_in_marks(home: Path) -> None:
    with (home / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["who"]: row for row in csv.DictReader(file)}
    given = {"bob": POINTS["bob"] + 1}  # by hand
    assert {who: float(row["points"]) for who, row in rows.items()} == {**POINTS, **given, "dan": 0}
    for name in ("class.zip", "class.html", "canvas.csv", "moodle.csv", "gradescope"):
        assert (home / name).exists()
    graded = home / "looked-at" / "autograded" / "bob" / "lecture5" / "backprop.ipynb"
    assert "exactly n times too large" in graded.read_text()
    page = (home / "feedback" / "bob" / "lecture5.html").read_text()
    assert "exactly n times too large" in page
    assert "Only the mean is missing." in page


def assert_the_second_way_ends_in_the_same(folder: Path) -> None:
    with (folder / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {who: float(row["score"]) for who, row in rows.items()} == {**POINTS, "dan": 0}
    assert rows["ada"]["last_name"] == "Lovelace"
    assert rows["ada"]["duedate"].startswith("2026-10-01 23:59")
    page = (folder / "feedback" / "bob" / "lecture5" / "backprop.html").read_text()
    assert "exactly n times too large" in page


# what it names besides


def test_each_setting_is_one_that_nbgrader_has() -> None:
    import nbgrader.apps  # the classes that may be configured

    known = {cls.__name__: cls for cls in nbgrader.apps.NbGraderApp().all_configurable_classes()}
    settings = [
        line for one in blocks() if one.remark.startswith("settings ") for line in one.lines
    ]
    named = re.findall(r"`c\.(\w+)\.(\w+)", GUIDE.read_text())
    for cls, trait in [*(re.findall(r"^c\.(\w+)\.(\w+) = ", "\n".join(settings), re.M)), *named]:
        assert known[cls].class_traits(config=True)[trait]
    assert len(settings) == 4
    assert named


def _commands(text: str) -> Iterator[list[str]]:
    for found in re.findall(r"`((?:zth|nbgrader) [^`]+)`", text):
        yield shlex.split(found)


def test_each_command_and_option_in_a_sentence_is_there() -> None:
    named = 0
    commands = dict(walk(typer.main.get_command(app)))
    for program, *words in _commands(GUIDE.read_text()):
        if program == "nbgrader":
            name = words[0].title().replace("_", "")
            assert import_module("nbgrader.apps").__dict__.get(f"{name}App"), words
            continue
        path: tuple[str, ...] = ()
        while words and (*path, words[0]) in commands:
            path = (*path, words.pop(0))
        here = commands[path]
        assert not hasattr(here, "commands"), words
        options = {option for parameter in here.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words
        named += 1
    assert named


def test_an_option_that_stands_alone_is_one_of_some_command() -> None:
    commands = walk(typer.main.get_command(app))
    options = {name for _, command in commands for each in command.params for name in each.opts}
    named = re.findall(r"`(--[a-z-]+)", GUIDE.read_text())
    assert set(named) <= options
    assert named


def test_what_it_links_to_is_there() -> None:
    text = GUIDE.read_text()
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, heading = target.partition("#")
        assert (GUIDE.parent / path).exists(), target
        assert not heading or heading in headings, target
    assert "docs/instructors.md" in (bundled_course() / "README.md").read_text()

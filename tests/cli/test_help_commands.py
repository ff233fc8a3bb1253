"""`zth hint`, `zth solution`: the real command, and what it counts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import commands
import pexpect
import pytest
from judging import TINY

from grader.results import ExerciseResult, LectureResult, Outcome
from grader.workspace.progress import Event, Progress
from grader.workspace.workspace import Workspace

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ZTH = str(Path(sys.executable).parent / "zth")
HINTS = ["What is x + x?", "Add it to itself.", "return x + x"]


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    shutil.copytree(TINY / "exercises", tmp_path / "exercises")
    return Workspace(tmp_path)


@pytest.fixture
def zth(place: Workspace) -> Run:
    def run(*arguments: str, course: Path = TINY) -> subprocess.CompletedProcess[str]:
        return commands.run(place.root, "zth", *arguments, "--course", str(course))

    return run


def record(place: Workspace, *passed: str) -> None:
    """As a check that passed these exercises records it."""
    results = tuple(
        ExerciseResult(
            id=name,
            title=name,
            outcome=Outcome.PASS,
            points=1,
            max_points=1,
            file="arrays.py",
            path="arrays.py",
            bonus=False,
            started=True,
            line=None,
        )
        for name in passed
    )
    Progress(place).record([LectureResult("lecture1", 1, "fork", results, 0.1)], "check")


# ------------------------------------------------------------------ hint


def test_one_hint_more_each_time_and_then_all(zth: Run, place: Workspace) -> None:
    for number, says in enumerate(HINTS, start=1):
        done = zth("hint", "double")
        assert (done.returncode, done.stderr) == (0, "")
        assert f"hint {number} of 3" in done.stdout
        assert [hint for hint in HINTS if hint in done.stdout] == [says]
        assert "https://youtu.be/VMj-3S1tku0?t=1" in done.stdout
        assert ("--spoil" in done.stdout) is (number == 3)
    done = zth("hint", "double")
    assert all(hint in done.stdout for hint in HINTS)
    assert "zth solution lecture1.double --spoil" in done.stdout
    assert Progress(place).count(Event.HINT, "lecture1", "double") == 3


def test_all_hints_at_once_are_all_given(zth: Run, place: Workspace) -> None:
    zth("hint", "double")
    assert all(hint in zth("hint", "double", "--all").stdout for hint in HINTS)
    assert Progress(place).count(Event.HINT, "lecture1", "double") == 3
    assert Progress(place).count(Event.HINT, "lecture1", "mean") == 0


def test_without_a_target_the_next_exercise(zth: Run, place: Workspace) -> None:
    assert "lecture1.double" in zth("hint").stdout
    record(place, "double", "mean")
    assert "lecture1.Tally" in zth("hint").stdout
    assert "lecture1.Tally" in zth("hint", "lecture1").stdout
    passed = zth("hint", "double")
    assert "has passed" in passed.stdout
    assert "zth solution lecture1.double\n" in passed.stdout
    record(place, "Tally", "quadruple", "slope", "train", "shift", "echo", "secret")
    done = zth("hint")
    assert done.returncode == 2
    assert "You have passed everything" in done.stderr
    assert "lecture1.double" in done.stderr
    assert "lecture1.double" in zth("hint", "1").stdout


def test_hint_as_json(zth: Run) -> None:
    zth("hint", "double")
    whole = json.loads(zth("hint", "double", "--json").stdout)
    assert (whole["format"], whole["lecture"], whole["exercise"]) == (1, "lecture1", "double")
    assert whole["hints"] == [{"number": 2, "says": "Add it to itself."}]
    assert (whole["of"], whole["at"]) == (3, "0:00:01")
    assert whole["video"] == "https://youtu.be/VMj-3S1tku0?t=1"


def test_a_hint_that_cannot_be_counted_is_given_all_the_same(zth: Run, place: Workspace) -> None:
    place.own.write_text("")
    for arguments in (["hint", "double"], ["solution", "double", "--spoil"]):
        done = zth(*arguments)
        assert done.returncode == 0
        assert "x + x" in done.stdout
        assert "not recorded" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_hint_for_nothing_is_refused(zth: Run) -> None:
    done = zth("hint", "doubel")
    assert done.returncode == 2
    assert "lecture1.double" in done.stderr


# ------------------------------------------------------------------ solution


def test_no_solution_before_a_pass(zth: Run, place: Workspace) -> None:
    for target in ("double", "lecture1"):
        done = zth("solution", target)
        assert done.returncode == 2
        assert "x + x" not in done.stdout + done.stderr
        assert "zth hint lecture1" in done.stderr
        assert "--spoil" in done.stderr
    assert Progress(place).count(Event.SPOIL, "lecture1", "double") == 0


def test_spoil_shows_it_and_is_noted(zth: Run, place: Workspace) -> None:
    done = zth("solution", "double", "--spoil")
    assert done.returncode == 0
    assert '    """Twice x."""\n    return x + x\n' in done.stdout
    assert "SOLUTION" not in done.stdout
    assert "\x1b" not in done.stdout
    assert Progress(place).count(Event.SPOIL, "lecture1", "double") == 1
    record(place, "double")
    zth("solution", "double", "--spoil")
    assert Progress(place).count(Event.SPOIL, "lecture1", "double") == 1


def test_after_a_pass_the_difference_to_yours(zth: Run, place: Workspace) -> None:
    path = place.root / "exercises" / "tiny" / "arrays.py"
    text = (TINY / "solutions" / "tiny" / "arrays.py").read_text()
    text = re.sub(r" *### .*\n", "", text)
    path.write_text(text.replace("return x + x", "y = 2 * x\n    return y"))
    record(place, "double", "Tally")
    done = zth("solution", "double")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line for line in lines if line[:1] in ("+", "-")][1:] == [
        "-    y = 2 * x",
        "-    return y",
        "+    return x + x",
    ]
    both = zth("solution", "lecture1").stdout
    assert "lecture1.double" in both
    assert "lecture1.Tally" in both
    assert "lecture1.mean" not in both


def test_the_same_solution_is_said(zth: Run, place: Workspace) -> None:
    path = place.root / "exercises" / "tiny" / "arrays.py"
    path.write_text('def double(x):\n\n  """Twice x."""\n  return x + x\n')
    record(place, "double", "mean")
    assert "Yours is the worked one" in zth("solution", "double").stdout
    assert "has it no more" in zth("solution", "mean").stdout
    whole = json.loads(zth("solution", "double", "--json").stdout)
    assert whole["exercises"][0]["worked"].endswith("return x + x\n")


def test_a_solution_at_a_terminal_has_the_terminals_own_colours(place: Workspace) -> None:
    child = pexpect.spawn(
        ZTH,
        ["solution", "double", "--spoil", "--course", str(TINY)],
        cwd=str(place.root),
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 80),
    )
    child.expect(pexpect.EOF)
    assert "\x1b[" in child.before
    assert ";2;" not in child.before  # no colour that a light or a dark background may swallow
    assert "\x1b[40m" not in child.before


@pytest.mark.parametrize("command", [["hint", "double"], ["solution", "double", "--spoil"]])
def test_help_imports_nothing_heavy(place: Workspace, command: list[str]) -> None:
    code = (
        "import sys; from grader.cli import main\n"
        f"sys.argv = ['zth', *{command!r}, '--course', {str(TINY)!r}]\n"
        "assert main._run() == 0\n"
        "print('HEAVY', sorted({'torch', 'pytest', 'numpy', 'pygments'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=place.root, capture_output=True, text=True, timeout=60
    )
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


def test_after_a_reset_nothing_has_passed(zth: Run, place: Workspace) -> None:
    """The map, the hints and the solution agree."""
    shutil.copy(TINY / "solutions/tiny/arrays.py", place.root / "exercises/tiny")
    record(place, "double")
    assert "has passed" in zth("hint", "1.double").stdout
    assert zth("reset", "1.double").returncode == 0
    assert "has passed" not in zth("hint", "1.double").stdout
    done = zth("solution", "1.double")
    assert done.returncode == 2
    assert "has not passed yet" in done.stderr

"""`zth` alone, `zth status`, `list`, `log`, and what `zth check` writes down: the real commands."""

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
import pytest
from judging import TINY

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The tiny course with its lecture twice: lecture1 and lecture2."""
    root = tmp_path / "course"
    shutil.copytree(TINY, root)
    for folder in ("exercises", "solutions", "tests/hidden"):
        shutil.copytree(root / folder / "tiny", root / folder / "tiny2")
    manifest = root / "course.toml"
    text = manifest.read_text()
    again = text[text.index("[[lecture]]") :]
    again = again.replace('id = "lecture1"', 'id = "lecture2"').replace('"tiny"', '"tiny2"')
    manifest.write_text(text + again)
    return root


@pytest.fixture
def workspace(tmp_path: Path, course: Path) -> Path:
    place = tmp_path / "mine"
    shutil.copytree(course / "exercises", place / "exercises")
    return place


@pytest.fixture
def zth(workspace: Path, course: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = ("zth", *arguments, "--course", str(course))
        return commands.run(workspace, *words, env={**os.environ, "TERM": "dumb"})

    return run


def solve(workspace: Path, course: Path, lecture: str = "tiny") -> Path:
    folder = workspace / "exercises" / lecture
    shutil.copytree(course / "solutions" / lecture, folder, dirs_exist_ok=True)
    return folder / "arrays.py"


def spoil(path: Path) -> None:
    path.write_text(path.read_text().replace("return x + x", "return x"))


def test_a_newcomer_sees_the_map_and_the_first_step(zth: Run, workspace: Path) -> None:
    done = zth("status")
    assert done.returncode == 0
    assert re.search(r"lecture1  Tiny .* 0 of 8", done.stdout)
    assert "Next  lecture1.double: Twice a tensor" in done.stdout
    assert "exercises/tiny/arrays.py:" in done.stdout
    assert "Last" not in done.stdout
    assert len(done.stdout.splitlines()) <= 24
    assert not (workspace / ".zth").exists(), "looking leaves nothing behind"


def test_a_wrong_answer_is_last_and_next(zth: Run, workspace: Path, course: Path) -> None:
    spoil(solve(workspace, course))
    assert zth("check", "1.double").returncode == 1
    done = zth("status")
    assert "Last  ✗ lecture1.double wrong  just now" in done.stdout
    assert "0 of 8  1 wrong" in done.stdout
    assert "Next  lecture1.double" in done.stdout
    assert "✗  double" in zth("list").stdout


def test_a_pass_by_any_route_counts(zth: Run, workspace: Path, course: Path) -> None:
    solve(workspace, course)
    for arguments in (("1.double",), ("1.mean", "--json"), ("1.slope", "--seed", "7")):
        assert zth("check", *arguments).returncode == 0
    status = json.loads(zth("status", "--json").stdout)
    assert status["lectures"][0]["done"] == 3
    assert status["next"] == "lecture1.Tally"
    assert status["last"]["route"] == "check"
    assert {"format", "workspace", "lectures", "last", "next"} == set(status)


def test_check_goes_on_where_the_learner_is(zth: Run, workspace: Path, course: Path) -> None:
    solve(workspace, course)
    first = zth("check")
    assert "lecture1 · Tiny: finished" in first.stdout
    assert "lecture2 · Tiny" in first.stdout
    again = zth("check")
    assert "lecture1" not in again.stdout, "what is finished is not judged again"
    assert "lecture2 · Tiny" in again.stdout


def test_the_end_of_the_course(zth: Run, workspace: Path, course: Path) -> None:
    solve(workspace, course)
    solve(workspace, course, "tiny2")
    assert zth("check").returncode == 0
    assert "Everything is done" in zth("status").stdout
    assert zth("check").returncode == 0, "all of it again"


def test_the_log(zth: Run, workspace: Path, course: Path) -> None:
    assert "Nothing was tried yet" in zth("log").stdout
    path = solve(workspace, course)
    right = path.read_text()
    spoil(path)
    zth("check", "1.double")
    zth("check", "1.double")
    path.write_text(right)
    zth("check", "1.double")
    zth("hint", "1.double")
    log = zth("log")
    assert re.search(r"✓  lecture1.double +3 +1 ", log.stdout)
    assert "3 attempts" in log.stdout
    every = zth("log", "1.double").stdout
    assert every.count("✗") == 2
    assert "Made more than once: once (2 times)" in every
    (record,) = json.loads(zth("log", "--json").stdout)["exercises"]
    assert [a["outcome"] for a in record["tried"]] == ["FAIL", "FAIL", "PASS"]
    assert (record["attempts"], record["hints"], record["spoiled"]) == (3, 1, False)
    assert record["seconds"] > 0


def test_what_cannot_be_recorded_is_said_beside_the_verdict(
    zth: Run, workspace: Path, course: Path
) -> None:
    solve(workspace, course)
    (workspace / ".zth").write_text("a file where a folder should be")
    done = zth("check", "1.double")
    assert done.returncode == 0
    assert "lecture1.double passed" in done.stdout
    assert done.stderr.startswith("This was not recorded in your progress")
    as_json = zth("check", "1.double", "--json")
    assert json.loads(as_json.stdout)["lectures"][0]["points"] == 2


def test_nothing_is_written_where_nothing_was_begun(zth: Run, workspace: Path) -> None:
    assert zth("check", "1").returncode == 1
    assert not (workspace / ".zth").exists()


def test_outside_a_workspace(tmp_path: Path, course: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "zth"), "status", "--course", str(course)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "You are not in a workspace" in done.stdout
    for command in ("check", "log", "hint", "watch"):
        refused = subprocess.run(
            [str(Path(sys.executable).parent / "zth"), command, "--course", str(course)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert refused.returncode == 2, command
        assert "zth init" in refused.stderr

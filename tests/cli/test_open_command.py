"""`zth open` with editors that write down what they were told."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from judging import TINY

ZTH = str(Path(sys.executable).parent / "zth")
FAKE = f"""#!{sys.executable}
import json, os, pathlib, sys, time
told = {{"words": sys.argv[1:], "session": os.getsid(0), "terminal": sys.stdin.isatty()}}
said = pathlib.Path(__file__).parent / "told.json"
said.with_suffix(".new").write_text(json.dumps(told))
said.with_suffix(".new").replace(said)
if told["terminal"]:
    try:
        print("editing", flush=True)
        time.sleep(30)
    except KeyboardInterrupt:
        print("ctrl-c is the editor's", flush=True)
sys.exit(int(os.environ.get("FAKE_ENDS_WITH", 0)))
"""
Open = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace whose path has a space and a letter that is not ASCII."""
    folder = tmp_path / "mein Kürs"
    shutil.copytree(TINY / "exercises", folder / "exercises")
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with two editors: one in a window, one in the terminal."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("code", "vim"):
        (folder / name).write_text(FAKE)
        (folder / name).chmod(0o755)
    return folder


def environment(programs: Path, editor: str) -> dict[str, str]:
    unwanted = ("VISUAL", "TERM_PROGRAM", "TERMINAL_EMULATOR", "INSIDE_EMACS", "NVIM")
    kept = {k: v for k, v in os.environ.items() if k not in unwanted}
    return {**kept, "EDITOR": editor, "PATH": f"{programs}:{kept['PATH']}", "TERM": "xterm"}


@pytest.fixture
def open_in(workspace: Path, programs: Path) -> Open:
    def run(
        editor: str, *arguments: str, course: Path = TINY, **env: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ZTH, "open", *arguments, "--course", str(course)],
            cwd=workspace,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment(programs, editor) | env,
        )

    return run


def told(programs: Path) -> dict[str, object]:
    """What the editor was told: a window need not have started when the command ends."""
    said = programs / "told.json"
    deadline = time.monotonic() + 20
    while not said.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    found: dict[str, object] = json.loads(said.read_text())
    return found


def line_of(file: Path, text: str) -> int:
    lines = file.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_an_editor_that_is_not_there(open_in: Open, workspace: Path) -> None:
    done = open_in("nosuch --wait", "mean")
    assert done.returncode == 2
    assert "$EDITOR is 'nosuch --wait', and there is no such program." in done.stderr
    assert "export EDITOR=" in done.stderr
    assert not (workspace / ".zth").exists(), "nothing was opened"


def test_an_editor_that_fails_at_once(open_in: Open) -> None:
    done = open_in("code --wait", "mean", FAKE_ENDS_WITH="7")
    assert done.returncode == 2
    assert "code ended with 7" in done.stderr
    assert "code --wait -g" in done.stderr


def test_a_window_is_started_and_left(open_in: Open, workspace: Path, programs: Path) -> None:
    file = workspace / "exercises" / "tiny" / "arrays.py"
    line = line_of(file, "def mean")
    done = open_in("code --wait", "1.mean")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{file}:{line} is open in code.\n"
    heard = told(programs)
    assert heard["words"] == ["--wait", "-g", f"{file}:{line}"]
    assert heard["session"] != os.getsid(0), "closing the terminal does not close it"
    with sqlite3.connect(workspace / ".zth" / "progress.sqlite") as database:
        rows = database.execute("SELECT deed, lecture, exercise FROM deed").fetchall()
    database.close()
    assert rows == [("open", "lecture1", "mean")]


def test_what_is_opened(open_in: Open, workspace: Path) -> None:
    def place(*target: str) -> str:
        done = open_in("nosuch", *target, "--print")
        assert done.returncode == 0, done.stderr
        file, _, line = done.stdout.strip().rpartition(":")
        return Path(file).read_text().splitlines()[int(line) - 1]

    assert "def double" in place()
    assert "def double" in place("lecture1")
    assert "def shift" in place("shift")
    shutil.copy(TINY / "solutions" / "tiny" / "arrays.py", workspace / "exercises" / "tiny")
    check = [ZTH, "check", "double", "mean", "--course", str(TINY)]
    assert subprocess.run(check, cwd=workspace, capture_output=True, timeout=60).returncode == 0
    assert "class Tally" in place("lecture1"), "what is done is passed over"
    assert "class Tally" in place()
    assert "def double" in place("double")


def test_the_editor_has_the_terminal(workspace: Path, programs: Path) -> None:
    child = pexpect.spawn(
        *(ZTH, ["open", "mean", "--course", str(TINY)]),
        cwd=str(workspace),
        env=environment(programs, "vim -n"),  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=30,
    )
    child.expect("editing")
    heard = told(programs)
    file = workspace / "exercises" / "tiny" / "arrays.py"
    assert heard["words"] == ["-n", f"+{line_of(file, 'def mean')}", str(file)]
    child.sendintr()
    child.expect("ctrl-c is the editor's")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "Traceback" not in child.before


@pytest.mark.parametrize(
    ("ends", "code", "says"),
    [
        ("exit 4", 2, "strange ended with 4"),
        ("kill -9 $$", 2, "ended by SIGKILL"),
        ("exit 0", 0, ""),
    ],
)
def test_a_strange_editor_in_the_terminal(
    workspace: Path, programs: Path, ends: str, code: int, says: str
) -> None:
    """That it fails is said, and that it was not told the line."""
    (programs / "strange").write_text(f'#!/bin/sh\necho "editing $#"\n{ends}\n')
    (programs / "strange").chmod(0o755)
    child = pexpect.spawn(
        *(ZTH, ["open", "mean", "--course", str(TINY)]),
        cwd=str(workspace),
        env=environment(programs, "strange"),  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=30,
    )
    child.expect(pexpect.EOF)
    child.close()
    line = line_of(workspace / "exercises" / "tiny" / "arrays.py", "def mean")
    assert f"how strange is told a line: yours is line {line}." in child.before
    assert "editing 1" in child.before
    assert says in child.before
    assert child.exitstatus == code


def test_an_editor_in_the_terminal_where_there_is_none(open_in: Open, programs: Path) -> None:
    done = open_in("vim", "mean")
    assert done.returncode == 2
    assert "vim needs a terminal" in done.stderr
    assert "arrays.py:" in done.stderr
    assert not (programs / "told.json").exists()


def test_no_workspace(open_in: Open, workspace: Path) -> None:
    shutil.rmtree(workspace / "exercises")
    done = open_in("code", "mean")
    assert done.returncode == 2
    assert "zth init" in done.stderr


def test_what_was_opened_cannot_be_written_down(
    open_in: Open, workspace: Path, programs: Path
) -> None:
    (workspace / ".zth").write_text("a file in its place")
    done = open_in("code", "mean")
    assert done.returncode == 0
    assert ".zth" in done.stderr
    assert told(programs)["words"]

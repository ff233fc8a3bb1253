"""What a command writes to: closed, full, read by nobody; and whose escape sequences arrive there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from judging import TINY

from grader.render.style import IN_LETTERS, LOOKS, visible

ZTH = str(Path(sys.executable).parent / "zth")
Shell = Callable[[str], "subprocess.CompletedProcess[bytes]"]
ESCAPING = r"""

def double(x):
    print("A\x1b[?1049h\x1b[2J\x9bB\x07\x08")
    raise ValueError("C\x1b]0;title\x07D")  # <
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    shutil.copytree(TINY / "solutions", tmp_path / "exercises")
    return tmp_path


@pytest.fixture
def shell(workspace: Path) -> Shell:
    def run(line: str) -> subprocess.CompletedProcess[bytes]:
        """A line of shell, in which `zth` is ours and its exit code is the line's."""
        return subprocess.run(
            ["bash", "-c", f'zth() {{ "{ZTH}" "$@" --course "{TINY}"; }}; set -o pipefail; {line}'],
            cwd=workspace,
            capture_output=True,
            timeout=60,
        )

    return run


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("answer", "code"), [("x + x", 0), ("x", 1)])
def test_closed_streams_change_no_verdict(
    shell: Shell, workspace: Path, closed: str, answer: str, code: int
) -> None:
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", f"return {answer}"))
    done = shell(f"zth check double {closed}")
    assert done.returncode == code
    assert done.stderr == b""
    if ">&-" not in closed or closed == "2>&-":
        assert b"lecture1.double" in done.stdout


@pytest.mark.parametrize("command", ["status", "list", "check double", "check double --json"])
def test_a_reader_who_leaves_is_no_failure(shell: Shell, command: str) -> None:
    done = shell(f"zth {command} | true")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["status", "status --json", "check double", "check --help"])
def test_a_full_disk_is_said_in_a_sentence(shell: Shell, command: str) -> None:
    done = shell(f"zth {command} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("There is no room for the output: No space left")
    assert shell(f"zth {command} > /dev/full 2>&1").returncode == 2


def test_a_workspace_in_no_alphabet(shell: Shell) -> None:
    shell("mkdir $'caf\\xe9' && mv exercises $'caf\\xe9'")
    for command in ("check", "check double --json", "status"):
        done = shell(f"cd $'caf\\xe9' && zth {command}")
        assert (done.returncode, done.stderr) == (0, b"")


def test_no_escape_of_the_learners_is_written(shell: Shell, workspace: Path) -> None:
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text() + ESCAPING.replace("# <", "# \x1b[5m"))
    done = shell("zth check double")
    assert done.returncode == 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.stdout.decode())
    for text in ("A␛[?1049h␛[2J", "ValueError: C␛]0;title␇D", "# ␛[5m"):
        assert text in done.stdout.decode()
    assert b"\\u001b[2J" in shell("zth check double --json").stdout


@pytest.mark.parametrize("command", ["check", "watch"])
def test_no_escape_of_the_learners_reaches_the_terminal(workspace: Path, command: str) -> None:
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text() + ESCAPING.replace("# <", "# \x1b[5m"))
    child = pexpect.spawn(
        ZTH,
        [command, "double", "--course", str(TINY)],
        cwd=str(workspace),
        env={**os.environ, "TERM": "xterm-256color"},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 80),
    )
    try:
        child.expect("ValueError")
        child.expect("printed")
        seen = child.before
        child.expect("again|q" if command == "watch" else pexpect.EOF)
        seen += child.before
    finally:
        child.close(force=True)
    assert "␛[2J" in seen
    for forbidden in ("\x1b[?1049h", "\x1b[2J", "\x1b]0;", "\x9b", "\x1b[5m", "\x07", "\x08"):
        assert forbidden not in seen


def test_what_a_terminal_obeys_is_shown_as_a_sign() -> None:
    assert visible("a\tb\nc\r\nd") == "a\tb\nc\nd"
    assert visible("\x1b[2J\x07\r\x7f\x9b") == "␛[2J␇␍␡�"
    assert visible("é ✓ 日本 🙂") == "é ✓ 日本 🙂"


PLAIN_TERMINAL = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"
KINDS = {
    "passed": "return x + x",
    "wrong": "return x",
    "broke": "raise ValueError",
    "not started": 'raise NotImplementedError("double")',
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_terminal_that_knows_letters_alone_tells_outcomes_apart(
    shell: Shell, workspace: Path, kind: str
) -> None:
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", KINDS[kind]))
    sign = {"passed": b"v", "wrong": b"x", "broke": b"!", "not started": b"-"}[kind]
    for command in ("check double", "list"):
        done = shell(f"{PLAIN_TERMINAL} zth {command}")
        assert done.stdout.isascii(), done.stdout
        assert b"?" not in done.stdout.replace(b"?t=", b""), done.stdout
        lines = [line.split() for line in done.stdout.splitlines() if b"double" in line]
        assert any(line[0] == sign for line in lines), done.stdout
    assert not shell("zth list").stdout.isascii(), "where they can be written the signs are there"


def test_the_five_outcomes_are_five_letters() -> None:
    signs = [look.sign for look in LOOKS.values()]
    assert len({sign.encode("ascii", IN_LETTERS) for sign in signs}) == len(signs) == 5
    assert "José Ñandú → 李 \udc80".encode("ascii", IN_LETTERS) == b"Jose Nandu -> ? ?"

"""The command at a real terminal: the live line, colours, Ctrl-C, a breakpoint."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pexpect
import pytest
from judging import TINY

ZTH = str(Path(sys.executable).parent / "zth")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    shutil.copytree(TINY / "solutions", tmp_path / "exercises")
    return tmp_path


def spawn(workspace: Path, *arguments: str, **env: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        ZTH,
        [*arguments, "--course", str(TINY)],
        cwd=str(workspace),
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **env},
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 80),
    )


def test_a_wrong_answer_in_colour_and_in_a_box(workspace: Path) -> None:
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", "return x"))
    child = spawn(workspace, "check", "double")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert "\x1b[31m" in child.before
    assert "╭─" in child.before


def test_no_color_is_honoured(workspace: Path) -> None:
    child = spawn(workspace, "check", "double", NO_COLOR="1")
    child.expect(pexpect.EOF)
    assert "\x1b[32m" not in child.before
    assert "passed" in child.before


def test_ctrl_c_ends_with_130_and_no_traceback(workspace: Path) -> None:
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text("import time\ntime.sleep(600)\n" + path.read_text())
    child = spawn(workspace, "check", "lecture1")
    child.expect("checking")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in child.before


def test_debug_stops_at_a_breakpoint_without_the_answers(workspace: Path) -> None:
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", "breakpoint()\n    return x + x"))
    child = spawn(workspace, "check", "double", "--debug")
    child.expect(r"\(Pdb\)")
    child.sendline("p 'shape', tuple(x.shape)")
    child.expect(r"\('shape', \(")
    child.sendline("w")
    child.expect(r"\(Pdb\)")
    assert "hidden" not in child.before.replace("tests/hidden", "", 0) or "probe" in child.before
    child.sendline("c")
    while child.expect([r"\(Pdb\)", pexpect.EOF]) == 0:
        child.sendline("c")
    child.close()
    assert child.exitstatus == 0

"""`zth watch` as a learner has it: a real terminal, saves as editors make them, keys, kills."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pexpect
import pytest
from judging import TINY, children_of, command_of

ZTH = str(Path(sys.executable).parent / "zth")
HOME = "<page>"
ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\r")


class Watched:
    """A watch in a terminal of its own, and the learner's files."""

    def __init__(
        self,
        workspace: Path,
        *arguments: str,
        rows: int = 40,
        course: Path = TINY,
        **env: str,
    ) -> None:
        self.path = workspace / "exercises" / "tiny" / "arrays.py"
        self.right = self.path.read_text()
        self.child = pexpect.spawn(
            ZTH,
            ["watch", *arguments, "--course", str(course)],
            cwd=str(workspace),
            env={**terminal_env(), **env},
            encoding="utf-8",
            timeout=30,
            dimensions=(rows, 80),
        )
        self.log = io.StringIO()
        self.child.logfile_read = self.log

    def sees(self, *texts: str) -> None:
        """Waits until the screen has shown these, one after another, since the last time."""
        for text in texts:
            self.child.expect(_loose(text))

    def page(self) -> str:
        """What is drawn once nothing more comes."""
        self.child.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=0.5)
        return self.seen().rpartition(HOME)[2]

    def seen(self) -> str:
        """All that was ever drawn."""
        return ESCAPES.sub("", self.log.getvalue().replace("\x1b[H", HOME))

    def last_line(self) -> str:
        return self.page().rstrip().splitlines()[-1]

    def press(self, key: str) -> None:
        self.child.send(key)

    def with_double(self, body: str) -> str:
        return self.right.replace("return x + x", body)

    def save(self, text: str) -> None:
        self.path.write_text(text)

    def save_by_rename(self, text: str) -> None:
        """As vim does: the old file becomes the backup, a new one takes its name."""
        self.path.rename(self.path.with_suffix(".py~"))
        self.path.write_text(text)
        self.path.with_suffix(".py~").unlink()

    def save_over(self, text: str) -> None:
        """As VS Code's atomic save and many others do."""
        beside = self.path.with_suffix(".tmp")
        beside.write_text(text)
        beside.replace(self.path)

    def end(self) -> int:
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else -1


def terminal_env() -> dict[str, str]:
    """Without the size that pytest-xdist tells its workers: a terminal knows its own."""
    env = {name: value for name, value in os.environ.items() if name not in ("LINES", "COLUMNS")}
    return {**env, "TERM": "xterm-256color"}


def _loose(text: str) -> str:
    """The words, whatever colours stand between them."""
    gap = r"(?:\s|\x1b\[[0-9;]*m|\x1b\][^\x1b]*\x1b\\)*"
    return gap.join(re.escape(word) for word in text.split())


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    shutil.copytree(TINY / "solutions", tmp_path / "exercises")
    return tmp_path


@pytest.fixture
def watched(workspace: Path) -> Iterator[Watched]:
    """A watch of `double`, which is wrong, and said to be."""
    path = workspace / "exercises" / "tiny" / "arrays.py"
    right = path.read_text()
    path.write_text(right.replace("return x + x", "return x"))
    it = Watched(workspace, "double", EDITOR="true")
    it.right = right
    it.sees("lecture1.double wrong", "q quit")
    yield it
    it.child.close(force=True)


def test_a_wrong_save_is_wrong_and_a_right_one_passes(watched: Watched) -> None:
    watched.save(watched.with_double("return x + x + x"))
    watched.sees("double wrong", "expected")
    assert "next" not in watched.last_line()
    watched.save(watched.right)
    watched.sees("lecture1.double passed", "n next", "q quit")
    assert "hint" not in watched.last_line()


@pytest.mark.parametrize("how", ["save_by_rename", "save_over"])
def test_editors_save_in_their_ways(watched: Watched, how: str) -> None:
    getattr(watched, how)(watched.right)
    watched.sees("lecture1.double passed")
    getattr(watched, how)(watched.with_double("return x"))
    watched.sees("lecture1.double wrong")


def test_a_file_that_is_gone_for_a_moment_is_not_missed(watched: Watched) -> None:
    watched.path.unlink()
    time.sleep(0.05)
    watched.save(watched.right)
    watched.sees("lecture1.double passed")
    assert "is not there" not in watched.seen()


def test_a_file_that_is_deleted_and_restored(watched: Watched) -> None:
    watched.path.unlink()
    watched.sees("arrays.py is not there")
    watched.save(watched.right)
    watched.sees("lecture1.double passed")


def test_half_a_line_is_said_and_passes(watched: Watched) -> None:
    watched.save(watched.with_double("return (x +"))
    watched.sees("is not valid Python")
    watched.save(watched.right)
    watched.sees("lecture1.double passed")


def test_a_mended_file_leaves_nothing_broken(watched: Watched, workspace: Path) -> None:
    """What was right or not begun beside the slip is as it was, on the page and in the progress."""
    watched.save("import torch)\n" + watched.right)
    watched.sees("is not valid Python")
    watched.save(watched.right)
    watched.sees("lecture1.double passed")
    page = watched.page()
    assert "broke" not in page
    assert "wrong" not in page
    assert "wrong" not in zth(workspace, "status")


def test_two_files_saved_at_once_are_both_judged(workspace: Path) -> None:
    """As `Save all` does it, a few hundredths of a second apart."""
    model = workspace / "exercises" / "tiny" / "model.py"
    right = model.read_text()
    watched = Watched(workspace, "double")
    watched.sees("double passed", "q quit")
    model.write_text(right.replace("return text", "return text + '!'"))
    watched.sees("lecture1.echo wrong")
    watched.save(watched.with_double("return x"))
    watched.sees("double wrong", "echo")
    for pause in (0.0, 0.03, 0.06):
        watched.save(watched.right)
        time.sleep(pause)
        model.write_text(right)
        watched.sees("passed", "q quit")
        assert "✗" not in watched.page(), pause
        model.write_text(right.replace("return text", "return text + '!'"))
        watched.sees("echo wrong")
        watched.save(watched.with_double("return x"))
        watched.sees("double wrong")
        watched.page()
    watched.press("q")
    assert watched.end() == 0


def test_what_is_saved_before_the_judge_is_ready_is_judged(workspace: Path) -> None:
    watched = Watched(workspace, "double")
    watched.sees("getting lecture1 ready")
    watched.save(watched.right.replace("self.sum += value", "self.sum = value"))
    watched.sees("lecture1.Tally wrong")
    watched.press("q")
    assert watched.end() == 0


def test_a_save_during_a_check_starts_it_again(workspace: Path) -> None:
    """A verdict on an endless loop would take a minute; nobody waits for it."""
    course = shutil.copytree(TINY, workspace / "patient")
    manifest = course / "course.toml"
    manifest.write_text(manifest.read_text().replace("seconds = 1\n", "seconds = 60\n"))
    watched = Watched(workspace, "double", course=course)
    watched.sees("double passed", "q quit")
    watched.save(watched.with_double("\n    while True:\n        pass"))
    watched.sees("checking")
    watched.save(watched.with_double("return x"))
    watched.sees("double wrong", "expected")
    watched.press("q")
    assert watched.end() == 0


def test_only_what_the_save_touches_is_judged(watched: Watched, workspace: Path) -> None:
    """Another exercise is edited: it comes into view, and only it is recorded."""
    text = watched.path.read_text()
    watched.save(text.replace("self.sum += value", "self.sum = value"))
    watched.sees("lecture1.Tally wrong")
    assert "✗ double wrong" in watched.page()
    log = zth(workspace, "log", "--json")
    assert '"exercise":"Tally"' in log
    assert '"exercise":"mean"' not in log


def test_what_stands_on_the_edit_is_judged_after_it(watched: Watched) -> None:
    watched.save(watched.right)
    watched.sees("lecture1.double passed")
    watched.press("c")
    watched.sees("✓ shift")
    watched.save(watched.with_double("return x"))
    watched.sees("double wrong", "q quit")
    watched.press("l")
    watched.sees("◦ quadruple", "◦ shift")


def test_it_never_moves_on_by_itself(watched: Watched) -> None:
    watched.save(watched.right)
    watched.sees("lecture1.double passed")
    assert "lecture1.double" in watched.page()
    watched.press("n")
    watched.sees("lecture1.mean passed")


def test_auto_moves_on_after_a_pass_and_says_so(workspace: Path) -> None:
    watched = Watched(workspace, "double", "--auto")
    watched.sees("lecture1.double passed", "q quit")
    assert "lecture1.double" in watched.page(), "it was right before: nothing moves"
    watched.save(watched.with_double("return x"))
    watched.sees("double wrong")
    watched.save(watched.right)
    watched.sees("lecture1.double passed", "lecture1.mean passed")
    watched.sees("lecture1.secret", "The course is finished", "q quit")
    watched.press("q")
    assert watched.end() == 0


def test_hints_come_one_at_a_time_and_run_out(watched: Watched) -> None:
    for number, hint in enumerate(("What is x + x?", "Add it to itself.", "return x + x"), 1):
        assert f"h hint {number} of 3" in watched.last_line()
        watched.press("h")
        watched.sees(hint)
    assert "hint" not in watched.last_line()
    watched.press("h")  # does nothing now
    assert "hint 4" not in watched.page()


def test_the_list_and_back(watched: Watched) -> None:
    watched.press("l")
    watched.sees("✗ double", "quadruple", "l back")
    watched.press("l")
    watched.sees("double wrong", "l list")


def test_check_all(watched: Watched) -> None:
    watched.press("c")
    watched.sees("✗ double", "✓ mean", "✓ secret")


def test_open_shows_the_line_to_the_editor(workspace: Path, tmp_path: Path) -> None:
    editor = tmp_path / "code"
    editor.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\n')
    editor.chmod(0o755)
    watched = Watched(workspace, "double", EDITOR=str(editor), VISUAL="")
    watched.sees("double passed", "o open")
    watched.press("o")
    told = tmp_path / "told"
    end = time.monotonic() + 10
    while not (told.exists() and told.read_text().endswith("\n")) and time.monotonic() < end:
        time.sleep(0.02)
    line = watched.right[: watched.right.index("def double")].count("\n") + 1
    assert told.read_text() == f"-g {watched.path}:{line}\n"
    watched.press("q")
    assert watched.end() == 0


def test_a_pass_is_recorded(watched: Watched, workspace: Path) -> None:
    watched.save(watched.right)
    watched.sees("lecture1.double passed")
    watched.press("q")
    assert watched.end() == 0
    assert "✓  double" in zth(workspace, "list")
    log = zth(workspace, "log", "double")
    assert "wrong" in log
    assert "passed" in log


def test_what_cannot_be_recorded_is_said_and_judged(workspace: Path) -> None:
    (workspace / ".zth").write_text("a file where a folder should be")
    watched = Watched(workspace, "double")
    watched.sees("double passed", "This was not recorded")
    watched.press("q")
    assert watched.end() == 0


def test_polling_sees_saves(workspace: Path) -> None:
    watched = Watched(workspace, "double", "--poll")
    watched.sees("double passed", "q quit")
    watched.save(watched.with_double("return x"))
    watched.sees("double wrong")
    watched.press("q")
    assert watched.end() == 0


def test_polling_sees_two_saves_in_one_second(workspace: Path) -> None:
    """A formatter saves again at once: the last one counts."""
    watched = Watched(workspace, "double", "--poll")
    watched.sees("double passed", "q quit")
    for _ in range(3):
        watched.save(watched.with_double("return x"))
        time.sleep(0.35)
        watched.save(watched.right)
        time.sleep(1.0)
        assert "double passed" in watched.page()
    watched.press("q")
    assert watched.end() == 0


def test_a_folder_that_is_replaced_is_still_watched(watched: Watched) -> None:
    """As `git checkout` of another branch does it, and as slowly as it may."""
    lecture, all_of_them = watched.path.parent, watched.path.parent.parent
    for folder, pause in ((lecture, 0.0), (lecture, 0.6), (all_of_them, 0.6)):
        away = folder.with_name("away")
        folder.rename(away)
        watched.sees("is not there")
        time.sleep(pause)
        shutil.copytree(away, folder)
        shutil.rmtree(away)
        watched.sees("double wrong")
        watched.save(watched.right)
        watched.sees("double passed")
        watched.save(watched.with_double("return x"))
        watched.sees("double wrong")


def test_what_broke_for_another_file_is_judged_when_that_is_mended(workspace: Path) -> None:
    """model.py imports arrays.py, which ends the process for a while."""
    watched = Watched(workspace, "double")
    watched.sees("double passed", "q quit")
    watched.save("raise SystemExit\n" + watched.right)
    watched.sees("double broke", "q quit")
    watched.press("c")
    watched.sees("! double", "◦ shift")
    watched.save(watched.right)
    watched.sees("double passed")
    watched.press("l")
    watched.sees("✓ double", "✓ echo")
    assert "!" not in watched.page()
    watched.press("q")
    assert watched.end() == 0


def test_it_does_not_run_from_a_judge_that_was_killed(watched: Watched) -> None:
    judges = [pid for pid in children_of(watched.child.pid) if b"judge_server" in command_of(pid)]
    os.kill(judges[0], signal.SIGKILL)
    watched.sees("getting lecture1 ready", "double wrong")
    watched.save(watched.right)
    watched.sees("double passed")


def test_nothing_is_left_running(watched: Watched) -> None:
    below = children_of(watched.child.pid)
    assert below
    watched.press("q")
    assert watched.end() == 0
    end = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in below) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]


# the terminal


@pytest.fixture
def shell(workspace: Path) -> Iterator[pexpect.spawn[str]]:
    """A shell in a terminal, with a watch in the foreground, and its modes before."""
    child: pexpect.spawn[str] = pexpect.spawn(
        "sh",
        ["-i"],
        cwd=str(workspace),
        env={**terminal_env(), "PS1": "$ "},
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 80),
    )
    child.expect_exact("$ ")
    yield child
    child.close(force=True)


def modes(shell: pexpect.spawn[str]) -> str:
    shell.sendline("echo BEGIN; stty -a; echo EN''D")
    shell.expect_exact("BEGIN\r\n")
    shell.expect_exact("END\r\n")
    shell.expect_exact("$ ")
    return str(shell.before)


def start_watch(shell: pexpect.spawn[str]) -> int:
    shell.sendline(f"{ZTH} watch double --course {TINY}")
    shell.expect(_loose("q quit"))
    (pid,) = [
        pid
        for pid in children_of(shell.pid)
        if b"watch" in (words := command_of(pid)) and b"-m" not in words
    ]
    return pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_a_kill_leaves_the_terminal_as_it_was(
    shell: pexpect.spawn[str], number: signal.Signals
) -> None:
    """SIGKILL too: the judge, which outlives us by a moment, puts the terminal back."""
    before = modes(shell)
    pid = start_watch(shell)
    os.kill(pid, number)
    shell.expect(r"\x1b\[\?25h")  # the cursor is shown again
    time.sleep(0.3)
    shell.sendline("")
    shell.expect_exact("$ ")
    assert modes(shell).split() == before.split()
    shell.sendline("echo alive")
    shell.expect_exact("alive\r\nalive")  # typed and echoed, then printed


def test_ctrl_c_ends_with_130(shell: pexpect.spawn[str]) -> None:
    start_watch(shell)
    shell.sendintr()
    shell.expect_exact("$ ")
    shell.sendline("echo code $?")
    shell.expect_exact("code 130")


def test_ctrl_z_gives_the_terminal_back_and_fg_goes_on(
    shell: pexpect.spawn[str], workspace: Path
) -> None:
    start_watch(shell)
    shell.send("\x1a")
    shell.expect("Stopped")
    shell.expect_exact("$ ")
    shell.sendline("echo alive")
    shell.expect_exact("echo alive\r\nalive")
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", "return x"))
    shell.sendline("fg")
    shell.expect(_loose("double wrong"))
    shell.send("q")
    shell.expect_exact("$ ")


def test_a_window_that_changes_its_size_is_drawn_again(watched: Watched) -> None:
    watched.page()
    watched.child.setwinsize(40, 70)
    watched.sees("double wrong", "q quit")


def test_a_small_window_shows_the_hint_that_was_asked_for(workspace: Path) -> None:
    watched = Watched(workspace, "double", rows=12)
    watched.sees("double passed", "q quit")
    watched.save(watched.with_double("return x"))
    watched.sees("double wrong", "h hint 1")
    watched.press("h")
    watched.sees("What is x + x?", "h hint 2")
    watched.press("q")
    assert watched.end() == 0


def test_a_small_window_shows_the_beginning_and_the_keys(workspace: Path) -> None:
    watched = Watched(workspace, "double", rows=10)
    watched.sees("double passed", "q quit")
    watched.save(watched.with_double("return x"))
    watched.sees("double wrong", "more lines", "q quit")
    watched.press("q")
    assert watched.end() == 0


# without a terminal


def piped(workspace: Path) -> tuple[subprocess.Popen[str], IO[str]]:
    process = subprocess.Popen(
        [ZTH, "watch", "double", "--course", str(TINY)],
        cwd=workspace,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout


def test_without_a_terminal_verdicts_are_plain_lines(workspace: Path) -> None:
    process, out = piped(workspace)
    while "double passed" not in (line := out.readline()):
        assert line, "it ended"
        assert "\x1b" not in line
    path = workspace / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", "return x"))
    while "double wrong" not in (line := out.readline()):
        assert line, "it ended"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 128 + signal.SIGTERM
    out.close()


def test_where_there_is_no_workspace(tmp_path: Path) -> None:
    done = subprocess.run(
        [ZTH, "watch", "--course", str(TINY)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "zth init" in done.stderr
    assert list(tmp_path.iterdir()) == []


def zth(workspace: Path, *arguments: str) -> str:
    done = subprocess.run(
        [ZTH, *arguments, "--course", str(TINY)], cwd=workspace, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

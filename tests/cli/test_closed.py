"""What is closed, gone, or no file: one sentence with the remedy, exit code 2, nothing changed."""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from judging import TINY

from grader.cli.main import interrupt_again
from grader.workspace.progress import Event, Progress
from grader.workspace.workspace import Workspace
from grader.workspace.workspace_files import given_files

ZTH = str(Path(sys.executable).parent / "zth")
ARRAYS = "exercises/tiny/arrays.py"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


class _Interrupts:
    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def _from_the_collector() -> None:
    def callback(*_: object) -> None:
        gc.callbacks.remove(callback)
        signal.raise_signal(signal.SIGINT)

    gc.callbacks.append(callback)
    gc.collect()


@pytest.mark.parametrize("where", [_Interrupts, _from_the_collector])
def test_a_key_that_python_cannot_raise_where_it_is_stops_all_the_same(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, where: Callable[[], object]
) -> None:
    """In a destructor and in a callback of the garbage collector, of which Dask has one."""
    monkeypatch.setattr(sys, "unraisablehook", interrupt_again)
    # whatever this process was started with: a job in the background has it ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it comes in any of these lines
        where()
        time.sleep(5)
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    where()  # without the hook it is lost


def be_held() -> None:
    """Root is held by no rights to files: what is started next is, though it is root."""
    if os.getuid() == 0:
        libc = ctypes.CDLL(None)
        for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            assert libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0) == 0


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A workspace in which something was done."""
    done = subprocess.run([ZTH, "init", "mine", "--course", str(TINY)], cwd=tmp_path)
    assert done.returncode == 0
    place = tmp_path / "mine"
    Progress(Workspace(place)).note(Event.HINT, "lecture1", "double")
    (place / ARRAYS).write_text((place / ARRAYS).read_text() + "mine = 1\n")
    return place


@pytest.fixture
def zth(mine: Path) -> Run:
    def run(*arguments: str, cwd: Path = mine) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ZTH, *arguments, "--course", str(TINY)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TERM": "dumb", "HOME": str(mine)},
            preexec_fn=be_held,
        )

    return run


def contents(place: Path) -> dict[str, bytes]:
    return {
        str(p): p.read_bytes()
        for p in place.rglob("*")
        if p.is_file() and p.name != "lock" and ".zth" not in p.name
    }


def refused(done: subprocess.CompletedProcess[str], says: str) -> None:
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 2, done.stderr


@pytest.mark.parametrize("command", ["status", "list", "log", "update", "reset double", "restore"])
def test_own_folder_closed(mine: Path, zth: Run, command: str) -> None:
    before = contents(mine)
    (mine / ".zth").chmod(0)
    done = zth(*command.split())
    (mine / ".zth").chmod(0o755)
    refused(done, "Permission denied")
    assert contents(mine) == before


@pytest.mark.parametrize("mode", [0, 0o644, 0o311])
@pytest.mark.parametrize(
    "command", ["check", "reset lecture1", "update", "status", "watch", "open --print"]
)
def test_exercises_closed(mine: Path, zth: Run, command: str, mode: int) -> None:
    before = contents(mine)
    (mine / "exercises").chmod(mode)
    done = zth(*command.split())
    named = zth(*command.split(), "--workspace", str(mine), cwd=mine.parent)
    (mine / "exercises").chmod(0o755)
    for each in (done, named):
        refused(each, "exercises cannot be looked into: Permission denied.")
    assert contents(mine) == before


@pytest.mark.parametrize("closed", [ARRAYS, "exercises/tiny"])
@pytest.mark.parametrize("command", ["reset lecture1", "reset mean", "update", "open mean --print"])
def test_a_file_or_its_folder_closed(mine: Path, zth: Run, command: str, closed: str) -> None:
    before = contents(mine)
    (mine / closed).chmod(0)
    done = zth(*command.split())
    (mine / closed).chmod(0o755)
    refused(done, "Permission denied.")
    assert closed in done.stderr
    assert contents(mine) == before


def test_a_copy_that_is_closed(mine: Path, zth: Run) -> None:
    assert zth("reset", "lecture1").returncode == 0
    (copy,) = (mine / ".zth" / "kept").iterdir()
    before = contents(mine)
    for closed in (copy, copy / "files" / "exercises", copy / "files" / ARRAYS):
        mode = closed.stat().st_mode
        closed.chmod(0)
        done = zth("restore", "latest")
        listed = zth("restore")
        closed.chmod(mode)
        refused(done, "cannot be read: Permission denied.")
        assert copy.name in listed.stdout
    assert contents(mine) == before


def test_no_regular_file(mine: Path, zth: Run) -> None:
    file = mine / ARRAYS
    for make in (os.mkfifo, lambda path: path.symlink_to(path), Path.mkdir):
        file.unlink()
        make(file)
        before = contents(mine)
        for command in ("reset lecture1", "reset mean", "open mean --print"):
            refused(zth(*command.split()), "arrays.py")
        refused(zth("update"), "arrays.py")
        assert contents(mine) == before
        if file.is_dir():
            file.rmdir()
            file.touch()


@pytest.mark.parametrize(
    "command",
    ["", "check", "list", "init", "init there", "doctor", "update", "open", "hint", "restore"],
)
def test_the_folder_we_are_in_is_gone(tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'rmdir "{gone}" && exec "{ZTH}" {command}'
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=gone, capture_output=True, text=True, timeout=60
    )
    refused(done, "The folder you are in is gone.")
    assert "cd" in done.stderr


def damage(store: Path) -> None:
    store.write_bytes(b"this was a database once, and is none any more" * 50)


def foreign(store: Path) -> None:
    store.unlink()
    with sqlite3.connect(store) as database:
        database.execute("CREATE TABLE bookmark (url TEXT)")
    database.close()


@pytest.mark.parametrize("spoil", [damage, foreign])
def test_what_can_do_without_progress_does(
    mine: Path, zth: Run, spoil: Callable[[Path], None]
) -> None:
    store = mine / ".zth" / "progress.sqlite"
    spoil(store)
    store.chmod(0o666)
    before = store.read_bytes()
    hint = zth("hint")
    assert (hint.returncode, "What is x + x?" in hint.stdout) == (0, True), hint.stderr
    place = zth("open", "--print")
    assert (place.returncode, "arrays.py:" in place.stdout) == (0, True), place.stderr
    check = zth("check")
    assert (check.returncode, "lecture1" in check.stdout) == (1, True), check.stderr
    for done in (hint, place, check):
        assert done.stderr.count("Your progress cannot be read") == 1
        assert "Move that file away" in done.stderr
    refused(zth("list"), "Your progress cannot be read")
    assert zth("reset", "lecture1").returncode == 0
    back = zth("restore", "latest")
    assert (back.returncode, "Back as it was" in back.stdout) == (0, True)
    assert store.read_bytes() == before


def test_two_resets_at_once_lose_nothing(mine: Path, tmp_path: Path) -> None:
    file = mine / ARRAYS
    given = given_files_of_tiny()
    solved = (TINY / "solutions" / "tiny" / "arrays.py").read_text()
    for _ in range(3):
        file.write_text(solved)
        commands = [[ZTH, "reset", name, "--course", str(TINY)] for name in ("double", "mean")]
        both = [subprocess.Popen(c, cwd=mine, stdout=subprocess.DEVNULL) for c in commands]
        assert [process.wait(60) for process in both] == [0, 0]
        text = file.read_text()
        for name in ("double", "mean"):
            assert f'raise NotImplementedError("{name}")' in given
            assert f'raise NotImplementedError("{name}")' in text
    shutil.rmtree(tmp_path / "mine")


def given_files_of_tiny() -> str:
    from grader.course.manifest import load_course

    return given_files(load_course(TINY))[ARRAYS].decode()

"""`zth doctor` on machines with something amiss: each is really amiss, and hides nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from judging import TINY

from grader.workspace.doctor import _not_writable

ZTH = str(Path(sys.executable).parent / "zth")
NAMES = (
    *(
        "zth",
        "python",
        "libraries",
        "torch",
        "isolation",
        "course",
        "workspace",
        "progress",
        "saves",
    ),
    *("terminal", "editor", "completion"),
)
"""What is looked at everywhere; the tiny course has no data."""

Row = dict[str, str]
Doctor = Callable[..., tuple[int, dict[str, Row]]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    shutil.copytree(TINY / "exercises", folder / "exercises")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home without completion, an editor that is there, no data."""
    unwanted = ("VISUAL", "TERM_PROGRAM", "ZTH_DATA", "PYTHONPATH", "PYTHONIOENCODING")
    kept = {k: v for k, v in os.environ.items() if k not in unwanted}
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    paths = [p for p in (os.environ.get("PYTHONPATH", ""),) if p]
    return {**kept, **home, "SHELL": "/bin/bash", "EDITOR": "sh", "PYTHONPATH": ":".join(paths)}


@pytest.fixture
def doctor(workspace: Path, environment: dict[str, str], shadow: Path) -> Doctor:
    """The exit code and what was found by name; without torch, which takes a second each time."""

    def run(
        course: Path = TINY, with_torch: bool = False, **env: str
    ) -> tuple[int, dict[str, Row]]:
        if not with_torch:
            env["PYTHONPATH"] = f"{shadow}:{environment['PYTHONPATH']}".rstrip(":")
        done = subprocess.run(
            [ZTH, "doctor", "--json", "--course", str(course)],
            cwd=workspace,
            capture_output=True,
            text=True,
            timeout=120,
            env=environment | env,
        )
        assert done.stdout, done.stderr
        rows = json.loads(done.stdout)["findings"]
        return done.returncode, {row["name"]: row for row in rows}

    return run


@pytest.fixture
def shadow(tmp_path: Path) -> Path:
    """A folder whose modules come before those that are installed: a torch that is broken."""
    folder = tmp_path / "shadow"
    folder.mkdir()
    (folder / "torch.py").write_text("raise ImportError('libtorch_cpu.so: no such file')\n")
    return folder


def wrong(rows: dict[str, Row]) -> set[str]:
    """What is wrong besides torch."""
    return {name for name, row in rows.items() if row["state"] == "wrong"} - {"torch"}


def test_torch_that_cannot_be_imported(doctor: Doctor) -> None:
    code, rows = doctor()
    assert code == 1
    assert rows["torch"]["state"] == "wrong"
    assert "libtorch_cpu.so: no such file" in rows["torch"]["found"]
    assert "pip install 'torch>=" in rows["torch"]["remedy"]
    assert set(NAMES) <= set(rows), "nothing else is hidden"
    assert rows["isolation"]["state"] == "note"


FAKE_TORCH = """
class version: cuda = {cuda!r}
class cuda: is_available = staticmethod(lambda: False)
__version__ = {version!r}
"""


@pytest.mark.parametrize(
    ("version", "cuda", "state", "says"),
    [
        ("2.13.0+cu128", "12.8", "note", "built for a GPU (CUDA12.8), and none is here"),
        ("1.13.0", None, "wrong", "it is 1.13.0, and zth is made for >="),
    ],
)
def test_another_torch(
    doctor: Doctor, shadow: Path, version: str, cuda: str | None, state: str, says: str
) -> None:
    (shadow / "torch.py").write_text(FAKE_TORCH.format(version=version, cuda=cuda))
    _, rows = doctor()
    assert rows["torch"]["state"] == state
    assert says in rows["torch"]["found"]
    assert rows["torch"]["remedy"]
    assert rows["isolation"]["state"] == "wrong", "such a torch judges nothing"


def test_all_is_well(doctor: Doctor) -> None:
    code, rows = doctor(with_torch=True)
    assert code == 0
    assert [name for name in rows if name in NAMES] == list(NAMES)
    assert not wrong(rows)
    assert rows["isolation"]["found"].startswith("forked")
    assert "1 lecture, 8 exercises" in rows["course"]["found"]
    assert rows["editor"]["state"] == "ok"
    assert rows["completion"]["remedy"] == "zth --install-completion"
    assert rows["tests"]["state"] == "ok"


@pytest.mark.parametrize("works", [True, False, None])
def test_bubblewrap(
    doctor: Doctor, tmp_path: Path, environment: dict[str, str], works: bool | None
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    if works is not None:
        fake = programs / "bwrap"
        complaint = "" if works else "echo 'bwrap: No permissions to create namespace' >&2; exit 1"
        fake.write_text(f"#!/bin/sh\n{complaint}\n")
        fake.chmod(0o755)
        path = f"{programs}:{environment['PATH']}"
    else:
        (programs / "sh").symlink_to("/bin/sh")
        path = str(programs)
    _, rows = doctor(PATH=path)
    assert not wrong(rows), "it is not needed to learn"
    assert rows["bubblewrap"]["state"] == ("ok" if works else "note")
    if works is None:
        assert "not installed" in rows["bubblewrap"]["found"]
        assert rows["tests"]["state"] == "note"
        assert rows["tests"]["remedy"].startswith("apt install zsh fish bubblewrap chromium")
    elif not works:
        assert "No permissions to create namespace" in rows["bubblewrap"]["found"]


def test_a_broken_course_is_said_once(doctor: Doctor, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(TINY, broken)
    (broken / "course.toml").write_text("format = 3\n")
    code, rows = doctor(course=broken, with_torch=True)
    assert code == 1
    assert wrong(rows) == {"course"}
    assert set(rows) & {"workspace", "progress", "saves", "data"} == set(), "it was said once"
    assert "reads format 1" in rows["course"]["found"]
    assert rows["isolation"]["state"] == "ok"


def test_a_course_without_checks(doctor: Doctor, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(TINY, bare, ignore=shutil.ignore_patterns("test_*.py"))
    _, rows = doctor(course=bare)
    assert wrong(rows) == {"course"}
    assert "holds no checks" in rows["course"]["found"]


def test_workspaces(doctor: Doctor, workspace: Path) -> None:
    _, rows = doctor()
    assert str(workspace) in rows["workspace"]["found"]
    own = workspace / ".zth"
    own.mkdir()
    (own / "progress.sqlite").write_bytes(b"not a database" * 100)
    (own / "workspace.json").write_text('{"title": "Tiny", "zth": "0.0.1", "format": 1}')
    _, rows = doctor()
    assert wrong(rows) == {"progress"}
    assert rows["progress"]["remedy"]
    assert "exercises of zth 0.0.1" in rows["workspace"]["found"]
    assert "zth update" in rows["workspace"]["remedy"]
    shutil.rmtree(workspace / "exercises")
    _, rows = doctor()
    assert rows["workspace"]["state"] == "note"
    assert "zth init" in rows["workspace"]["remedy"]


def test_nothing_of_it_stays_in_the_workspace(doctor: Doctor, workspace: Path) -> None:
    before = sorted(workspace.rglob("*"))
    doctor()
    assert sorted(workspace.rglob("*")) == before


def test_what_cannot_be_written_is_said() -> None:
    assert _not_writable(Path("/proc"))
    assert _not_writable(Path("/nowhere")) == "No such file or directory"


def test_saves_that_nobody_hears_of(doctor: Doctor, shadow: Path) -> None:
    """As on a network's disk: the watcher starts, and no event ever comes."""
    silent = "def watch(*_, stop_event, **__):\n    stop_event.wait()\n    yield from ()\n"
    (shadow / "watchfiles.py").write_text(silent)
    _, rows = doctor()
    assert not wrong(rows)
    assert rows["saves"]["state"] == "note"
    assert "zth watch --poll" in rows["saves"]["remedy"]


def test_data(doctor: Doctor, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TINY, course)
    sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of nothing
    with (course / "course.toml").open("a") as toml:
        for name in ("a.txt", "b.txt"):
            toml.write(f'\n[[data]]\nname = "{name}"\nurl = "https://host/a"\nabout = "a"\n')
            toml.write(f'sha256 = "{sha256}"\n')
    _, rows = doctor(course=course)
    assert (rows["data"]["state"], rows["data"]["remedy"]) == ("note", "zth data")
    assert "a.txt, b.txt: not there" in rows["data"]["found"]
    _, rows = doctor(course=course, ZTH_DATA=str(tmp_path / "nowhere"))
    assert wrong(rows) == {"data"}
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("")
    _, rows = doctor(course=course, ZTH_DATA=str(tmp_path))
    assert (rows["data"]["state"], rows["data"]["remedy"]) == ("ok", "")


def test_an_editor_that_is_not_there(doctor: Doctor) -> None:
    _, rows = doctor(EDITOR="nosuch")
    assert rows["editor"]["state"] == "note"
    assert "nosuch" in rows["editor"]["found"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_that_is_installed(
    doctor: Doctor, environment: dict[str, str], shell: str
) -> None:
    home = Path(environment["HOME"])
    home.mkdir()
    program = shutil.which(shell)
    if not program:
        pytest.fail(f"This test needs {shell}: install it. It is not skipped.")
    line = f"{ZTH} --install-completion; true"
    subprocess.run([program, "-c", line], env=environment, check=True, capture_output=True)
    _, rows = doctor(SHELL=program)
    assert rows["completion"]["state"] == "ok"
    assert shell in rows["completion"]["found"]


def test_a_terminal_that_knows_few_letters(workspace: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [ZTH, "doctor", "--course", str(TINY)],
        cwd=workspace,
        capture_output=True,
        text=True,
        env=environment | {"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 1
    assert "ascii only" in done.stdout
    assert "export PYTHONUTF8=1" in done.stdout
    assert done.stderr == ""


def spawn(workspace: Path, environment: dict[str, str], columns: int) -> pexpect.spawn[str]:
    unset = ("COLUMNS", "LINES", "NO_COLOR")
    env = {k: v for k, v in environment.items() if k not in unset}
    return pexpect.spawn(
        *(ZTH, ["doctor", "--course", str(TINY)]),
        cwd=str(workspace),
        env=env | {"TERM": "xterm-256color"},  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=60,
        dimensions=(40, columns),
    )


@pytest.mark.parametrize(
    ("columns", "says"), [(60, "60 columns: titles"), (80, "80 columns, 256 colours")]
)
def test_in_a_terminal(
    workspace: Path, environment: dict[str, str], columns: int, says: str
) -> None:
    child = spawn(workspace, environment, columns)
    child.expect("looking at")
    child.expect_exact(says)
    child.expect("Nothing is wrong")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_doctor_is_interrupted(workspace: Path, environment: dict[str, str]) -> None:
    child = spawn(workspace, environment, 80)
    child.expect("looking at torch")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in child.before

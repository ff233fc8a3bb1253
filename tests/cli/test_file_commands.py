"""`zth init`, `reset`, `update`, `restore`: the real command, and what it leaves after a fault."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import commands
import pytest
from judging import TINY

from grader.course.manifest import load_course
from grader.workspace.init import make_workspace
from grader.workspace.progress import Event, Progress
from grader.workspace.update import update
from grader.workspace.workspace import Workspace
from grader.workspace.workspace_files import given_files

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ZTH = str(Path(sys.executable).parent / "zth")
ARRAYS = "exercises/tiny/arrays.py"
SOLVED = "    # an own comment\n    return x + x"
STUB = '    # TODO: add it to itself.\n    raise NotImplementedError("double")'


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course that a test may change."""
    return Path(shutil.copytree(TINY, tmp_path / "course"))


@pytest.fixture
def mine(tmp_path: Path, course: Path) -> Path:
    """A workspace that `zth init` made of it."""
    done = zth("init", "mine", cwd=tmp_path, course=course)
    assert done.returncode == 0, done.stderr
    return tmp_path / "mine"


def zth(
    *arguments: str, cwd: Path, course: Path, largest_file: int | None = None
) -> subprocess.CompletedProcess[str]:
    """`largest_file` is where every write ends with an error, as on a full disk."""
    words = ("zth", *arguments, "--course", str(course))
    if largest_file is None:
        return commands.run(cwd, *words)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))

    return subprocess.run(
        [ZTH, *words[1:]],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=limit,
    )


KILLED = """
import os, pathlib, signal, sys
from grader.cli import main
left = int(sys.argv.pop(1))
def dying(function):
    def wrapper(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return wrapper
os.fsync = dying(os.fsync)
for name in ("mkdir", "rename", "replace", "unlink", "write_bytes"):
    setattr(pathlib.Path, name, dying(getattr(pathlib.Path, name)))
sys.exit(main._run())
"""


def killed_at(step: int, *arguments: str, cwd: Path, course: Path) -> int:
    """The command, killed just before the given change to the disk; how it ended."""
    words = (str(step), *arguments, "--course", str(course))
    return commands.run(cwd, "python", "-c", KILLED, *words).returncode


def change(path: Path, *pairs: tuple[str, str]) -> str:
    text = path.read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)
    return text


def files_in(root: Path, own: bool = True) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and (own or ".zth" not in p.parts) and p != root / ".zth" / "lock"
    }


def renew(course: Path) -> None:
    """A newer version: other words, a new exercise among the old, a new lecture."""
    change(
        course / "solutions" / "tiny" / "arrays.py",
        ("Twice x.", "Two times x."),
        ("The mean of a list of numbers, a float.", "The mean of numbers."),
        (
            "\n\ndef quadruple",
            "\n\ndef triple(x):\n    ### BEGIN SOLUTION triple: three times.\n    return 3 * x\n"
            "    ### END SOLUTION\n\n\ndef quadruple",
        ),
    )
    text = (course / "course.toml").read_text()
    (course / "course.toml").write_text(text + NEW_LECTURE)
    shutil.copytree(course / "tests" / "hidden" / "tiny", course / "tests" / "hidden" / "later")
    (course / "solutions" / "later").mkdir()
    (course / "solutions" / "later" / "more.py").write_text(
        "def one():\n    ### BEGIN SOLUTION one: 1.\n    return 1\n    ### END SOLUTION\n"
    )


NEW_LECTURE = """
[[lecture]]
id = "lecture2"
dir = "later"
title = "Later"
video = "VMj-3S1tku0"

[[lecture.exercise]]
id = "one"
file = "more.py"
title = "One"
at = "0:00:01"
hints = ["a", "b", "c"]
"""


# ------------------------------------------------------------------ init


def test_init_says_where_and_what_to_type_next(tmp_path: Path) -> None:
    done = zth("init", "my course", cwd=tmp_path, course=TINY)
    assert done.returncode == 0
    assert str(tmp_path / "my course") in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Next: ")]
    typed = line.removeprefix("Next: ").replace("zth check", f"{ZTH} list --course {TINY}; true")
    done = subprocess.run(["bash", "-c", typed], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "double" in done.stdout


def test_init_refuses_a_folder_in_use(tmp_path: Path, mine: Path, course: Path) -> None:
    before = files_in(mine)
    for name in ("mine", "mine/inside"):
        done = zth("init", name, cwd=tmp_path, course=course)
        assert done.returncode == 2
        assert "Nothing was changed" in done.stderr
    assert files_in(mine) == before


def test_init_from_a_checkout_somebody_works_in_gives_stubs(tmp_path: Path, course: Path) -> None:
    (course / ARRAYS).write_text("work = 1\n")
    assert zth("init", "mine", cwd=tmp_path, course=course).returncode == 0
    assert "NotImplementedError" in (tmp_path / "mine" / ARRAYS).read_text()


def test_init_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = zth("init", "deep/mine", cwd=home, course=TINY, largest_file=100)
    assert done.returncode == 2
    assert "nothing was changed" in done.stderr
    assert list(home.iterdir()) == []


def test_init_interrupted_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C at many moments: all of it is there, or none."""
    for number in range(12):
        home = tmp_path / str(number)
        home.mkdir()
        child = subprocess.Popen(
            [ZTH, "init", "mine", "--course", str(TINY)],
            cwd=home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.1 + number * 0.01)
        child.send_signal(signal.SIGINT)
        child.wait(60)
        left = files_in(home)
        assert len(left) in (0, 7), left
        assert [p.name for p in home.iterdir()] in ([], ["mine"])


@pytest.mark.parametrize("there", [False, True])
def test_init_killed_at_any_step_leaves_no_half_made_workspace(tmp_path: Path, there: bool) -> None:
    for step in range(100):
        home = tmp_path / str(step)
        (home / "mine" if there else home).mkdir(parents=True)
        ended = killed_at(step, "init", "mine", cwd=home, course=TINY)
        stubs = files_in(home / "mine" / "exercises") if (home / "mine").exists() else {}
        assert len(stubs) in (0, 2)
        if ended == 0:
            break
        if not stubs:  # nothing of what is left is in the way
            make_workspace(home / "mine", load_course(TINY))
    else:
        pytest.fail("It never ends.")
    assert step > 5


# ------------------------------------------------------------------ reset


def test_reset_of_an_exercise_touches_nothing_else(mine: Path, course: Path) -> None:
    path = mine / ARRAYS
    path.write_bytes(
        path.read_bytes().replace(STUB.encode(), SOLVED.encode()).replace(b"\n", b"\r\n")
        + "\r\n# \u00fcml\u00e4ut \U0001f600\r\nhelper = 1".encode()
    )
    before = path.read_bytes()
    done = zth("reset", "double", cwd=mine, course=course)
    assert done.returncode == 0, done.stderr
    new = "\r\n".join(STUB.splitlines()).encode()
    old = "\r\n".join(SOLVED.splitlines()).encode()
    assert path.read_bytes() == before.replace(old, new)
    assert "lecture1.double is a stub again" in done.stdout
    assert Progress(Workspace(mine)).count(Event.RESET, "lecture1", "double") == 1
    typed = done.stdout[done.stdout.index("zth restore ") :].split()[1:3]
    assert zth(*typed, cwd=mine, course=course).returncode == 0
    assert path.read_bytes() == before


def test_reset_of_what_is_a_stub_already(mine: Path, course: Path) -> None:
    for target in ("double", "lecture1"):
        done = zth("reset", target, cwd=mine, course=course)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Nothing to reset: {target} is a stub already." in done.stdout
    assert not (mine / ".zth" / "kept").exists()
    assert not (mine / ".zth" / "progress.sqlite").exists()


def test_reset_of_a_lecture_and_of_several_exercises(mine: Path, course: Path) -> None:
    given = (mine / ARRAYS).read_bytes()
    shutil.copy(TINY / "solutions" / "tiny" / "arrays.py", mine / ARRAYS)
    done = zth("reset", "double", "mean", cwd=mine, course=course)
    assert "2 exercises are stubs again" in done.stdout
    assert b"3 * x**2" in (mine / ARRAYS).read_bytes()
    (mine / "exercises" / "tiny" / "model.py").unlink()
    assert zth("reset", "1", cwd=mine, course=course).returncode == 0
    assert (mine / ARRAYS).read_bytes() == given
    assert (mine / "exercises" / "tiny" / "model.py").exists()


def test_reset_puts_back_what_was_deleted(mine: Path, course: Path) -> None:
    path = mine / ARRAYS
    text = path.read_text()
    cut = text[text.index("def mean") : text.index("class Tally")]
    path.write_text(text.replace(cut, ""))
    assert zth("reset", "mean", cwd=mine, course=course).returncode == 0
    assert path.read_text() == text
    path.unlink()
    assert zth("reset", "mean", cwd=mine, course=course).returncode == 0
    assert path.read_text() == text


@pytest.mark.parametrize("bad", [b"def (\n", b"x = '\xff'\n", b"\0"])
def test_reset_in_a_file_that_cannot_be_read_is_refused(
    mine: Path, course: Path, bad: bytes
) -> None:
    path = mine / ARRAYS
    path.write_bytes(path.read_bytes() + bad)
    before = files_in(mine)
    done = zth("reset", "mean", cwd=mine, course=course)
    assert done.returncode == 2
    assert "nothing was changed" in done.stderr
    assert "Fix line" in done.stderr
    assert "zth reset lecture1" in done.stderr
    assert files_in(mine) == before
    assert zth("reset", "lecture1", cwd=mine, course=course).returncode == 0
    assert not path.read_bytes().endswith(bad)


def test_reset_where_no_copy_can_be_made_replaces_nothing(mine: Path, course: Path) -> None:
    change(mine / ARRAYS, (STUB, SOLVED))
    before = files_in(mine)
    done = zth("reset", "double", cwd=mine, course=course, largest_file=0)
    assert done.returncode == 2
    assert "No copy of your files could be made" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert files_in(mine) == before


def test_reset_whose_record_cannot_be_written_says_so_and_is_done(mine: Path, course: Path) -> None:
    change(mine / ARRAYS, (STUB, SOLVED))
    (mine / ".zth" / "progress.sqlite").mkdir()
    done = zth("reset", "double", cwd=mine, course=course)
    assert done.returncode == 0
    assert "not recorded" in done.stderr
    assert STUB in (mine / ARRAYS).read_text()


def test_reset_killed_at_any_step_loses_nothing(mine: Path, course: Path) -> None:
    work = change(mine / ARRAYS, (STUB, SOLVED))
    for step in range(100):
        (mine / ARRAYS).write_text(work)
        shutil.rmtree(mine / ".zth" / "kept", ignore_errors=True)
        ended = killed_at(step, "reset", "lecture1", cwd=mine, course=course)
        if (mine / ARRAYS).read_text() != work:
            assert STUB in (mine / ARRAYS).read_text()
            (copy,) = (mine / ".zth" / "kept").glob("2*")
            assert (copy / "files" / ARRAYS).read_text() == work
        if ended == 0:
            break
    else:
        pytest.fail("It never ends.")
    assert step > 3


def test_two_resets_in_one_second_keep_both(mine: Path, course: Path) -> None:
    works = []
    for number in range(3):
        works.append(change(mine / ARRAYS, (STUB, f"{SOLVED} + {number}")))
        assert zth("reset", "double", cwd=mine, course=course).returncode == 0
    done = zth("restore", "--json", cwd=mine, course=course)
    copies = json.loads(done.stdout)["copies"]
    held = [mine / ".zth" / "kept" / c["name"] / "files" / ARRAYS for c in reversed(copies)]
    assert [path.read_text() for path in held] == works


def test_reset_in_the_courses_own_checkout(course: Path) -> None:
    given = (course / ARRAYS).read_text()
    change(course / ARRAYS, (STUB, SOLVED))
    assert zth("reset", "double", cwd=course, course=course).returncode == 0
    assert (course / ARRAYS).read_text() == given


def test_from_elsewhere_the_workspace_is_named(mine: Path, course: Path, tmp_path: Path) -> None:
    change(mine / ARRAYS, (STUB, SOLVED))
    done = zth("reset", "double", "--workspace", "mine", cwd=tmp_path, course=course)
    assert done.stdout.startswith(f"In the workspace {mine}:")
    assert "In the workspace" not in zth("restore", cwd=mine / "exercises", course=course).stdout


@pytest.mark.parametrize("command", [["reset", "double"], ["update"], ["restore"], ["hint"]])
def test_outside_of_a_workspace_the_way_into_one(tmp_path: Path, command: list[str]) -> None:
    done = zth(*command, cwd=tmp_path, course=TINY)
    assert done.returncode == 2
    assert "not in a workspace" in done.stderr
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ update


def test_update_with_nothing_new(mine: Path, course: Path) -> None:
    change(mine / ARRAYS, (STUB, SOLVED))
    before = files_in(mine)
    done = zth("update", cwd=mine, course=course)
    assert (done.returncode, done.stderr) == (0, "")
    assert "up to date" in done.stdout
    assert files_in(mine) == before


def test_update_brings_what_is_new_and_keeps_the_work(mine: Path, course: Path) -> None:
    change(mine / ARRAYS, (STUB, SOLVED))
    work = (mine / ARRAYS).read_bytes()
    renew(course)
    done = zth("update", cwd=mine, course=course)
    assert done.returncode == 0, done.stderr
    text = (mine / ARRAYS).read_text()
    assert SOLVED in text
    assert "Two times x." in text
    assert text.index("class Tally") < text.index("def triple") < text.index("def quadruple")
    assert "NotImplementedError" in (mine / "exercises" / "later" / "more.py").read_text()
    rows = {line.split()[-1]: line.split()[0] for line in done.stdout.splitlines() if line}
    assert rows[ARRAYS] == "merged"
    assert rows["exercises/later/more.py"] == "added"
    assert rows["README.md"] == "renewed"
    assert "lecture2" in (mine / "README.md").read_text()
    again = zth("update", cwd=mine, course=course)
    assert "up to date" in again.stdout
    assert zth("restore", "latest", cwd=mine, course=course).returncode == 0
    assert (mine / ARRAYS).read_bytes() == work
    assert zth("update", cwd=mine, course=course).returncode == 0  # it can be done again
    assert (mine / ARRAYS).read_text() == text


def test_update_of_the_same_place_keeps_the_learners(mine: Path, course: Path) -> None:
    work = change(mine / ARRAYS, (STUB, SOLVED))
    change(course / "solutions" / "tiny" / "arrays.py", ("def double(x)", "def double(tensor)"))
    done = zth("update", cwd=mine, course=course)
    assert done.returncode == 0
    assert (mine / ARRAYS).read_text() == work
    assert f"yours kept  {ARRAYS}: double" in done.stdout
    assert ".zth/stubs/" in done.stdout
    assert "def double(tensor)" in (mine / ".zth" / "stubs" / ARRAYS).read_text()
    assert zth("reset", "double", cwd=mine, course=course).returncode == 0
    assert "def double(tensor)" in (mine / ARRAYS).read_text()


def test_update_leaves_a_file_with_a_syntax_error_whole(mine: Path, course: Path) -> None:
    work = change(mine / ARRAYS, (STUB, SOLVED + " ((("), ("The mean of", "My mean of"))
    renew(course)
    done = zth("update", cwd=mine, course=course)
    assert done.returncode == 0
    assert "yours kept" in done.stdout
    assert (mine / ARRAYS).read_text() == work


def test_update_does_not_bring_back_what_was_deleted(mine: Path, course: Path) -> None:
    (mine / ARRAYS).unlink()
    renew(course)
    done = zth("update", cwd=mine, course=course)
    assert "left out" in done.stdout
    assert "zth reset lecture1.double" in done.stdout
    assert not (mine / ARRAYS).exists()


def test_update_of_a_file_that_is_not_text(mine: Path, course: Path) -> None:
    (mine / ARRAYS).write_bytes(b"x = '\xff\xfe'\n")
    renew(course)
    done = zth("update", cwd=mine, course=course)
    assert f"yours kept  {ARRAYS}: the whole file" in done.stdout
    assert (mine / ARRAYS).read_bytes() == b"x = '\xff\xfe'\n"


def test_update_keeps_a_byte_order_mark_and_line_ends(mine: Path, course: Path) -> None:
    path = mine / ARRAYS
    change(path, (STUB, SOLVED))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    renew(course)
    assert zth("update", cwd=mine, course=course).returncode == 0
    data = path.read_bytes()
    assert data.startswith(b'\xef\xbb\xbf"""Functions')
    assert b"def triple" in data
    assert data.count(b"\n") == data.count(b"\r\n")


def test_update_without_a_base_only_adds(mine: Path, course: Path) -> None:
    shutil.rmtree(mine / ".zth")
    (mine / "README.md").unlink()
    work = change(mine / ARRAYS, (STUB, SOLVED))
    renew(course)
    done = zth("update", cwd=mine, course=course)
    assert f"yours kept  {ARRAYS}: the whole file" in done.stdout
    assert "added       exercises/later/more.py" in done.stdout
    assert (mine / ARRAYS).read_text() == work
    assert not (mine / "README.md").exists()
    assert "up to date" in zth("update", cwd=mine, course=course).stdout


def test_update_in_the_courses_own_checkout_is_gits(course: Path) -> None:
    before = files_in(course)
    done = zth("update", cwd=course, course=course)
    assert done.returncode == 2
    assert "git pull" in done.stderr
    assert files_in(course) == before


def test_update_with_another_course_is_refused(mine: Path, tmp_path: Path, course: Path) -> None:
    other = shutil.copytree(course, tmp_path / "other")
    for kind in ("exercises", "solutions", "tests/hidden"):
        (other / kind / "tiny").rename(other / kind / "another")
    change(other / "course.toml", ('dir = "tiny"', 'dir = "another"'), ('title = "A', 'title = "X'))
    done = zth("update", "--workspace", str(mine), cwd=tmp_path, course=other)
    assert done.returncode == 2
    assert "of another course: A course of six lines" in done.stderr


@pytest.mark.parametrize("largest_file", [0, 700])
def test_update_on_a_full_disk_changes_nothing(mine: Path, course: Path, largest_file: int) -> None:
    change(mine / ARRAYS, (STUB, SOLVED))
    before = files_in(mine, own=False)
    renew(course)
    done = zth("update", cwd=mine, course=course, largest_file=largest_file)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert files_in(mine, own=False) == before
    assert zth("update", cwd=mine, course=course).returncode == 0
    assert "def triple" in (mine / ARRAYS).read_text()


def test_update_killed_at_any_step_is_finished_by_the_next(
    mine: Path, course: Path, tmp_path: Path
) -> None:
    work = change(mine / ARRAYS, (STUB, SOLVED))
    renew(course)
    whole = tmp_path / "whole"
    shutil.copytree(mine, whole)
    assert zth("update", cwd=whole, course=course).returncode == 0
    after = files_in(whole, own=False)
    newer = load_course(course)
    for step in range(200):
        place = tmp_path / str(step)
        shutil.copytree(mine, place)
        before = files_in(place, own=False)
        ended = killed_at(step, "update", cwd=place, course=course)
        for name, data in files_in(place, own=False).items():
            if not Path(name).name.startswith("."):
                assert data in (before.get(name), after[name]), name
        if (place / ARRAYS).read_text() != work:
            assert any(
                (copy / "files" / ARRAYS).read_text() == work
                for copy in (place / ".zth" / "kept").glob("2*")
            )
        update(Workspace(place), newer)
        visible = files_in(place, own=False).items()
        assert {n: d for n, d in visible if not Path(n).name.startswith(".")} == after
        base = files_in(place / ".zth" / "stubs")
        held = {n: d for n, d in base.items() if not Path(n).name.startswith(".")}
        assert held == given_files(newer)
        if ended == 0:
            break
    else:
        pytest.fail("It never ends.")
    assert step > 10


# ------------------------------------------------------------------ restore


def test_restore_lists_and_completes(mine: Path, course: Path) -> None:
    assert "nothing of yours" in zth("restore", cwd=mine, course=course).stdout
    change(mine / ARRAYS, (STUB, SOLVED))
    zth("reset", "double", cwd=mine, course=course)
    done = zth("restore", cwd=mine, course=course)
    (copy,) = (mine / ".zth" / "kept").glob("2*")
    assert copy.name in done.stdout
    assert "zth reset double" in done.stdout
    assert ARRAYS in done.stdout
    wrong = zth("restore", "yesterday", cwd=mine, course=course)
    assert wrong.returncode == 2
    assert "`zth restore` lists them" in wrong.stderr


def test_restore_of_a_restore(mine: Path, course: Path) -> None:
    work = change(mine / ARRAYS, (STUB, SOLVED))
    zth("reset", "double", cwd=mine, course=course)
    stub = (mine / ARRAYS).read_text()
    for expected in (work, stub, work):
        done = zth("restore", "latest", "--json", cwd=mine, course=course)
        assert json.loads(done.stdout)["restored"] == [ARRAYS]
        assert (mine / ARRAYS).read_text() == expected

"""Dated copies: made whole, never lost, never in the place of another."""

from __future__ import annotations

import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from grader.errors import UserError
from grader.workspace.backups import alone, copies, find_copy, keep, replace_files, restore
from grader.workspace.workspace import Workspace, read_file


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "a.py").write_bytes(b"\xef\xbb\xbfone\r\n")
    return Workspace(tmp_path)


def test_a_copy_is_the_bytes_and_what_is_not_there_is_none(place: Workspace) -> None:
    a, b = place.root / "exercises" / "a.py", place.root / "exercises" / "b.py"
    assert keep(place, "reset", "zth reset b", {b: read_file(b)}) is None
    assert copies(place) == []
    copy = keep(place, "reset", "zth reset a", {a: a.read_bytes(), b: None})
    assert copy is not None
    assert copy.files == ("exercises/a.py",)
    assert (copy.folder / "files" / "exercises" / "a.py").read_bytes() == a.read_bytes()
    assert copies(place) == [copy]
    assert copy.why == "zth reset a"


def _keep_many(root: Path) -> None:
    place = Workspace(root)
    for _ in range(20):
        keep(place, "reset", "zth reset a", {root / "exercises" / "a.py": b"one"})


def test_many_in_one_second_from_several_processes(place: Workspace) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_keep_many, args=(place.root,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    made = copies(place)
    assert len(made) == len({copy.name for copy in made}) == 60
    assert all(copy.files == ("exercises/a.py",) for copy in made)
    assert [copy.when for copy in made] == sorted((copy.when for copy in made), reverse=True)
    assert not list((place.own / "kept").glob(".making*"))


def test_a_name_may_be_shortened_where_it_is_one(place: Workspace) -> None:
    with pytest.raises(UserError, match="no dated copy"):
        find_copy(place, "latest")
    a = place.root / "exercises" / "a.py"
    first = keep(place, "reset", "zth reset a", {a: a.read_bytes()})
    assert first is not None
    assert find_copy(place, first.name[:12]) == first
    second = keep(place, "reset", "zth reset a", {a: a.read_bytes()})
    assert find_copy(place, "latest") == second
    assert find_copy(place, first.name) == first  # though the second may begin with it
    with pytest.raises(UserError, match="2 copies begin with '20'"):
        find_copy(place, "20")
    with pytest.raises(UserError, match="There is no dated copy '19'"):
        find_copy(place, "19")


def test_a_copy_whose_record_is_damaged_is_not_lost(place: Workspace) -> None:
    copy = keep(place, "reset", "zth reset a", {place.root / "exercises" / "a.py": b"one"})
    assert copy is not None
    (copy.folder / "copy.json").write_text("{")
    assert find_copy(place, copy.name).files == copy.files


def test_a_restore_can_itself_be_undone(place: Workspace) -> None:
    a = place.root / "exercises" / "a.py"
    first = keep(place, "reset", "zth reset a", {a: a.read_bytes()})
    assert first is not None
    a.write_text("two")
    done = restore(place, first)
    assert a.read_bytes() == b"\xef\xbb\xbfone\r\n"
    assert done.kept is not None
    assert restore(place, done.kept).files == ("exercises/a.py",)
    assert a.read_text() == "two"
    again = restore(place, done.kept)
    assert (again.files, again.kept) == ((), None)


def test_missing_folders_are_made(place: Workspace) -> None:
    a = place.root / "exercises" / "a.py"
    copy = keep(place, "reset", "zth reset a", {a: a.read_bytes()})
    assert copy is not None
    a.unlink()
    a.parent.rmdir()
    assert restore(place, copy).kept is None
    assert a.exists()


def test_nothing_can_be_kept_where_a_file_is_in_the_way(place: Workspace) -> None:
    place.own.write_text("")
    with pytest.raises(UserError, match="No copy of your files could be made"):
        keep(place, "reset", "zth reset a", {place.root / "exercises" / "a.py": b"one"})


def test_of_several_files_none_is_replaced_where_one_cannot_be(place: Workspace) -> None:
    a = place.root / "exercises" / "a.py"
    before = a.read_bytes()
    with pytest.raises(UserError, match="cannot be written"):
        replace_files({a: b"new", a / "inside.py": b"new"}, {a: before, a / "inside.py": None})
    assert a.read_bytes() == before
    assert [p.name for p in a.parent.iterdir()] == ["a.py"]


def test_rights_and_links_stay(place: Workspace) -> None:
    a, link = place.root / "exercises" / "a.py", place.root / "exercises" / "link.py"
    a.chmod(0o640)
    link.symlink_to(a)
    b = a.with_name("b.py")
    replace_files({link: b"new", b: b"new"}, {link: a.read_bytes(), b: None})
    assert link.is_symlink()
    assert a.read_bytes() == b"new"
    assert stat.S_IMODE(a.stat().st_mode) == 0o640
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(a.with_name("b.py").stat().st_mode) == 0o666 & ~mask


# what may be lost


def test_what_is_saved_before_it_is_replaced_stays(place: Workspace) -> None:
    a, b = place.root / "exercises" / "a.py", place.root / "exercises" / "b.py"
    before = {a: a.read_bytes(), b: None}
    b.write_bytes(b"saved meanwhile")
    with pytest.raises(UserError, match=r"b\.py was saved just now"):
        replace_files({a: b"new", b: b"new"}, before)
    assert (a.read_bytes(), b.read_bytes()) == (before[a], b"saved meanwhile")
    assert sorted(p.name for p in a.parent.iterdir()) == ["a.py", "b.py"]


def test_what_is_saved_while_others_are_replaced_stays(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = place.root / "exercises" / "a.py", place.root / "exercises" / "b.py"
    b.write_bytes(b"two")
    replace = Path.replace

    def saved_then(self: Path, target: Path) -> Path:
        b.write_bytes(b"saved meanwhile")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", saved_then)
    with pytest.raises(UserError, match=r"b\.py was saved just now"):
        replace_files({a: b"new", b: b"new"}, {a: a.read_bytes(), b: b"two"})
    assert (a.read_bytes(), b.read_bytes()) == (b"new", b"saved meanwhile")


def test_a_restore_does_not_take_a_save(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saved right after the copy of what is replaced was made."""
    a = place.root / "exercises" / "a.py"
    first = keep(place, "reset", "zth reset a", {a: a.read_bytes()})
    assert first is not None
    a.write_text("two")

    def keep_then_save(*arguments: Any) -> Any:
        kept = keep(*arguments)
        a.write_text("three")
        return kept

    monkeypatch.setattr("grader.workspace.backups.keep", keep_then_save)
    with pytest.raises(UserError, match="was saved just now"):
        restore(place, first)
    assert a.read_text() == "three"


def test_what_is_no_regular_file_is_never_replaced(place: Workspace) -> None:
    a, fifo = place.root / "exercises" / "a.py", place.root / "exercises" / "pipe"
    copy = keep(place, "reset", "zth reset a", {a: a.read_bytes()})
    assert copy is not None
    os.mkfifo(fifo)
    a.unlink()
    a.symlink_to(fifo)
    with pytest.raises(UserError, match="no regular file"):
        restore(place, copy)
    with pytest.raises(UserError, match="no regular file"):
        replace_files({a: b"new"}, {a: None})
    assert a.is_fifo()
    assert a.is_symlink()
    a.unlink()
    a.symlink_to(a)
    with pytest.raises(UserError, match="cannot be read: Too many levels"):
        restore(place, copy)
    a.unlink()
    a.mkdir()
    with pytest.raises(UserError, match="is a folder"):
        restore(place, copy)
    assert a.is_dir()


HOLDER = """
import sys
from pathlib import Path
from grader.workspace.backups import alone
from grader.workspace.workspace import Workspace
with alone(Workspace(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_at_a_time(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr("grader.workspace.backups.TURN_SECONDS", 0.2)
    with pytest.raises(UserError, match="Another zth is replacing files"), alone(place):
        pytest.fail("It was not alone.")
    monkeypatch.setattr("grader.workspace.backups.TURN_SECONDS", 20.0)
    timer = threading.Timer(0.3, holder.communicate)
    timer.start()
    with alone(place):
        pass
    timer.join()
    assert holder.returncode == 0


def test_what_a_killed_command_left_is_taken_away_when_it_is_old(place: Workspace) -> None:
    exercises, kept = place.root / "exercises", place.own / "kept"
    (exercises / "tiny").mkdir()
    (kept / ".making-old" / "files").mkdir(parents=True)
    (kept / ".making-new").mkdir()
    files = {
        name: exercises / "tiny" / name
        for name in (".old.py.zth-12", ".new.py.zth-12", ".mine.py.12", ".mine", "mine.py.zth-1")
    }
    for name, path in files.items():
        path.write_text("")
        if "new" not in name:
            os.utime(path, (0, 0))
    os.utime(kept / ".making-old", (0, 0))
    with alone(place):
        pass
    assert {p.name for p in kept.iterdir()} == {".making-new"}
    assert {p.name for p in (exercises / "tiny").iterdir()} == set(files) - {".old.py.zth-12"}

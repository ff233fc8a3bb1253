"""Dated copies: made whole, never lost, never in the place of another."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.learn.kept import copies, find_copy, keep, replace_files, restore
from grader.learn.workspace import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "a.py").write_bytes(b"\xef\xbb\xbfone\r\n")
    return Workspace(tmp_path)


def test_a_copy_is_the_bytes_and_what_is_not_there_is_none(place: Workspace) -> None:
    a, b = place.root / "exercises" / "a.py", place.root / "exercises" / "b.py"
    assert keep(place, "reset", "zth reset b", [b]) is None
    assert copies(place) == []
    copy = keep(place, "reset", "zth reset a", [a, b])
    assert copy is not None
    assert copy.files == ("exercises/a.py",)
    assert (copy.folder / "files" / "exercises" / "a.py").read_bytes() == a.read_bytes()
    assert copies(place) == [copy]
    assert copy.why == "zth reset a"


def _keep_many(root: Path) -> None:
    place = Workspace(root)
    for _ in range(20):
        keep(place, "reset", "zth reset a", [root / "exercises" / "a.py"])


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
    first = keep(place, "reset", "zth reset a", [a])
    assert first is not None
    assert find_copy(place, first.name[:12]) == first
    second = keep(place, "reset", "zth reset a", [a])
    assert find_copy(place, "latest") == second
    assert find_copy(place, first.name) == first  # though the second may begin with it
    with pytest.raises(UserError, match="2 copies begin with '20'"):
        find_copy(place, "20")
    with pytest.raises(UserError, match="There is no dated copy '19'"):
        find_copy(place, "19")


def test_a_copy_whose_record_is_damaged_is_not_lost(place: Workspace) -> None:
    copy = keep(place, "reset", "zth reset a", [place.root / "exercises" / "a.py"])
    assert copy is not None
    (copy.folder / "copy.json").write_text("{")
    assert find_copy(place, copy.name).files == copy.files


def test_a_restore_can_itself_be_undone(place: Workspace) -> None:
    a = place.root / "exercises" / "a.py"
    first = keep(place, "reset", "zth reset a", [a])
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
    copy = keep(place, "reset", "zth reset a", [a])
    assert copy is not None
    a.unlink()
    a.parent.rmdir()
    assert restore(place, copy).kept is None
    assert a.exists()


def test_nothing_can_be_kept_where_a_file_is_in_the_way(place: Workspace) -> None:
    place.own.write_text("")
    with pytest.raises(UserError, match="No copy of your files could be made"):
        keep(place, "reset", "zth reset a", [place.root / "exercises" / "a.py"])


def test_of_several_files_none_is_replaced_where_one_cannot_be(place: Workspace) -> None:
    a = place.root / "exercises" / "a.py"
    before = a.read_bytes()
    with pytest.raises(UserError, match="cannot be written"):
        replace_files({a: b"new", a / "inside.py": b"new"})
    assert a.read_bytes() == before
    assert [p.name for p in a.parent.iterdir()] == ["a.py"]


def test_rights_and_links_stay(place: Workspace) -> None:
    a, link = place.root / "exercises" / "a.py", place.root / "exercises" / "link.py"
    a.chmod(0o640)
    link.symlink_to(a)
    replace_files({link: b"new", a.with_name("b.py"): b"new"})
    assert link.is_symlink()
    assert a.read_bytes() == b"new"
    assert stat.S_IMODE(a.stat().st_mode) == 0o640
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(a.with_name("b.py").stat().st_mode) == 0o666 & ~mask

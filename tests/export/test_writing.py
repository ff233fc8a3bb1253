"""Files whole or not at all, in the place of nothing that was not to be replaced."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.export.writing import check_place, write_file, write_folder

FILES = [("lecture1/ada/results.json", b"{}"), ("lecture1/bob/results.json", b"{}")]


def broken() -> Iterator[bytes]:
    yield b"half"
    raise ZeroDivisionError


def broken_files() -> Iterator[tuple[str, bytes]]:
    yield FILES[0]
    raise ZeroDivisionError


def test_a_file_that_could_not_be_finished_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("before")
    with pytest.raises(ZeroDivisionError):
        write_file(tmp_path / "out", broken())
    assert (tmp_path / "out").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_could_not_be_finished_changes_nothing(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", FILES)
    with pytest.raises(ZeroDivisionError):
        write_folder(tmp_path / "out", broken_files())
    assert len(list((tmp_path / "out").rglob("results.json"))) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", FILES)
    check_place(tmp_path / "out", is_folder=True, force=True)
    write_folder(tmp_path / "out", FILES[:1])
    assert len(list((tmp_path / "out").rglob("results.json"))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_comes_back_where_the_fresh_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "out", FILES)
    rename = Path.rename
    fails = [False, True, False]

    def once(self: Path, target: Path) -> Path:
        if fails.pop(0):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(UserError, match="Input/output error"):
        write_folder(tmp_path / "out", FILES[:1])
    assert len(list((tmp_path / "out").rglob("results.json"))) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_name_that_no_disk_takes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write_file(tmp_path / ("x" * 300), [b"x"])
    assert list(tmp_path.iterdir()) == []


def test_marks_are_for_who_wrote_them(tmp_path: Path) -> None:
    write_file(tmp_path / "out.csv", [b"x"])
    write_folder(tmp_path / "out", FILES)
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_never_replaced(tmp_path: Path, is_folder: bool, force: bool) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "home" / "lecture1" / "ada").mkdir(parents=True)
    (tmp_path / "home" / "lecture1" / "ada" / "results.json").write_text("{}")
    (tmp_path / "home" / "thesis.tex").write_text("years of work")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    places = [Path("/dev/null"), tmp_path / "link", tmp_path / "gone", tmp_path / "no" / "where"]
    places += [
        Path("/"),
        Path(),
        Path(".."),
        tmp_path / "home",
        tmp_path / "home" / "lecture1" / "ada",
    ]
    places += [tmp_path / "file"] if is_folder or not force else []
    for place in places:
        with pytest.raises(UserError) as caught:
            check_place(place, is_folder, force)
        assert caught.value.fix


def test_a_link_within_is_not_ours(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", FILES)
    (tmp_path / "out" / "lecture1" / "eve").symlink_to(tmp_path)
    with pytest.raises(UserError, match="other things"):
        check_place(tmp_path / "out", is_folder=True, force=True)


def test_what_systems_leave_lying_about_is_nobodys_and_stops_nothing(tmp_path: Path) -> None:
    litter = (".DS_Store", "._results.json", "Thumbs.db", "desktop.ini", "Icon\r", "__MACOSX/x")
    write_folder(tmp_path / "out", FILES)
    for folder in (tmp_path / "out", tmp_path / "out" / "lecture1"):
        for name in litter:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"x")
    check_place(tmp_path / "out", is_folder=True, force=True)
    (tmp_path / "out" / "lecture1" / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="other things"):
        check_place(tmp_path / "out", is_folder=True, force=True)


def test_what_is_free_or_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    check_place(tmp_path / "file", is_folder=False, force=True)
    check_place(tmp_path / "new", is_folder=False, force=False)
    check_place(tmp_path / "new", is_folder=True, force=True)
    (tmp_path / "empty").mkdir()
    check_place(tmp_path / "empty", is_folder=True, force=True)

"""Where a pack is put: whole or not at all, and in the place of no one's work."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from grader.authoring.pack_writer import check_place, making
from grader.errors import UserError

FILES = {
    "README.md": "read me",
    "exercises/a/a.py": "stub",
    ".zth/stubs/README.md": "read me",
    ".zth/stubs/exercises/a/a.py": "stub",
    ".zth/workspace.json": "{}",
    "course/course.toml": "released = true",
}


def make(out: Path, force: bool = False, **more: str) -> None:
    check_place(out, force)
    with making(out) as pack:
        for name, text in {**FILES, **more}.items():
            (pack / name).parent.mkdir(parents=True, exist_ok=True)
            (pack / name).write_text(text)


def there(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_is_as_it_was_made_and_is_replaced_only_by_force(tmp_path: Path) -> None:
    out = tmp_path / "pack"
    make(out)
    assert there(out) == set(FILES)
    with pytest.raises(UserError, match="is there already") as caught:
        make(out)
    assert "--force" in caught.value.fix
    make(out, force=True, **{"course/new.toml": "new"})
    assert there(out) == {*FILES, "course/new.toml"}
    assert [p.name for p in tmp_path.iterdir()] == ["pack"]


@pytest.mark.parametrize(
    "name", ["exercises/a/a.py", "exercises/a/b.py", ".zth/progress.sqlite", "x"]
)
def test_where_somebody_works_nothing_is_replaced(tmp_path: Path, name: str) -> None:
    make(tmp_path / "pack")
    (tmp_path / "pack" / name).write_text("mine")
    with pytest.raises(UserError, match="is no pack as it was made"):
        make(tmp_path / "pack", force=True)
    assert (tmp_path / "pack" / name).read_text() == "mine"


@pytest.mark.parametrize("kind", ["a folder", "a link", "a file"])
def test_what_is_no_pack_is_left(tmp_path: Path, kind: str) -> None:
    out = tmp_path / ("pack" if kind == "a file" else "pack.zip")
    if kind == "a folder":
        out.mkdir()
    elif kind == "a link":
        out.symlink_to(tmp_path / "elsewhere")
    else:
        out.write_text("mine")
    with pytest.raises(UserError, match="is no pack"):
        make(out, force=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="is no pack"):
        make(tmp_path / "empty", force=True)


def test_a_zip_unpacks_into_one_folder_and_knows_no_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make(tmp_path / name / "class.zip")
    data = [(tmp_path / name / "class.zip").read_bytes() for name in ("one", "two")]
    assert data[0] == data[1]
    with zipfile.ZipFile(tmp_path / "one" / "class.zip") as archive:
        assert {info.filename for info in archive.infolist()} == {f"class/{name}" for name in FILES}


@pytest.mark.parametrize("name", ["pack", "pack.zip"])
def test_what_fails_half_way_leaves_nothing_or_what_was_there(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    for before in ([], [name]):
        with pytest.raises(IsADirectoryError):
            make(out, force=True, **{"course": "half of it is written by then"})
        assert [p.name for p in tmp_path.iterdir()] == before
        if not before:
            make(out)

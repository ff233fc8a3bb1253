"""A new workspace: what is in it, where it may be, and nothing half-made."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.manifest import Course
from grader.errors import UserError
from grader.workspace.init import make_workspace
from grader.workspace.workspace import find_workspace
from grader.workspace.workspace_files import given_files, read_origin


def files_in(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


STUBS = {"exercises/tiny/arrays.py", "exercises/tiny/model.py"}
GIVEN = {"README.md", *STUBS}
WHOLE = {*GIVEN, ".zth/workspace.json", *(f".zth/stubs/{name}" for name in GIVEN)}


def test_a_workspace_holds_the_stubs_and_nothing_hidden(tiny: Course, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "deep" / "new", tiny)
    assert files_in(tmp_path / "deep" / "new") == WHOLE
    for name, data in given_files(tiny).items():
        assert (workspace.root / name).read_bytes() == data
        assert b"SOLUTION" not in data
        assert b"tiny-marker" not in data
    origin = read_origin(workspace)
    assert origin is not None
    assert origin.title == tiny.manifest.title
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["new"]


def test_the_readme_is_of_this_course(tiny: Course, tmp_path: Path) -> None:
    text = (make_workspace(tmp_path / "new", tiny).root / "README.md").read_text()
    assert text.startswith(f"# {tiny.manifest.title}\n")
    assert "https://youtu.be/VMj-3S1tku0" in text
    assert "zth check lecture1.double" in text
    for exercise in tiny.lectures[0].exercise:
        assert exercise.title in text
    assert not [line for line in text.splitlines() if len(line) > 100 and " · " not in line]


def test_hidden_entries_and_virtual_environments_are_not_in_the_way(
    tiny: Course, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".DS_Store").write_text("")
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / ".zth").mkdir()
    (tmp_path / ".zth" / "progress.sqlite").write_text("mine")
    make_workspace(tmp_path, tiny)
    assert files_in(tmp_path) == WHOLE | {".DS_Store", "env/pyvenv.cfg", ".zth/progress.sqlite"}


@pytest.mark.parametrize("name", ["notes.txt", "env/bin", "exercises/gymnastics"])
def test_a_folder_in_use_is_refused_and_left_alone(tiny: Course, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    with pytest.raises(UserError, match="is in use: it holds"):
        make_workspace(tmp_path, tiny)
    assert files_in(tmp_path) == {name}


def test_a_workspace_and_a_place_inside_one_are_refused(tiny: Course, tmp_path: Path) -> None:
    make_workspace(tmp_path / "mine", tiny)
    with pytest.raises(UserError, match="is already a workspace"):
        make_workspace(tmp_path / "mine", tiny)
    for inside in ("new", "exercises", "exercises/tiny/new", ".zth/new"):
        with pytest.raises(UserError, match="lies inside the workspace"):
            make_workspace(tmp_path / "mine" / inside, tiny)
    assert files_in(tmp_path / "mine") == WHOLE


def test_a_folder_that_cannot_be_written_is_said(tiny: Course, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("file", "file/inside"):
        with pytest.raises(UserError, match="nothing was changed"):
            make_workspace(tmp_path / name, tiny)
    assert files_in(tmp_path) == {"file"}


def test_a_copy_of_the_files_is_no_workspace(tiny: Course, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "mine", tiny)
    inside = workspace.own / "stubs" / "exercises" / "tiny"
    assert find_workspace(inside, tiny).root == workspace.root

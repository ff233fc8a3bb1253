"""Workspaces that `zth init` has made: somebody elsewhere is told where theirs is."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.workspace.known import MOST, known_workspaces, remember, where_to_go
from grader.workspace.workspace import Workspace


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def made(root: Path) -> Path:
    (root / "exercises").mkdir(parents=True)
    remember(Workspace(root))
    return root


def test_without_any_the_way_to_make_one_is_said() -> None:
    assert known_workspaces() == []
    assert "zth init DIR" in where_to_go()


def test_the_newest_that_is_still_there_is_the_one(tmp_path: Path) -> None:
    old, new, gone = (made(tmp_path / name) for name in ("old", "my course", "gone"))
    (gone / "exercises").rmdir()
    assert known_workspaces() == [new, old]
    assert f"cd '{new}'" in where_to_go()


def test_not_more_than_so_many_are_kept(tmp_path: Path) -> None:
    for number in range(MOST + 3):
        made(tmp_path / str(number))
    assert len(known_workspaces()) == MOST
    assert len({*known_workspaces()}) == MOST


def test_where_nothing_can_be_written_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    made(tmp_path / "mine")
    assert known_workspaces() == []

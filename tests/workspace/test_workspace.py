"""Where a learner's files are found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Course
from grader.errors import UserError
from grader.workspace.workspace import find_workspace, named_workspace


def test_a_folder_without_exercises_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no exercises/ folder"):
        named_workspace(tmp_path)


def test_found_from_a_folder_inside_it(tiny: Course, tmp_path: Path) -> None:
    shutil.copytree(TINY / "exercises", tmp_path / "exercises")
    found = find_workspace(tmp_path / "exercises" / "tiny", tiny)
    assert found.root == tmp_path
    assert found.exists


def test_somebody_elses_exercises_folder_is_not_ours(tiny: Course, tmp_path: Path) -> None:
    (tmp_path / "exercises" / "gymnastics").mkdir(parents=True)
    assert find_workspace(tmp_path, tiny).root == tmp_path
    assert not any(
        source.code
        for source in find_workspace(tmp_path, tiny).submission(tiny.lectures[0]).files.values()
    )

"""A manifest written out is read as it was, and what may not stand in one."""

from __future__ import annotations

import datetime
import shutil
import tomllib
from pathlib import Path

import msgspec
import pytest
from judging import TINY

from grader.course.manifest import (
    MOMENTS,
    Late,
    LimitChanges,
    Limits,
    Manifest,
    bundled_course,
    load_course,
)
from grader.course.toml_writer import manifest_text
from grader.errors import UserError


def read(text: str) -> Manifest:
    return msgspec.convert(tomllib.loads(text), Manifest, builtin_types=MOMENTS)


@pytest.mark.parametrize("root", [TINY, bundled_course()], ids=["tiny", "ours"])
def test_every_key_comes_back(root: Path) -> None:
    manifest = load_course(root).manifest
    assert read(manifest_text(manifest)) == manifest


def test_every_kind_of_value_comes_back() -> None:
    manifest = load_course(TINY).manifest
    (lecture,) = manifest.lecture
    exercise = msgspec.structs.replace(
        lecture.exercise[0],
        title='"quoted" \\ back\tand \x7f forth\nand é ✓ 🙂',
        limits=LimitChanges(seconds=0.5, memory_mb=7),
        forbids=("a.b", ".c"),
        forbids_why="'''",
        bonus=True,
        judged=False,
    )
    due = datetime.datetime.fromisoformat("2026-10-01T23:59:00+02:00")
    changed = msgspec.structs.replace(
        manifest,
        lecture=(msgspec.structs.replace(lecture, exercise=(exercise,), due=due),),
        limits=Limits(seconds=1e-7),
        late=Late(percent_a_day=12.5),
        seed=-3,
        released=True,
    )
    assert read(manifest_text(changed)) == changed


def test_only_a_pack_has_exercises_that_it_does_not_judge(tmp_path: Path) -> None:
    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    path = root / "course.toml"
    path.write_text(path.read_text().replace("points = 2", "judged = false"))
    with pytest.raises(UserError, match=r"`judged` of lecture1\.double is false"):
        load_course(root)

"""What a verdict depends on changes its digest; what it does not, does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Course, load_course
from grader.grading import fingerprints
from grader.grading.fingerprints import Digests, code_behind_a_mark, fingerprint
from grader.source.files import submission_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "course"))


def digests(root: Path) -> dict[str, str]:
    fingerprints._chaffs.cache_clear()
    course = load_course(root)
    (lecture,) = course.lectures
    made = Digests(course)
    return {e.id: made.of(lecture, e) for e in lecture.exercise}


def changed(root: Path, change: Callable[[Path], None]) -> set[str]:
    before = digests(root)
    change(root)
    after = digests(root)
    return {name for name in before if before[name] != after[name]}


def edit(name: str, was: str, becomes: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        text = path.read_text()
        assert was in text
        path.write_text(text.replace(was, becomes, 1))

    return change


HIDDEN = "tests/hidden/tiny"


def test_a_check_changes_the_exercises_of_its_file(root: Path) -> None:
    found = changed(root, edit(f"{HIDDEN}/test_model.py", "import", "# a remark\nimport"))
    assert found == {"shift", "echo", "secret"}


def test_a_chaff_changes_its_exercise_alone(root: Path) -> None:
    assert changed(root, edit(f"{HIDDEN}/chaffs.toml", "This is x itself", "It is x")) == {"double"}


def test_a_solution_a_limit_and_points(root: Path) -> None:
    every = set(digests(root))
    assert (
        changed(root, edit("solutions/tiny/arrays.py", "import torch", "import torch  # !"))
        == every
    )
    assert changed(root, edit("course.toml", "seconds = 1", "seconds = 2")) >= {"double", "mean"}
    assert changed(root, edit("course.toml", "points = 2", "points = 3")) == {"double"}


def test_a_hint_a_title_and_a_time_change_nothing(root: Path) -> None:
    assert changed(root, edit("course.toml", "Twice a tensor", "Two of a tensor")) == set()
    assert changed(root, edit("course.toml", "What is x + x?", "What is twice x?")) == set()
    assert changed(root, edit("course.toml", '"0:00:01"', '"0:00:09"')) == set()


def test_the_fingerprint_is_of_what_is_judged(tiny: Course) -> None:
    (lecture,) = tiny.lectures

    def of(**files: str) -> str:
        texts = {f"{stem}.py": text for stem, text in files.items()}
        return fingerprint(submission_of(texts, lecture, Path("/nowhere")))

    assert of(arrays="x = 1\n") == of(arrays="x = 1\n")
    assert of(arrays="x = 1\n") != of(arrays="x = 2\n")
    assert of(arrays="x = 1\n") != of(arrays="x = 1\n", helper="y = 1\n")
    assert of(arrays="x = (\n") != of(arrays="x = 1\n")


def test_another_way_to_read_a_submission_is_another_mark() -> None:
    """Where a zth takes more of a notebook than the one before, its marks are not the same."""
    names = {path.name for path in code_behind_a_mark()}
    assert {
        "notebooks.py",
        "source_matching.py",
        "submitted_files.py",
        "evaluation.py",
        "comparison.py",
    } <= names
    assert all(path.is_file() for path in code_behind_a_mark())

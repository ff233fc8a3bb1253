"""Which of several files counts: an untouched stub never wins over work, and of two works the newest."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Course, Lecture, bundled_course, load_course
from grader.grading.source_matching import Sources, given_names, submission_from
from grader.grading.submitted_files import SubmittedFiles, read_bundle

ARRAYS = (TINY / "solutions" / "tiny" / "arrays.py").read_bytes()
MODEL = (TINY / "solutions" / "tiny" / "model.py").read_bytes()
STUB = (TINY / "exercises" / "tiny" / "arrays.py").read_bytes()
OTHER = ARRAYS.replace(b'"""', b'"""Mine. ', 1)
HALF = b"def double(x):\n    return x + x\n\n\ndef mean(values):\n    raise NotImplementedError\n"
DAY = 86_400.0
OLD, NEW = 1_700_000_000.0, 1_700_000_000.0 + DAY


@pytest.fixture
def lecture(tiny: Course) -> Lecture:
    return tiny.lectures[0]


def notebook(*cells: bytes) -> bytes:
    made = [{"cell_type": "code", "source": cell.decode()} for cell in cells]
    return json.dumps({"nbformat": 4, "cells": made}).encode()


def taken(lecture: Lecture, files: dict[str, tuple[bytes, float]]) -> Sources:
    bundle = SubmittedFiles(
        {"model.py": MODEL, **{path: data for path, (data, _) in files.items()}},
        times={"model.py": OLD, **{path: at for path, (_, at) in files.items()}},
    )
    return submission_from(bundle, lecture, given=given_names(load_course(TINY), lecture))


COPIES = {
    "arrays (1).py": ARRAYS,
    "arrays_final.py": ARRAYS,
    "old/mine.py": ARRAYS,
    "arrays.ipynb": notebook(ARRAYS),
    "hw5.ipynb": notebook(b"import torch", ARRAYS),
    "arrays (1).ipynb": notebook(STUB, ARRAYS),
    "a part.py": HALF,
    "broken.py": ARRAYS + b"\ndef (",
}


@pytest.mark.parametrize("path", COPIES)
@pytest.mark.parametrize("stub", [STUB, b"", b"def double(x):\n    pass\n", HALF[26:]])
@pytest.mark.parametrize("at", [OLD, NEW, 0.0])
def test_an_untouched_stub_never_wins(lecture: Lecture, path: str, stub: bytes, at: float) -> None:
    found = taken(lecture, {"arrays.py": (stub, at), path: (COPIES[path], OLD)})
    assert found.taken["arrays.py"] == path
    assert f"{path} is taken for arrays.py: nothing is written in arrays.py." in found.remarks


@pytest.mark.parametrize("path", [p for p in COPIES if p not in ("a part.py", "broken.py")])
def test_of_two_works_the_newest_counts_and_it_is_said(lecture: Lecture, path: str) -> None:
    data = COPIES[path]
    found = taken(lecture, {"arrays.py": (OTHER, OLD), path: (data, NEW)})
    assert found.taken["arrays.py"] == path
    said = f"{path} is taken for arrays.py; what arrays.py defines of it does not count."
    assert said in found.remarks
    found = taken(lecture, {"arrays.py": (OTHER, NEW), path: (data, OLD)})
    assert found.taken["arrays.py"] == "arrays.py"
    said = f"arrays.py is taken for arrays.py; what {path} defines of it does not count."
    assert said in found.remarks


@pytest.mark.parametrize("path", COPIES)
@pytest.mark.parametrize("times", [(OLD, OLD), (OLD, OLD + 30), (0.0, NEW), (OLD, 0.0)])
def test_what_was_unpacked_together_goes_by_its_name(
    lecture: Lecture, path: str, times: tuple[float, float]
) -> None:
    found = taken(lecture, {"arrays.py": (OTHER, times[0]), path: (COPIES[path], times[1])})
    assert found.taken["arrays.py"] == "arrays.py"
    assert any(path in remark for remark in found.remarks)


def test_what_is_no_python_hides_nothing_that_is(lecture: Lecture) -> None:
    broken = COPIES["broken.py"]
    found = taken(lecture, {"arrays.py": (broken, NEW), "arrays (1).py": (ARRAYS, OLD)})
    assert found.taken["arrays.py"] == "arrays (1).py"
    found = taken(lecture, {"arrays.py": (broken, NEW), "scratch.py": (HALF, NEW)})
    assert found.taken["arrays.py"] == "arrays.py", (
        "there is more in it, and it is said what is wrong"
    )


def test_a_newer_part_hides_no_whole(lecture: Lecture) -> None:
    """A scratch notebook in which one function was tried out once more."""
    found = taken(lecture, {"arrays.py": (ARRAYS, OLD), "scratch.ipynb": (notebook(HALF), NEW)})
    assert found.taken["arrays.py"] == "arrays.py"
    assert any("scratch.ipynb" in remark for remark in found.remarks)


def test_two_copies_of_one_name(lecture: Lecture) -> None:
    files = {"a/arrays.py": (STUB, NEW), "b/arrays.py": (ARRAYS, OLD), "c/arrays.py": (OTHER, NEW)}
    found = taken(lecture, files)
    assert found.taken["arrays.py"] == "c/arrays.py"
    assert found.remarks == (
        "arrays.py is there more than once: c/arrays.py counts, not a/arrays.py, b/arrays.py.",
    )


def test_all_in_one_file_that_is_called_like_one_of_them(lecture: Lecture) -> None:
    everything = ARRAYS + MODEL.replace(b"from arrays import double\n", b"")
    found = submission_from(SubmittedFiles({"model.py": everything}), lecture)
    assert found.taken == {"arrays.py": "model.py", "model.py": "model.py"}
    assert not [file for file in found.submission.files.values() if file.trouble]


def test_stubs_alone_are_what_was_handed_in(lecture: Lecture) -> None:
    found = taken(lecture, {"arrays.py": (STUB, OLD), "arrays (1).py": (STUB, NEW)})
    assert found.taken["arrays.py"] == "arrays.py"


def test_nbgraders_notebook_counts_unless_another_has_the_work(lecture: Lecture) -> None:
    """.py files are what everybody is given: they never stand for a learner's notebook."""
    stub, work = notebook(STUB), notebook(ARRAYS)
    for files, expected in (
        ({"arrays.ipynb": stub, "arrays (1).ipynb": work}, "arrays (1).ipynb"),
        ({"arrays.ipynb": stub, "arrays.py": ARRAYS}, "arrays.ipynb"),
        ({"arrays.ipynb": work, "arrays (1).ipynb": stub}, "arrays.ipynb"),
    ):
        found = submission_from(
            SubmittedFiles(files), lecture, notebooks={"arrays.py": "arrays.ipynb"}
        )
        assert found.taken["arrays.py"] == expected


@pytest.mark.parametrize("lecture", load_course(bundled_course()).lectures, ids=lambda one: one.id)
def test_in_every_lecture_the_solution_is_work_and_the_stub_is_none(lecture: Lecture) -> None:
    course = load_course(bundled_course())
    solutions = {file: (course.solutions(lecture) / file).read_bytes() for file in lecture.files}
    stubs = {file: (course.stubs(lecture) / file).read_bytes() for file in lecture.files}
    copies = {f"{file[:-3]} (1).py": data for file, data in solutions.items()}
    given = given_names(course, lecture)
    found = submission_from(SubmittedFiles({**stubs, **copies}), lecture, given=given)
    assert found.taken == {file: f"{file[:-3]} (1).py" for file in lecture.files}
    found = submission_from(
        SubmittedFiles({**solutions, **{f"{f[:-3]}_start.py": data for f, data in stubs.items()}}),
        lecture,
        given=given,
    )
    assert found.taken == {file: file for file in lecture.files}
    assert found.remarks == ()


@pytest.mark.parametrize("packed", ["folder", "zip"])
def test_times_are_the_files_own(lecture: Lecture, tmp_path: Path, packed: str) -> None:
    folder = tmp_path / "ada"
    folder.mkdir()
    for name, data, at in (
        ("arrays.py", ARRAYS, OLD),
        ("arrays (1).py", OTHER, NEW),
        ("model.py", MODEL, OLD),
    ):
        (folder / name).write_bytes(data)
        os.utime(folder / name, (at, at))
    path = folder
    if packed == "zip":
        path = tmp_path / "ada.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    found = submission_from(read_bundle(path), lecture)
    assert found.taken["arrays.py"] == "arrays (1).py"

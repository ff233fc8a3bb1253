"""Visible checks: files of their own, which judge with the hidden ones and are in a pack as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from authoring import Dev
from judging import TINY
from releasing import SECRET, own_course

from grader.authoring.release import release_course
from grader.course.manifest import Course, load_course
from grader.course.targets import Selection
from grader.errors import UserError
from grader.grading.fingerprints import Digests
from grader.judge.judge import open_judge
from grader.results import Outcome
from grader.sandbox.sandbox import Sandbox
from grader.source.files import submission_of

CHECKS = "tests/visible/tiny/test_arrays.py"


@pytest.fixture
def own(tmp_path: Path) -> Course:
    return load_course(own_course(tmp_path / "own"))


def change(course: Course, old: str, new: str, file: str = CHECKS) -> None:
    path = course.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_visible_checks_are_packed_as_they_are_and_hidden_ones_are_not(
    own: Course, tmp_path: Path
) -> None:
    shared = own.root / "tests" / "visible" / "conftest.py"
    shared.write_text("# for every lecture\n")
    released = release_course(own, own.lectures, tmp_path / "pack")
    assert released.lectures[0].checks == 1
    pack = released.course.root
    tests = sorted(p.relative_to(pack).as_posix() for p in (pack / "tests").rglob("*.py"))
    own_files = ("tests/visible/conftest.py", "tests/visible/tiny/conftest.py", CHECKS)
    assert tests == sorted(own_files)
    for name in own_files:
        assert (pack / name).read_bytes() == (own.root / name).read_bytes()
    assert SECRET in (own.root / "tests/hidden/tiny/test_arrays.py").read_text()


def test_a_course_without_visible_checks_has_no_files_of_them(tiny: Course, tmp_path: Path) -> None:
    released = release_course(tiny, tiny.lectures, tmp_path / "pack")
    assert released.lectures[0].checks == 0
    assert not (released.course.root / "tests").exists()


def test_the_instructor_judges_with_both(own: Course) -> None:
    """What only the visible check sees, and what only a hidden one sees."""
    lecture = own.lectures[0]
    mean = Selection(lecture, (lecture.find("mean"),))
    with (
        Sandbox(forbids=own.forbids) as sandbox,
        open_judge(own, own.lectures, sandbox) as judge,
    ):
        worked = judge.solutions(lecture).texts
        for wrong, seen_by in (
            ("max(5, len(values))", ["test_mean_of_one", "test_mean_of_four"]),
            ("(len(values) + (len(values) == 4))", ["test_mean_of_four"]),
            ("(len(values) + (len(values) == 1))", ["test_mean_of_one"]),
        ):
            text = worked["arrays.py"].replace(" len(values)", f" {wrong}")
            submission = submission_of({**worked, "arrays.py": text}, lecture, own.root)
            (result,) = judge.judge(mean, submission).exercises
            assert result.outcome is Outcome.FAIL
            assert [check.name for check in result.failing] == seen_by


def test_a_visible_check_that_changed_is_graded_again(own: Course) -> None:
    lecture = own.lectures[0]
    before = {e.id: Digests(own).of(lecture, e) for e in lecture.exercise}
    change(own, "STEP = 0.25", "STEP = 0.5")
    after = {e.id: Digests(own).of(lecture, e) for e in lecture.exercise}
    assert [id_ for id_ in before if before[id_] != after[id_]] == ["mean"]


REFUSED = {
    "the reference": (
        "(observe, values, scale)",
        "(observe, reference)",
        "line 21 asks for the sol",
    ),
    "a fixture's reference": ("def values():", "def values(reference):", "asks for the solution"),
    "no such exercise": ('@exercise("mean")', '@exercise("median")', "line 20 names no exercise"),
    "no constant": ('@exercise("mean")', "@exercise(MEAN)", "names no exercise of lecture1"),
    "no Python": ("def values():", "def values(:", "is not Python"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_what_cannot_run_in_a_pack_is_refused_with_its_line(
    own: Course, dev: Dev, tmp_path: Path, how: str
) -> None:
    old, new, says = REFUSED[how]
    change(own, old, new)
    for refused in (
        lambda: release_course(own, own.lectures, tmp_path / "pack"),
        lambda: dev(own.root, "check", "mean", catch_exceptions=False),
    ):
        with pytest.raises(UserError) as caught:
            refused()
        assert f"{CHECKS}, line " in caught.value.message
        assert says in caught.value.message
    assert not (tmp_path / "pack").exists()


def test_the_proof_runs_visible_checks(own: Course, dev: Dev) -> None:
    change(own, "is_close(scale * sum(values) / 4)", "is_close(scale * sum(values) / 5)")
    done = dev(own.root, "check", "mean", "--no-mutants")
    assert done.exit_code == 1
    assert "lecture1.mean: the solution is not PASS but FAIL" in done.output


def test_an_exercise_may_have_visible_checks_only(tmp_path: Path) -> None:
    """Broken first: without any check the course is refused."""
    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    hidden = root / "tests" / "hidden" / "tiny" / "test_model.py"
    (root / "tests" / "visible").mkdir()
    moved = root / "tests" / "visible" / "tiny"
    moved.mkdir()
    text = hidden.read_text()
    hidden.unlink()
    course = load_course(root)
    with Sandbox(forbids=course.forbids) as sandbox:
        with (
            pytest.raises(UserError, match=r"lecture1\.shift has no check"),
            open_judge(course, course.lectures, sandbox),
        ):
            pytest.fail("it was opened")
        (moved / "test_model.py").write_text(text)
        with open_judge(course, course.lectures, sandbox) as judge:
            lecture = course.lectures[0]
            texts = judge.solutions(lecture).texts
            submission = submission_of(texts, lecture, root)
            shift = Selection(lecture, (lecture.find("shift"),))
            (result,) = judge.judge(shift, submission).exercises
            assert (result.outcome, len(result.checks)) == (Outcome.PASS, 2)

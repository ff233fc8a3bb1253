"""Hidden checks that are themselves at fault: a fault of the course, never a pass or a skip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from judging import Judged, WarmJudge

from grader.course.manifest import Course, load_course
from grader.course.targets import select
from grader.errors import UserError
from grader.judge.exercise_run import ExerciseRun
from grader.judge.judge import open_judge
from grader.judge.pytest_plugin import CourseFault
from grader.results import LectureResult, Outcome
from grader.source.files import read_submission, submission_of

MANIFEST = """
format = 1
title = "One exercise"
[limits]
seconds = 1
[[lecture]]
id = "lecture1"
dir = "{dir}"
title = "One"
video = "VMj-3S1tku0"
[[lecture.exercise]]
id = "one"
file = "code.py"
title = "One"
at = "0:00:00"
hints = ["a", "b", "c"]
"""
CHECK = """
import pytest
import torch
from grader.judge.checks import exercise, fail

def probe(code):
    return code.one()

@exercise("one")
def test_one(observe):
    "one() is 1."
    observe(probe).equals(1)
"""


@pytest.fixture
def course(tmp_path: Path, request: pytest.FixtureRequest) -> Course:
    """A course of one exercise. pytest knows a module by its path below the root: its own folder."""
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)
    for folder in ("solutions", "tests/hidden"):
        (tmp_path / folder / name).mkdir(parents=True)
    (tmp_path / "course.toml").write_text(MANIFEST.format(dir=name))
    (tmp_path / "solutions" / name / "code.py").write_text(
        "def one():\n    ### BEGIN SOLUTION one: one.\n    return 1\n    ### END SOLUTION\n"
    )
    return load_course(tmp_path)


def verdict(course: Course, warm: WarmJudge, check: str) -> LectureResult:
    """The verdict on the worked file, with `check` as the hidden check."""
    (lecture,) = course.lectures
    (course.hidden(lecture) / "test_code.py").write_text(check)
    (selection,) = select(course, ["1"])
    submission = read_submission(course.solutions(lecture), lecture)

    with open_judge(course, course.lectures, warm.sandbox) as judge:
        return judge.judge(selection, submission)


FAULTS = {
    "observes nothing": ("    observe(probe).equals(1)", "    pass", "without observing"),
    "skips": ("    observe(probe)", "    pytest.skip('not now')\n    observe(probe)", "Skipped"),
    "is marked as skipped": ("@exercise", "@pytest.mark.skip\n@exercise", "Skipped"),
    "is marked as skipped, if": (
        "@exercise",
        "@pytest.mark.skipif(True, reason='x')\n@exercise",
        "Skipped",
    ),
    "skips where a module is missing": (
        "    observe(probe)",
        "    pytest.importorskip('nothing_of_this_name')\n    observe(probe)",
        "Skipped",
    ),
    "breaks": ("    observe(probe).equals(1)", "    observe(probe).sensible(1)", "AttributeError"),
    "breaks on what came": ("    observe(probe)", "    [][1]\n    observe(probe)", "IndexError"),
    "asks for a fixture that is not there": ("(observe)", "(observe, nothing)", "nothing"),
    "has a fixture that breaks": (
        "@exercise",
        "@pytest.fixture\ndef broken():\n    assert False\n\n@exercise",
        "AssertionError",
    ),
}


def test_a_check_that_breaks_on_one_answer_breaks_nothing_else(
    course: Course, warm: WarmJudge
) -> None:
    """It holds for the solution, so the answer is strange: wrong, and told to the instructor."""
    check = CHECK.replace("observe(probe).equals(1)", "assert {1: True}[observe(probe).value]")
    assert verdict(course, warm, check).passed
    (lecture,) = course.lectures
    strange = submission_of(
        {"code.py": "def one():\n    return [1]\n"}, lecture, course.solutions(lecture)
    )
    (selection,) = select(course, ["1"])

    with open_judge(course, course.lectures, warm.sandbox) as judge:
        (result,) = judge.judge(selection, strange).exercises
    assert result.outcome is Outcome.FAIL
    assert result.checks[0].message.startswith("Your result cannot be compared")
    assert "The check test_one broke on what this code gave (TypeError" in result.flags[0].says


UNCOLLECTED = {
    "skips its module": ("import torch", "pytest.skip(allow_module_level=True)", "no check"),
    "belongs to no exercise": ('@exercise("one")\n', "", "does not say which exercise"),
    "belongs to another exercise": ('"one")', '"two")', "has no check"),
    "is not Python": ("def probe(code)", "def probe(code", "cannot be collected"),
    "imports what is not there": ("import torch", "import nothing_of_this_name", "No module named"),
}


@pytest.mark.parametrize("how", FAULTS)
def test_a_check_at_fault_is_a_fault_of_the_course(
    course: Course, warm: WarmJudge, how: str
) -> None:
    before, after, said = FAULTS[how]
    assert before in CHECK
    check = CHECK.replace(before, after, 1)
    if "fixture that breaks" in how:
        check = check.replace("(observe)", "(observe, broken)")
    with pytest.raises(CourseFault, match=said):
        verdict(course, warm, check)


@pytest.mark.parametrize("how", UNCOLLECTED)
def test_checks_that_cannot_be_collected_are_a_broken_course(
    course: Course, warm: WarmJudge, how: str
) -> None:
    before, after, said = UNCOLLECTED[how]
    assert before in CHECK
    with pytest.raises(UserError, match=said):
        verdict(course, warm, CHECK.replace(before, after, 1))


def test_one_check_too_many(course: Course, warm: WarmJudge) -> None:
    more = CHECK + '\n@exercise("two")\ndef test_two(observe):\n    observe(probe).equals(1)\n'
    with pytest.raises(UserError, match="names no exercise: 'two'"):
        verdict(course, warm, more)


def test_no_checks_at_all(course: Course, warm: WarmJudge) -> None:
    with pytest.raises(UserError):
        verdict(course, warm, "")


def test_expected_to_fail_is_a_failure(course: Course, warm: WarmJudge) -> None:
    check = CHECK.replace("@exercise", "@pytest.mark.xfail\n@exercise").replace("(1)", "(2)")
    assert verdict(course, warm, check).exercises[0].outcome is Outcome.FAIL


def test_a_wrong_answer_and_a_right_one(course: Course, warm: WarmJudge) -> None:
    assert verdict(course, warm, CHECK).exercises[0].outcome is Outcome.PASS


def test_the_learners_options_for_pytest_are_not_ours(
    course: Course, warm: WarmJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--maxfail=1 -k nothing --collect-only")
    monkeypatch.setenv("PYTEST_PLUGINS", "nothing_of_this_name")
    assert verdict(course, warm, CHECK.replace("(1)", "(2)")).exercises[0].outcome is Outcome.FAIL


def test_a_judge_goes_on_after_a_fault(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise CourseFault("a fault")

    with monkeypatch.context() as patched:
        patched.setattr(ExerciseRun, "begin_check", broken)
        with pytest.raises(CourseFault, match="a fault"):
            judged.files({}, "double")
    assert judged.files({}, "double")["double"].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("chaffs", "said"),
    [
        ("[[chaff]]\nname = 'x'\n", "missing required field"),
        ("[[chaff", "chaffs.toml"),
        ("x = 1\n", "unknown field `x`"),
    ],
)
def test_chaffs_that_cannot_be_read(
    course: Course, warm: WarmJudge, chaffs: str, said: str
) -> None:
    (course.hidden(course.lectures[0]) / "chaffs.toml").write_text(chaffs)
    with pytest.raises(UserError, match=said) as caught:
        verdict(course, warm, CHECK.replace("(1)", "(2)"))
    assert caught.value.fix


@pytest.mark.parametrize(("fused", "flags"), [("2.0", ()), ("1.0", ("by call",))])
def test_a_result_that_is_the_fused_one_in_every_bit_is_flagged(
    course: Course, warm: WarmJudge, fused: str, flags: tuple[str, ...]
) -> None:
    check = CHECK.replace("code.one()", "torch.tensor([float(code.one())])").replace(
        "    observe(probe).equals(1)",
        f"    seen = observe(probe)\n    seen.flag_if_identical(torch.tensor([{fused}]), 'by call')",
    )
    (result,) = verdict(course, warm, check).exercises
    assert (result.outcome, tuple(flag.says for flag in result.flags)) == (Outcome.PASS, flags)

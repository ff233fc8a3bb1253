"""The misconception behind a wrong answer: named where one chaff fits, and only then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from judging import TINY, Judged, WarmJudge, words

from grader.course.manifest import load_course
from grader.results import Outcome
from grader.sandbox.isolation import Isolation

CHAFFS = {
    "double": {"once": "return x", "square": "return x**2"},
    "mean": {
        "sum": "total = 0.0\n    for value in values:\n        total += value\n    return total",
        "one-less": "return sum(values) / (len(values) - 1)",
    },
    "quadruple": {"once": "return x + x"},
    "slope": {"power-kept": "return 3 * x * x * x", "no-factor": "return x * x"},
}
PARAMETER = {"mean": "values"}


@pytest.mark.parametrize(
    ("exercise", "chaff"), [(e, chaff) for e, chaffs in CHAFFS.items() for chaff in chaffs]
)
def test_a_known_mistake_is_named(judged: Judged, exercise: str, chaff: str) -> None:
    parameter = PARAMETER.get(exercise, "x")
    code = f"def {exercise}({parameter}):\n    {CHAFFS[exercise][chaff]}\n"
    result = judged.one(code, exercise)
    assert result.outcome is Outcome.FAIL
    assert result.misconception is not None
    assert result.misconception.name == chaff
    assert result.misconception.says


def test_a_known_mistake_in_a_method(judged: Judged) -> None:
    code = """
class Tally:
    sum = 0
    def add(self, value):
        self.sum = value
    def total(self):
        return float(self.sum)
"""
    result = judged.one(code, "Tally")
    assert result.outcome is Outcome.FAIL
    assert words(result) == "total: expected 5, got 3."
    assert result.misconception is not None
    assert result.misconception.name == "overwrites"
    assert result.misconception.says == "`=` forgets what was there: add with `+=`."


@pytest.mark.parametrize(
    "body",
    ["x - x", "None", "1 / 0", "x[0]", "(x + x).float()", "(x + x)[None]", "x * 10**400"],
)
def test_another_mistake_is_not_named(judged: Judged, body: str) -> None:
    result = judged.one(f"def double(x):\n    return {body}\n", "double")
    assert result.outcome in (Outcome.FAIL, Outcome.ERROR)
    assert result.misconception is None


@pytest.mark.parametrize("body", ["x.float()", "x[None]", "x.float()[..., None]"])
def test_the_same_mistake_in_another_precision_or_shape(judged: Judged, body: str) -> None:
    result = judged.one(f"def double(x):\n    return {body}\n", "double")
    assert result.outcome is Outcome.FAIL
    assert result.misconception is not None
    assert result.misconception.name == "once"


@pytest.mark.parametrize("value", ["10**400", "2**5000", "float('nan')", "1j", "'one'"])
def test_another_number_is_not_named(judged: Judged, value: str) -> None:
    result = judged.one(f"def mean(values):\n    return {value}\n", "mean")
    assert result.outcome is Outcome.FAIL
    assert result.misconception is None


def test_the_first_failing_check_decides(judged: Judged) -> None:
    code = "def double(x):\n    return x if x.numel() > 1 else x + x\n"
    result = judged.one(code, "double")
    assert result.outcome is Outcome.FAIL
    assert [c.outcome for c in result.checks] == [Outcome.FAIL, Outcome.PASS]
    assert result.misconception is not None
    assert result.misconception.name == "once"


def test_a_limit_is_no_misconception(judged: Judged) -> None:
    result = judged.one("def double(x):\n    import os\n    os._exit(0)\n", "double")
    assert result.misconception is None


def test_where_two_fit_none_is_named(judged: Judged, tmp_path: Path) -> None:
    copy = tmp_path / "course"
    shutil.copytree(TINY, copy)
    for folder in ("solutions", "tests/hidden"):  # pytest knows a module by its name
        (copy / folder / "tiny").rename(copy / folder / "twin")
    manifest = copy / "course.toml"
    manifest.write_text(manifest.read_text().replace('dir = "tiny"', 'dir = "twin"'))
    chaffs = copy / "tests" / "hidden" / "twin" / "chaffs.toml"
    chaffs.write_text(
        chaffs.read_text()
        + """
[[chaff]]
exercise = "double"
name = "copy"
replace = "x + x"
with = "x.clone()"
says = "Another way to the same mistake."
"""
    )
    code = "def double(x):\n    return x\n"
    assert judged.one(code, "double").misconception is not None
    with WarmJudge(load_course(copy), Isolation.FORK) as other:
        result = Judged(other, judged.folder).one(code, "double")
    assert result.outcome is Outcome.FAIL
    assert result.misconception is None


def test_a_chaff_is_not_heard(
    judged: Judged, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It runs in the judge, whose terminal is the learner's: prints and warnings stay there."""
    copy = tmp_path / "course"
    shutil.copytree(TINY, copy)
    for folder in ("solutions", "tests/hidden"):
        (copy / folder / "tiny").rename(copy / folder / "loud")
    manifest = copy / "course.toml"
    manifest.write_text(manifest.read_text().replace('dir = "tiny"', 'dir = "loud"'))
    chaffs = copy / "tests" / "hidden" / "loud" / "chaffs.toml"
    loud = """with = '(print("HEARD"), __import__("warnings").warn("HEARD"), x)[-1]'"""
    chaffs.write_text(chaffs.read_text().replace('with = "x"', loud, 1))
    with WarmJudge(load_course(copy), Isolation.FORK) as other:
        result = Judged(other, judged.folder).one("def double(x):\n    return x\n", "double")
    assert result.misconception is not None
    assert result.misconception.name == "once"
    heard = capfd.readouterr()
    assert "HEARD" not in heard.out + heard.err

"""Two mistakes in one exercise: one of them is named, and its line is the one that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import Judged, WarmJudge

from grader.course.manifest import load_course
from grader.judge.one_at_a_time import NONE, one_at_a_time
from grader.results import ExerciseResult, Outcome
from grader.sandbox.isolation import Isolation

ROOT = Path(__file__).parents[2]
ENGINE = (ROOT / "solutions/lecture01_micrograd/engine.py").read_text(encoding="utf-8")
Change = tuple[str, str, str]
"""The method, what it does, and what stands there instead."""
RADD = ("__radd__", "return self + other", "return other + self")
RMUL = ("__rmul__", "return self * other", "return other * self")
RSUB = ("__rsub__", "return (-self) + other", "return self - other")


@pytest.fixture(scope="module")
def real() -> Iterator[WarmJudge]:
    with WarmJudge(load_course(ROOT), Isolation.FORK) as judge:
        yield judge


def with_mistakes(*changes: Change) -> str:
    text = ENGINE
    for method, right, wrong in changes:
        start = text.index(f"def {method}(")
        at = text.index(right, start)
        text = text[:at] + wrong + text[at + len(right) :]
    return text


def judged(real: WarmJudge, folder: Path, text: str) -> ExerciseResult:
    files = {"engine.py": text}
    return Judged(real, folder).files(files, "lecture1.value_sub")["value_sub"]


def line_of(text: str, method: str) -> int:
    return text[: text.index(f"def {method}(")].count("\n") + 1


@pytest.mark.parametrize(
    ("changes", "name", "method"),
    [
        ([RMUL], "rmul-calls-itself", "__rmul__"),
        ([RMUL, RADD], "radd-calls-itself", "__radd__"),
        ([RMUL, RSUB], "rmul-calls-itself", "__rmul__"),
    ],
)
def test_one_of_two_mistakes_is_named_and_pointed_at(
    real: WarmJudge, tmp_path: Path, changes: list[Change], name: str, method: str
) -> None:
    text = with_mistakes(*changes)
    result = judged(real, tmp_path, text)
    assert result.outcome in (Outcome.FAIL, Outcome.ERROR)
    assert result.misconception
    assert method in result.misconception.sentence, name
    assert result.line
    assert line_of(text, method) <= result.line <= line_of(text, method) + 8


def test_a_mistake_that_nobody_foresaw_is_pointed_at(real: WarmJudge, tmp_path: Path) -> None:
    """Beside another: no known mistake is like it, and its function is the one that is shown."""
    text = with_mistakes(
        ("__rsub__", "return (-self) + other", "return (-self) + other * 3 + self.data"),
        ("__radd__", "return self + other", "return self + other * 5 + 7"),
    )
    result = judged(real, tmp_path, text)
    assert result.outcome is Outcome.FAIL
    assert result.misconception is None
    assert result.line in (line_of(text, "__rsub__"), line_of(text, "__radd__"))


def test_what_is_right_has_nothing_to_point_at(real: WarmJudge, tmp_path: Path) -> None:
    assert judged(real, tmp_path, ENGINE).outcome is Outcome.PASS


def test_each_text_has_one_definition_of_the_learners() -> None:
    mine = "import math\n\ndef one():\n    return 'my 1'\n\n\ndef two():\n    return 'my 2'\n"
    worked = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
    texts = one_at_a_time(mine, worked, ("one", "two"))
    given = {}
    for kept, text in texts.items():
        names: dict[str, object] = {}
        exec(text, names)
        given[kept] = (names["one"](), names["two"]())  # type: ignore[operator]
    assert given == {NONE: (1, 2), "one": ("my 1", 2), "two": (1, "my 2")}


def test_a_definition_on_a_line_with_others_is_left_alone() -> None:
    assert (
        one_at_a_time("one = 1; two = 2\n", "def one(): pass\ndef two(): pass\n", ("one", "two"))
        == {}
    )

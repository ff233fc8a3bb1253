"""A misconception is named only for code that can be about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import Judged, WarmJudge

from grader.course.manifest import load_course
from grader.judge.solutions import Chaff
from grader.results import ExerciseResult, Outcome
from grader.sandbox.isolation import Isolation

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def real() -> Iterator[WarmJudge]:
    with WarmJudge(load_course(ROOT), Isolation.FORK) as judge:
        yield judge


def judge(
    real: WarmJudge, folder: Path, lecture: str, file: str, changes: dict[str, str], exercise: str
) -> ExerciseResult:
    """The verdict on an exercise where a worked file was changed."""
    of = real.course.lecture(lecture)
    files = {
        path.name: path.read_text(encoding="utf-8")
        for path in real.course.solutions(of).glob("*.py")
    }
    for old, new in changes.items():
        assert files[file].count(old) == 1
        files[file] = files[file].replace(old, new)
    return Judged(real, folder).files(files, f"{lecture}.{exercise}")[exercise]


def named(result: ExerciseResult) -> str:
    assert result.outcome in (Outcome.FAIL, Outcome.ERROR)
    return result.misconception.name if result.misconception else ""


def test_a_seed_in_a_function_that_is_never_called(real: WarmJudge, tmp_path: Path) -> None:
    seed = "def seed():\n            self.grad = 1.0\n"
    result = judge(
        real, tmp_path, "lecture1", "engine.py", {"self.grad = 1.0\n": seed}, "value_backward"
    )
    assert named(result) != "root-not-seeded"
    result = judge(
        real, tmp_path, "lecture1", "engine.py", {"self.grad = 1.0\n": "pass\n"}, "value_backward"
    )
    assert named(result) == "root-not-seeded"


def test_one_step_without_a_return_in_the_loop(real: WarmJudge, tmp_path: Path) -> None:
    file, loop = "bigram_nn.py", "for _ in range(steps):"
    once = {loop: "for _ in range(min(steps, 1)):"}
    result = judge(real, tmp_path, "lecture2", file, once, "train_bigram_nn")
    assert named(result) != "returned-in-the-loop"
    inside = {
        "        W.data += -lr * W.grad\n    return W": "        W.data += -lr * W.grad\n        return W"
    }
    result = judge(real, tmp_path, "lecture2", file, inside, "train_bigram_nn")
    assert named(result) == "returned-in-the-loop"


def test_a_tensor_that_is_no_leaf_was_not_cleared_too_late(real: WarmJudge, tmp_path: Path) -> None:
    file = "bigram_nn.py"
    for birth in ("requires_grad=True) * 1.0", "requires_grad=True).clone()"):
        result = judge(
            real, tmp_path, "lecture2", file, {"requires_grad=True)": birth}, "train_bigram_nn"
        )
        assert named(result) == "not-a-leaf"
    late = {
        "        W.grad = None\n        loss.backward()": "        loss.backward()\n        W.grad = None"
    }
    result = judge(real, tmp_path, "lecture2", file, late, "train_bigram_nn")
    assert named(result) == "cleared-too-late"


def test_where_the_mistake_is_in_one_of_several_methods(real: WarmJudge, tmp_path: Path) -> None:
    wrong = {"return (-self) + other": "return self + (-other)"}
    result = judge(real, tmp_path, "lecture1", "engine.py", wrong, "value_sub")
    assert named(result)
    lines = (tmp_path / "engine.py").read_text(encoding="utf-8").splitlines()
    assert result.line is not None
    assert "def __rsub__" in lines[result.line - 1]


UNKNOWN = {
    "value_sub": ("__rmul__", "return self * other", "return self * other * 1.5"),
    "value_activations": ("relu", "(out.data > 0) * out.grad", "(out.data > 0) * 0.9 * out.grad"),
    "value_div": ("__rtruediv__", "self**-1 * other", "self**-1 * other * 1.5"),
}


@pytest.mark.parametrize("exercise", UNKNOWN)
def test_where_a_mistake_that_nobody_knows_is(
    real: WarmJudge, tmp_path: Path, exercise: str
) -> None:
    method, right, wrong = UNKNOWN[exercise]
    text = (ROOT / "solutions/lecture01_micrograd/engine.py").read_text(encoding="utf-8")
    start = text.index(f"    def {method}(")
    assert right in text[start:]
    text = text[:start] + text[start:].replace(right, wrong)
    of = real.course.lecture("lecture1")
    files = {p.name: p.read_text(encoding="utf-8") for p in real.course.solutions(of).glob("*.py")}
    judged = Judged(real, tmp_path).files({**files, "engine.py": text}, f"lecture1.{exercise}")
    result = judged[exercise]
    assert result.outcome is Outcome.FAIL
    assert result.misconception is None
    assert result.line is not None
    assert f"def {method}(" in text.splitlines()[result.line - 1]


IN_LOOP = r"^( *)(for|while) .*\n(?:\1 +\S.*\n)*?\1 +return\b"


@pytest.mark.parametrize(
    ("code", "fits"),
    [
        ("def f(x):\n    for i in x:\n        return i", True),
        ("def f(x):\n    while x:\n        if x:\n            return x", True),
        ("def f(x):\n    for i in x:\n        x += i\n    return x", False),
        ("def f(x):\n    return [i for i in x]", False),
        ("def f(x):\n" + "    for i in x:\n        x += i\n" * 2_000, False),
    ],
)
def test_a_pattern(code: str, fits: bool) -> None:
    chaff = Chaff("f", "returned", "x", "y", "", only_where=IN_LOOP)
    assert chaff.can_be(code) is fits
    assert Chaff("f", "returned", "x", "y", "", not_where=IN_LOOP).can_be(code) is not fits


def test_what_is_left_out_is_not_there() -> None:
    left_out = Chaff("f", "no-seed", "self.grad = 1.0", "pass", "")
    assert left_out.can_be("def f(self):\n    self.x = 1")
    assert not left_out.can_be("def f(self):\n    def g():\n        self.grad = 1.0")
    part = Chaff("f", "no-mean", " / n", "", "")
    assert part.can_be("def f(x, n):\n    return sum(x) / n")

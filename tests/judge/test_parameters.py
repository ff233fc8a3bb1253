"""Parameters that are not those of the exercise: said before any other misconception."""

from __future__ import annotations

import pytest
from judging import Judged, words

from grader.course.manifest import Exercise
from grader.failures import Mismatch, Raised
from grader.judge.signatures import other_parameters
from grader.results import Outcome

SOLUTION = "def dprobs(dlogprobs, probs, n=1):\n    return dlogprobs / probs\n"
DIFFERS = Mismatch(expected="1", actual="2", differing=5, total=5)


def type_error(message: str) -> Raised:
    return Raised(exception="TypeError", message=message)


TAKES = type_error("dprobs() takes 1 positional argument but 2 were given")
OTHERS = {
    "def dprobs(probs, dlogprobs):\n    pass": DIFFERS,
    "def dprobs(logprobs, dlogprobs):\n    pass": DIFFERS,
    "dprobs = lambda probs, dlogprobs: probs": DIFFERS,
    "def dprobs(probs):\n    pass": TAKES,
    "def dprobs(dlogprobs):\n    pass": TAKES,
}
NOT_THESE = {
    "def dprobs(dlogprobs, probs):\n    pass": DIFFERS,
    "def dprobs(dy, x):\n    pass": DIFFERS,
    "def dprobs(dlogprobs, probs, n, verbose=False):\n    pass": DIFFERS,
    "def dprobs(dlogprobs):\n    pass": type_error("'float' object is not iterable"),
    "def dprobs(*values):\n    pass": TAKES,
    "class dprobs:\n    pass": type_error("dprobs() takes no arguments"),
    "from other import dprobs": DIFFERS,
    "dprobs = make(probs)": DIFFERS,
}


@pytest.fixture
def exercise() -> Exercise:
    return Exercise(
        id="dprobs", file="atomic.py", title="t", at="0:00:01", hints=("a", "b", "c"), points=1
    )


@pytest.mark.parametrize("text", OTHERS)
def test_another_order_and_another_number_are_said(exercise: Exercise, text: str) -> None:
    found = other_parameters(text, SOLUTION, exercise, OTHERS[text])
    assert found is not None
    assert found.name == "other-parameters"
    assert "it is called with (dlogprobs, probs, n)" in found.says


@pytest.mark.parametrize("text", NOT_THESE)
def test_names_of_ones_own_and_other_mistakes_are_not(exercise: Exercise, text: str) -> None:
    assert other_parameters(text, SOLUTION, exercise, NOT_THESE[text]) is None


def test_a_value_where_a_function_is_asked_for(judged: Judged) -> None:
    worked = judged.worked("arrays.py").replace("def double(", "def doubled(")
    result = judged.files({"arrays.py": f"{worked}\ndouble = torch.zeros(3) * 2  # here\n"})[
        "double"
    ]
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith("TypeError: 'Tensor' object is not callable")
    assert result.misconception is not None
    assert result.misconception.name == "no-function"
    line = judged.line("# here")
    assert result.misconception.sentence.endswith(f"(arrays.py, line {line})")
    assert "`def double(x):`" in result.misconception.says


def test_too_many_parameters(judged: Judged) -> None:
    result = judged.one("def double(x, y):\n    return x + y\n", "double")
    assert result.outcome is Outcome.ERROR
    assert result.misconception is not None
    assert result.misconception.says == ("Your double takes (x, y), and it is called with (x).")

"""What came back in place of what was expected, said in words."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest
import torch
from judging import TINY, Judged, WarmJudge, words

from grader.course.manifest import load_course
from grader.failures import Mismatch
from grader.judge.comparison import Tolerance
from grader.judge.comparison import difference as mismatch_between
from grader.results import Outcome
from grader.sandbox.isolation import Isolation


def difference(expected: object, got: object, tolerance: Tolerance, label: str = "") -> str:
    """The mismatch as a sentence, empty if there is none."""
    mismatch = mismatch_between(expected, got, tolerance, label)
    return mismatch.sentence if mismatch else ""


ELSE = "expected a tensor of shape (3, 2), float64, got "
RETURNS = {
    "None": ELSE + "None.",
    "x.tolist()": ELSE + "a list of 3.",
    "[1.0, 2.0]": ELSE + "the list [1.0, 2.0].",
    "(x, x)": ELSE + "a tuple of 2.",
    "(2 * x).numpy()": ELSE + "a numpy array (shape (3, 2), float64).",
    "(2 * row for row in x)": ELSE + "a generator",
    "iter([2 * x])": ELSE + "a list_iterator (",
    "double": ELSE + "the function double, not what it returns",
    "lambda: 2 * x": ELSE + "the function <lambda>, not what it returns",
    "Tally": ELSE + "the class Tally, not an instance of it",
    "Tally()": ELSE + "a Tally (<arrays.Tally object at ",
    "{1, 2}": ELSE + "a set ({1, 2}).",
    "{'x': 2 * x}": ELSE + "a dict with x.",
    "{}": ELSE + "an empty dict.",
    "{1: 2}": ELSE + "a dict ({1: 2}).",
    "1j": ELSE + "a complex (1j).",
    "b'ab'": ELSE + "b'ab'.",
    "'two x'": ELSE + "'two x'.",
    "True": ELSE + "True.",
    "2.0": ELSE + "the number 2.",
    "10**400": ELSE + "the number 100000… (401 digits).",
    "NotImplemented": ELSE + "a NotImplementedType (NotImplemented).",
    "...": ELSE + "an ellipsis (Ellipsis).",
    "print": ELSE + "the builtin_function_or_method print, not what it returns",
    "torch": ELSE + "a module",
    "(2 * x).T": "expected shape (3, 2), got (2, 3).",
    "(2 * x).sum()": "expected shape (3, 2), got ().",
    "(2 * x)[None]": "expected shape (3, 2), got (1, 3, 2); the values may be right: only a",
    "(2 * x).float()": "expected dtype float64, got float32.",
    "(2 * x).bfloat16()": "expected dtype float64, got bfloat16.",
    "(2 * x).long()": "expected dtype a float dtype, got int64.",
    "(2 * x) > 0": "expected dtype a float dtype, got bool.",
    "(2 * x).to(torch.complex128)": "expected dtype a float dtype, got complex128.",
    "(2 * x).to('meta')": ELSE + "a tensor on meta (shape (3, 2)).",
    "(2 * x).to_sparse()": ELSE + "a tensor on torch.sparse_coo (shape (3, 2)).",
    "(2 * x).to(torch.float8_e5m2)": ELSE + "a tensor of dtype float8_e5m2 (shape (3, 2)).",
    "torch.quantize_per_tensor(x.float(), 1.0, 0, torch.qint8)": ELSE + "a tensor on ",
    "x * float('nan')": "6 of 6 values differ; worst at [0, 0]: expected ",
    "x / 0": "6 of 6 values differ; worst at [0, 0]: expected ",
    "0 * x": "6 of 6 values differ; worst at ",
    "-2 * x": "6 of 6 values differ; worst at ",
    "2 * x + 1e-6": "6 of 6 values differ; worst at ",
    "torch.zeros(3, 0)": "expected shape (3, 2), got (3, 0).",
    "torch.zeros(1 << 40, 0)": "expected shape (3, 2), got (1099511627776, 0).",
}


@pytest.mark.parametrize("expression", RETURNS)
def test_what_came_instead(judged: Judged, expression: str) -> None:
    result = judged.one(f"def double(x):\n    return {expression}\n", "double")
    assert result.outcome is Outcome.FAIL
    assert words(result).startswith(RETURNS[expression])
    assert len(words(result)) < 300


RELATIONS = {
    "x * float('nan')": "6 of yours are nan",
    "x / 0": "6 of yours are infinite",
    "0 * x": "yours is all zeros",
    "-2 * x": "yours has the opposite sign",
    "6 * x": "yours is 3 times too large",
    "2 * x + 1e-6": "maxdiff: 1e-06",
}


@pytest.mark.parametrize("expression", RELATIONS)
def test_how_the_values_are_related(judged: Judged, expression: str) -> None:
    result = judged.one(f"def double(x):\n    return {expression}\n", "double")
    assert RELATIONS[expression] in words(result)


NUMBERS = {
    "None": "expected a number (1.4294), got None.",
    "sum(values) == 0": "expected a number (1.4294), got False.",
    "torch.tensor(sum(values) / 5)": "expected a number (1.4294), got a tensor of shape (), float32.",
    "str(sum(values) / 5)": "expected a number (1.4294), got '1.429",
    "-sum(values) / 5": "expected 1.4294, got -1.4294; yours has the opposite sign.",
    "sum(values) / 2.5": "expected 1.4294, got 2.8588; yours is 2 times too large.",
    "sum(values) / 10": "expected 1.4294, got 0.714701; yours is 0.5 times the expected value.",
    "float('nan')": "expected 1.4294, got nan.",
    "float('inf')": "expected 1.4294, got inf.",
    "0": "expected 1.4294, got 0.",
    "10**400": "expected 1.4294, got 100000… (401 digits).",
    "-(10**400)": "expected 1.4294, got -10000… (401 digits).",
    "2**5000": "expected a number (1.4294), got an integer of more than 4096 bits.",
    "1j": "expected a number (1.4294), got a complex (1j).",
}


@pytest.mark.parametrize("expression", NUMBERS)
def test_a_number_was_expected(judged: Judged, expression: str) -> None:
    result = judged.one(f"def mean(values):\n    return {expression}\n", "mean")
    assert result.outcome is Outcome.FAIL
    assert words(result).startswith(NUMBERS[expression])


def test_numpys_numbers_are_numbers(judged: Judged) -> None:
    import_numpy = (
        "import numpy\ndef mean(values):\n    return numpy.float64(sum(values) / len(values))"
    )
    assert judged.one(import_numpy, "mean").outcome is Outcome.PASS


LIARS = {
    "equal to everything": """
class Liar:
    shape, dtype, ndim = (3, 2), torch.float64, 2
    def __eq__(self, other):
        return True
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return torch.tensor(True)
    def __getattr__(self, name):
        return lambda *args, **kwargs: True
    def __array__(self, *args):
        return torch.zeros(3, 2).numpy()
    def __bool__(self):
        return True
    def __hash__(self):
        return 0
""",
    "says it is a tensor": """
class Liar:
    __class__ = property(lambda self: torch.Tensor)
    def __torch_function__(self, *args, **kwargs):
        return torch.tensor(True)
""",
    "says it is a number": """
class Liar:
    __class__ = property(lambda self: int)
    __index__ = __float__ = lambda self: 2
""",
    "says it is a class": "class Liar:\n    __class__ = property(lambda self: type)\n",
    "its name raises": "class Liar:\n    __name__ = property(lambda self: 1 / 0)\n",
    "its repr raises": "class Liar:\n    def __repr__(self):\n        raise ValueError\n",
    "a repr of a megabyte": "class Liar:\n    def __repr__(self):\n        return 'x' * 2**20\n",
    "a dict that lies": """
class Liar(dict):
    def items(self):
        raise ValueError
    keys = __eq__ = __iter__ = items
""",
    "a list that lies": """
class Liar(list):
    def __iter__(self):
        raise ValueError
    __len__ = __eq__ = __getitem__ = __iter__
""",
    "a number that lies": """
class Liar(float):
    def __float__(self):
        raise ValueError
    __eq__ = __ge__ = __sub__ = __rsub__ = lambda self, other: self
""",
    "a string that lies": """
class Liar(str):
    def __str__(self):
        raise ValueError
    encode = __eq__ = __str__
""",
}


@pytest.mark.parametrize("how", LIARS)
@pytest.mark.parametrize("exercise", ["double", "mean"])
def test_an_object_that_lies_about_itself(judged: Judged, how: str, exercise: str) -> None:
    code = f"{LIARS[how]}\n\ndef double(x):\n    return Liar()\n\nmean = double\n"
    result = judged.one(code, exercise)
    assert result.outcome is Outcome.FAIL
    assert words(result).startswith("expected ")
    assert len(words(result)) < 300


def test_a_subclass_of_tensor(judged: Judged) -> None:
    code = """
class Mine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True

def double(x):
    return (x + x).as_subclass(Mine)
"""
    result = judged.one(code, "double")
    assert result.outcome is Outcome.FAIL
    assert words(result) == ELSE + "a Mine, a subclass of Tensor."


def test_a_list_inside_itself(judged: Judged) -> None:
    code = "def double(x):\n    xs = [x]\n    xs.append(xs)\n    return xs\n"
    result = judged.one(code, "double")
    assert result.outcome is Outcome.FAIL
    assert words(result) == ELSE + "a list of 2."


@pytest.mark.parametrize(
    "expression",
    [
        "torch.nn.Parameter(x + x)",
        "x.clone().requires_grad_() * 2",
        "(x + x).t().contiguous().t()",
        "x + x + 1e-12",
        "torch.complex(x + x, x).real",
        "torch.complex(-x, x).conj().imag * 2 if x.numel() > 1 else x + x",
    ],
)
def test_the_same_in_another_form_passes(judged: Judged, expression: str) -> None:
    code = f"def double(x):\n    if x.ndim == 1:\n        return x + x\n    return {expression}\n"
    right = "conj" not in expression
    assert judged.one(code, "double").outcome is (Outcome.PASS if right else Outcome.FAIL)


def test_the_lectures_own_words_are_measured() -> None:
    """A miss of 1e-7 is not exact and yet approximately equal, as the lecture's comparison says."""
    expected = torch.tensor([1.0, 2.0], dtype=torch.float64)
    near = difference(expected, expected + 1e-7, Tolerance(1e-9, 1e-9))
    assert "exact: False, approximate: True, maxdiff: 1e-07" in near
    far = difference(expected, expected * 3, Tolerance(1e-9, 1e-9))
    assert "exact: False, approximate: False, maxdiff: 4" in far


def test_only_dimensions_in_front_are_loose() -> None:
    """(H,) stands for (1, H) in a broadcast; (H, 1) is a column."""
    row = torch.arange(3.0)
    for expected, got in ((row[None], row), (row, row[None])):
        tolerance = Tolerance(0.0, 0.0, loose_shape=True)
        assert difference(expected, got, tolerance) == ""
        assert tolerance.notes
    for expected, got in ((row[None], row[:, None]), (row, row[:, None]), (row[:, None], row)):
        assert "expected shape" in difference(expected, got, Tolerance(0.0, 0.0, loose_shape=True))


def test_nothing_came_back() -> None:
    for expected in (torch.zeros(2), 1.0, [1.0], {"a": 1.0}):
        found = difference(expected, None, Tolerance(0.0, 0.0))
        assert found.endswith("got None. Is a `return` missing?")
        assert "return" not in difference(expected, None, Tolerance(0.0, 0.0), "part")


def test_digits_enough_to_see_a_difference() -> None:
    exact = Tolerance(0.0, 0.0)
    assert difference(2.47209, 2.4720901, exact) == "expected 2.47209, got 2.4720901."
    assert "expected 0.1, got 0.10000000000000002" in difference(0.1, 0.10000000000000002, exact)
    one = torch.tensor([100.0, -100.798123456], dtype=torch.float64)
    found = difference(one, one + torch.tensor([0.0, 1e-6]), exact)
    assert "expected -100.798123456, got -100.798122456" in found


def test_zero_but_for_rounding() -> None:
    one = torch.tensor([1.0, -2.0], dtype=torch.float64)
    assert "yours is zero but for rounding" in difference(one, one * 1e-16, Tolerance(1e-9, 0.0))


def test_an_expected_infinity_is_met_by_nothing_finite() -> None:
    one = torch.tensor([math.inf, 1.0], dtype=torch.float64)
    assert "expected inf, got 5" in difference(
        one, torch.tensor([5.0, 1.0], dtype=torch.float64), Tolerance(1e-9, 1e-7)
    )
    assert difference(one, one.clone(), Tolerance(1e-9, 1e-7)) == ""


def test_the_words_of_cmp_are_said_only_in_a_lecture_that_has_it(tmp_path: Path) -> None:
    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    manifest = root / "course.toml"
    manifest.write_text(manifest.read_text().replace("has_cmp = true\n", ""))
    with WarmJudge(load_course(root), Isolation.FORK) as judge:
        result = Judged(judge, tmp_path).one("def double(x):\n    return 6 * x\n", "double")
    assert "yours is 3 times too large" in words(result)
    failure = result.failing[0].failure
    assert isinstance(failure, Mismatch)
    assert "comparison" not in {hint.kind for hint in failure.hints}

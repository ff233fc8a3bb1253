"""One definition is put into a file, and every other byte stays."""

from __future__ import annotations

import ast

import pytest

from grader.source.definitions import Tangled, definition, put, with_imports

STUB = '''"""Given."""

import math


def first(x):
    """One."""
    # TODO: one.
    raise NotImplementedError("first")


class Value:
    """A number."""

    def __init__(self, data):
        self.data = data

    # ---- sums

    def __add__(self, other):
        # TODO: add.
        raise NotImplementedError("value_add")

    def __mul__(self, other):
        # TODO: multiply.
        raise NotImplementedError("value_mul")


def last(x):
    # TODO: last.
    raise NotImplementedError("last")


if __name__ == "__main__":
    print(first(1))
'''
WORK = """\
import math  # mine
helper = 3 # \u00fcml\u00e4ut \U0001f600
def first(x): return x

class Value:
  data = 1
  @property
  def __add__(self, other):
    '''Mine.'''
    out = 1
    return out
    # an older try:
    #   return 2

  # about the next
  def extra(self): return 1


def unrelated():
    return first(1)
"""


def test_the_rest_of_the_file_is_untouched() -> None:
    made = put(WORK, STUB, "Value.__add__")
    start, end = WORK.index("  @property"), WORK.index("\n  # about the next")
    assert made[:start] == WORK[:start]
    assert made.endswith(WORK[end:])
    assert made[start : -len(WORK[end:])] == (
        "  def __add__(self, other):\n      # TODO: add.\n"
        '      raise NotImplementedError("value_add")\n'
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["first", "Value.__add__", "Value.__mul__", "last"])
def test_line_ends_are_those_of_the_file(newline: str, name: str) -> None:
    work = WORK.replace("\n", newline)
    made = put(work, STUB, name)
    assert made.replace(newline, "").count("\n") == made.replace(newline, "").count("\r") == 0
    assert made.replace(newline, "\n") == put(WORK, STUB, name)
    assert definition(made, name) == definition(STUB, name)


def test_tabs_stay_tabs() -> None:
    work = "class Value:\n\tdef __add__(self, other):\n\t\treturn 1\n\n\tdef neg(self):\n\t\treturn 2\n"
    made = put(work, STUB, "Value.__add__")
    assert "\n\tdef neg(self):\n\t\treturn 2\n" in made
    assert "\tdef __add__(self, other):\n\t    # TODO: add." in made
    ast.parse(made)


def test_what_is_missing_is_put_where_the_stub_has_it() -> None:
    without = put("", STUB, "Value").replace("\n", "", 0)
    text = (
        "import math\n\n\ndef first(x):\n    return x\n\n\nif __name__ == '__main__':\n    first(1)"
    )
    made = put(text, STUB, "last")
    assert made.index("def first") < made.index("def last") < made.index("if __name__")
    made = put(text, STUB, "Value.__mul__")  # no class at all: with everything in it
    assert made.index("def first") < made.index("class Value") < made.index("if __name__")
    assert definition(made, "Value") == definition(STUB, "Value")
    made = put(without.replace("__add__", "__sub__"), STUB, "Value.__add__")
    names = [getattr(node, "name", "") for node in ast.parse(made).body[0].body]  # type: ignore[attr-defined]
    assert names[1:] == ["__init__", "__add__", "__sub__", "__mul__"]
    made = put("def last(x):\n    return x\n", STUB, "first")
    assert made.index("def first") < made.index("def last")
    made = put("if __name__ == '__main__':\n    pass\n", STUB, "first")
    assert made.index("def first") < made.index("if __name__")


def test_a_file_without_a_last_newline() -> None:
    assert put("def last(x): return x", STUB, "last").count("\n") == 2
    assert put("x = 1", STUB, "last").startswith("x = 1\n")
    assert ast.parse(put("class Value:\n    x = 1", STUB, "Value.__add__"))


def test_a_form_feed_is_no_new_line() -> None:
    work = "x = '\x0c\u2028'\n\x0c\ndef first(x):\n    return 1\n\n\ny = 2\n"
    made = put(work, STUB, "first")
    assert made.startswith('x = \'\x0c\u2028\'\n\x0c\ndef first(x):\n    """One.')
    assert made.endswith('raise NotImplementedError("first")\n\n\ny = 2\n')


def test_of_two_the_last_is_the_one_that_counts() -> None:
    work = "def first(x):\n    return 1\n\n\ndef first(x):\n    return 2\n"
    made = put(work, STUB, "first")
    assert "return 1" in made
    assert "return 2" not in made


@pytest.mark.parametrize(
    "work",
    ["x = 1; first = len\n", "first = len; x = 1\n", "if True: pass\nfirst = len; x = 1\n"],
)
def test_other_code_on_the_same_line_is_not_lost(work: str) -> None:
    with pytest.raises(Tangled):
        put(work, STUB, "first")


def test_a_class_on_one_line_takes_no_method() -> None:
    with pytest.raises(Tangled):
        put("class Value: x = 1\n", STUB, "Value.__add__")


def test_a_name_that_is_assigned_is_a_definition_too() -> None:
    made = put("first = lambda x: (\n    x\n)  # so\ny = 1\n", STUB, "first")
    assert made.endswith('raise NotImplementedError("first")\ny = 1\n')


TYPED = '''"""A stub."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def mean(x: Tensor) -> Tensor:
    """The mean."""
    raise NotImplementedError("mean")


def area(r: float) -> float:
    return math.pi * r
'''


def test_a_stub_put_into_a_file_of_another_make_brings_its_imports() -> None:
    """A file from the video knows no Tensor, and its annotations are evaluated."""
    theirs = '"""Mine."""\nimport torch\n\ndef mean(x):\n    return x.mean()\n'
    made = with_imports(put(theirs, TYPED, "mean"), TYPED, ["mean"])
    assert made.startswith(
        '"""Mine."""\nfrom __future__ import annotations\nfrom torch import Tensor\nimport torch\n'
    )
    assert "import math" not in made, "nothing that it does not need"
    assert made.count("import torch\n") == 1
    compile(made, "made.py", "exec")


def test_imports_that_are_there_are_not_brought_again() -> None:
    for theirs in (TYPED, TYPED.replace("from torch import Tensor", "Tensor = torch.Tensor")):
        assert with_imports(theirs, TYPED, ["mean", "area"]) == theirs
    empty = with_imports("", TYPED, ["mean"])
    assert empty.splitlines() == ["from __future__ import annotations", "from torch import Tensor"]

"""The examples in a stub's docstrings as a check: they come out as they are written.

The lines are typed beside the learner's code, and what came out is compared here: by doctest's rules
first, then as values and numbers, for a right formula may round otherwise than the one that wrote the
example, and print its dict in another order.
"""

from __future__ import annotations

import ast
import doctest
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from grader.course.manifest import Exercise, Lecture
from grader.failures import CheckMessage, Hint, Mismatch, NeedsUnwritten, Raised
from grader.judge.checks import CheckFailed, NoObservation, Observation
from grader.judge.doctest_probe import MOST_CHARACTERS, DoctestProbe
from grader.judge.missing_names import undefined_name
from grader.results import Outcome
from grader.sandbox.serialization import OpaqueValue
from grader.source.files import find_definition

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
ATOL, RTOL = 1e-7, 1e-5
"""Of numbers that are printed in full: an example may have been computed in float32."""
ROUNDED = 4
"""With so many decimals a number is a rounded one, as torch prints it: the last may be another."""
SHOWN_LINES = 8

Examples = tuple[tuple[doctest.Example, ...], ...]
"""Those of each docstring: a line may use the names that the lines above it gave."""


def examples_of(stub: str, lecture: Lecture, exercise: Exercise) -> Examples:
    """The examples of an exercise: in the docstrings of what it defines, and of nothing else's.

    Raises ValueError where a docstring is no doctest, as doctest does.
    """
    others = {n for e in lecture.exercise if e != exercise for n in e.names} - {*exercise.names}
    found: dict[str, str] = {}
    for name in exercise.names:
        if node := find_definition(stub, name):
            found |= dict(_docstrings(node, name, others))
    parser = doctest.DocTestParser()
    parsed = [parser.get_examples(text, name) for name, text in found.items()]
    wanted = [tuple(e for e in group if not e.options.get(doctest.SKIP)) for group in parsed]
    return tuple(group for group in wanted if group)


def _docstrings(node: ast.stmt, name: str, others: set[str]) -> Iterator[tuple[str, str]]:
    """The docstrings of a definition and of the methods in it that are no other exercise's."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield name, ast.get_docstring(node) or ""
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            if (within := f"{name}.{getattr(inner, 'name', '')}") not in others:
                yield from _docstrings(inner, within, others)


class ExamplesCheck(pytest.Item):
    """The examples of one exercise, in the place of a check that somebody wrote."""

    def __init__(
        self,
        *,
        lecture: Lecture,
        exercise: Exercise,
        stubs: Mapping[str, str],
        observe: Callable[[DoctestProbe], Observation],
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.lecture = lecture
        self._exercise = exercise
        self._stubs = {name.removesuffix(".py"): text for name, text in stubs.items()}
        self.examples = examples_of(stubs[exercise.file], lecture, exercise)
        self._observe = observe
        self.function = come_out
        self.ran = ""
        """The lines up to the one that did not come out, as the learner would type them."""

    def runtest(self) -> None:
        for examples in self.examples:
            self.ran = _as_typed(examples)
            try:
                seen = self._observe(self._rehearsal(examples))
            except NoObservation as stopped:
                raise self._unwritten(stopped) or stopped from None
            for number, example in enumerate(examples):
                if mismatch := _mismatch(example, seen[number]):
                    self.ran = _as_typed(examples[: number + 1])
                    raise CheckFailed(mismatch)

    def _rehearsal(self, examples: tuple[doctest.Example, ...]) -> DoctestProbe:
        lines = tuple((e.source, e.exc_msg or "") for e in examples)
        exercises = {
            module: tuple({n.partition(".")[0] for e in group for n in e.names})
            for module, group in itertools.groupby(
                sorted(self.lecture.exercise, key=lambda e: e.module), lambda e: e.module
            )
        }
        return DoctestProbe(self._exercise.module, lines, self._stubs, exercises)

    def _unwritten(self, stopped: NoObservation) -> NoObservation | None:
        """Where an example uses another exercise, whose name is not there: that is to be done first."""
        raised = stopped.failure
        if stopped.steps or not isinstance(raised, Raised):
            return None
        for other in self.lecture.exercise:
            if other != self._exercise and undefined_name(raised) in other.names:
                needed = NeedsUnwritten(exercise=other.id, location=raised.location)
                return NoObservation(Outcome.BLOCKED, needed)
        return None


def come_out() -> None:
    """The examples of its docstring come out as they are written."""


def _as_typed(examples: tuple[doctest.Example, ...]) -> str:
    lines = [
        ("... " if number else ">>> ") + line
        for example in examples
        for number, line in enumerate(example.source.splitlines())
    ]
    if len(lines) > SHOWN_LINES:  # the last one is what it is about
        lines = [f"… {len(lines) - SHOWN_LINES + 1} lines before", *lines[1 - SHOWN_LINES :]]
    return "\n".join(lines)


def _mismatch(example: doctest.Example, seen: Observation) -> Mismatch | None:
    """How what came out of a line misses what is written below it; None if it does not.

    Where nothing is written below it, anything may come.
    """
    entries, raised = _entries(seen[0].value), seen[1].value
    shown, everything = _text(entries), _text(entries, printed=True)
    if example.exc_msg is not None:
        if isinstance(raised, str) and _same(example.exc_msg, raised, example):
            return None
        came = str(raised).strip() or NO_EXCEPTION
        return Mismatch(aspect="output", expected=example.exc_msg.strip(), actual=came)
    want = example.want
    if not want.strip() or _same(want, shown, example) or _same(want, everything, example):
        return None
    return Mismatch(
        aspect="output",
        expected=want.rstrip(),
        actual=shown.rstrip() or NOTHING,
        hints=() if entries else (Hint("missing return"),),
    )


def _entries(value: object) -> list[tuple[str, object]]:
    """What a line showed, if it came from an honest process."""
    if not isinstance(value, list):
        raise CheckFailed(CheckMessage(text=NO_ENTRIES))
    for entry in value:
        if not isinstance(entry, tuple) or len(entry) != 2:
            raise CheckFailed(CheckMessage(text=NO_ENTRIES))
    return value


def _text(entries: list[tuple[str, object]], printed: bool = False) -> str:
    """As it stands on a screen, with what the learner's own code `printed` or without."""
    texts = [
        f"{written(what)}\n" if kind == "value" else str(what)
        for kind, what in entries
        if printed or kind != "printed"
    ]
    return "".join(texts)[:MOST_CHARACTERS]


def written(value: object) -> str:
    """A value as Python writes it; bytes are what was written out beside the learner's code.

    >>> written([b"Value(data=2.0)", (1.5,), {"a": None}])
    "[Value(data=2.0), (1.5,), {'a': None}]"
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, OpaqueValue):
        return value.glimpse
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k!r}: {written(v)}' for k, v in value.items())}}}"
    return repr(value)


def _same(want: str, got: str, example: doctest.Example) -> bool:
    flags = FLAGS
    for flag, on in example.options.items():
        flags = flags | flag if on else flags & ~flag
    if doctest.OutputChecker().check_output(want, got, flags):
        return True
    if example.exc_msg is not None and flags & doctest.IGNORE_EXCEPTION_DETAIL:
        return want.split(":")[0].rpartition(".")[2] == got.split(":")[0].rpartition(".")[2]
    return same_value(want, got)


def same_value(want: str, got: str) -> bool:
    """Whether two texts write the same, compared as kindly as hidden checks are wont to.

    A list does for a tuple, a dict may be in any order, a tensor may have another precision and lack
    dimensions of size 1 in front; the last digits of a number may differ.

    >>> same_value("({'a': 1, 'b': 2}, tensor([[0.5, 2.]]))", "[{'b': 2, 'a': 1}, tensor([0.5, 2.])]")
    True
    >>> same_value("tensor([1, 2])", "tensor([1., 2.])")
    False
    """
    want, got = (_NUMPY.sub(r"\1", text.strip()) for text in (want, got))
    try:
        return _same_node(ast.parse(want, mode="eval").body, ast.parse(got, mode="eval").body)
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # it is no value of Python's
        return same_numbers(want, got)


def _same_node(one: ast.expr, other: ast.expr) -> bool:
    if _is_number(one) and _is_number(other):
        return _near(ast.unparse(one), ast.unparse(other))
    if isinstance(one, (ast.List, ast.Tuple)) and isinstance(other, (ast.List, ast.Tuple)):
        return _all_same(one.elts, other.elts)
    if isinstance(one, ast.Dict) and isinstance(other, ast.Dict):
        values, others = _by_key(one), _by_key(other)
        return values.keys() == others.keys() and all(
            _same_node(value, others[key]) for key, value in values.items()
        )
    if isinstance(other, ast.Call) and _is_tensor(other) and not isinstance(one, ast.Call):
        return _same_node(one, other.args[0])  # of one number, it does for a number
    if isinstance(one, ast.Call) and isinstance(other, ast.Call):
        if _is_tensor(one) and _is_tensor(other):
            return _same_tensor(one.args[0], other.args[0])
        same = ast.dump(one.func) == ast.dump(other.func)
        names = [[keyword.arg for keyword in call.keywords] for call in (one, other)]
        values_of = [[*call.args, *(k.value for k in call.keywords)] for call in (one, other)]
        return same and names[0] == names[1] and _all_same(*values_of)
    return ast.dump(one) == ast.dump(other)


def _all_same(ones: Sequence[ast.expr], others: Sequence[ast.expr]) -> bool:
    return len(ones) == len(others) and all(map(_same_node, ones, others))


def _same_tensor(one: ast.expr, other: ast.expr) -> bool:
    shapes = [_shape(node) for node in (one, other)]
    for shape in shapes:
        while shape and shape[0] == 1:
            del shape[0]
    ones, others = (list(_leaves(node)) for node in (one, other))
    kinds = [all(_is_whole(ast.unparse(leaf)) for leaf in leaves) for leaves in (ones, others)]
    return shapes[0] == shapes[1] and kinds[0] == kinds[1] and _all_same(ones, others)


def _shape(node: ast.expr) -> list[int]:
    """Of the lists in a tensor's text, by the first in each."""
    shape: list[int] = []
    while isinstance(node, ast.List):
        shape.append(len(node.elts))
        if not node.elts:
            break
        node = node.elts[0]
    return shape


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.List):
        for inner in node.elts:
            yield from _leaves(inner)
    else:
        yield node


def _by_key(node: ast.Dict) -> dict[str, ast.expr]:
    return {ast.dump(key): value for key, value in zip(node.keys, node.values, strict=True) if key}


def _is_tensor(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "tensor" and len(call.args) == 1


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def same_numbers(want: str, got: str) -> bool:
    """Whether two texts differ in nothing but spaces and the last digits of their numbers.

    >>> same_numbers("loss 0.0312 after 3", "loss  0.0313 after 3")
    True
    >>> same_numbers("loss 0.3", "loss 0.30000001"), same_numbers("h1", "h2")
    (True, False)
    """
    texts = [[" ".join(part.split()) for part in _NUMBER.split(text)] for text in (want, got)]
    numbers = zip(_NUMBER.findall(want), _NUMBER.findall(got), strict=False)
    return texts[0] == texts[1] and all(_near(one, other) for one, other in numbers)


def _near(one: str, other: str) -> bool:
    if _is_whole(one) and _is_whole(other):
        return int(one) == int(other)
    a, b = float(one), float(other)
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (math.isnan(a) and math.isnan(b))
    if abs(a - b) <= ATOL + RTOL * abs(a):
        return True
    places = max(len(text.partition(".")[2]) for text in (one, other))
    rounded = "e" not in one + other and places == ROUNDED
    return rounded and abs(a - b) <= 1.01 * 10.0**-places


def _is_whole(number: str) -> bool:
    return number.lstrip("-+").isdecimal()


_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|inf\b|nan\b)")
_NUMPY = re.compile(r"\bnp\.(?:float|int|uint)\d+\(([^()]*)\)")
NOTHING = "nothing"
NO_EXCEPTION = "no exception"
NO_ENTRIES = "What came back is not what a line of an example shows."

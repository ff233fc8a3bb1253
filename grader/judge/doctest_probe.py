"""The examples of a docstring, typed beside the learner's code: a probe that gives what came out.

It runs in the sandbox. What a line shows goes back as a value wherever it is plain data, and is
written out by the judge: a print costs nothing, and torch's own way to write a tensor may be forbidden.
"""

from __future__ import annotations

import builtins
import contextlib
import inspect
import io
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import ModuleType
from typing import Any, TextIO

from grader.sandbox.modules import ModuleSet

MOST_CHARACTERS = 20_000
"""Of what is printed in one line of an example."""
_PLAIN = (bool, int, float, str, type(None))

Entry = tuple[str, object]
"""`value`, `said` by the example or `printed` by the learner's code; and what."""


class DoctestProbe:
    """Called with the module of the learner's file: each line with what it showed."""

    def __init__(
        self,
        module: str,
        lines: tuple[tuple[str, str], ...],
        stubs: Mapping[str, str],
        exercises: Mapping[str, tuple[str, ...]],
    ) -> None:
        """`lines` are sources, each with the exception that is expected of it, or nothing.

        What the stubs give beside the `exercises` is there for the examples, whether or not the
        learner has kept it.
        """
        self._lines = lines
        self._stubs = dict(stubs)
        self._exercises = dict(exercises)
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(module, inspect.Parameter.KEYWORD_ONLY)]
        )

    def __call__(self, **modules: ModuleType) -> list[tuple[list[Entry], str]]:
        (module,) = modules.values()
        names = {
            name: self._filled(value) if isinstance(value, ModuleType) else value
            for name, value in vars(self._filled(module)).items()
        }
        names["round"] = _round
        return [self._type(source, expected, names) for source, expected in self._lines]

    def _filled(self, module: ModuleType) -> ModuleType:
        """A module of the learner's with what its stub gives and the learner has not kept."""
        if module.__name__ not in self._stubs or "__builtins__" not in vars(module):
            return module
        filled = ModuleType(module.__name__)
        vars(filled)["__builtins__"] = vars(module)["__builtins__"]
        code = compile(self._stubs[module.__name__], "<stub>", "exec", dont_inherit=True)
        with contextlib.suppress(Exception):  # a file of theirs that it imports may be unfinished
            exec(code, vars(filled))
        for name in self._exercises.get(module.__name__, ()):
            vars(filled).pop(name, None)
        vars(filled).update(vars(module))
        return filled

    def _type(self, source: str, expected: str, names: dict[str, Any]) -> tuple[list[Entry], str]:
        """What a line showed, in order, and the exception that was expected of it."""
        shown: list[Entry] = []

        def say(*values: object, **options: Any) -> None:
            line = io.StringIO()
            print(*values, **{**options, "file": line})
            shown.append(("said", line.getvalue()[:MOST_CHARACTERS]))

        def display(value: object) -> None:
            if value is not None:
                shown.append(("value", self._plain(value)))

        names["print"] = say
        printed = _Noted(sys.stdout, lambda text: shown.append(("printed", text)))
        code = compile(source, "<example>", "single", dont_inherit=True)
        with _displayed(display), contextlib.redirect_stdout(printed):
            try:
                exec(code, names)
            except Exception as error:  # an example may show how its exercise refuses
                # an exercise that is not written says so in the same way as everywhere
                if not expected or (
                    isinstance(error, NotImplementedError)
                    and not expected.startswith("NotImplementedError")
                ):
                    raise
                return shown, "".join(traceback.format_exception_only(error))[:MOST_CHARACTERS]
        return shown, ""

    def _plain(self, value: object) -> object:
        """Data as it is, and bytes for what is written out here."""
        kind = type(value)
        if kind in _PLAIN or _is_tensor(value):
            return value
        if isinstance(value, (list, tuple)) and kind in (list, tuple):
            return kind(map(self._plain, value))
        if isinstance(value, dict) and kind is dict and all(type(k) in _PLAIN for k in value):
            return {name: self._plain(one) for name, one in value.items()}
        return self._written(value).encode("utf-8", "replace")

    def _written(self, value: object) -> str:
        """As the stub's class of that name writes itself: learners like to add to it."""
        for stem in self._stubs:
            with contextlib.suppress(Exception):
                known = getattr(self._classes.module(stem), type(value).__name__)
                if "__repr__" in vars(known):
                    return str(known.__repr__(value))
        return repr(value)

    @cached_property
    def _classes(self) -> ModuleSet:
        codes = {
            stem: compile(text, "<stub>", "exec", dont_inherit=True)
            for stem, text in self._stubs.items()
        }
        return ModuleSet(codes)


def _is_tensor(value: object) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _round(number: Any, digits: int | None = None) -> Any:
    """Of a tensor with one number in it, too: the lecture's functions may give either."""
    return builtins.round(number.item() if _is_tensor(number) else number, digits)


@contextlib.contextmanager
def _displayed(display: Callable[[object], None]) -> Iterator[None]:
    before, sys.displayhook = sys.displayhook, display
    try:
        yield
    finally:
        sys.displayhook = before


class _Noted(io.TextIOBase):
    """What is printed goes where it would, and the beginning of it is noted."""

    def __init__(self, out: TextIO, note: Callable[[str], None]) -> None:
        self._out = out
        self._note = note
        self._left = MOST_CHARACTERS

    def write(self, text: str) -> int:
        if self._left > 0:
            self._note(text[: self._left])
            self._left -= len(text) + 1
        return self._out.write(text)

    def flush(self) -> None:
        self._out.flush()

"""A lecture's files as modules that see each other, made from code in memory.

Used on both sides: for the learner's files in the sandbox, for solutions and chaffs in the judge.
A lecture's own file wins over a library of that name; any other file of the learner's (a torch.py,
a pytest.py) is found only where no library has the name.
"""

from __future__ import annotations

import builtins
import functools
import re
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from grader.sandbox.dummy_modules import StandIn

LEFT_OUT = "__zth_left_out__"
"""Called where a statement has raised, with the names that it would have given."""
BOUND = "__zth_bound__"
"""Called after a statement that gives an exercise's name, with the name and how sure that is."""
MAX_PATH = 4096
MOST_CAUSES = 10
MOST_SAID = 300
"""Characters of why a statement is left out."""
_NO_SUCH_NAME = re.compile(r"cannot import name '(\w+)'")


def sendable(text: str, length: int) -> str:
    """The text without halves of characters, which UTF-8 has no bytes for, and not too long."""
    return text[:length].encode("utf-8", "replace").decode("utf-8")


class CodeFile(msgspec.Struct, frozen=True):
    """A compiled source file: its path as tracebacks show it, its code, marshalled."""

    path: str
    code: bytes


class _Judged:
    """Which of the things that a file gives an exercise's name is judged."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._defined: dict[str, Any] = {}
        self._callable: dict[str, Any] = {}

    def bound(self, name: str, sure: str) -> None:
        """Called by a file that has given a name something; `sure` says whether it is a definition."""
        value = self._names.get(name)
        if sure == "yes" or (sure == "maybe" and _is_definition(value)):
            self._defined[name] = value
        elif callable(value):
            self._callable[name] = value

    def restore(self) -> None:
        """Give each name its last definition; where it has none, the last that can be called."""
        for name, value in self._callable.items():
            if name not in self._defined and not callable(self._names.get(name)):
                self._names[name] = value
        self._names.update(self._defined)


def _is_definition(value: object) -> bool:
    kinds = (type, types.FunctionType, types.BuiltinFunctionType, functools.partial)
    return isinstance(value, kinds) or hasattr(value, "__wrapped__")


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # its own __str__ may do anything
        return type(error).__name__


class ModuleSet:
    """Modules by stem, each run the first time it is asked for.

    `files` are the lecture's, `others` what else lies in the folder; `package` is a name under
    which the lecture's files may be imported as well (`micrograd.engine`). `stand_ins` are libraries
    that are replaced by nothing if they are not installed. With `register` the lecture's modules
    appear in sys.modules, as pickling and dataclasses expect.

    Of a learner's file a statement that fails is left out: `cause` tells why, where it is missed.
    """

    def __init__(
        self,
        files: Mapping[str, types.CodeType],
        others: Mapping[str, types.CodeType] | None = None,
        package: str = "",
        stand_ins: Sequence[str] = (),
        register: bool = False,
    ) -> None:
        self._code = {**(others or {}), **files}
        self._first = dict.fromkeys(files)
        self._package = package
        self._missing: dict[str, StandIn | None] = dict.fromkeys(stand_ins)
        self._register = register
        self._modules: dict[str, types.ModuleType] = {}
        self._left_out: dict[tuple[str, str], BaseException] = {}
        """What a statement that failed would have given, by file and name; `*` for a star import."""

    def __contains__(self, stem: str) -> bool:
        return stem in self._code

    def module(self, stem: str) -> types.ModuleType:
        """The module of the file `stem`.py. Raises KeyError without such a file."""
        if stem in self._modules:
            return self._modules[stem]
        code = self._code[stem]
        module = types.ModuleType(stem)
        module.__file__ = code.co_filename
        judged = _Judged(vars(module))
        vars(module)["__builtins__"] = {
            **vars(builtins),
            "__import__": self._import,
            LEFT_OUT: functools.partial(self._leave_out, stem),
            BOUND: judged.bound,
        }
        self._modules[stem] = module
        if self._register and stem in self._first:
            sys.modules[stem] = module
        try:
            exec(code, vars(module))
        except BaseException:
            del self._modules[stem]
            raise
        judged.restore()
        return module

    def why_missing(self, stem: str, name: str) -> BaseException | None:
        """The exception for which a file has no such name; None if that is not the reason."""
        return self._left_out.get((stem, name)) or self._left_out.get((stem, "*"))

    def cause(self, error: BaseException) -> BaseException:
        """Why code could not be run: the exception itself, or that of a statement which was left out."""
        for _ in range(MOST_CAUSES):  # one statement may fail for want of another
            missed = self._missed(error)
            found = self.why_missing(*missed) if missed else None
            if found is None or found is error:
                break
            error = found
        return error

    def _missed(self, error: BaseException) -> tuple[str, str] | None:
        """The file and the name in it that code asked for in vain."""
        if isinstance(error, NameError) and error.name:
            at = error.__traceback__
            while at and at.tb_next:
                at = at.tb_next
            return (str(at.tb_frame.f_globals.get("__name__")), error.name) if at else None
        if isinstance(error, AttributeError) and isinstance(error.obj, types.ModuleType):
            return error.obj.__name__, str(error.name)
        if isinstance(error, ImportError) and (match := _NO_SUCH_NAME.match(str(error))):
            return str(error.name), match[1]
        return None

    def _leave_out(self, stem: str, *names: str) -> None:
        """Called by a file whose statement has just failed."""
        error = sys.exc_info()[1]
        assert error is not None, "it is called where an exception is handled"
        there = vars(self._modules[stem])
        self._left_out.update(((stem, name), error) for name in names if name not in there)
        said = sendable(_said(error), MOST_SAID)
        print(f"A line of {stem}.py fails and is left out: {said}", file=sys.stderr)

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> types.ModuleType:
        head, _, tail = name.partition(".")
        if level or (self._package and head == self._package):
            stem = name if level else tail
            if stem in self._code or not stem:
                return self._from_package(stem, fromlist or (), relative=bool(level))
        if name in self._first:
            return self.module(name)
        try:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        except ModuleNotFoundError as error:
            if error.name == name and name in self._code:
                return self.module(name)
            if error.name == head and head in self._missing:
                stand_in = self._missing[head] or StandIn(head)
                self._missing[head] = stand_in
                return stand_in
            raise

    def _from_package(self, stem: str, names: Sequence[str], relative: bool) -> types.ModuleType:
        """`from micrograd.engine import X`, `from .engine import X`, `from micrograd import engine`,
        `from micrograd import X`, `import micrograd.engine`: the module itself, or a package."""
        if stem and (names or relative):
            return self.module(stem)
        package = types.ModuleType(self._package or "lecture")
        for name in (stem, *names):
            if name in self._code:
                setattr(package, name, self.module(name))
            elif home := next((s for s in self._first if name in self._code[s].co_names), None):
                setattr(package, name, getattr(self.module(home), name, None))
        return package

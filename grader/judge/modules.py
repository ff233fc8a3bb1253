"""A lecture's files as modules that see each other, made from code in memory.

Used on both sides: for the learner's files in the sandbox, for solutions and chaffs in the judge.
A lecture's own file wins over a library of that name; any other file of the learner's (a torch.py,
a pytest.py) is found only where no library has the name.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from grader.judge.stand_ins import StandIn

MAX_PATH = 4096


def sendable(text: str, length: int) -> str:
    """The text without halves of characters, which UTF-8 has no bytes for, and not too long."""
    return text[:length].encode("utf-8", "replace").decode("utf-8")


class CodeFile(msgspec.Struct, frozen=True):
    """A compiled source file: its path as tracebacks show it, its code, marshalled."""

    path: str
    code: bytes


class ModuleSet:
    """Modules by stem, each run the first time it is asked for.

    `files` are the lecture's, `others` what else lies in the folder; `package` is a name under
    which the lecture's files may be imported as well (`micrograd.engine`). `stand_ins` are libraries
    that are replaced by nothing where they are not installed. With `register` the lecture's modules
    appear in sys.modules, as pickling and dataclasses expect.
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
        self._builtins = {**vars(builtins), "__import__": self._import}

    def __contains__(self, stem: str) -> bool:
        return stem in self._code

    def module(self, stem: str) -> types.ModuleType:
        """The module of the file `stem`.py. Raises KeyError without such a file."""
        if stem in self._modules:
            return self._modules[stem]
        code = self._code[stem]
        module = types.ModuleType(stem)
        module.__file__ = code.co_filename
        vars(module)["__builtins__"] = self._builtins
        self._modules[stem] = module
        if self._register and stem in self._first:
            sys.modules[stem] = module
        try:
            exec(code, vars(module))
        except BaseException:
            del self._modules[stem]
            raise
        return module

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

"""Names that an exercise forbids, armed in the child: a call to one while a probe runs raises.

The second of three: `forbids` is first looked for in the source (grader.source.forbidden_names), and a
result equal to the fused one in every bit is noted for the instructor.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any


class ForbiddenCall(BaseException):
    """Not an Exception, so that the learner's own `except Exception` does not hide it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Tripwire:
    """Wrappers in the place of forbidden names, which raise inside the `with` block only.

    Wrapping takes milliseconds, so the zygote does it once for all that a course forbids; a child
    arms what its exercise forbids.
    """

    def __init__(self) -> None:
        self._guarded: set[str] = set()
        self._armed: frozenset[str] = frozenset()

    def guard(self, rules: Iterable[str]) -> None:
        """Wrap what `rules` name, each once."""
        for rule in rules:
            if rule not in self._guarded:
                self._guarded.add(rule)
                if rule.startswith("."):
                    self._guard_method(rule)
                else:
                    self._guard_name(rule)

    @contextlib.contextmanager
    def armed(self, rules: Iterable[str]) -> Iterator[None]:
        self._armed = frozenset(rules)
        try:
            yield
        finally:
            self._armed = frozenset()

    def _guard_method(self, rule: str) -> None:
        import torch

        name = rule.removeprefix(".")
        original = getattr(torch.Tensor, name, None)
        if callable(original):
            setattr(torch.Tensor, name, self._wrap(original, f"Tensor.{name}", rule))
        elif isinstance(original, (property, types.GetSetDescriptorType)):
            setattr(torch.Tensor, name, self._wrap_property(original, f"Tensor.{name}", rule))

    def _guard_name(self, rule: str) -> None:
        holder_name, _, name = rule.rpartition(".")
        holder = _resolve(holder_name)
        target = getattr(holder, name, None)
        if isinstance(target, types.ModuleType):
            for inner, value in list(vars(target).items()):
                # not builtins: torch's own Python calls those of torch._C all the time
                if isinstance(value, types.FunctionType) and not (
                    inner.startswith("_") or _looks_at_its_caller(value)
                ):
                    setattr(target, inner, self._wrap(value, f"{rule}.{inner}", rule))
        elif callable(target) and not isinstance(target, type):
            setattr(holder, name, self._wrap(target, rule, rule))

    def _wrap(self, original: Callable[..., Any], name: str, rule: str) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if rule in self._armed and not _within_an_import() and not _is_torchs_own():
                raise ForbiddenCall(name)
            return original(*args, **kwargs)

        return guarded

    def _wrap_property(self, original: Any, name: str, rule: str) -> property:
        def get(tensor: Any) -> Any:
            return original.__get__(tensor)

        def put(tensor: Any, value: Any) -> None:
            if rule in self._armed:
                raise ForbiddenCall(name)
            original.__set__(tensor, value)

        return property(get, put)


TRIPWIRE = Tripwire()
"""The process's own: what is wrapped is torch, and there is one of it."""


def _within_an_import() -> bool:
    """Whether torch is importing a part of itself just now: what it calls there is not called here."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _is_torchs_own() -> bool:
    """Whether torch prints a tensor or steps an optimizer just now, and nobody else's code is between.

    It then calls plumbing of its own, which is not what an exercise forbids.
    """
    torch, frame = _torch_folder(), sys._getframe(2)
    at_work = (f"{torch}/_tensor_str.py", f"{torch}/optim/")
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(at_work):
            return True
        if not file.startswith(torch) and file not in (contextlib.__file__, __file__):
            return False
        frame = frame.f_back  # type: ignore[assignment] # None at the outermost
    return False


@functools.cache
def _torch_folder() -> str:
    import torch

    return str(Path(torch.__file__).parent)


def _looks_at_its_caller(function: types.FunctionType) -> bool:
    """As torch.fx.wrap does, which fails where a wrapper of ours stands between."""
    return not {"currentframe", "_getframe", "stack"}.isdisjoint(function.__code__.co_names)


def _resolve(dotted: str) -> Any:
    """The object behind a dotted name, or None. Imports nothing: what is not loaded is not called."""
    if not dotted or dotted in sys.modules:
        return sys.modules.get(dotted)
    holder, _, name = dotted.rpartition(".")
    return getattr(_resolve(holder), name, None)

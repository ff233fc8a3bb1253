"""Names that an exercise forbids, armed in the child: a call to one while a probe runs raises.

The second of three: `forbids` is first looked for in the source (grader.judge.forbids), and a
result equal to the fused one in every bit is noted for the instructor.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any


class Forbidden(BaseException):
    """Not an Exception, so that the learner's own `except Exception` does not hide it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Tripwire:
    """Replaces what `forbids` names by wrappers that raise inside the `with` block only."""

    def __init__(self, forbids: tuple[str, ...]) -> None:
        self._armed = False
        for name in forbids:
            if name.startswith("."):
                self._guard_method(name.removeprefix("."))
            else:
                self._guard_name(name)

    def __enter__(self) -> None:
        self._armed = True

    def __exit__(self, *_: object) -> None:
        self._armed = False

    def _guard_method(self, name: str) -> None:
        import torch

        original = getattr(torch.Tensor, name, None)
        if callable(original):
            setattr(torch.Tensor, name, self._wrap(original, f"Tensor.{name}"))
        elif isinstance(original, (property, types.GetSetDescriptorType)):
            setattr(torch.Tensor, name, self._wrap_property(original, f"Tensor.{name}"))

    def _guard_name(self, dotted: str) -> None:
        holder_name, _, name = dotted.rpartition(".")
        holder = _resolve(holder_name)
        target = getattr(holder, name, None)
        if isinstance(target, types.ModuleType):
            for inner, value in list(vars(target).items()):
                # not builtins: torch's own Python calls those of torch._C all the time
                if isinstance(value, types.FunctionType) and not inner.startswith("_"):
                    setattr(target, inner, self._wrap(value, f"{dotted}.{inner}"))
        elif callable(target) and not isinstance(target, type):
            setattr(holder, name, self._wrap(target, dotted))

    def _wrap(self, original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if self._armed:
                raise Forbidden(name)
            return original(*args, **kwargs)

        return guarded

    def _wrap_property(self, original: Any, name: str) -> property:
        def get(tensor: Any) -> Any:
            return original.__get__(tensor)

        def put(tensor: Any, value: Any) -> None:
            if self._armed:
                raise Forbidden(name)
            original.__set__(tensor, value)

        return property(get, put)


def _resolve(dotted: str) -> Any:
    """The object behind a dotted name, or None. Imports nothing: what is not loaded is not called."""
    if not dotted or dotted in sys.modules:
        return sys.modules.get(dotted)
    holder, _, name = dotted.rpartition(".")
    return getattr(_resolve(holder), name, None)

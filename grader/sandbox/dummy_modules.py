"""Something in the place of a drawing library that is not installed.

Files written along with a video begin with `from graphviz import Digraph` and end with a drawing.
Neither matters to an exercise, so neither may keep the file from being judged.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any


class _Anything:
    """Whatever is asked of it, it gives itself; `fig, ax = plt.subplots()` works."""

    def __getattr__(self, name: str) -> _Anything:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> _Anything:
        return self

    def __getitem__(self, _: Any) -> _Anything:
        return self

    def __setitem__(self, _: Any, __: Any) -> None:
        return

    def __iter__(self) -> Iterator[_Anything]:
        return iter((self, self))

    def __enter__(self) -> _Anything:
        return self

    def __exit__(self, *_: object) -> None:
        return


class StandIn(types.ModuleType):
    """A module that has every name and draws nothing. Says so once, where prints go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        print(f"{name} is not installed: its drawings are left out.", file=sys.stderr)

    def __getattr__(self, name: str) -> _Anything:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()

"""What a process pays once before it runs probes, so that no learner's code pays for it."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import re
from collections.abc import Iterable

from grader.sandbox import serialization

_SLOW = {
    # torch imports it when the first optimizer is made, a second and 800 modules later
    "torch._dynamo": re.compile(
        r"\b(optim|func|vmap|functorch|compile|use_deterministic_algorithms)\b"
    ),
}
"""Libraries that are imported late, and the words in a source that lead to them."""
_CACHE = "TORCHINDUCTOR_CACHE_DIR"


def warm() -> None:
    """Import torch and do once what is slow the first time."""
    import torch

    torch.set_num_threads(1)
    x = torch.randn(2, 2, requires_grad=True)
    (x.softmax(1) * x).sum().backward()  # type: ignore[no-untyped-call] # torch has no type for it
    serialization.encode((x, {"a": [1.5]}))
    gc.collect()
    gc.freeze()


def slow_imports(sources: Iterable[str]) -> tuple[str, ...]:
    """The libraries that the sources will import late, as far as their words tell."""
    texts = [*sources]
    return tuple(name for name, words in _SLOW.items() if any(words.search(text) for text in texts))


def import_ahead(names: Iterable[str]) -> None:
    """Import libraries; one that cannot be imported is left to the code that asks for it."""
    # torch._dynamo makes the folder of its cache, in a folder that is not ours to write in
    before = os.environ.get(_CACHE)
    os.environ[_CACHE] = os.sep
    for name in names:
        with contextlib.suppress(Exception):  # whatever it is, it is the library's
            importlib.import_module(name)
    os.environ.pop(_CACHE)
    if before is not None:
        os.environ[_CACHE] = before
    gc.collect()
    gc.freeze()

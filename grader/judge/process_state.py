"""What code can change for a whole process, and how it is put back."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Everything as it was before the block: what ran in it leaves nothing to what runs next.

    The recursion limit, torch's modes and default dtype, the random generators, the warning
    filters, the environment, the working directory and the import path.
    """
    import torch

    limit = sys.getrecursionlimit()
    dtype, gradients, threads = (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
    )
    strict, warns = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    drawn, torch_drawn = random.getstate(), torch.default_generator.get_state()
    numpy_random = sys.modules.get("numpy.random")
    numpy_drawn = numpy_random.get_state() if numpy_random else None
    environment, folder, path = dict(os.environ), _folder(), [*sys.path]
    try:
        with warnings.catch_warnings():
            yield
    finally:
        _set_recursion_limit(limit)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        if (
            torch.are_deterministic_algorithms_enabled() != strict
        ):  # a slow import, where it is called
            torch.use_deterministic_algorithms(strict, warn_only=warns)
        random.setstate(drawn)
        torch.default_generator.set_state(torch_drawn)
        if numpy_random and numpy_drawn is not None:
            numpy_random.set_state(numpy_drawn)
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)
        if folder is not None and _folder() != folder:
            os.chdir(folder)
        sys.path[:] = path


def _folder() -> str | None:
    """The working directory; None if it has been removed."""
    try:
        return os.getcwd()  # noqa: PTH109 - the same, and what os.chdir takes
    except FileNotFoundError:
        return None


def _set_recursion_limit(limit: int) -> None:
    # Python refuses a limit below the depth it is called at, which cannot last
    with contextlib.suppress(RecursionError):
        sys.setrecursionlimit(limit)

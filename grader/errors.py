"""The one error that a person can fix; every other exception is a fault of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class UserError(Exception):
    """What happened and what to do about it. The command line shows it and exits with 2."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message, fix)  # both: it may cross over from another process
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}\n{self.fix}"


@contextlib.contextmanager
def writing(out: Path) -> Iterator[None]:
    """For the block that writes what a person named: UserError if the system does not let us."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.", ELSEWHERE) from None


def nearest(name: str, names: Iterable[str], otherwise: str) -> str:
    """The remedy for a name that is not there: those that are most like it, or something else."""
    import difflib

    near = difflib.get_close_matches(name, [*names], n=3)
    return f"Did you mean {' or '.join(near)}?" if near else otherwise


ELSEWHERE = "Name another place to write it."

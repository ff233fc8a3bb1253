"""How a learner's code is kept apart from the judge."""

from __future__ import annotations

import enum
import sys


class Isolation(enum.StrEnum):
    FORK = "fork"
    """A child forked from a zygote that has torch imported and nothing else."""
    BWRAP = "bwrap"
    """The same inside bubblewrap, each child in a cell of its own: for people not to be trusted."""
    SPAWN = "spawn"
    """A new Python for each exercise: slower, and safe where fork is not."""


def default_isolation() -> Isolation:
    return Isolation.FORK if sys.platform == "linux" else Isolation.SPAWN

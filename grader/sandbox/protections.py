"""What stands between a submission and the machine, each layer by its name.

The process that is to run a submission says which of them it has put on, before it has seen a line of
that submission; docs/threat-model.md says what each holds.
"""

from __future__ import annotations

import enum


class Layer(enum.StrEnum):
    PROCESS = "own process"
    """It is given inputs; checks, solutions and verdicts are in another process."""
    LIMITS = "time and output limits"
    """Held from outside, by the judge."""
    MEMORY = "memory limit"
    CALLS = "no new process"
    """A filter on system calls: no fork, no exec, no signal, no look into another's memory."""
    USER = "no root"
    """The grader is not root, so neither is the submission, whatever it breaks out of."""
    TABLE = "own process table"
    DISK = "read-only system"
    """Python and its libraries to read; no home, no course, no submissions; a small empty folder."""
    NETWORK = "no network"
    ENVIRONMENT = "no environment"
    CAPABILITIES = "no capabilities"
    CELL_CALLS = "no thread, no socket"
    """A wider filter: nor any namespace, mount, shared memory or io_uring."""


ALONE = (Layer.PROCESS, Layer.LIMITS)
"""What every child has, but one in the foreground: that has no limits."""

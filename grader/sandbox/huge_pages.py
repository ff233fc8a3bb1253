"""A process's memory in large pages: what is forked from it begins and ends in half the time.

A fork copies the table of pages, an exit gives it back, and torch's heap has forty thousand entries of
4 KiB. Measured: 7 ms an exercise less of 20 in a cell. Collapsing takes 0.1 to 0.3 s, once.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

LARGE = 2 << 20
_MADV_COLLAPSE = 25


def use_large_pages() -> int:
    """How many large pages hold what was in small ones; none before Linux 6.1."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None)
    size = ctypes.c_size_t(LARGE)
    return sum(
        libc.madvise(ctypes.c_void_p(address), size, _MADV_COLLAPSE) == 0
        for start, end in _written()
        for address in range(-(-start // LARGE) * LARGE, end - LARGE + 1, LARGE)
    )


def _written() -> Iterator[tuple[int, int]]:
    """Where the memory is that belongs to no file."""
    maps = Path("/proc/self/maps").read_text(encoding="ascii", errors="replace")
    for line in (row.split(None, 5) for row in maps.splitlines()):
        name = line[5].strip() if len(line) > 5 else ""
        if line[1].startswith("rw-p") and name in ("", "[heap]"):
            start, _, end = line[0].partition("-")
            yield int(start, 16), int(end, 16)

"""Where a line stands in what was handed in: `hw5.ipynb, cell 7, line 3`."""

from __future__ import annotations

import bisect

import msgspec


class Place(msgspec.Struct, frozen=True):
    """What stands for one of the lecture's files."""

    path: str
    """Within the submission."""
    starts: tuple[int, ...] = ()
    """Of a notebook: the line on which each of its code cells begins."""

    def line(self, number: int) -> str:
        """The words for a line of the lecture's file."""
        if not self.starts:
            return f"{self.path}, line {number}"
        cell = bisect.bisect_right(self.starts, number)
        if not cell:
            return self.path
        return f"{self.path}, cell {cell}, line {number - self.starts[cell - 1] + 1}"

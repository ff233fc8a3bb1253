"""Moves places from a lecture's files to what was handed in: a file, or the cells of a notebook."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence

import msgspec

from grader.failures import AnyFailure, Location
from grader.results import CheckResult, ExerciseResult, Misconception, Remark, Step


class Origin(msgspec.Struct, frozen=True):
    """What stands for one of the lecture's files."""

    path: str
    """Within the submission."""
    starts: tuple[int, ...] = ()
    """The line on which each code cell of a notebook begins; none if it is a file."""


class SourceMap:
    """The origins of a lecture's files, asked where a line of them is.

    >>> str(SourceMap({"nn.py": Origin("hw.ipynb", (1, 5))}).locate(Location("nn.py", 7, "f")))
    'hw.ipynb, cell 2, line 3, in f'
    """

    def __init__(
        self, origins: Mapping[str, Origin], live: str = "", prompts: Sequence[int] = ()
    ) -> None:
        """`live` is the notebook that is open: its cells are called `In [12]`, by `prompts`."""
        self._origins = origins
        self._live = live
        self._prompts = prompts

    def locate(self, location: Location) -> Location:
        """Where it is in what was handed in. A location in no file of the lecture stays as it is."""
        origin = self._origins.get(location.file)
        if origin is None:
            return location
        cell = bisect.bisect_right(origin.starts, location.line) if location.line else 0
        if not cell:
            line = None if origin.starts else location.line
            return msgspec.structs.replace(location, file=origin.path, line=line)
        assert location.line is not None
        line = location.line - origin.starts[cell - 1] + 1
        if self._live and origin.path == self._live:
            known = cell <= len(self._prompts)
            name = f"In [{self._prompts[cell - 1]}]" if known else f"cell {cell}"
            return Location("", line, location.function, name)
        return Location(origin.path, line, location.function, f"cell {cell}")

    def place(self, file: str, line: int | None) -> str:
        """The words for a line of one of the lecture's files."""
        return str(self.locate(Location(file, line)))

    def failure(self, failure: AnyFailure) -> AnyFailure:
        return failure.moved(self.locate)

    def remark(self, remark: Remark) -> Remark:
        return msgspec.structs.replace(remark, location=self._moved(remark.location))

    def misconception(self, known: Misconception) -> Misconception:
        return msgspec.structs.replace(known, location=self._moved(known.location))

    def result(self, result: ExerciseResult) -> ExerciseResult:
        """A result whose `path` is the words for where it points, and needs no line."""
        known = result.misconception
        return msgspec.structs.replace(
            result,
            path=self.place(result.file, result.line),
            line=None,
            checks=tuple(map(self._check, result.checks)),
            notes=tuple(map(self.remark, result.notes)),
            flags=tuple(map(self.remark, result.flags)),
            misconception=self.misconception(known) if known else None,
        )

    def _check(self, check: CheckResult) -> CheckResult:
        failure = self.failure(check.failure) if check.failure else None
        return msgspec.structs.replace(
            check, failure=failure, steps=tuple(map(self.step, check.steps))
        )

    def step(self, step: Step) -> Step:
        return msgspec.structs.replace(step, location=self.locate(step.location))

    def _moved(self, location: Location | None) -> Location | None:
        return self.locate(location) if location else None

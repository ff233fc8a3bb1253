"""A result that says where in a notebook: `engine.ipynb, cell 3, line 4` for line 57 of engine.py."""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping, Sequence

import msgspec

from grader.judge.results import CheckResult, ExerciseResult, Step
from grader.teach.places import Place


class Placing:
    """What stands for each of a lecture's files, asked for a line of it."""

    def __init__(
        self, places: Mapping[str, Place], live: str = "", numbers: Sequence[int] = ()
    ) -> None:
        """`live` is the notebook that somebody is in: its cells are called `In [12]`, by `numbers`."""
        self._places = places
        self._live = live
        self._numbers = numbers

    def find(self, file: str, line: int) -> tuple[str, int]:
        """What to call it, and the line in it."""
        place = self._places.get(file)
        cell = bisect.bisect_right(place.starts, line) if place else 0
        if place is None or not cell:
            return file, line
        within = line - place.starts[cell - 1] + 1
        if place.path == self._live:
            return self._name(cell), within
        return f"{place.path}, cell {cell}", within

    def spoken(self, text: str) -> str:
        """A sentence of the judge's, with the names of notebooks and cells in the place of files'."""
        for file, place in self._places.items():
            if not place.starts:  # a file, which is called as it is
                continue

            def spoken(match: re.Match[str], file: str = file) -> str:
                name, line = self.find(file, int(match[1]))
                return f"{name}, line {line}"

            text = re.sub(rf"\b{re.escape(file)},? line (\d+)", spoken, text)
            # a path that says what it stands for, `hw5.ipynb (engine.py)`, has said it
            shown = place.path.replace("\\", r"\\")
            text = re.sub(rf"(?<!\()\b{re.escape(file)}\b", shown, text)
        if not self._live:
            return text
        cell = rf"\b{re.escape(self._live)}, cell (\d+)"
        return re.sub(cell, lambda match: self._name(int(match[1])), text)

    def placed(self, result: ExerciseResult) -> ExerciseResult:
        """A result whose `path` is the words for where it points, and needs no line."""
        where = self.spoken(result.file)
        if result.line is not None:
            where = "{}, line {}".format(*self.find(result.file, result.line))
        named = result.misconception
        if named:
            named = msgspec.structs.replace(named, says=self.spoken(named.says))
        return msgspec.structs.replace(
            result,
            path=where,
            line=None,
            checks=tuple(map(self._check, result.checks)),
            misconception=named,
        )

    def _check(self, check: CheckResult) -> CheckResult:
        steps = tuple(map(self._step, check.steps))
        return msgspec.structs.replace(check, message=self.spoken(check.message), steps=steps)

    def _step(self, step: Step) -> Step:
        name, line = self.find(step.file, step.line)
        return msgspec.structs.replace(step, file=name, line=line)

    def _name(self, cell: int) -> str:
        known = 0 < cell <= len(self._numbers)
        return f"In [{self._numbers[cell - 1]}]" if known else f"cell {cell}"

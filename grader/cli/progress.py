"""How far a class is graded, while it is: a bar for those who watch, a line a minute for a log."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from grader.grading.run import GradingStep

MINUTE = 60.0


@contextlib.contextmanager
def progress_of(console: Console, total: int) -> Iterator[Callable[[GradingStep], None]]:
    """To be told of each step: a bar with count, rate and time left; a line a minute in a file."""
    if not console.is_terminal:
        yield _Minutes(console, total)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as LeftColumn

    columns = (
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        LeftColumn(),
        TextColumn("{task.fields[failed]}", style="zth.fail"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, rate="", failed="")
        counted = _Counted(total)

        def tell(step: GradingStep) -> None:
            counted.add(step)
            progress.update(
                task, completed=counted.done, rate=counted.rate(), failed=counted.failed()
            )

        yield tell


class _Counted:
    """How many are done, how fast, how many are not all right, and how many are not graded."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._failed = 0
        self._broken = 0
        self._start = time.monotonic()

    def add(self, step: GradingStep) -> None:
        self.done += 1
        self._failed += step.result is not None and not step.result.passed
        self._broken += bool(step.why)

    def rate(self) -> str:
        seconds = time.monotonic() - self._start
        return f"{self.done / seconds:.1f} a second" if seconds > 1 else ""

    def left(self) -> str:
        seconds = time.monotonic() - self._start
        left = seconds / max(1, self.done) * (self.total - self.done)
        return (
            f"about {left / MINUTE:.0f} min left" if left >= MINUTE else "less than a minute left"
        )

    def failed(self) -> str:
        counts = {"not all right": self._failed, "not graded": self._broken}
        return ", ".join(f"{number} {words}" for words, number in counts.items() if number)


class _Minutes(_Counted):
    def __init__(self, console: Console, total: int) -> None:
        super().__init__(total)
        self._console = console
        self._told = time.monotonic()

    def __call__(self, step: GradingStep) -> None:
        self.add(step)
        if time.monotonic() - self._told >= MINUTE:
            self._told = time.monotonic()
            words = [f"{self.done} of {self.total}", self.rate(), self.left(), self.failed()]
            self._console.print(Text(", ".join(filter(None, words))))

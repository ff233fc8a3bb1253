"""Two commands in turn, A B A B …, and the ratio pair by pair: it holds where the speed drifts."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is not compiled at each start


def zth(*arguments: str) -> list[str]:
    return [str(BIN / "zth"), *arguments]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def seconds(command: Sequence[str], cwd: Path | None = None) -> float:
    """Wall-clock time of a whole process. Its exit code is its own affair, 2 and 3 are not."""
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=cwd)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stderr.decode()}")
    return time.perf_counter() - start


def compare(
    what: str, command: Sequence[str], beside: Sequence[str], bound: float, cwd: Path | None = None
) -> None:
    """Print the medians and the median ratio of ten pairs, after one pair that is not counted."""
    pairs = [(seconds(command, cwd), seconds(beside, cwd)) for _ in range(11)][1:]
    ratio = statistics.median(a / b for a, b in pairs)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    report(
        what, f"{ours:.3f} s", f"{theirs:.3f} s", f"{ratio:.2f} ×", f"{bound:g} ×", ratio <= bound
    )


def report(what: str, ours: str, beside: str, figure: str, bound: str, holds: bool) -> None:
    sign = "✓" if holds else "✗"
    print(
        f"{sign} {what:<44} {ours:>9} beside {beside:>9}   {figure:>8}  (at most {bound})",
        flush=True,
    )


def report_least(what: str, ours: str, beside: str, ratio: float, bound: float) -> None:
    """As `report`, for a figure that must not be lower."""
    sign = "✓" if ratio >= bound else "✗"
    print(
        f"{sign} {what:<44} {ours:>9} beside {beside:>9}   {ratio:>6.2f} ×  (at least {bound:g} ×)",
        flush=True,
    )

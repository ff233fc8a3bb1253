"""2,000 submissions of lecture 5 in one run: the last tenth takes no more memory, and is as quick."""

from __future__ import annotations

import contextlib
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.side_by_side import report, report_least, zth
from benchmarks.throughput import hand_in

PEOPLE = 2000
TENTH = PEOPLE // 10
EVERY_SECONDS = 0.5


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_in(folder / "class", PEOPLE)
        seen = list(_watched(folder))
    first = [s for s in seen if 0 < s[1] <= TENTH]
    last = [s for s in seen if PEOPLE - TENTH < s[1] <= PEOPLE]
    memory = [statistics.median(s[2] for s in part) / 2**20 for part in (last, first)]
    ratio = memory[0] / memory[1]
    words = (f"{memory[0]:.0f} MiB", f"{memory[1]:.0f} MiB", f"{ratio:.3f} ×", "1.1 ×")
    report(f"memory of all, the last {TENTH} beside the first", *words, ratio <= 1.1)
    speed = [(part[-1][1] - part[0][1]) / (part[-1][0] - part[0][0]) for part in (last, first)]
    ratio = speed[0] / speed[1]
    rates = (f"{speed[0]:.2f} /s", f"{speed[1]:.2f} /s")
    report_least(f"throughput, the last {TENTH} beside the first", *rates, ratio, 0.9)
    print(f"  {PEOPLE} in {seen[-1][0]:.0f} s, {PEOPLE / seen[-1][0]:.2f} a second, start and all")


Sample = tuple[float, int, int]
"""Seconds since the start, submissions graded, bytes of all processes."""


def _watched(folder: Path) -> list[Sample]:
    store = folder / "grades.sqlite"
    command = zth("grade", str(folder / "class"), "lecture5", "--store", str(store))
    start = time.monotonic()
    seen: list[Sample] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            seen.append((time.monotonic() - start, graded(store), _memory(process.pid)))
            time.sleep(EVERY_SECONDS)
    if process.returncode != 0:
        raise SystemExit(f"zth grade ended with {process.returncode}")
    return seen


def graded(store: Path) -> int:
    """How many submissions have their marks, read while another writes them."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as book:
            (number,) = book.execute("SELECT count(*) FROM hand_in").fetchone()
            return int(number)
    except sqlite3.OperationalError:  # not there yet
        return 0


def _memory(pid: int) -> int:
    """Of a process and all below it; what they share is counted once (PSS)."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_full_info().pss
    return total


if __name__ == "__main__":
    main()

"""Submissions of lecture 5 a second: two judges beside one, and a Dask cluster of two beside two here.

One judge has one core, two have two: where it may, a judge keeps a second core half busy, for the next
process loads while one is heard. Seconds a submission are those of one more, from a small class to a
larger one, so that no start counts. The runs take turns: where the machine slows down, all do.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.side_by_side import report_least, zth
from grader.course.manifest import bundled_course, load_course

SMALL, LARGE = 6, 66
ROUNDS = 3
WAYS = {
    "one": (1, ("--jobs", "1")),
    "two": (2, ("--jobs", "2")),
    "dask": (2, ("--dask", "local", "--jobs", "2")),
}
"""Cores, and the options."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for people in (SMALL, LARGE):
            hand_in(folder / str(people), people)
        took: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way, (cores, words) in WAYS.items():
                large, small = folder / str(LARGE), folder / str(SMALL)
                more = _grade(large, cores, words) - _grade(small, cores, words)
                took[way].append(more / (LARGE - SMALL))
    one, two, dask = (statistics.median(took[way]) for way in WAYS)
    beside = statistics.median(a / b for a, b in zip(took["one"], took["two"], strict=True))
    report_least("a submission, two judges beside one", _s(two), _s(one), beside, 1.7)
    beside = statistics.median(a / b for a, b in zip(took["two"], took["dask"], strict=True))
    report_least("a submission, Dask's two beside two here", _s(dask), _s(two), beside, 0.85)


def hand_in(folder: Path, people: int) -> None:
    """A class that all hand in the solution of lecture 5."""
    course = load_course(bundled_course())
    lecture = next(lecture for lecture in course.lectures if lecture.id == "lecture5")
    for number in range(people):
        shutil.copytree(course.solutions(lecture), folder / f"student{number:05}")


def _grade(folder: Path, cores: int, words: tuple[str, ...]) -> float:
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < cores:
        raise SystemExit(f"This takes {cores} cores.")
    store = folder.with_suffix(".sqlite")
    store.unlink(missing_ok=True)
    start = time.perf_counter()
    command = zth("grade", str(folder), "lecture5", "--store", str(store), *words)
    os.sched_setaffinity(0, ours[:cores])
    try:
        subprocess.run(command, check=True, capture_output=True)
    finally:
        os.sched_setaffinity(0, ours)
    return time.perf_counter() - start


def _s(seconds: float) -> str:
    return f"{seconds:.3f} s"


if __name__ == "__main__":
    main()

"""Submissions of lecture 5 a second: two judges beside one, and a Dask cluster of two beside two here.

Seconds a submission are those of one more, from a small class to a larger one, so that no start counts.
The three runs take turns, so that a machine that slows down slows all of them.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.side_by_side import report_least, zth
from grader.course.manifest import bundled_course, load_course

SMALL, LARGE = 6, 66
ROUNDS = 5
WAYS = {
    "one": ("--jobs", "1"),
    "two": ("--jobs", "2"),
    "dask": ("--dask", "local", "--jobs", "2"),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for people in (SMALL, LARGE):
            hand_in(folder / str(people), people)
        took: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way, words in WAYS.items():
                more = _grade(folder / str(LARGE), words) - _grade(folder / str(SMALL), words)
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


def _grade(folder: Path, words: tuple[str, ...]) -> float:
    store = folder.with_suffix(".sqlite")
    store.unlink(missing_ok=True)
    start = time.perf_counter()
    command = zth("grade", str(folder), "lecture5", "--store", str(store), *words)
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def _s(seconds: float) -> str:
    return f"{seconds:.3f} s"


if __name__ == "__main__":
    main()

"""A class's notebooks with three torch tasks: `nbgrader autograde` beside `zth grade`, and their marks.

Seconds a submission are those of one more: the difference between a large class and a small one, so
that neither's start counts. The whole run of twenty is printed as well, start and all.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.nbgrader_course import COURSE, autograde, make_course, marks
from benchmarks.side_by_side import report_least, zth

FEW, TWENTY, MANY = 2, 20, 400


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = _nbgrader(folder / "few", FEW)
        twenty = _nbgrader(folder / "twenty", TWENTY)
        theirs = (twenty - few) / (TWENTY - FEW)
        make_course(folder / "many", MANY)
        for jobs, bound in ((1, 40), (2, 70)):
            small = _zth(folder / "twenty", jobs)
            large = _zth(folder / "many", jobs)
            ours = (large - small) / (MANY - TWENTY)
            what = f"a submission, zth --jobs {jobs} beside nbgrader"
            report_least(what, f"{ours:.4f} s", f"{theirs:.3f} s", theirs / ours, bound)
            print(f"  twenty in all: {small:.1f} s beside {twenty:.1f} s, {twenty / small:.0f} ×")


def _nbgrader(folder: Path, people: int) -> float:
    """Seconds that nbgrader takes; its marks are what was deserved."""
    deserved = make_course(folder, people)
    took = autograde(folder)
    _same("nbgrader", marks(folder), deserved)
    return took


def _zth(folder: Path, jobs: int) -> float:
    """Seconds that zth takes for the same notebooks; its marks are nbgrader's."""
    store = folder / f"grades{jobs}.sqlite"
    words = ["grade", str(folder / "submitted"), "tasks", "--course", str(COURSE)]
    words += ["--store", str(store), "--jobs", str(jobs), "--json"]
    start = time.perf_counter()
    done = subprocess.run(zth(*words), capture_output=True, check=True)
    took = time.perf_counter() - start
    points: dict[str, float] = {}
    for mark in json.loads(done.stdout)["marks"]:
        points[mark["who"]] = points.get(mark["who"], 0) + mark["result"]["points"]
    if (folder / "autograded").exists():
        _same("zth", points, marks(folder))
    return took


def _same(who: str, marks: dict[str, float], deserved: dict[str, float]) -> None:
    if marks != deserved:
        raise SystemExit(f"{who} gives other marks: {marks} instead of {deserved}")


if __name__ == "__main__":
    main()

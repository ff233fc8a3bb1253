"""A class's notebooks with three torch tasks: nbgrader as it is, with zth's step, and on all cores.

The same notebooks, the same gradebook cells, the same marks. Seconds a submission are those of one more:
the difference between a large class and a small one, so that no program's start counts. The whole run of
twenty is printed as well, start and all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.nbgrader_course import (
    autograde,
    autograde_in_parallel,
    judged_by_zth,
    make_course,
    marks,
    start_again,
)
from benchmarks.side_by_side import report_least

FEW, TWENTY, MANY = 2, 20, 120
JOBS = 2


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = {people: Path(name) / str(people) for people in (FEW, TWENTY, MANY)}
        deserved = {people: make_course(folder, people) for people, folder in folders.items()}

        def timed(grade: Callable[[Path], float], people: int) -> float:
            """Seconds for so many; the marks are what was deserved."""
            start_again(folders[people])
            took = grade(folders[people])
            if (given := marks(folders[people])) != deserved[people]:
                raise SystemExit(f"other marks: {given} instead of {deserved[people]}")
            return took

        twenty = timed(autograde, TWENTY)
        theirs = (twenty - timed(autograde, FEW)) / (TWENTY - FEW)
        for folder in folders.values():
            judged_by_zth(folder)
        ours: dict[str, tuple[Callable[[Path], float], float]] = {
            "nbgrader autograde, zth's step": (autograde, 12),
            f"zth nbgrader autograde --jobs {JOBS}": (
                partial(autograde_in_parallel, jobs=JOBS),
                25,
            ),
        }
        for what, (grade, bound) in ours.items():
            small = timed(grade, TWENTY)
            one = (timed(grade, MANY) - small) / (MANY - TWENTY)
            ratio = theirs / one
            report_least(f"a submission, {what}", f"{one:.4f} s", f"{theirs:.3f} s", ratio, bound)
            print(f"  twenty in all: {small:.1f} s beside {twenty:.1f} s, {twenty / small:.1f} ×")


if __name__ == "__main__":
    main()

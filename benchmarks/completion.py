"""The tab key: what the shell waits for, beside a Python that does nothing.

The first of all reads the app and the course, once; those after it read what was kept.
"""

import os
import tempfile

from benchmarks.side_by_side import compare, python, report, seconds, zth

RATIO = 4
SECONDS = 0.15
FIRST_SECONDS = 1.0
LINES = ("zth ", "zth check 5.d", "zth check soft", "zth check --")


def show(what: str, took: float, bound: float) -> None:
    report(what, f"{took:.3f} s", "-", f"{took:.3f} s", f"{bound} s", took <= bound)


def main() -> None:
    slowest = 0.0
    for number, line in enumerate(LINES):
        words = line.split(" ")
        os.environ |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
        if number == 0:
            show("the first TAB of all", seconds(zth()), FIRST_SECONDS)
        compare(f"{line}<TAB>", zth(), python("pass"), RATIO)
        slowest = max([slowest, *(seconds(zth()) for _ in range(5))])
    show(f"the slowest of {5 * len(LINES)}", slowest, SECONDS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as empty:
        os.environ |= {"XDG_CACHE_HOME": empty, "_ZTH_COMPLETE": "complete_bash"}
        main()

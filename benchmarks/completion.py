"""The tab key: what the shell waits for, beside a Python that does nothing."""

import os

from benchmarks.side_by_side import compare, python, report, seconds, zth

RATIO = 4
SECONDS = 0.1
LINES = ("zth ", "zth check 5.d", "zth check soft", "zth check --")


def main() -> None:
    slowest = 0.0
    for line in LINES:
        words = line.split(" ")
        os.environ |= {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
        compare(f"{line}<TAB>", zth(), python("pass"), RATIO)
        slowest = max([slowest, *(seconds(zth()) for _ in range(5))])
    what, took = f"the slowest of {5 * len(LINES)}", f"{slowest:.3f} s"
    report(what, took, "-", took, f"{SECONDS} s", slowest <= SECONDS)


if __name__ == "__main__":
    os.environ["_ZTH_COMPLETE"] = "complete_bash"
    main()

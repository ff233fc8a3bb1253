"""A judge that is already running: all of lecture 5, and one exercise of it, on a right submission."""

import statistics

from benchmarks.side_by_side import report
from grader.course.manifest import bundled_course, load_course
from grader.course.targets import Selection, select
from grader.judge.judge import Judge, open_judge
from grader.sandbox.sandbox import Sandbox
from grader.source.files import read_submission

RUNS = 50


def main() -> None:
    course = load_course(bundled_course())
    (whole,) = select(course, ["lecture5"])
    (one,) = select(course, ["lecture5.cross_entropy_backward"])
    folder = course.solutions(whole.lecture)

    def median(judge: Judge, selection: Selection) -> float:
        times = []
        for _ in range(RUNS + 1):
            verdict = judge.judge(selection, read_submission(folder, selection.lecture))
            assert verdict.passed
            times.append(verdict.seconds)
        return statistics.median(times[1:])

    with (
        Sandbox(forbids=course.forbids) as sandbox,
        open_judge(course, [whole.lecture], sandbox) as judge,
    ):
        for selection, bound in ((whole, 0.4), (one, 0.06)):
            took = median(judge, selection)
            what = f"warm judge, {len(selection.exercises)} exercises, median of {RUNS}"
            report(
                what,
                f"{took:.3f} s",
                f"{bound:.2f} s",
                f"{took:.3f} s",
                f"{bound} s",
                took <= bound,
            )


if __name__ == "__main__":
    main()

"""`zth watch` on lecture 2: from the save to the verdict on the screen, for a right and a wrong save.

The file is written and the terminal read, as a learner has it. Every exercise of the lecture has its
turn: a save that breaks it, and one that mends it.
"""

import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect

from benchmarks.side_by_side import python, report, seconds, zth
from grader.course.manifest import Exercise, bundled_course, load_course
from grader.source.files import find_definition

LECTURE = "lecture2"
BOUND = 0.3
PAUSE_SECONDS = 0.4
"""Between saves: what the save before still has to say is said."""


def main() -> None:
    course = load_course(bundled_course())
    lecture = next(lecture for lecture in course.lectures if lecture.id == LECTURE)
    with tempfile.TemporaryDirectory() as folder:
        exercises = Path(folder) / "exercises" / lecture.dir
        shutil.copytree(course.solutions(lecture), exercises)
        times = [
            took
            for exercise in lecture.exercise
            for took in _both_saves(folder, f"{lecture.id}.{exercise.id}", exercise, exercises)
        ]
    median = statistics.median(times)
    beside = statistics.median(seconds(python("import torch")) for _ in range(3))
    what = f"save to verdict, {LECTURE}, median of {len(times)}"
    figure, holds = f"{median / beside:.2f} ×", median <= BOUND
    report(what, f"{median:.3f} s", f"{beside:.3f} s", figure, f"{BOUND} s", holds)
    print(f"  the slowest of them {max(times):.3f} s; beside it, the import of torch alone")


def _both_saves(root: str, target: str, exercise: Exercise, folder: Path) -> Iterator[float]:
    path = folder / exercise.file
    right = path.read_text(encoding="utf-8")
    wrong = _broken(right, exercise)
    command = zth("watch", target)
    child = pexpect.spawn(
        command[0], command[1:], cwd=root, encoding="utf-8", timeout=60, dimensions=(50, 80)
    )
    child.expect("passed")
    for text, verdict in ((wrong, "wrong|broke"), (right, "passed")):
        _let_it_finish(child)
        start = time.perf_counter()
        path.write_text(text, encoding="utf-8")
        child.expect(re.escape(exercise.id) + r"(?:\s|\x1b\[[0-9;]*m)*(?:" + verdict + ")")
        yield time.perf_counter() - start
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()


def _let_it_finish(child: "pexpect.spawn[str]") -> None:
    """Until nothing new is drawn: a whole data set may still be judged."""
    while True:
        try:
            child.read_nonblocking(1 << 16, timeout=PAUSE_SECONDS)
        except pexpect.TIMEOUT:
            return


def _broken(text: str, exercise: Exercise) -> str:
    """Its first definition gives None."""
    node = find_definition(text, exercise.names[0])
    first = next(child for child in getattr(node, "body", []) if child.lineno > node.lineno)
    lines = text.splitlines(keepends=True)
    at = first.lineno - 1
    return "".join([*lines[:at], " " * first.col_offset, "return None\n", *lines[at:]])


if __name__ == "__main__":
    main()

"""Commands that judge nothing, beside what they cannot do without: the import of typer and rich.

In a workspace with ten thousand attempts, as somebody has who did the course twice.
"""

import random
import tempfile
from pathlib import Path

from benchmarks.side_by_side import compare, python, zth
from grader.course.manifest import bundled_course, load_course
from grader.results import ExerciseResult, LectureResult, Outcome
from grader.workspace.init import make_workspace
from grader.workspace.progress import Progress
from grader.workspace.workspace import Workspace

BOUND = 2.0
HELP_BOUND = 2.6
"""A help page is laid out by typer, which imports rich.markdown and rich.traceback for it: the page of an
app with one option alone takes 2.3 times as long."""
ATTEMPTS = 10_000
COMMANDS = (
    (),
    ("--help",),
    ("check", "--help"),
    ("list",),
    ("status",),
    ("log",),
    ("hint", "lecture1.value_mul"),
    ("solution", "lecture1.value_mul", "--spoil"),
    ("restore",),
)


def main() -> None:
    beside = python("import typer, rich")
    with tempfile.TemporaryDirectory() as folder:
        workspace = make_workspace(Path(folder) / "course", load_course(bundled_course()))
        fill(workspace)
        for command in COMMANDS:
            what = " ".join(("zth", *command))
            bound = HELP_BOUND if "--help" in command else BOUND
            compare(what, zth(*command), beside, bound, workspace.root)


def fill(workspace: Workspace) -> None:
    """Ten thousand attempts at every exercise in turn, most of them wrong."""
    rng = random.Random(1)
    course = load_course(bundled_course())
    pairs = [(lecture, e) for lecture in course.lectures for e in lecture.exercise]
    progress = Progress(workspace)
    while (there := len(progress.attempts())) < ATTEMPTS:
        verdicts = []
        for lecture, exercise in pairs[: ATTEMPTS - there]:
            outcome = rng.choice([Outcome.PASS, Outcome.FAIL, Outcome.FAIL, Outcome.ERROR])
            result = ExerciseResult(
                id=exercise.id,
                title=exercise.title,
                outcome=outcome,
                points=0,
                max_points=exercise.points,
                file=exercise.file,
                path=exercise.file,
                bonus=exercise.bonus,
                started=True,
                line=None,
            )
            verdicts.append(LectureResult(lecture.id, 1, "fork", (result,), 0.0))
        progress.record(verdicts, "check")


if __name__ == "__main__":
    main()

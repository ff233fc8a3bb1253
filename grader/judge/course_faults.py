"""A hidden check that broke, said to its author: the file, the line, what Python says."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

from grader.course.manifest import Course, bundled_course
from grader.errors import UserError
from grader.judge.exercise_run import DoesNotStart
from grader.judge.pytest_plugin import CourseFault


@contextlib.contextmanager
def own_faults(course: Course) -> Iterator[None]:
    """For the block that judges: UserError if a check of somebody's own course breaks.

    A check of the course that zth comes with is a fault of ours, and stays one.
    """
    try:
        yield
    except CourseFault as fault:
        if course.root == bundled_course() or isinstance(fault.__cause__, DoesNotStart):
            raise
        raise UserError(where_it_broke(fault, course.root), CORRECT_IT) from fault


def where_it_broke(fault: CourseFault, root: Path) -> str:
    """The last line of the course's own on the way to what broke."""
    cause = fault.__cause__
    frames = traceback.extract_tb(cause.__traceback__) if cause else []
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(root):
            what = f"{type(cause).__name__}: {cause}"
            return BROKE.format(file=path.relative_to(root), line=frame.lineno, what=what)
    return str(fault)


BROKE = "A check of the course breaks, whatever it is given: {file}, line {line}: {what}."
CORRECT_IT = "Correct the check, then run the command again."

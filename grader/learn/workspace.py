"""The folder a learner works in: any folder with exercises/ in it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grader.course.manifest import Course, Lecture
from grader.errors import UserError
from grader.judge.submission import Submission, read_submission

FOLDER = "exercises"
OWN = ".zth"


class Workspace(msgspec.Struct, frozen=True):
    """`root` holds exercises/; it may not be there yet, and then nothing has been started."""

    root: Path

    @property
    def exists(self) -> bool:
        return (self.root / FOLDER).is_dir()

    @property
    def own(self) -> Path:
        """zth's own folder: progress, and copies of what was replaced."""
        return self.root / OWN

    def folder(self, lecture: Lecture) -> Path:
        return self.root / FOLDER / lecture.dir

    def submission(self, lecture: Lecture) -> Submission:
        return read_submission(self.folder(lecture), lecture)


def find_workspace(start: Path, course: Course) -> Workspace:
    """The nearest folder at or above `start` that holds exercises/ with a lecture of the course.

    Where there is none, the checkout the course itself lies in, and then `start`, not begun. The
    copies in `.zth` are no workspaces, though they look like one.
    """
    for folder in (start, *start.parents):
        if OWN not in folder.parts and any(
            (folder / FOLDER / lecture.dir).is_dir() for lecture in course.lectures
        ):
            return Workspace(folder)
    if (course.root / ".git").exists() and (course.root / FOLDER).is_dir():
        return Workspace(course.root)
    return Workspace(start)


def named_workspace(folder: Path) -> Workspace:
    """The workspace of `--workspace`. Raises UserError where it is none."""
    workspace = Workspace(folder.resolve())
    if not workspace.exists:
        raise UserError(
            f"{folder} holds no {FOLDER}/ folder.",
            f"Name the folder that has {FOLDER}/ in it, or make one with `zth init {folder}`.",
        )
    return workspace

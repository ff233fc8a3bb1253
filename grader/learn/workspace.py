"""The folder a learner works in: any folder with exercises/ in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Lecture
from grader.errors import UserError
from grader.judge.submission import Submission, read_submission

FOLDER = "exercises"


class Workspace(msgspec.Struct, frozen=True):
    """`root` holds exercises/; it may not be there yet, and then nothing has been started."""

    root: Path

    @property
    def exists(self) -> bool:
        return (self.root / FOLDER).is_dir()

    @property
    def own(self) -> Path:
        """zth's own folder: progress, and copies of what was replaced."""
        return self.root / ".zth"

    def folder(self, lecture: Lecture) -> Path:
        return self.root / FOLDER / lecture.dir

    def submission(self, lecture: Lecture) -> Submission:
        return read_submission(self.folder(lecture), lecture)


def find_workspace(start: Path, course: Course) -> Workspace:
    """The nearest folder at or above `start` that holds exercises/ with a lecture of the course.

    Where there is none, the checkout the course itself lies in, and then `start`, not begun.
    """
    for folder in (start, *start.parents):
        if any((folder / FOLDER / lecture.dir).is_dir() for lecture in course.lectures):
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


def make_workspace(folder: Path, course: Course) -> Workspace:
    """A new workspace with every stub of the course. Raises UserError where the folder is in use."""
    target = folder / FOLDER
    if target.exists():
        raise UserError(
            f"{target} is there already; nothing was changed.",
            "Work in it, or name a new folder: `zth init DIR`.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for lecture in course.lectures:
            shutil.copytree(
                course.stubs(lecture),
                target / lecture.dir,
                ignore=shutil.ignore_patterns("__pycache__", ".*"),
            )
    except OSError as error:
        raise UserError(
            f"{target} cannot be written: {error.strerror}.", "Name a folder that you may write to."
        ) from None
    return Workspace(folder.resolve())

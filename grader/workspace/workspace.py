"""The folder a learner works in: any folder with exercises/ in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Lecture, bundled_course, load_course
from grader.errors import UserError
from grader.source.files import Submission, read_submission

FOLDER = "exercises"
OWN = ".zth"
COURSE = "course"
"""Beside exercises/ in a pack: the course that is worked on there."""
ORIGIN = "workspace.json"
"""In zth's own folder: which course a workspace is of."""


class Workspace(msgspec.Struct, frozen=True):
    """`root` holds exercises/; it may not be there yet, and then nothing has been started."""

    root: Path

    @property
    def exists(self) -> bool:
        """Raises UserError if exercises/ is closed to us."""
        return is_folder(self.root / FOLDER)

    @property
    def own(self) -> Path:
        """zth's own folder: progress, and copies of what was replaced."""
        return self.root / OWN

    def folder(self, lecture: Lecture) -> Path:
        return self.root / FOLDER / lecture.dir

    def submission(self, lecture: Lecture) -> Submission:
        return read_submission(self.folder(lecture), lecture)


def course_at(start: Path) -> Course:
    """The course of the nearest workspace at or above `start`: its own in a pack, otherwise ours.

    Raises UserError if a pack's is broken: to judge with another would be worse.
    """
    for folder in (start, *start.parents):
        if (folder / COURSE / "course.toml").is_file() and (folder / FOLDER).is_dir():
            course = load_course(folder / COURSE)
            if course.released:
                return course
        if (folder / OWN / ORIGIN).is_file():
            break
    return load_course(bundled_course())


def find_workspace(start: Path, course: Course) -> Workspace:
    """The nearest folder at or above `start` that holds exercises/ with a lecture of the course.

    If there is none, `start` itself, not begun: the stubs of a checkout elsewhere are not the
    learner's. The copies in `.zth` are no workspaces, though they look like one. Raises UserError if
    there is none to be found and an exercises/ that is closed to us.
    """
    closed: UserError | None = None
    for folder in (start, *start.parents):
        if OWN in folder.parts:
            continue
        try:
            if is_folder(folder / FOLDER) and any(
                (folder / FOLDER / lecture.dir).is_dir() for lecture in course.lectures
            ):
                return Workspace(folder)
        except UserError as error:  # somebody else's, perhaps, and ours is further up
            closed = closed or error
    if closed:
        raise closed
    return Workspace(start)


def named_workspace(folder: Path) -> Workspace:
    """The workspace of `--workspace`. Raises UserError if it is none."""
    workspace = Workspace(Path(os.path.realpath(folder)))
    if not workspace.exists:
        raise UserError(
            f"{folder} holds no {FOLDER}/ folder.",
            f"Name the folder that has {FOLDER}/ in it, or make one with `zth init {folder}`.",
        )
    return workspace


def is_folder(path: Path) -> bool:
    """Whether it is a folder. Raises UserError if it is one that we may not look into."""
    try:
        with os.scandir(path):  # to list it is one right, to reach what is in it another
            (path / "..").stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise UserError(f"{path} cannot be looked into: {error.strerror}.", LET_IN) from None
    return True


def read_file(path: Path) -> bytes | None:
    """What a file holds; None if there is none.

    Raises UserError if it cannot be read, and where it is something else: a folder, a pipe, a
    device, a link that leads to one of these or to itself.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise UserError(f"{path} is {what}; a file is expected there.", MOVE_IT)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", READABLE) from None


LET_IN = "Give yourself the right to read and enter it: `chmod u+rwx` with its name."
MOVE_IT = "Move it away, then run the command again. Nothing was changed."
READABLE = "Make it readable for you, then run the command again. Nothing was changed."

"""`zth init`: a new workspace, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.course.manifest import Course
from grader.errors import UserError
from grader.workspace.workspace import COURSE, FOLDER, Workspace
from grader.workspace.workspace_files import (
    README,
    base_folder,
    given_files,
    origin_bytes,
    origin_path,
)


def make_workspace(folder: Path, course: Course) -> Workspace:
    """A new workspace with every stub of the course.

    Raises UserError if the folder is in use, lies in a workspace, or cannot be written; then
    nothing was changed.
    """
    root = Path(os.path.realpath(folder))
    try:
        if _is_workspace(root, course):
            raise UserError(THERE.format(folder=folder), GO_ON)
        _refuse_inside(root, folder, course)
        if used := _in_use(root):
            raise UserError(IN_USE.format(folder=folder, name=used), NAME_ANOTHER)
        with _building(root) as made:
            fill(Workspace(made), course)
            _move_in(made, root)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made into a workspace: {error.strerror}; nothing was changed.",
            "Name a folder that you may write to, on a disk with room.",
        ) from None
    return Workspace(root)


def _refuse_inside(root: Path, folder: Path, course: Course) -> None:
    for above in root.parents:
        try:
            inside = _is_workspace(above, course)
        except (OSError, UserError):  # somebody else's, and closed to us
            continue
        if inside:
            raise UserError(
                INSIDE.format(folder=folder, above=above),
                f"Work there, or name a folder outside of it: `zth init {above.parent / 'NAME'}`.",
            )


def _is_workspace(root: Path, course: Course) -> bool:
    workspace = Workspace(root)
    made_here = origin_path(workspace).exists() and workspace.exists
    return made_here or any(workspace.folder(lecture).is_dir() for lecture in course.lectures)


def _in_use(root: Path) -> str:
    """The first thing in a folder that is somebody's; empty if it may be a workspace."""
    if not root.exists():
        return ""
    for entry in sorted(root.iterdir()):
        if not entry.name.startswith(".") and not (entry / "pyvenv.cfg").is_file():
            return entry.name + "/" * entry.is_dir()
    return ""


@contextlib.contextmanager
def _building(root: Path) -> Iterator[Path]:
    """A folder to build in, on the same disk; gone at the end, and so are parents made for it."""
    missing = [p for p in (root, *root.parents) if not p.exists()]
    home = root if root.exists() else root.parent
    home.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".zth-init-", dir=home))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        for parent in missing[1:]:
            with contextlib.suppress(OSError):  # it holds the workspace
                parent.rmdir()


def fill(workspace: Workspace, course: Course) -> None:
    """Write what a new workspace holds. A pack's course comes with it: nobody else has that one."""
    own = workspace.root / COURSE
    if course.released and course.root != own.resolve():
        shutil.copytree(course.root, own)
    for name, data in given_files(course).items():
        for place in (workspace.root / name, base_folder(workspace) / name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    origin_path(workspace).write_bytes(origin_bytes(course))


def _move_in(made: Path, root: Path) -> None:
    """In one step where the folder is new; otherwise exercises/ in one, after what it needs."""
    if not root.exists():
        made.chmod((made / FOLDER).stat().st_mode)  # what is temporary is private
        made.rename(root)
        return
    new, own = Workspace(made), Workspace(root)
    if own.own.exists():  # of a workspace that was here before: its progress and its copies stay
        shutil.rmtree(base_folder(own), ignore_errors=True)
        base_folder(new).rename(base_folder(own))
        origin_path(new).replace(origin_path(own))
    else:
        new.own.rename(own.own)
    if (made / COURSE).is_dir():
        (made / COURSE).rename(root / COURSE)
    (made / FOLDER).rename(root / FOLDER)
    (made / README).rename(root / README)


IN_USE = "{folder} is in use: it holds {name}. Nothing was changed."
INSIDE = "{folder} lies inside the workspace {above}. Nothing was changed."
THERE = "{folder} is already a workspace. Nothing was changed."
GO_ON = "Go on in it. What is new in the course comes with `zth update`."
NAME_ANOTHER = "Name a new folder: `zth init DIR`."

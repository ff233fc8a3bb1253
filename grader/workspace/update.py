"""`zth update`: what is new in the course, brought into a workspace without touching what is theirs.

Three versions of each file: as it was given (`.zth/stubs`), as the learner has it, as the course has
it now. The files come first and the base last, each in one step: after a kill at any moment the next
update finishes.
"""

from __future__ import annotations

import codecs
import enum

import msgspec

from grader.course.manifest import Course
from grader.errors import UserError
from grader.source.merge import merge_source, merge_text
from grader.workspace.backups import Backup, alone, keep, replace_files
from grader.workspace.workspace import FOLDER, Workspace, is_folder, read_file
from grader.workspace.workspace_files import (
    README,
    base_folder,
    given_files,
    origin_bytes,
    origin_path,
    read_origin,
)


class Change(enum.Enum):
    """What becomes of a file."""

    ADDED = "added"
    RENEWED = "renewed"
    """The learner had not touched it."""
    MERGED = "merged"
    """Both had changed it."""
    YOURS = "yours kept"
    """Some or all of what is new could not be brought in."""
    LEFT_OUT = "left out"
    """The learner took it away."""


class FileUpdate(msgspec.Struct, frozen=True):
    name: str
    """Its path from the workspace."""
    change: Change
    data: bytes | None = None
    """What it will hold, where that is not what it holds."""
    kept: tuple[str, ...] = ()
    """What both had changed, where the learner's stays."""
    exercise: str = ""
    """One that is written in it, as a target."""


class Update(msgspec.Struct, frozen=True):
    """What an update has done; `files` in the order of the course."""

    files: tuple[FileUpdate, ...]
    kept: Backup | None
    before: str
    """The version of zth that brought the stubs before, where that is known."""
    after: str


def update(workspace: Workspace, course: Course) -> Update:
    """Bring in what is new. Raises UserError, and then nothing was changed."""
    _refuse_elsewhere(workspace, course)
    with alone(workspace):
        return _update(workspace, course)


def _update(workspace: Workspace, course: Course) -> Update:
    origin = read_origin(workspace)
    base = base_folder(workspace)
    given = given_files(course)
    now = origin_bytes(course)
    if read_file(base / README) is None:  # their page, not ours
        del given[README]
    olds = {name: read_file(base / name) for name in given}
    mine = {name: read_file(workspace.root / name) for name in given}
    record = {origin_path(workspace): read_file(origin_path(workspace))}
    plans = [_plan(name, mine[name], olds[name], new) for name, new in given.items()]
    new_files = {workspace.root / p.name: p.data for p in plans if p and p.data is not None}
    new_bases = {base / name: new for name, new in given.items() if olds[name] != new}
    new_record = {path: now for path, data in record.items() if data != now}
    files = new_files | new_bases | new_record
    before = (
        {workspace.root / name: data for name, data in mine.items()}
        | {base / name: data for name, data in olds.items()}
        | record
    )
    kept = None
    if any(before[path] is not None for path in new_files):
        # with the base: restored, it can be done again
        kept = keep(workspace, "update", "zth update", {path: before[path] for path in files})
    replace_files(files, before)
    after = msgspec.json.decode(now)["zth"]
    targets = {
        f"{FOLDER}/{lecture.dir}/{exercise.file}": f"{lecture.id}.{exercise.id}"
        for lecture in course.lectures
        for exercise in reversed(lecture.exercise)
    }
    done = tuple(msgspec.structs.replace(p, exercise=targets.get(p.name, "")) for p in plans if p)
    return Update(done, kept, origin.zth if origin else "", after)


def _refuse_elsewhere(workspace: Workspace, course: Course) -> None:
    """Where an update would not be one."""
    if workspace.root == course.root:
        raise UserError(
            "You work in the course's own checkout: `zth update` is for a workspace of its own.",
            "Git brings what is new here: `git pull`.",
        )
    origin = read_origin(workspace)
    known = any(is_folder(workspace.folder(lecture)) for lecture in course.lectures)
    if origin and origin.title != course.manifest.title and not known:
        raise UserError(
            f"This workspace is of another course: {origin.title}.",
            f"Name that course with --course DIR, or make a workspace for {course.manifest.title}.",
        )


def _plan(name: str, mine: bytes | None, old: bytes | None, new: bytes) -> FileUpdate | None:
    """What is to be done with a file; None if there is nothing to say of it."""
    if mine is None:
        return (
            FileUpdate(name, Change.ADDED, new)
            if old is None
            else FileUpdate(name, Change.LEFT_OUT)
        )
    if mine == new or old == new:
        return None
    if mine == old:
        return FileUpdate(name, Change.RENEWED, new)
    data, kept = _merge(name, old, mine, new)
    if data == mine and not kept:
        return None
    changed = data if data != mine else None
    return FileUpdate(name, Change.YOURS if kept else Change.MERGED, changed, kept)


def _merge(name: str, old: bytes | None, mine: bytes, new: bytes) -> tuple[bytes, tuple[str, ...]]:
    """What the file will hold, and what of it could not be merged."""
    try:
        text, base = mine.decode("utf-8-sig"), (old or b"").decode()
    except UnicodeDecodeError:
        return mine, (WHOLE,)
    if old is None:
        return mine, (WHOLE,)
    merge = merge_source if name.endswith(".py") else merge_text
    merged = merge(base, text, new.decode())
    if merged.text == text:
        return mine, merged.kept
    mark = codecs.BOM_UTF8 if mine.startswith(codecs.BOM_UTF8) else b""
    return mark + merged.text.encode(), merged.kept


WHOLE = "the whole file"

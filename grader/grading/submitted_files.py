"""What a learner handed in, as bytes in memory: screened, and never written to disk or run."""

from __future__ import annotations

import errno
import io
import os
import stat
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.grading.archives import ARCHIVES, is_archive, read_archive
from grader.grading.gathering import (
    LIMITS,
    MOST_SAID,
    BundleLimits,
    Full,
    Gathered,
    UnreadableArchive,
    escaped,
    fault_of,
    is_nobodys,
    is_wanted,
    kind_of_mode,
    shown,
)
from grader.grading.kinds import kind_of, kind_of_data


class SubmittedPath(msgspec.Struct, frozen=True):
    """A file or folder of a submission, and what the learner had called it."""

    path: Path
    name: str = ""
    at: float = 0.0
    """When it is from, seconds since 1970, where that is known better than by the file."""


class SubmittedFiles(msgspec.Struct, frozen=True):
    """The Python files and notebooks of a submission, and what there is to say of the rest."""

    files: dict[str, bytes]
    """By their paths within what was handed in, with slashes."""
    left_out: dict[str, str] = {}
    """Path → why a Python file or notebook was not read, in a sentence."""
    remarks: tuple[str, ...] = ()
    trouble: str = ""
    """Why nothing of it can be judged."""
    ignored: int = 0
    """Files that are neither Python nor a notebook."""
    times: dict[str, float] = {}
    """By path: when a file is from, seconds since 1970; 0 if nothing says so."""


def read_bundle(
    what: Path | Sequence[SubmittedPath], limits: BundleLimits = LIMITS
) -> SubmittedFiles:
    """The bytes of a folder, zip, tar, .py or .ipynb, or of several. Never raises for what is in it.

    A link is not followed, a pipe or a device not waited for, an archive in an archive not opened.
    """
    parts = [SubmittedPath(what)] if isinstance(what, Path) else what
    gathered = Gathered(limits)
    for part in parts:
        try:
            _read_part(part, gathered)
        except Full as full:
            gathered.remark(full.args[0])
            break
    return _bundle(gathered, parts)


def _bundle(gathered: Gathered, parts: Sequence[SubmittedPath]) -> SubmittedFiles:
    remarks = [*gathered.remarks, *gathered.left_out.values()]
    if len(remarks) > MOST_SAID:
        remarks[MOST_SAID - 1 :] = [f"And {len(remarks) - MOST_SAID + 1} remarks more."]
    trouble = ""
    if not gathered.files:
        causes = [*gathered.troubles, *remarks]
        trouble = causes[0] if causes else _empty(gathered, parts)
        remarks = [sentence for sentence in causes if sentence != trouble]
    else:
        remarks = [*gathered.troubles, *remarks]
    return SubmittedFiles(
        gathered.files,
        gathered.left_out,
        tuple(remarks),
        trouble,
        gathered.ignored,
        gathered.times,
    )


def _empty(gathered: Gathered, parts: Sequence[SubmittedPath]) -> str:
    """That nothing can be judged, and what there is in its place."""
    names = " and ".join(shown(part.name or part.path.name) for part in parts[:3]) or "It"
    if not gathered.ignored:
        return EMPTY.format(name=names)
    said = [f"{shown(name)} {kind}" for name in gathered.others if (kind := _kind_inside(name))]
    return " ".join([NOTHING_OF_USE.format(name=names), *said[:MOST_KINDS]])


def _kind_inside(name: str) -> str:
    return INNER if name.lower().endswith(_PACKED) else kind_of(name)


def _read_part(part: SubmittedPath, gathered: Gathered) -> None:
    name = part.name or part.path.name
    try:
        mode = os.lstat(part.path).st_mode
    except OSError as error:
        gathered.troubles.append(f"{shown(name)} cannot be read: {error.strerror}.")
        return
    except ValueError:
        gathered.troubles.append(f"{shown(name)} cannot be read: no file has such a name.")
        return
    if stat.S_ISDIR(mode):
        _read_folder(part.path, gathered)
    elif not stat.S_ISREG(mode):
        gathered.troubles.append(f"{shown(name)} {kind_of_mode(mode)}")
    else:
        try:
            _read_file(part.path, name, gathered, part.at)
        except UnreadableArchive as error:
            gathered.troubles.append(error.args[0])


def _read_folder(root: Path, gathered: Gathered) -> None:
    """The folder's files, those that lie at the top first."""
    waiting = [("", str(root))]
    for within, folder in waiting:
        depth = within.count("/") + 1
        entries: list[tuple[str, str, int]] = []
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    gathered.enter()
                    entries.append((entry.name, entry.path, _mode(entry)))
        except OSError as error:
            name = within.rstrip("/") or root.name
            gathered.remark(f"The folder {shown(name)} cannot be read: {error.strerror}.")
        except Full:
            _read_entries(within, entries, gathered)
            raise
        for name, path in _read_entries(within, entries, gathered):
            if depth < gathered.limits.depth:
                waiting.append((f"{within}{name}/", path))
            else:
                gathered.remark(f"Folders that lie deeper than {depth} are left out.")


def _mode(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return 0


def _read_entries(
    within: str, entries: list[tuple[str, str, int]], gathered: Gathered
) -> list[tuple[str, str]]:
    """Read a folder's files; its folders, in order."""
    folders: list[tuple[str, str]] = []
    for name, path, mode in sorted(entries):
        place = unicodedata.normalize("NFC", within + name)
        if stat.S_ISDIR(mode) and not name.lower().endswith((".py", ".ipynb")):
            if not is_nobodys(name):
                folders.append((name, path))
        elif not is_wanted(place):
            if stat.S_ISREG(mode) and place.lower().endswith(_PACKED) and name[0] != ".":
                _read_archive(Path(path), place, gathered)
            elif not is_nobodys(place):
                gathered.ignore(place)
        elif bad := fault_of(escaped(place), gathered.limits):
            gathered.leave_out(place, bad)
        elif not stat.S_ISREG(mode):
            gathered.leave_out(place, kind_of_mode(mode))
        else:
            gathered.room(place)
            try:
                gathered.keep(place, *_steady(Path(path), place, gathered))
            except UnreadableArchive as error:
                gathered.leave_out(place, error.args[0].removeprefix(f"{shown(place)} "))
    return folders


def _read_archive(path: Path, place: str, gathered: Gathered) -> None:
    """One that lies in a folder; one that lies in an archive is not opened."""
    try:
        if bad := fault_of(escaped(place), gathered.limits):
            raise UnreadableArchive(f"{shown(place)} {bad}")
        gathered.begin_archive(place)
        _read_file(path, place, gathered)
    except UnreadableArchive as error:
        gathered.remark(error.args[0])
    finally:
        gathered.within = ""


def _read_file(path: Path, name: str, gathered: Gathered, at: float = 0.0) -> None:
    """A .py, a notebook or an archive, told by its name and then by its first bytes."""
    if name.lower().endswith((".py", ".ipynb")):
        if bad := fault_of(escaped(name), gathered.limits):
            raise UnreadableArchive(f"{shown(name)} {bad}")
        data, changed = _steady(path, name, gathered)
        gathered.keep(unicodedata.normalize("NFC", name), data, at or changed)
        return
    with _open(path, name) as file:
        head = file.read(512)
        if not head:
            raise UnreadableArchive(f"{shown(name)} is empty: 0 bytes.")
        file.seek(0)
        other = kind_of(name) or kind_of_data(head)
        if other and not name.lower().endswith(ARCHIVES):
            raise UnreadableArchive(f"{shown(name)} {other}")
        if not is_archive(head):
            raise UnreadableArchive(f"{shown(name)} {_not_an_archive(name, head)}")
        read_archive(file, head, name, gathered)


def _open(path: Path, name: str) -> io.BufferedReader:
    """The file, where it is a regular one. Does not wait for the other end of a pipe."""
    try:
        handle = os.open(path, _FLAGS)
        mode = os.fstat(handle).st_mode
    except OSError as error:
        linked = error.errno == errno.ELOOP
        why = kind_of_mode(stat.S_IFLNK) if linked else f"cannot be read: {error.strerror}."
        raise UnreadableArchive(f"{shown(name)} {why}") from None
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise UnreadableArchive(f"{shown(name)} {kind_of_mode(mode)}")
    return os.fdopen(handle, "rb")


def _steady(path: Path, name: str, gathered: Gathered) -> tuple[bytes, float]:
    """A file's bytes, at most one more than are wanted, and when it was changed.

    It is read again where it changed meanwhile.
    """
    for _ in range(2):
        with _open(path, name) as file:
            before = os.fstat(file.fileno())
            try:
                data = file.read(gathered.most(name) + 1)
            except OSError as error:
                raise UnreadableArchive(
                    f"{shown(name)} cannot be read: {error.strerror}."
                ) from None
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data, after.st_mtime
    raise UnreadableArchive(f"{shown(name)} changes while it is read.")


def _not_an_archive(name: str, head: bytes) -> str:
    if other := kind_of_data(head):
        return other
    if name.lower().endswith(ARCHIVES):
        return "is not the archive its name says."
    return "is neither a Python file, a notebook, a zip nor a tar."


_PACKED = tuple(suffix for suffix in ARCHIVES if suffix != ".gz")
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
EMPTY = "{name} is empty."
NOTHING_OF_USE = "There is no .py file and no notebook in {name}."
INNER = "is an archive within another one, which is not opened: hand in what is in it."
MOST_KINDS = 3

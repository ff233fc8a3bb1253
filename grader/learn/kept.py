"""Dated copies: whatever replaces a learner's file keeps what was there in `.zth/kept` first."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from grader.errors import UserError
from grader.learn.workspace import Workspace

RECORD = "copy.json"
FILES = "files"
LATEST = "latest"


class Copy(msgspec.Struct, frozen=True):
    """What some files of a workspace were, at a moment."""

    folder: Path
    when: datetime.datetime
    why: str
    """The command that replaced them."""
    files: tuple[str, ...]
    """As paths from the workspace; what is zth's own among them is left out."""

    @property
    def name(self) -> str:
        return self.folder.name


class _Record(msgspec.Struct, frozen=True):
    when: datetime.datetime
    why: str
    format: int = 1


def keep(workspace: Workspace, command: str, why: str, paths: Iterable[Path]) -> Copy | None:
    """A copy of those of the files that are there; None where none is.

    Whole or not at all, and never in the place of another. Raises UserError where it cannot be made:
    then nothing may be replaced.
    """
    there = [path for path in paths if path.is_file()]
    if not there:
        return None
    now = datetime.datetime.now().astimezone()
    home = workspace.own / "kept"
    making = None
    try:
        home.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=home))
        for path in there:
            target = making / FILES / path.relative_to(workspace.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, path.read_bytes())
        _write(making / RECORD, msgspec.json.format(msgspec.json.encode(_Record(now, why))))
        return _read(_settle(making, home / f"{now:%Y-%m-%dT%H-%M-%S}-{command}"))
    except OSError as error:
        raise UserError(NOT_KEPT.format(why=error.strerror), MAKE_ROOM) from None
    finally:
        if making:
            shutil.rmtree(making, ignore_errors=True)


def copies(workspace: Workspace) -> list[Copy]:
    """Every dated copy, the newest first."""
    home = workspace.own / "kept"
    try:
        folders = [f for f in home.iterdir() if f.is_dir() and not f.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{home} cannot be read: {error.strerror}.", READABLE) from None
    return sorted(map(_read, folders), key=lambda copy: (copy.when, copy.name), reverse=True)


def find_copy(workspace: Workspace, name: str) -> Copy:
    """The copy of that name, of the one name that begins so, or `latest`. Raises UserError."""
    there = copies(workspace)
    if not there:
        raise UserError("There is no dated copy: nothing of yours was ever replaced.", NO_NEED)
    if name == LATEST:
        return there[0]
    found = [copy for copy in there if copy.name == name] or [
        copy for copy in there if copy.name.startswith(name)
    ]
    if len(found) > 1:
        names = ", ".join(copy.name for copy in found[:4])
        more = ", …" if len(found) > 4 else ""
        raise UserError(f"{len(found)} copies begin with {name!r}.", f"Say which: {names}{more}.")
    if not found:
        raise UserError(f"There is no dated copy {name!r}.", "`zth restore` lists them.")
    return found[0]


class Restored(msgspec.Struct, frozen=True):
    copy: Copy
    files: tuple[str, ...]
    """Those that were not as they are in the copy, and now are."""
    kept: Copy | None
    """What they held before."""


def restore(workspace: Workspace, copy: Copy) -> Restored:
    """Bring the files of a copy back. What they replace is kept in a copy of its own."""
    changed: dict[Path, bytes] = {}
    try:
        for name in _names(copy.folder):
            path = workspace.root / name
            data = (copy.folder / FILES / name).read_bytes()
            if not path.is_file() or path.read_bytes() != data:
                changed[path] = data
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}.", READABLE) from None
    kept = keep(workspace, "restore", f"zth restore {copy.name}", changed)
    replace_files(changed)
    shown = tuple(path.relative_to(workspace.root).as_posix() for path in changed)
    return Restored(copy, tuple(name for name in shown if not _is_own(name)), kept)


def replace_files(files: Mapping[Path, bytes]) -> None:
    """Write them all, in this order, each in one step: a kill leaves each file old or new.

    All are written out beside their places first. Raises UserError where that cannot be: then none
    is replaced.
    """
    written: list[tuple[Path, Path]] = []
    try:
        for path, data in files.items():
            target = path.resolve()  # a link stays a link
            target.parent.mkdir(parents=True, exist_ok=True)
            made = target.with_name(f".{target.name}.{os.getpid()}")  # no *.py: it is not judged
            written.append((made, target))
            _write(made, data)
            if target.exists():
                made.chmod(target.stat().st_mode)
        for made, target in written:
            made.replace(target)
    except OSError as error:
        raise UserError(NOT_WRITTEN.format(path=path, why=error.strerror), MAKE_ROOM) from None
    finally:
        for made, _ in written:
            with contextlib.suppress(OSError):
                made.unlink(missing_ok=True)


def _settle(making: Path, wanted: Path) -> Path:
    """Give a copy its name; where two are made in one second, the next that is free."""
    for number in itertools.count(1):
        place = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            return making.rename(place)
        except OSError:
            if not place.exists():
                raise
    raise AssertionError("there is always a next number")


def _read(folder: Path) -> Copy:
    files = tuple(name for name in _names(folder) if not _is_own(name))
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=_Record)
    except (OSError, msgspec.DecodeError):  # the files are there all the same
        when = datetime.datetime.fromtimestamp(folder.stat().st_mtime).astimezone()
        return Copy(folder, when, "", files)
    return Copy(folder, record.when, record.why, files)


def _names(folder: Path) -> list[str]:
    home = folder / FILES
    return sorted(p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file())


def _is_own(name: str) -> bool:
    return name.startswith(".zth/")


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


NOT_KEPT = "No copy of your files could be made ({why}), so nothing was changed."
NOT_WRITTEN = "{path} cannot be written: {why}."
MAKE_ROOM = "Free some disk space, or make the folder writable for you; then type it again."
READABLE = "Make it readable for you, then type it again. Nothing was changed."
NO_NEED = "`zth reset` and `zth update` make one each time they replace a file."

"""Dated copies: whatever replaces a learner's file keeps what was there in `.zth/kept` first.

Who replaces files reads them with `read_file`, keeps what was read, and hands it to `replace_files`,
which replaces nothing that was saved since; all of it `alone`.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import itertools
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from grader.errors import UserError
from grader.workspace.workspace import FOLDER, READABLE, Workspace, read_file

RECORD = "copy.json"
FILES = "files"
LATEST = "latest"
TURN_SECONDS = 10.0
"""How long a command waits for another that replaces files."""
LEFT_OVER_SECONDS = 3600.0
"""What is this old was left by a command that was killed."""


class Backup(msgspec.Struct, frozen=True):
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


class _BackupRecord(msgspec.Struct, frozen=True):
    when: datetime.datetime
    why: str
    format: int = 1


@contextlib.contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """No other command replaces files meanwhile; what a killed one left is gone.

    Raises UserError if another one does not end, and where nothing can be written.
    """
    try:
        workspace.own.mkdir(exist_ok=True)
        handle = os.open(workspace.own / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise UserError(NOT_KEPT.format(why=error.strerror), MAKE_ROOM) from None
    try:
        _take_turn(handle)
        _sweep(workspace)
        yield
    finally:
        os.close(handle)


def _take_turn(handle: int) -> None:
    deadline = time.monotonic() + TURN_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise UserError(ANOTHER, AFTER_IT) from None
            time.sleep(0.02)
        except OSError:  # a disk that knows no locks
            return
        else:
            return


def _sweep(workspace: Workspace) -> None:
    """Take away what killed commands left behind, an hour old or older."""
    before = time.time() - LEFT_OVER_SECONDS
    own = workspace.own
    for folder in (own / "kept").glob(".making-*"):
        if _is_older(folder, before):
            shutil.rmtree(folder, ignore_errors=True)
    homes = [workspace.root, own, own / "stubs"]
    for exercises in (workspace.root / FOLDER, own / "stubs" / FOLDER):
        homes += [exercises, *exercises.glob("*/")]
    for home in homes:
        for path in home.glob(".*"):
            if _BESIDE.fullmatch(path.name) and _is_older(path, before):
                with contextlib.suppress(OSError):
                    path.unlink()


def _is_older(path: Path, time: float) -> bool:
    with contextlib.suppress(OSError):
        return path.lstat().st_mtime < time
    return False


def keep(
    workspace: Workspace, command: str, why: str, files: Mapping[Path, bytes | None]
) -> Backup | None:
    """A copy of what the files held, but of those that were not there; None if none was.

    Whole or not at all, and never in the place of another. Raises UserError if it cannot be made:
    then nothing may be replaced.
    """
    there = {path: data for path, data in files.items() if data is not None}
    if not there:
        return None
    now = datetime.datetime.now().astimezone()
    home = workspace.own / "kept"
    making = None
    try:
        home.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=home))
        for path, data in there.items():
            target = making / FILES / path.relative_to(workspace.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, data)
        _write(making / RECORD, msgspec.json.format(msgspec.json.encode(_BackupRecord(now, why))))
        return _read(_settle(making, home / f"{now:%Y-%m-%dT%H-%M-%S}-{command}"))
    except OSError as error:
        raise UserError(NOT_KEPT.format(why=error.strerror), MAKE_ROOM) from None
    finally:
        if making:
            shutil.rmtree(making, ignore_errors=True)


def copies(workspace: Workspace) -> list[Backup]:
    """Every dated copy, the newest first."""
    home = workspace.own / "kept"
    try:
        folders = [f for f in home.iterdir() if f.is_dir() and not f.name.startswith(".")]
        return sorted(map(_read, folders), key=lambda copy: (copy.when, copy.name), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{home} cannot be read: {error.strerror}.", READABLE) from None


def find_copy(workspace: Workspace, name: str) -> Backup:
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
    copy: Backup
    files: tuple[str, ...]
    """Those that were not as they are in the copy, and now are."""
    kept: Backup | None
    """What they held before."""


def restore(workspace: Workspace, copy: Backup) -> Restored:
    """Bring the files of a copy back. What they replace is kept in a copy of its own.

    Raises UserError, and then nothing was changed.
    """
    with alone(workspace):
        changed: dict[Path, bytes] = {}
        before: dict[Path, bytes | None] = {}
        try:
            for name in _names(copy.folder):
                path = workspace.root / name
                data = (copy.folder / FILES / name).read_bytes()
                before[path] = read_file(path)
                if before[path] != data:
                    changed[path] = data
        except OSError as error:
            where = error.filename
            raise UserError(f"{where} cannot be read: {error.strerror}.", READABLE) from None
        replaced = {path: before[path] for path in changed}
        kept = keep(workspace, "restore", f"zth restore {copy.name}", replaced)
        replace_files(changed, before)
    shown = tuple(path.relative_to(workspace.root).as_posix() for path in changed)
    return Restored(copy, tuple(name for name in shown if not _is_own(name)), kept)


def replace_files(files: Mapping[Path, bytes], before: Mapping[Path, bytes | None]) -> None:
    """Write them all, in this order, each in one step: a kill leaves each file old or new.

    `before` is what they held when they were read and kept. All are written out beside their places
    first. Raises UserError if that cannot be, or where one holds something else by now: then none
    is replaced. One that is saved while others are replaced stays, and so does what comes after it.
    """
    written: list[tuple[Path, Path, Path]] = []
    try:
        for path, data in files.items():
            target = Path(os.path.realpath(path))  # a link stays a link
            target.parent.mkdir(parents=True, exist_ok=True)
            # no *.py: it is not judged
            made = target.with_name(f".{target.name}{BESIDE}{os.getpid()}")
            written.append((path, made, target))
            _write(made, data)
            if target.exists():
                made.chmod(target.stat().st_mode)
        for path in files:
            _refuse_saved(path, before[path])
        for path, made, target in written:
            _refuse_saved(path, before[path])
            made.replace(target)
    except OSError as error:
        raise UserError(NOT_WRITTEN.format(path=path, why=error.strerror), MAKE_ROOM) from None
    finally:
        for _, made, _ in written:
            with contextlib.suppress(OSError):
                made.unlink(missing_ok=True)


def _refuse_saved(path: Path, before: bytes | None) -> None:
    if read_file(path) != before:
        raise UserError(SAVED.format(path=path), ONCE_MORE)


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


def _read(folder: Path) -> Backup:
    names: list[str] = []
    with contextlib.suppress(OSError):  # that is said where it is to be restored
        names = _names(folder)
    files = tuple(name for name in names if not _is_own(name))
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=_BackupRecord)
    except (OSError, msgspec.DecodeError):  # the files are there all the same
        when = datetime.datetime.fromtimestamp(folder.stat().st_mtime).astimezone()
        return Backup(folder, when, "", files)
    return Backup(folder, record.when, record.why, files)


def _names(folder: Path) -> list[str]:
    """The files of a copy. Raises OSError where there is something that we may not look into."""

    def refuse(error: OSError) -> None:
        if error.errno != errno.ENOENT:  # a copy that somebody emptied
            raise error

    home = folder / FILES
    walk = os.walk(home, onerror=refuse)
    paths = [Path(parent, name) for parent, _, names in walk for name in names]
    return sorted(path.relative_to(home).as_posix() for path in paths if path.is_file())


def _is_own(name: str) -> bool:
    return name.startswith(".zth/")


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


BESIDE = ".zth-"
"""Between the name of a file and our number, where it is written out before it replaces it."""
_BESIDE = re.compile(rf"\..+{re.escape(BESIDE)}\d+")

NOT_KEPT = "No copy of your files could be made ({why}), so nothing was changed."
NOT_WRITTEN = "{path} cannot be written: {why}."
MAKE_ROOM = "Free some disk space, or make the folder writable for you; then run the command again."
SAVED = "{path} was saved just now, so it stays as it is."
ONCE_MORE = (
    "Type it again. What was replaced before it, if anything, is kept: `zth restore` lists it."
)
ANOTHER = "Another zth is replacing files in this workspace, so nothing was changed."
AFTER_IT = "Type it again when that one is done; if it hangs, end it."
NO_NEED = "`zth reset` and `zth update` make one each time they replace a file."

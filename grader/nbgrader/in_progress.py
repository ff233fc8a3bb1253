"""Which submission is being graded, on the disk: what a killed run left half done is graded again.

nbgrader takes a folder in autograded/ for a work that is done with.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.errors import UserError

FOLDER = Path(".zth/autograding")
"""In the course's folder: a file for each process that grades."""
TURN = Path(".zth/autograde.lock")


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """No other run with several judges meanwhile. Raises UserError if there is one."""
    path = root / TURN
    path.parent.mkdir(exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise UserError(ANOTHER, WAIT) from None
    except OSError:  # a disk that knows no locks
        pass
    try:
        yield
    finally:
        os.close(file)


class UnfinishedWork(msgspec.Struct, frozen=True):
    student: str
    assignment: str


class InProgressMarker:
    """The file of this process. It is locked as long as we live, and gone when we end in peace."""

    def __init__(self, root: Path) -> None:
        folder = root / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / uuid.uuid4().hex
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with contextlib.suppress(OSError):  # a disk that knows no locks
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        atexit.register(self.end)

    def at(self, work: UnfinishedWork) -> None:
        """This one is begun, and the one before is done."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, msgspec.json.encode(work), 0)

    def done(self) -> None:
        """Nothing is begun. A server lives on, and may be killed long after."""
        os.ftruncate(self._file, 0)

    def end(self) -> None:
        atexit.unregister(self.end)
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def left_behind(root: Path) -> Iterator[UnfinishedWork]:
    """What processes that are no more had begun; it is told once."""
    for path in (root / FOLDER).glob("*"):
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:  # its process has just ended in peace
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield msgspec.json.decode(os.pread(file, 1 << 16, 0), type=UnfinishedWork)
            path.unlink(missing_ok=True)
        except BlockingIOError:  # somebody is at it
            pass
        except (OSError, msgspec.DecodeError):  # it had not begun
            path.unlink(missing_ok=True)
        finally:
            os.close(file)


ANOTHER = "Another `zth nbgrader autograde` is grading in this course."
WAIT = "Wait until it is done, or stop it with Ctrl-C: nothing is lost."

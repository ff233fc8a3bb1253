"""Saves of Python files, as a file descriptor that has something to read after each.

Events say at once that something was saved. They do not come from every disk, and they are lost where
a folder is replaced; so the files are looked at as well, once a second, or with `poll` ten times.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from grader.errors import UserError

if TYPE_CHECKING:
    from watchfiles import Change

STEP_MS = 10
"""A save is over when nothing has changed for as long."""
LONGEST_MS = 300
"""A file that changes on and on is read after as long all the same."""
LOOK_SECONDS, POLL_SECONDS = 1.0, 0.1

Looks = frozenset[tuple[str, int, int, int]]


class FileWatcher:
    """Watches the Python files in the folders of a folder, in threads. A context manager."""

    def __init__(self, folder: Path, poll: bool = False) -> None:
        self._folder = folder
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)  # a full pipe has said enough
        self._stop = threading.Event()
        self._every = POLL_SECONDS if poll else LOOK_SECONDS
        # the events may fail (no room for another watch, a disk that has none): looking goes on
        watching = [self._look] if poll else [self._look, self._listen]
        self._threads = [
            threading.Thread(target=target, name="saves", daemon=True) for target in watching
        ]

    def __enter__(self) -> Self:
        if not self._folder.is_dir():
            raise UserError(f"{self._folder} is not there.", GONE)
        self._seen = looks(self._folder)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        os.close(self._read)
        os.close(self._write)

    def fileno(self) -> int:
        return self._read

    def take(self) -> None:
        """Forget what was reported so far."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 1 << 10):
                pass

    def _tell(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._write, b".")

    def _look(self) -> None:
        while not self._stop.wait(self._every):
            now = looks(self._folder)
            if now != self._seen:
                self._seen = now
                self._tell()

    def _listen(self) -> None:
        from watchfiles import watch

        with contextlib.suppress(Exception):
            for _ in watch(
                self._folder,
                watch_filter=_is_python,
                debounce=LONGEST_MS,
                step=STEP_MS,
                stop_event=self._stop,
                raise_interrupt=False,
            ):
                self._seen = looks(self._folder)
                self._tell()


def looks(folder: Path) -> Looks:
    """How the Python files look on the disk: path, size, time, number of each that can be read."""
    return frozenset(_files(folder, below=True))


def _files(folder: Path | str, below: bool) -> Iterator[tuple[str, int, int, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if below and entry.is_dir():
                    yield from _files(entry.path, below=False)
                elif _is_source(entry.name):
                    stat = entry.stat()
                    yield entry.path, stat.st_size, stat.st_mtime_ns, stat.st_ino
    except OSError:  # gone, or not ours to read: the next look sees
        return


def _is_python(_: Change, path: str) -> bool:
    return _is_source(os.path.basename(path))  # noqa: PTH119 # called for each event; a Path is slower


def _is_source(name: str) -> bool:
    """Not what editors lay beside a file while somebody types: `.#engine.py`, `flycheck_engine.py`."""
    return name.endswith(".py") and not name.startswith((".", "flycheck_"))


GONE = "Make a workspace with `zth init`, or go to the folder that has it."

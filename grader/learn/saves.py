"""Saves of a lecture's files, as a file descriptor that has something to read after each."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from grader.errors import UserError

if TYPE_CHECKING:
    from watchfiles import Change

STEP_MS = 10
"""A save is over when nothing has changed for as long."""
LONGEST_MS = 300
"""A file that changes on and on is read after as long all the same."""
POLL_MS = 100


class Saves:
    """Watches Python files below a folder, in a thread. A context manager."""

    def __init__(self, folder: Path, poll: bool = False) -> None:
        self._folder = folder
        self._poll = poll
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        self._stop = threading.Event()
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._watch, name="saves", daemon=True)

    def __enter__(self) -> Self:
        if not self._folder.is_dir():
            raise UserError(f"{self._folder} is not there.", GONE)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._read)
        os.close(self._write)

    def fileno(self) -> int:
        return self._read

    def take(self) -> None:
        """Forget what was reported so far. Raises UserError where nothing can be watched any more."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 1 << 10):
                pass
        if self._trouble is not None:
            raise UserError(f"{self._folder} cannot be watched: {self._trouble}.", TRY_POLLING)

    def _watch(self) -> None:
        from watchfiles import watch

        try:
            for _ in watch(
                self._folder,
                watch_filter=_is_python,
                debounce=LONGEST_MS,
                step=STEP_MS,
                stop_event=self._stop,
                force_polling=self._poll or None,  # None: as WATCHFILES_FORCE_POLLING says
                poll_delay_ms=POLL_MS,
                raise_interrupt=False,
            ):
                os.write(self._write, b".")
        except Exception as error:
            self._trouble = error
            os.write(self._write, b"!")


def _is_python(_: Change, path: str) -> bool:
    """Not what editors lay beside a file while somebody types: `.#engine.py`, `flycheck_engine.py`."""
    name = os.path.basename(path)  # noqa: PTH119 # called for each event; a Path is slower
    return name.endswith(".py") and not name.startswith((".", "flycheck_"))


GONE = "Make a workspace with `zth init`, or go to the folder that has it."
TRY_POLLING = "Try `zth watch --poll`, which looks at the files ten times a second instead."

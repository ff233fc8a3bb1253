"""The terminal while a watch has it: single keys, no echo; and as it was found, whenever we leave."""

from __future__ import annotations

import contextlib
import os
import sys
import termios
import tty
from collections.abc import Iterator
from typing import Any, Self

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


class Keyboard:
    """Single keys from the terminal. A context manager; where there is no terminal it does nothing."""

    def __init__(self) -> None:
        try:
            self.fd = sys.stdin.fileno() if sys.stdin.isatty() and sys.stdout.isatty() else -1
        except (AttributeError, ValueError, OSError):  # closed, or replaced by what is no file
            self.fd = -1
        self.found: list[Any] | None = None
        """The terminal's modes as they were, while we have it."""

    @property
    def there(self) -> bool:
        return self.fd >= 0

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()

    def take(self) -> None:
        if self.there:
            self.found = termios.tcgetattr(self.fd)
            tty.setcbreak(self.fd)
            _write(HIDE_CURSOR)

    def give_back(self) -> None:
        if self.found is not None:
            _write(SHOW_CURSOR)
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self.fd, termios.TCSADRAIN, self.found)
            self.found = None

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """As it was found, for as long as another program has it."""
        self.give_back()
        try:
            yield
        finally:
            self.take()

    def read(self) -> str:
        """What was pressed, an arrow or a function key left out; end of file reads as `q`."""
        try:
            data = os.read(self.fd, 1 << 10)
        except OSError:
            data = b""
        text = data.decode("utf-8", "ignore")
        if not data:
            return "q"
        return "" if text.startswith("\x1b") else text.replace("\x04", "q")


def _write(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(text)
        sys.stdout.flush()

"""The disk as it is where a class is graded, for a process that no wall keeps from this one.

`zth submit` tries work so before it is handed in: what lies elsewhere on the learner's disk, and is
found at home by its path or through sys.path, will not come along. It keeps nobody out who wants in.
"""

from __future__ import annotations

import errno
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

_OPENING = ("open", "os.listdir", "os.scandir")
_SYSTEM = ("/dev", "/proc", "/sys", "/etc")


def seclude(folders: Sequence[str]) -> None:
    """From here on, nothing is found on the disk but in these folders and in the one we are in."""
    seen = tuple(
        f"{os.path.realpath(folder).rstrip(os.sep)}{os.sep}"
        for folder in (*folders, *_SYSTEM, os.getcwd())  # noqa: PTH109 - as realpath takes it
    )

    def is_seen(path: str) -> bool:
        return f"{os.path.realpath(path)}{os.sep}".startswith(seen)

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if event in _OPENING and isinstance(arguments[0], (str, bytes, os.PathLike)):
            path = os.fsdecode(arguments[0])
            if not is_seen(path):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    class Finder(importlib.abc.MetaPathFinder):
        """Says of a module that lies elsewhere that there is none."""

        def find_spec(
            self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
        ) -> None:
            sys.path[:] = [one for one in sys.path if is_seen(one or os.curdir)]
            spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
            origin = spec.origin if spec and spec.has_location else None
            if origin and not is_seen(origin):
                raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)

    sys.meta_path.insert(0, Finder())
    sys.addaudithook(audit)


def folders_in_class() -> tuple[str, ...]:
    """What is seen of the disk in bubblewrap: the system, Python and its libraries, and zth itself."""
    from grader.sandbox.bubblewrap import needed_folders

    package = Path(__file__).resolve().parent.parent
    return (*map(str, needed_folders()), str(package))

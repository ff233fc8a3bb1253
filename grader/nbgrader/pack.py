"""The students' pack of a lecture beside its notebooks: the course that their `check` judges with."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from grader.course.manifest import Course, Lecture, load_course
from grader.errors import UserError

PACK = Path(".zth/course")
"""Hidden, so that nobody takes its stubs for what was handed in."""


def course_beside(folder: Path) -> Course | None:
    """The course of the pack in a folder with notebooks; None if there is none."""
    return load_course(folder / PACK) if (folder / PACK / "course.toml").is_file() else None


def put_pack(course: Course, lecture: Lecture, folder: Path) -> None:
    """Write the pack of one lecture into a folder, in place of the one that was there."""
    from grader.authoring.release import release_course

    home = folder / PACK
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=home.parent))
        try:
            release_course(course, [lecture], making / "course")
            if home.exists():
                if _content(home) == _content(making / "course"):
                    return
                home.rename(making / "before")
            (making / "course").rename(home)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        raise UserError(f"{home} cannot be written: {error.strerror}.", WRITABLE) from None


def drop_pack(folder: Path) -> None:
    """Take the pack out of a folder, where one is in it."""
    if (folder / PACK / "course.toml").is_file():
        shutil.rmtree(folder / PACK, ignore_errors=True)


def _content(folder: Path) -> dict[str, bytes]:
    paths = (Path(here) / name for here, _, names in os.walk(folder) for name in names)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


WRITABLE = "Make its folder writable for you, then run the command again."

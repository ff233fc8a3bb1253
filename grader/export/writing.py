"""Files that are there whole or not at all, and that take the place of nothing unasked.

They hold people's marks, so only who wrote them may read them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from grader.course.litter import is_litter
from grader.errors import ELSEWHERE, UserError, writing
from grader.export.phrases import json_bytes
from grader.grading.gradebook import LectureGrade

RESULTS = "results.json"
LONGEST_NAME = 80


def check_place(
    out: Path, is_folder: bool, force: bool, depth: int = 2, names: Collection[str] = (RESULTS,)
) -> None:
    """Raises UserError if `out` cannot be written, or holds what is not to be replaced.

    A folder that may be replaced has files of those `names`, `depth` folders down, and no others.
    """
    if out.name in ("", ".."):
        raise UserError(f"{out} is no name for a file or a folder.", ELSEWHERE)
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent}.", "Make it, or name another place.")
    if not os.path.lexists(out):
        return
    if out.is_symlink() or not (out.is_dir() or out.is_file()):
        raise UserError(f"{out} is not a file, but a link or a device.", ELSEWHERE)
    if out.is_dir() != is_folder:
        kind, wanted = ("folder", "file") if out.is_dir() else ("file", "folder")
        raise UserError(f"{out} is a {kind}, and this format writes a {wanted}.", ELSEWHERE)
    if not force:
        raise UserError(f"{out} is there already.", "Add --force to replace it, or name another.")
    if is_folder and not _is_ours(out, depth, names):
        raise UserError(f"{out} holds other things than an export.", ELSEWHERE)


def write_file(out: Path, chunks: Iterable[bytes]) -> None:
    """A file with those bytes, in place of what was there, once all of it is written."""
    with writing(out):
        handle, name = tempfile.mkstemp(prefix=".zth-", dir=out.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(out)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def write_each(
    out: Path, grades: Sequence[LectureGrade], made: Callable[[LectureGrade], dict[str, object]]
) -> None:
    """A folder with LECTURE/WHO/results.json for each grade, as `made` gives it.

    Who is not graded yet has none: there is no way to leave a score open in it.
    """
    names = folder_names(dict.fromkeys(grade.who for grade in grades))
    write_folder(
        out,
        (
            (f"{grade.lecture}/{names[grade.who]}/{RESULTS}", json_bytes(made(grade), indent=2))
            for grade in grades
            if grade.total is not None
        ),
    )


def write_folder(out: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """A folder with those files, by their paths in it, in place of the export that was there."""
    with writing(out):
        fresh = Path(tempfile.mkdtemp(prefix=".zth-", dir=out.parent))
        try:
            for name, data in files:
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            _put(fresh, out)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise


def write_among(out: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Files, by their paths in a folder, in place of those of the same path; the others stay.

    Nothing is replaced before all are written.
    """
    with writing(out):
        fresh = Path(tempfile.mkdtemp(prefix=".zth-", dir=out.parent))
        try:
            names = []
            for name, data in files:
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                names.append(name)
            if not out.exists():
                fresh.rename(out)
                return
            for name in names:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                (fresh / name).replace(out / name)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _put(fresh: Path, out: Path) -> None:
    """The fresh folder under its name; what was there comes back where that fails."""
    if not out.exists():
        fresh.rename(out)
        return
    before = Path(tempfile.mkdtemp(prefix=".zth-", dir=out.parent))
    try:
        out.rename(before / out.name)
        try:
            fresh.rename(out)
        except BaseException:
            (before / out.name).rename(out)
            raise
    finally:
        shutil.rmtree(before, ignore_errors=True)


def folder_names(people: Iterable[str]) -> dict[str, str]:
    """A folder's name for each person: their own, where it is harmless on every disk.

    >>> folder_names(["ada", "../etc"])
    {'ada': 'ada', '../etc': 'etc-53dac9b2'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for who in people:
        name = _ODD.sub("_", who).lstrip("._")[:LONGEST_NAME].rstrip(".")
        mark = hashlib.blake2b(who.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        if not name or name != who:
            name = f"{name}-{mark}".lstrip("-")
        while name.lower() in taken:  # a disk may not tell Ada from ada
            name = f"{name}-{mark}"
        taken.add(name.lower())
        names[who] = name
    return names


def _is_ours(folder: Path, depth: int, names: Collection[str]) -> bool:
    """Whether nothing is in it but files of those names, so many folders down."""
    for here, inside, everything in os.walk(folder):
        down = len(Path(here).relative_to(folder).parts)
        inside[:] = [name for name in inside if not is_litter(name)]
        folders, files = inside, [name for name in everything if not is_litter(name)]
        if any((Path(here) / name).is_symlink() for name in (*folders, *files)):
            return False
        if files and (down != depth or not set(files) <= set(names)):
            return False
        if folders and down >= depth:
            return False
    return True


_ODD = re.compile(r"[^A-Za-z0-9._@+-]")

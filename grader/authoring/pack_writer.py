"""A pack's files put where they were asked for: a folder or a zip, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from grader.errors import ELSEWHERE, UserError, writing

SUFFIX = ".zip"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip, so that the same pack is the same bytes."""


def check_place(out: Path, force: bool) -> None:
    """Raises UserError if a pack cannot be put at `out`, or would take the place of work."""
    if out.name in ("", "..") or out.name.lower() == SUFFIX:
        raise UserError(f"{out} is no name for a pack.", ELSEWHERE)
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent}.", "Make it, or name another place.")
    if not os.path.lexists(out):
        return
    if out.is_symlink() or out.is_dir() == is_zip(out) or not (out.is_dir() or out.is_file()):
        raise UserError(f"{out} is there already, and is no pack.", ELSEWHERE)
    if not force:
        raise UserError(f"{out} is there already.", "Add --force to replace it, or name another.")
    if out.is_dir() and (name := _foreign(out)):
        raise UserError(f"{out} is no pack as it was made: {name} is not of it.", ELSEWHERE)


def is_zip(out: Path) -> bool:
    return out.suffix.lower() == SUFFIX


@contextlib.contextmanager
def making(out: Path) -> Iterator[Path]:
    """A new folder for a pack, which is at `out` in the end; where something fails, nothing is."""
    with writing(out):
        made = Path(tempfile.mkdtemp(prefix=".zth-", dir=out.parent))
        pack = made / out.stem if is_zip(out) else made / out.name
        pack.mkdir()
    try:
        yield pack
        with writing(out):
            if is_zip(out):
                _write_zip(pack, made / out.name)
                (made / out.name).replace(out)
            else:
                _put(pack, out, made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _put(pack: Path, out: Path, made: Path) -> None:
    """The pack under its name; what was there comes back where that fails."""
    before = made / ".before"
    if out.exists():
        out.rename(before)
    try:
        pack.rename(out)
    except BaseException:
        if before.exists():
            before.rename(out)
        raise


def _write_zip(folder: Path, out: Path) -> None:
    """Every file below a folder, in one that is called as it is."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _files(folder):
            info = zipfile.ZipInfo(f"{folder.name}/{name}", EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # of Unix, whatever this is: the rights are in the line below
            info.external_attr = 0o100644 << 16
            archive.writestr(info, (folder / name).read_bytes())


def _files(folder: Path) -> list[str]:
    paths = (Path(here) / name for here, _, names in os.walk(folder) for name in names)
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def _foreign(folder: Path) -> str:
    """A file that is not as a pack has it: somebody works there. Empty if there is none.

    A pack holds its course, and each other file twice: as it is, and as it was given.
    """
    for name in _files(folder):
        path, given = folder / name, folder / ".zth" / "stubs" / name
        if name.startswith(("course/", ".zth/stubs/")) or name == ".zth/workspace.json":
            continue
        if path.is_symlink() or not given.is_file() or given.read_bytes() != path.read_bytes():
            return name
    return "" if (folder / "course" / "course.toml").is_file() else "what is in it"

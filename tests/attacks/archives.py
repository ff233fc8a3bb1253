"""Attacks that are no Python file: archives, links, devices and names. Made when they are needed."""

from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

WRONG = b"def double(x):\n    return x\n"
FAIL = {"double": "FAIL"}
ERROR = {"double": "ERROR"}

Build = Callable[[Path], None]
"""Makes an attack in a folder of submissions that is given."""


def zip_bomb(folder: Path) -> None:
    """Two gigabytes of zeros in two megabytes, called source."""
    with (
        zipfile.ZipFile(folder / "zip_bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("arrays.py", "w", force_zip64=True) as member,
    ):
        for _ in range(2_000):
            member.write(bytes(1 << 20))


def zip_of_one_file_many_times(folder: Path) -> None:
    """Fifty thousand names for the same compressed bytes, which are in the file once."""
    path = folder / "zip_of_one_file_many_times.zip"
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", b"#" * 900_000)
    data = body.getvalue()
    at = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry = data[at:end]
    entries = b"".join(
        entry[:28] + struct.pack("<H", 8) + entry[30:46] + f"{n:05d}.py".encode() + entry[50:]
        for n in range(50_000)
    )
    tail = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 50_000, 50_000, len(entries), at, 0)
    path.write_bytes(data[:at] + entries + tail)


def zip_slip(folder: Path) -> None:
    """Names that lead out of the archive, into the course and the neighbours' folders."""
    with zipfile.ZipFile(folder / "zip_slip.zip", "w") as archive:
        for name in ("../zth-was-here", "/tmp/zth-was-here", "../../course/course.toml"):
            archive.writestr(name, b"was here")
        archive.writestr("../000-honest/arrays.py", WRONG)
        archive.writestr("..\\arrays.py", WRONG)
        archive.writestr("C:\\arrays.py", WRONG)
        archive.writestr("/arrays.py", WRONG)


def tar_of_links(folder: Path) -> None:
    """Links to another's work, hard and symbolic, devices and pipes, in a tar."""
    with tarfile.open(folder / "tar_of_links.tar.gz", "w:gz") as archive:
        for name, kind, target in (
            ("arrays.py", tarfile.SYMTYPE, "../000-honest/arrays.py"),
            ("hw/arrays.py", tarfile.LNKTYPE, "../000-honest/arrays.py"),
            ("zero/arrays.py", tarfile.CHRTYPE, ""),
            ("pipe/arrays.py", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.devmajor, info.devminor = kind, target, 1, 5
            archive.addfile(info)


def tar_that_unpacks_for_ever(folder: Path) -> None:
    """A gigabyte of zeros before the file that counts."""
    with tarfile.open(folder / "tar_that_unpacks_for_ever.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("padding.bin")
        info.size = 600 << 20
        archive.addfile(info, _Zeros())  # type: ignore[arg-type] # as much of a file as is asked for
        info = tarfile.TarInfo("arrays.py")
        info.size = len(WRONG)
        archive.addfile(info, io.BytesIO(WRONG))


class _Zeros:
    def read(self, size: int) -> bytes:
        return bytes(size)


def folder_of_links(folder: Path) -> None:
    """Links in a folder: to another's work, to the checks, to a device, to itself."""
    here = folder / "folder_of_links"
    here.mkdir()
    (here / "arrays.py").symlink_to(folder / "000-honest" / "arrays.py")
    (here / "model.py").symlink_to("/dev/zero")
    (here / "again").symlink_to(here)


def somebody_elses_folder(folder: Path) -> None:
    """The whole submission is a link to another's."""
    (folder / "somebody_elses_folder").symlink_to(folder / "000-honest")


def pipes(folder: Path) -> None:
    """A pipe and a socket where a file should be: whoever reads it waits."""
    here = folder / "pipes"
    here.mkdir()
    os.mkfifo(here / "arrays.py")
    os.mkfifo(here / "homework.zip")
    os.mknod(here / "model.py", stat.S_IFSOCK | 0o600)


def many_names(folder: Path) -> None:
    """A quarter of a million empty files in a zip."""
    entries, count = io.BytesIO(), 250_000
    with (folder / "many_names.zip").open("wb") as file:
        local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 4, 0) + b"a.py"
        file.write(local)
        head = struct.pack(
            "<4s6H3I5H2I", *(b"PK\1\2", 20, 20, 0, 0, 0, 0), *(0, 0, 0, 11), *(0,) * 6
        )
        for number in range(count):
            entries.write(head + b"%08d.py" % number)
        size = entries.tell()
        file.write(entries.getvalue())
        start = len(local)
        file.write(
            struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        )
        file.write(struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1))
        file.write(
            struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
        )


def many_files(folder: Path) -> None:
    """Thirty thousand files in a folder, and folders in folders, forty deep."""
    here = folder / "many_files"
    here.mkdir()
    for number in range(30_000):
        (here / f"{number:05d}.txt").touch()
    deep = here
    for _ in range(40):
        deep = deep / "d"
        deep.mkdir()
    (deep / "arrays.py").write_bytes(WRONG)


def absurd_names(folder: Path) -> None:
    """Names of 255 bytes, of control characters, of no alphabet, of markup and formulas."""
    here = folder / "absurd_names"
    here.mkdir()
    names = [
        b"\x1b[2J\x1b[32mpassed\x1b[0m.py", b"a\nb.py", b"\xff\xfe.py", b"x" * 252 + b".py",
        b"=cmd|'calc'!A0.py", "\u202eyp.sapot.py".encode(), b"<script>.py", b"[red].py",
        b"con.py", b"__init__.py", b"-rf.py", b" .py", b"$(touch zth-was-here).py",
    ]  # fmt: skip
    for name in names:
        (Path(os.fsdecode(os.fsencode(here) + b"/" + name))).write_bytes(WRONG)
    (here / "arrays.py").write_bytes(WRONG)


def evil_person(folder: Path) -> None:
    """Somebody whose name clears the screen, turns the line round, and is a spreadsheet's formula."""
    here = folder / "!=1+1\x1b[2J\x1b[32m[red]<b>\u202eevil"
    here.mkdir()
    (here / "arrays.py").write_bytes(WRONG)


def broken_zip(folder: Path) -> None:
    """Cut off in the middle, encrypted, and a zip in name only."""
    here = folder / "broken_zip"
    here.mkdir()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("arrays.py", WRONG * 100)
    data = bytearray(whole.getvalue())
    (here / "half.zip").write_bytes(data[: len(data) // 2])
    (here / "named.zip").write_bytes(b"MZ\x90\0" * 1000)
    data[6] |= 1
    (here / "locked.zip").write_bytes(data)


def slow_to_compile(folder: Path) -> None:
    """A source that is small, and takes the compiler for ever, or its stack."""
    here = folder / "slow_to_compile"
    here.mkdir()
    (here / "arrays.py").write_text(
        "x = " + "(" * 150 + "1" + ")" * 150 + "\n" + "-" * 90_000 + "1\n"
    )


BUILT: dict[Build, dict[str, str]] = {
    zip_bomb: ERROR,
    zip_of_one_file_many_times: ERROR,
    zip_slip: ERROR,
    tar_of_links: ERROR,
    tar_that_unpacks_for_ever: ERROR,
    folder_of_links: ERROR,
    somebody_elses_folder: ERROR,
    pipes: ERROR,
    many_names: ERROR,
    many_files: ERROR,
    absurd_names: FAIL,
    evil_person: FAIL,
    broken_zip: FAIL,
    slow_to_compile: ERROR,
}
"""Each, and what it must get."""

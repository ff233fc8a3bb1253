"""Zip and tar, in memory: never unpacked to disk, and never trusted to say how large they are.

They are read with the standard library through a file object of ours that gives no more than a block at a
time, looks at the clock, and never lets a declared size decide how much is read.
"""

from __future__ import annotations

import bz2
import datetime
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Protocol

from grader.grading.gathering import (
    SHOWN,
    TOO_LARGE,
    Full,
    Gathered,
    Oversized,
    UnreadableArchive,
    kind_of_mode,
    mega,
    place_of,
    shown,
)


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so is one that can be read."""
    return any(head[at:].startswith(mark) for mark, at, _ in _KINDS)


def read_archive(file: io.BufferedReader, head: bytes, name: str, gathered: Gathered) -> None:
    """What is wanted of an archive, which begins with `head`. Raises Unreadable with the reason."""
    reader = next(read for mark, at, read in _KINDS if head[at:].startswith(mark))
    try:
        reader(file, gathered)
    except (Full, UnreadableArchive):
        raise
    except Oversized as error:
        raise UnreadableArchive(f"{shown(name)} {error}") from None
    except Exception as error:  # a parser that strangers feed may raise anything
        raise UnreadableArchive(f"{shown(name)} is damaged or cut off{_reason(error)}.") from None


def _read_zip(file: io.BufferedReader, gathered: Gathered) -> None:
    with zipfile.ZipFile(_Bounded(file, gathered)) as archive:
        for info in archive.infolist():
            gathered.enter()
            if info.is_dir():
                continue
            place = place_of(info.orig_filename, gathered)
            if place is None:
                continue
            if bad := _zip_fault(info):
                gathered.leave_out(place, bad)
                continue
            if info.file_size > gathered.most(place):
                gathered.leave_out(place, TOO_LARGE.format(most=mega(gathered.most(place))))
                continue
            gathered.room(place)
            try:
                with archive.open(info) as member:
                    data = _at_most(member, gathered.most(place), gathered)
                    gathered.keep(place, data, _zip_time(info))
            except Full:
                raise
            except Exception:  # as above
                gathered.leave_out(place, "is damaged in the archive.")


def _zip_time(info: zipfile.ZipInfo) -> float:
    """When a member is from. It names no zone, which is the same for all that lies beside it."""
    try:
        moment = datetime.datetime(*info.date_time, tzinfo=datetime.UTC)
    except ValueError:
        return 0.0
    return moment.timestamp() if moment.year > EARLIEST_YEAR else 0.0


def _zip_fault(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if info.flag_bits & 0x1:
        return "is encrypted: hand it in without a password."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return kind_of_mode(mode)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that is not read: pack it as an ordinary zip."
    return ""


def _read_tar(file: io.BufferedReader, gathered: Gathered) -> None:
    _read_members(_Forward(file.read, gathered), gathered)


def _read_gzip(file: io.BufferedReader, gathered: Gathered) -> None:
    _read_members(_unpacked(file, lambda: _Zlib(), gathered), gathered)


def _read_bzip2(file: io.BufferedReader, gathered: Gathered) -> None:
    _read_members(_unpacked(file, bz2.BZ2Decompressor, gathered), gathered)


def _read_xz(file: io.BufferedReader, gathered: Gathered) -> None:
    def begin() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)

    _read_members(_unpacked(file, begin, gathered), gathered)


def _read_members(stream: _Forward, gathered: Gathered) -> None:
    with tarfile.open(fileobj=stream, mode="r:", errorlevel=0) as archive:  # type: ignore[call-overload] # it reads, seeks and tells
        while True:
            stream.most = _HEADER
            member = archive.next()
            if member is None:
                if stream.last.strip(b"\0") or len(stream.last) < tarfile.BLOCKSIZE:
                    raise EOFError("it ends too early")
                return
            archive.members.clear()  # it keeps each one
            gathered.enter()
            if member.isdir():
                continue
            place = place_of(member.name, gathered)
            if place is None:
                continue
            if not member.isreg() or member.issparse():
                gathered.leave_out(place, _TAR_KINDS.get(member.type, "is not a regular file."))
                continue
            if member.size > gathered.most(place):
                gathered.leave_out(place, TOO_LARGE.format(most=mega(gathered.most(place))))
                continue
            gathered.room(place)
            stream.most = _BLOCK
            stream.seek(member.offset_data)
            data = stream.read_all(member.size)
            gathered.keep(place, data, float(member.mtime))


def _at_most(member: _Reads, most: int, gathered: Gathered) -> bytes:
    """What a member holds, up to one byte more than is wanted."""
    blocks: list[bytes] = []
    size = 0
    while size <= most:
        gathered.check_time()
        block = member.read(min(_BLOCK, most + 1 - size))
        if not block:
            break
        blocks.append(block)
        size += len(block)
    return b"".join(blocks)


class _Reads(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Decompressor(Protocol):
    """What bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Zlib:
    """zlib's decompressor, which keeps what it has not read, as one that is fed."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def _unpacked(
    file: io.BufferedReader, begin: Callable[[], _Decompressor], gathered: Gathered
) -> _Forward:
    """A compressed file's bytes as a stream, a block at a time."""
    unpacking = begin()
    whole = 0

    def read(size: int) -> bytes:
        nonlocal unpacking, whole
        while True:
            gathered.check_time()
            fed = b""
            if unpacking.eof:  # what follows may be a further stream, or zeros
                fed = unpacking.unused_data or file.read(_BLOCK)
                if not fed.strip(b"\0"):
                    return b""
                unpacking = begin()
            elif unpacking.needs_input:
                fed = file.read(_BLOCK)
                if not fed:
                    raise EOFError("it ends too early")
            block = unpacking.decompress(fed, size)
            whole += len(block)
            if whole > gathered.limits.unpacked_bytes:
                raise Full(TOO_MUCH_UNPACKED.format(most=mega(gathered.limits.unpacked_bytes)))
            if block:
                return block

    return _Forward(read, gathered)


class _Bounded:
    """A file for zipfile: no single read is larger than a catalogue of as many names as we look at."""

    def __init__(self, file: io.BufferedReader, gathered: Gathered) -> None:
        self._file = file
        self._most = gathered.limits.entries * _CATALOGUE_LINE
        self._gathered = gathered
        self.tell = file.tell
        self.seek = file.seek
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        self._gathered.check_time()
        # without a size it reads to the end, from where the catalogue's own end should be
        data = self._file.read(min(size, self._most + 1) if size >= 0 else self._most + 1)
        if len(data) > self._most:
            raise Oversized(TOO_LONG_A_LIST.format(count=self._gathered.limits.entries))
        return data


class _Forward:
    """A file for tarfile that only goes forward; no single read is larger than `most`."""

    def __init__(self, read: Callable[[int], bytes], gathered: Gathered) -> None:
        self._read = read
        self._gathered = gathered
        self._at = 0
        self.most = _HEADER
        """A header of a megabyte keeps tarfile's regular expressions busy for minutes."""
        self.last = b""
        """What was read last: tarfile takes a damaged header for the end."""

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def seek(self, position: int, whence: int = 0) -> int:
        if whence or position < self._at:
            raise UnreadableArchive("The archive is damaged: it goes backwards.")
        while self._at < position and self._take(min(_BLOCK, position - self._at)):
            pass
        return self._at

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self.most:
            raise Oversized(TOO_LONG_A_HEADER)
        self.last = self.read_all(size, short=True)
        return self.last

    def read_all(self, size: int, short: bool = False) -> bytes:
        blocks: list[bytes] = []
        left = size
        while left and (block := self._take(min(left, _BLOCK))):
            blocks.append(block)
            left -= len(block)
        if left and not short:
            raise EOFError("it ends too early")
        return b"".join(blocks)

    def _take(self, size: int) -> bytes:
        self._gathered.check_time()
        block = self._read(size)
        self._at += len(block)
        return block


def _reason(error: Exception) -> str:
    text = shown(str(error)).rstrip(".")
    return f" ({text})" if text and len(text) < SHOWN else ""


ARCHIVES = (
    *(".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz"),
    *(".rar", ".7z", ".gz"),
)
"""Names that say that something is packed in there; not all of them can be read."""
EARLIEST_YEAR = 1980
"""What a zip says where it does not know."""
_BLOCK = 1 << 16
_HEADER = 1 << 13
_CATALOGUE_LINE = 128
_LZMA_MEMORY = 80 << 20
_KINDS: tuple[tuple[bytes, int, Callable[[io.BufferedReader, Gathered], None]], ...] = (
    (b"PK\x03\x04", 0, _read_zip),
    (b"PK\x05\x06", 0, _read_zip),
    (b"\x1f\x8b", 0, _read_gzip),
    (b"BZh", 0, _read_bzip2),
    (b"\xfd7zXZ\0", 0, _read_xz),
    (b"ustar", 257, _read_tar),
)
_TAR_KINDS = {
    tarfile.SYMTYPE: "is a link, which is not followed: hand in the file itself.",
    tarfile.LNKTYPE: "is a link to another file, which is not followed: hand in the file itself.",
    tarfile.CHRTYPE: "is a device, not a file.",
    tarfile.BLKTYPE: "is a device, not a file.",
    tarfile.FIFOTYPE: "is a pipe, not a file.",
}
TOO_MUCH_UNPACKED = "The archive unpacks to more than {most}: the rest is left out."
TOO_LONG_A_LIST = (
    "lists more than {count:,} files, and is not read: hand in the .py files and notebooks alone."
)
TOO_LONG_A_HEADER = "has a header that no ordinary archive has, and is not read."

"""What a learner handed in, as bytes in memory: screened, and never written to disk or run.

Zip and tar are read with the standard library through a file object of ours that gives no more than
a block at a time, looks at the clock, and never lets a declared size decide how much is read.
"""

from __future__ import annotations

import bz2
import errno
import io
import lzma
import os
import re
import stat
import tarfile
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec


class BundleLimits(msgspec.Struct, frozen=True):
    """How much of one submission is read. What lies beyond is left out, and said."""

    source_bytes: int = 1 << 20
    """Of a .py file: the judge takes no more."""
    notebook_bytes: int = 20 << 20
    """Of a notebook: its pictures are in it, and are dropped later."""
    total_bytes: int = 64 << 20
    files: int = 2_000
    """Python files and notebooks."""
    entries: int = 20_000
    """Files and folders of any kind that are looked at."""
    unpacked_bytes: int = 256 << 20
    """Of a compressed tar, which must be unpacked up to the file that is wanted."""
    depth: int = 20
    path_characters: int = 240
    seconds: float = 1.0
    """Until no further file is begun."""


LIMITS = BundleLimits()


class Part(msgspec.Struct, frozen=True):
    """A file or folder of a submission, and what the learner had called it."""

    path: Path
    name: str = ""


class Bundle(msgspec.Struct, frozen=True):
    """The Python files and notebooks of a submission, and what there is to say of the rest."""

    files: dict[str, bytes]
    """By their paths within what was handed in, with slashes."""
    left_out: dict[str, str] = {}
    """Path → why a Python file or notebook was not read, in a sentence."""
    remarks: tuple[str, ...] = ()
    trouble: str = ""
    """Why nothing of it can be judged."""
    ignored: int = 0
    """Files that are neither Python nor a notebook."""


def read_bundle(what: Path | Sequence[Part], limits: BundleLimits = LIMITS) -> Bundle:
    """The bytes of a folder, zip, tar, .py or .ipynb, or of several. Never raises for what is in it.

    A link is not followed, a pipe or a device not waited for, an archive in an archive not opened.
    """
    parts = [Part(what)] if isinstance(what, Path) else what
    gathered = _Gathered(limits)
    for part in parts:
        try:
            _read_part(part, gathered)
        except _Full as full:
            gathered.remark(full.args[0])
            break
    return gathered.bundle(parts)


class _Full(Exception):
    """A limit of the whole bundle is reached; its sentence. What was read until then counts."""


class _Unreadable(Exception):
    """An archive or a file that cannot be read; its sentence."""


class _Oversized(Exception):
    """An archive asks for a block that no honest one needs."""


class _Gathered:
    """What has been read so far, and what is left of the limits."""

    def __init__(self, limits: BundleLimits) -> None:
        self.limits = limits
        self.deadline = time.monotonic() + limits.seconds
        self._files: dict[str, bytes] = {}
        self._folded: dict[str, str] = {}
        self._left_out: dict[str, str] = {}
        self._remarks: dict[str, None] = {}
        self._troubles: list[str] = []
        self._bytes = 0
        self._entries = 0
        self._ignored = 0
        self._archives = 0
        self.within = ""
        """The archive in a folder that is read now, with a slash: `hw.zip/`."""

    def check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise _Full(TOO_SLOW.format(seconds=self.limits.seconds))

    def enter(self) -> None:
        """Count something that is looked at."""
        self._entries += 1
        if self._entries > self.limits.entries:
            raise _Full(TOO_MANY_ENTRIES.format(count=self.limits.entries))
        if not self._entries & 0x3F:
            self.check_time()

    def begin_archive(self, place: str) -> None:
        """An archive that lies in a folder: platforms put what was handed in there as it came."""
        self._archives += 1
        if self._archives > MOST_ARCHIVES:
            raise _Unreadable(f"{shown(place)} is left out: there are too many archives.")
        self.within = f"{place}/"

    def ignore(self) -> None:
        self._ignored += 1

    def remark(self, sentence: str) -> None:
        self._remarks[sentence] = None

    def trouble(self, sentence: str) -> None:
        self._troubles.append(sentence)

    def leave_out(self, name: str, why: str) -> None:
        """A file that would have been read."""
        if len(self._left_out) < MOST_SAID * 10:
            self._left_out[name] = f"{shown(name)} {why}"

    def most(self, name: str) -> int:
        """How many bytes of that file are read."""
        return self.limits.notebook_bytes if _is_notebook(name) else self.limits.source_bytes

    def room(self, name: str) -> None:
        """Raises _Full where no further file may be read."""
        self.check_time()
        if len(self._files) >= self.limits.files and name not in self._files:
            raise _Full(TOO_MANY_FILES.format(count=self.limits.files))

    def keep(self, name: str, data: bytes) -> None:
        if len(data) > self.most(name):
            self.leave_out(name, TOO_LARGE.format(most=_mega(self.most(name))))
            return
        if self._bytes + len(data) > self.limits.total_bytes:
            raise _Full(TOO_MUCH.format(most=_mega(self.limits.total_bytes)))
        if name in self._files:
            self.remark(TWICE.format(name=shown(name)))
            self._bytes -= len(self._files[name])
        twin = self._folded.setdefault(name.casefold(), name)
        if twin != name:
            self.remark(TWINS.format(one=shown(twin), other=shown(name)))
        self._bytes += len(data)
        self._files[name] = data
        self._left_out.pop(name, None)

    def bundle(self, parts: Sequence[Part]) -> Bundle:
        remarks = [*self._remarks, *self._left_out.values()]
        if len(remarks) > MOST_SAID:
            remarks[MOST_SAID - 1 :] = [f"And {len(remarks) - MOST_SAID + 1} remarks more."]
        trouble = ""
        if not self._files:
            names = " and ".join(shown(part.name or part.path.name) for part in parts[:3])
            causes = [*self._troubles, *remarks]
            empty = (NOTHING_OF_USE if self._ignored else EMPTY).format(name=names or "It")
            trouble = causes[0] if causes else empty
            remarks = [sentence for sentence in remarks if sentence != trouble]
        else:
            remarks = [*self._troubles, *remarks]
        return Bundle(self._files, self._left_out, tuple(remarks), trouble, self._ignored)


# a path that may be read


def _place(name: str, gathered: _Gathered) -> str | None:
    """The path of an archive's member, cleaned; None where it must or need not be read."""
    path = name.replace("\\", "/")
    if not _is_wanted(path):
        if not path.endswith("/"):
            gathered.ignore()
        return None
    bad = _fault(path, gathered.limits)
    if bad:
        gathered.leave_out(gathered.within + name, bad)
        return None
    return gathered.within + "/".join(
        p for p in unicodedata.normalize("NFC", path).split("/") if p not in ("", ".")
    )


def _fault(path: str, limits: BundleLimits) -> str:
    """What is wrong with the path of a file; empty where nothing is."""
    if _CONTROL.search(path):
        return "is left out: its name has control characters in it."
    if len(path) > limits.path_characters:
        return f"is left out: its path has {len(path)} characters."
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "is left out: its path is absolute."
    parts = path.split("/")
    if ".." in parts:
        return "is left out: its path leads out of the archive."
    if len(parts) > limits.depth:
        return f"is left out: it lies {len(parts)} folders deep."
    return ""


def _is_wanted(path: str) -> bool:
    """Whether a path is of a Python file or a notebook that a person wrote."""
    if not path.lower().endswith((".py", ".ipynb")):
        return False
    parts = path.split("/")
    return not any(p in NOBODYS or (p.startswith(".") and p.strip(".")) for p in parts)


def _is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


# folders and files on disk


def _read_part(part: Part, gathered: _Gathered) -> None:
    name = part.name or part.path.name
    try:
        mode = os.lstat(part.path).st_mode
    except OSError as error:
        gathered.trouble(f"{shown(name)} cannot be read: {error.strerror}.")
        return
    except ValueError:
        gathered.trouble(f"{shown(name)} cannot be read: no file has such a name.")
        return
    if stat.S_ISDIR(mode):
        _read_folder(part.path, gathered)
    elif not stat.S_ISREG(mode):
        gathered.trouble(f"{shown(name)} {_kind(mode)}")
    else:
        try:
            _read_file(part.path, name, gathered)
        except _Unreadable as error:
            gathered.trouble(error.args[0])


def _read_folder(root: Path, gathered: _Gathered) -> None:
    """The folder's files, those that lie at the top first."""
    waiting = [("", str(root))]
    for within, folder in waiting:
        depth = within.count("/") + 1
        entries: list[tuple[str, str, int]] = []
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    gathered.enter()
                    entries.append((entry.name, entry.path, _mode(entry)))
        except OSError as error:
            name = within.rstrip("/") or root.name
            gathered.remark(f"The folder {shown(name)} cannot be read: {error.strerror}.")
        except _Full:
            _read_entries(within, entries, gathered)
            raise
        for name, path in _read_entries(within, entries, gathered):
            if depth < gathered.limits.depth:
                waiting.append((f"{within}{name}/", path))
            else:
                gathered.remark(f"Folders that lie deeper than {depth} are left out.")


def _mode(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return 0


def _read_entries(
    within: str, entries: list[tuple[str, str, int]], gathered: _Gathered
) -> list[tuple[str, str]]:
    """Read a folder's files; its folders, in order."""
    folders: list[tuple[str, str]] = []
    for name, path, mode in sorted(entries):
        place = unicodedata.normalize("NFC", within + name)
        if stat.S_ISDIR(mode) and not name.lower().endswith((".py", ".ipynb")):
            if not name.startswith(".") and name not in NOBODYS:
                folders.append((name, path))
        elif not _is_wanted(place):
            if stat.S_ISREG(mode) and place.lower().endswith(_PACKED) and name[0] != ".":
                _read_archive(Path(path), place, gathered)
            else:
                gathered.ignore()
        elif bad := _fault(_escaped(place), gathered.limits):
            gathered.leave_out(place, bad)
        elif not stat.S_ISREG(mode):
            gathered.leave_out(place, _kind(mode))
        else:
            gathered.room(place)
            try:
                gathered.keep(place, _steady(Path(path), place, gathered))
            except _Unreadable as error:
                gathered.leave_out(place, error.args[0].removeprefix(f"{shown(place)} "))
    return folders


def _read_archive(path: Path, place: str, gathered: _Gathered) -> None:
    """One that lies in a folder; one that lies in an archive is not opened."""
    try:
        if bad := _fault(_escaped(place), gathered.limits):
            raise _Unreadable(f"{shown(place)} {bad}")
        gathered.begin_archive(place)
        _read_file(path, place, gathered)
    except _Unreadable as error:
        gathered.remark(error.args[0])
    finally:
        gathered.within = ""


def _read_file(path: Path, name: str, gathered: _Gathered) -> None:
    """A .py, a notebook or an archive, told by its name and then by its first bytes."""
    if name.lower().endswith((".py", ".ipynb")):
        if bad := _fault(_escaped(name), gathered.limits):
            raise _Unreadable(f"{shown(name)} {bad}")
        gathered.keep(unicodedata.normalize("NFC", name), _steady(path, name, gathered))
        return
    with _open(path, name) as file:
        head = file.read(512)
        if not head:
            raise _Unreadable(f"{shown(name)} is empty: 0 bytes.")
        file.seek(0)
        reader = next((read for mark, at, read in _KINDS if head[at:].startswith(mark)), None)
        if reader is None:
            raise _Unreadable(_not_an_archive(name, head))
        try:
            reader(file, gathered)
        except (_Full, _Unreadable):
            raise
        except _Oversized as error:
            raise _Unreadable(f"{shown(name)} {error}") from None
        except Exception as error:  # a parser that strangers feed may raise anything
            why = _reason(error)
            raise _Unreadable(f"{shown(name)} is damaged or cut off{why}.") from None


def _open(path: Path, name: str) -> io.BufferedReader:
    """The file, where it is a regular one. Does not wait for whoever holds the other end."""
    try:
        handle = os.open(path, _FLAGS)
        mode = os.fstat(handle).st_mode
    except OSError as error:
        linked = error.errno == errno.ELOOP
        why = _kind(stat.S_IFLNK) if linked else f"cannot be read: {error.strerror}."
        raise _Unreadable(f"{shown(name)} {why}") from None
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise _Unreadable(f"{shown(name)} {_kind(mode)}")
    return os.fdopen(handle, "rb")


def _steady(path: Path, name: str, gathered: _Gathered) -> bytes:
    """A file's bytes, at most one more than are wanted; read again where it changed meanwhile."""
    for _ in range(2):
        with _open(path, name) as file:
            before = os.fstat(file.fileno())
            try:
                data = file.read(gathered.most(name) + 1)
            except OSError as error:
                raise _Unreadable(f"{shown(name)} cannot be read: {error.strerror}.") from None
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return data
    raise _Unreadable(f"{shown(name)} changes while it is read.")


# archives


def _read_zip(file: io.BufferedReader, gathered: _Gathered) -> None:
    with zipfile.ZipFile(_Bounded(file, gathered)) as archive:
        for info in archive.infolist():
            gathered.enter()
            if info.is_dir():
                continue
            place = _place(info.orig_filename, gathered)
            if place is None:
                continue
            if bad := _zip_fault(info):
                gathered.leave_out(place, bad)
                continue
            if info.file_size > gathered.most(place):
                gathered.leave_out(place, TOO_LARGE.format(most=_mega(gathered.most(place))))
                continue
            gathered.room(place)
            try:
                with archive.open(info) as member:
                    gathered.keep(place, _at_most(member, gathered.most(place), gathered))
            except _Full:
                raise
            except Exception:  # as above
                gathered.leave_out(place, "is damaged in the archive.")


def _zip_fault(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if info.flag_bits & 0x1:
        return "is encrypted: hand it in without a password."
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return _kind(mode)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that is not read: pack it as an ordinary zip."
    return ""


def _read_tar(file: io.BufferedReader, gathered: _Gathered) -> None:
    _read_members(_Forward(file.read, gathered), gathered)


def _read_gzip(file: io.BufferedReader, gathered: _Gathered) -> None:
    _read_members(_unpacked(file, lambda: _Zlib(), gathered), gathered)


def _read_bzip2(file: io.BufferedReader, gathered: _Gathered) -> None:
    _read_members(_unpacked(file, bz2.BZ2Decompressor, gathered), gathered)


def _read_xz(file: io.BufferedReader, gathered: _Gathered) -> None:
    def begin() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)

    _read_members(_unpacked(file, begin, gathered), gathered)


def _read_members(stream: _Forward, gathered: _Gathered) -> None:
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
            place = _place(member.name, gathered)
            if place is None:
                continue
            if not member.isreg() or member.issparse():
                gathered.leave_out(place, _TAR_KINDS.get(member.type, "is not a regular file."))
                continue
            if member.size > gathered.most(place):
                gathered.leave_out(place, TOO_LARGE.format(most=_mega(gathered.most(place))))
                continue
            gathered.room(place)
            stream.most = _BLOCK
            stream.seek(member.offset_data)
            data = stream.read_all(member.size)
            gathered.keep(place, data)


def _at_most(member: _Reads, most: int, gathered: _Gathered) -> bytes:
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
    file: io.BufferedReader, begin: Callable[[], _Decompressor], gathered: _Gathered
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
                raise _Full(TOO_MUCH_UNPACKED.format(most=_mega(gathered.limits.unpacked_bytes)))
            if block:
                return block

    return _Forward(read, gathered)


class _Bounded:
    """A file for zipfile: no single read is larger than a catalogue of as many names as we look at."""

    def __init__(self, file: io.BufferedReader, gathered: _Gathered) -> None:
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
            raise _Oversized(TOO_LONG_A_LIST.format(count=self._gathered.limits.entries))
        return data


class _Forward:
    """A file for tarfile that only goes forward; no single read is larger than `most`."""

    def __init__(self, read: Callable[[int], bytes], gathered: _Gathered) -> None:
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
            raise _Unreadable("The archive is damaged: it goes backwards.")
        while self._at < position and self._take(min(_BLOCK, position - self._at)):
            pass
        return self._at

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self.most:
            raise _Oversized(TOO_LONG_A_HEADER)
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


# words


def shown(name: str) -> str:
    """A file's name as it may stand in a sentence, whatever is in it."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}…{text[-_SHOWN // 2 :]}"


def _escaped(name: str) -> str:
    """A name of a file system whose bytes are no text gets a control character, and is refused."""
    return "\0" if any(0xDC80 <= ord(c) <= 0xDCFF for c in name) else name


def _kind(mode: int) -> str:
    kinds: Iterator[str] = (what for test, what in _FILE_KINDS if test(mode))
    return next(kinds, "is not a regular file.")


def _mega(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size} bytes"


def _reason(error: Exception) -> str:
    text = shown(str(error)).rstrip(".")
    return f" ({text})" if text and len(text) < _SHOWN else ""


def _not_an_archive(name: str, head: bytes) -> str:
    other = next((what for mark, what in _OTHER_KINDS if head.startswith(mark)), "")
    if other:
        return f"{shown(name)} {other}"
    if name.lower().endswith(ARCHIVES):
        return f"{shown(name)} is not the archive its name says."
    return f"{shown(name)} is neither a Python file, a notebook, a zip nor a tar."


ARCHIVES = (
    *(".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz"),
    *(".rar", ".7z", ".gz"),
)
"""Names that say that something is packed in there; not all of them can be read."""
_PACKED = tuple(suffix for suffix in ARCHIVES if suffix != ".gz")
MOST_ARCHIVES = 20
"""In a folder."""
NOBODYS = {"__MACOSX", "__pycache__", "site-packages", "node_modules"}
"""Folders whose files nobody wrote."""
MOST_SAID = 20
_SHOWN = 100
_BLOCK = 1 << 16
_HEADER = 1 << 13
_CATALOGUE_LINE = 128
_LZMA_MEMORY = 80 << 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_KINDS: tuple[tuple[bytes, int, Callable[[io.BufferedReader, _Gathered], None]], ...] = (
    (b"PK\x03\x04", 0, _read_zip),
    (b"PK\x05\x06", 0, _read_zip),
    (b"\x1f\x8b", 0, _read_gzip),
    (b"BZh", 0, _read_bzip2),
    (b"\xfd7zXZ\0", 0, _read_xz),
    (b"ustar", 257, _read_tar),
)
_OTHER_KINDS = (
    (b"Rar!", "is a rar archive, which is not read: hand in a zip."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive, which is not read: hand in a zip."),
    (b"%PDF", "is a PDF: hand in the .py files or the notebook itself."),
)
_FILE_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "is a link, which is not followed: hand in the file itself."),
    (stat.S_ISDIR, "is a folder; a file of that name is expected."),
    (stat.S_ISFIFO, "is a pipe, not a file."),
    (stat.S_ISSOCK, "is a socket, not a file."),
    (stat.S_ISCHR, "is a device, not a file."),
    (stat.S_ISBLK, "is a device, not a file."),
)
_TAR_KINDS = {
    tarfile.SYMTYPE: "is a link, which is not followed: hand in the file itself.",
    tarfile.LNKTYPE: "is a link to another file, which is not followed: hand in the file itself.",
    tarfile.CHRTYPE: "is a device, not a file.",
    tarfile.BLKTYPE: "is a device, not a file.",
    tarfile.FIFOTYPE: "is a pipe, not a file.",
}
EMPTY = "{name} is empty."
NOTHING_OF_USE = "There is no .py file and no notebook in {name}."
TOO_LARGE = "is larger than {most} and is left out. Data belongs in a file of its own."
TOO_MUCH = "More than {most} of Python files and notebooks: the rest is left out."
TOO_MUCH_UNPACKED = "The archive unpacks to more than {most}: the rest is left out."
TOO_MANY_FILES = "More than {count:,} Python files and notebooks: the rest is left out."
TOO_MANY_ENTRIES = "More than {count:,} files: the rest is not looked at."
TOO_LONG_A_LIST = (
    "lists more than {count:,} files, and is not read: hand in the .py files and notebooks alone."
)
TOO_LONG_A_HEADER = "has a header that no ordinary archive has, and is not read."
TOO_SLOW = "Reading it takes longer than {seconds:g} s: the rest is left out."
TWICE = "{name} is there twice: the last one counts."
TWINS = "{one} and {other} differ only in large and small letters: both are read."

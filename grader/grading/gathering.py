"""What is read of a submission, and how much is left of what may be."""

from __future__ import annotations

import re
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator

import msgspec

from grader.course.litter import is_litter


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
    """Of computing, until no further file is begun: a busy machine takes nothing from anybody."""
    waiting_seconds: float = 120.0
    """In all, for a disk or a network that does not answer."""


LIMITS = BundleLimits()


class Full(Exception):
    """A limit of the whole bundle is reached; its sentence. What was read until then counts."""


class UnreadableArchive(Exception):
    """An archive or a file that cannot be read; its sentence."""


class Oversized(Exception):
    """An archive asks for a block that no honest one needs."""


class Gathered:
    """What has been read so far, and what is left of the limits."""

    def __init__(self, limits: BundleLimits) -> None:
        self.limits = limits
        self._deadline = time.thread_time() + limits.seconds
        self._latest = time.monotonic() + limits.waiting_seconds
        self.files: dict[str, bytes] = {}
        self.times: dict[str, float] = {}
        self.left_out: dict[str, str] = {}
        self.remarks: dict[str, None] = {}
        self.troubles: list[str] = []
        self.ignored = 0
        self.others: list[str] = []
        """The first few of the files that are ignored."""
        self._folded: dict[str, str] = {}
        self._bytes = 0
        self._entries = 0
        self._archives = 0
        self.within = ""
        """The archive in a folder that is read now, with a slash: `hw.zip/`."""

    def check_time(self) -> None:
        if time.thread_time() > self._deadline:
            raise Full(TOO_SLOW.format(seconds=self.limits.seconds))
        if time.monotonic() > self._latest:
            raise Full(TOO_SLOW.format(seconds=self.limits.waiting_seconds))

    def enter(self) -> None:
        """Count something that is looked at."""
        self._entries += 1
        if self._entries > self.limits.entries:
            raise Full(TOO_MANY_ENTRIES.format(count=self.limits.entries))
        if not self._entries & 0x3F:
            self.check_time()

    def begin_archive(self, place: str) -> None:
        """An archive that lies in a folder: platforms put what was handed in there as it came."""
        self._archives += 1
        if self._archives > MOST_ARCHIVES:
            raise UnreadableArchive(f"{shown(place)} is left out: there are too many archives.")
        self.within = f"{place}/"

    def ignore(self, name: str) -> None:
        """A file that is neither Python nor a notebook."""
        self.ignored += 1
        if len(self.others) < MOST_SAID:
            self.others.append(name)

    def remark(self, sentence: str) -> None:
        self.remarks[sentence] = None

    def leave_out(self, name: str, why: str) -> None:
        """A file that would have been read."""
        if len(self.left_out) < MOST_SAID * 10:
            self.left_out[name] = f"{shown(name)} {why}"

    def most(self, name: str) -> int:
        """How many bytes of that file are read."""
        return self.limits.notebook_bytes if is_notebook(name) else self.limits.source_bytes

    def room(self, name: str) -> None:
        """Raises Full where no further file may be read."""
        self.check_time()
        if len(self.files) >= self.limits.files and name not in self.files:
            raise Full(TOO_MANY_FILES.format(count=self.limits.files))

    def keep(self, name: str, data: bytes, at: float = 0.0) -> None:
        """A file's bytes, and when it is from, seconds since 1970; 0 if that is not known."""
        if len(data) > self.most(name):
            self.leave_out(name, TOO_LARGE.format(most=mega(self.most(name))))
            return
        if self._bytes + len(data) > self.limits.total_bytes:
            raise Full(TOO_MUCH.format(most=mega(self.limits.total_bytes)))
        if name in self.files:
            self.remark(TWICE.format(name=shown(name)))
            self._bytes -= len(self.files[name])
        twin = self._folded.setdefault(name.casefold(), name)
        if twin != name:
            self.remark(TWINS.format(one=shown(twin), other=shown(name)))
        self._bytes += len(data)
        self.files[name] = data
        self.times[name] = at
        self.left_out.pop(name, None)


def place_of(name: str, gathered: Gathered) -> str | None:
    """The path of an archive's member, cleaned; None if it must or need not be read."""
    path = name.replace("\\", "/")
    if not is_wanted(path):
        if not path.endswith("/") and not is_nobodys(path):
            gathered.ignore(path)
        return None
    bad = fault_of(path, gathered.limits)
    if bad:
        gathered.leave_out(gathered.within + name, bad)
        return None
    return gathered.within + "/".join(
        p for p in unicodedata.normalize("NFC", path).split("/") if p not in ("", ".")
    )


def fault_of(path: str, limits: BundleLimits) -> str:
    """What is wrong with the path of a file; empty if nothing is."""
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


def is_wanted(path: str) -> bool:
    """Whether a path is of a Python file or a notebook that a person wrote."""
    if not path.lower().endswith((".py", ".ipynb")):
        return False
    return not is_nobodys(path)


def is_nobodys(path: str) -> bool:
    """Whether it is hidden, or what a system or a program leaves lying about."""
    return any(
        part in NOBODYS or is_litter(part) or (part.startswith(".") and part.strip("."))
        for part in path.split("/")
    )


def is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def shown(name: str) -> str:
    """A file's name as it may stand in a sentence, whatever is in it."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]}…{text[-SHOWN // 2 :]}"


def escaped(name: str) -> str:
    """A name of a file system whose bytes are no text gets a control character, and is refused."""
    return "\0" if any(0xDC80 <= ord(c) <= 0xDCFF for c in name) else name


def kind_of_mode(mode: int) -> str:
    kinds: Iterator[str] = (what for test, what in _FILE_KINDS if test(mode))
    return next(kinds, "is not a regular file.")


def mega(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size} bytes"


NOBODYS = {"__pycache__", "site-packages", "node_modules"}
"""Folders whose files nobody wrote."""
MOST_ARCHIVES = 20
"""In a folder."""
MOST_SAID = 20
SHOWN = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_FILE_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "is a link, which is not followed: hand in the file itself."),
    (stat.S_ISDIR, "is a folder; a file of that name is expected."),
    (stat.S_ISFIFO, "is a pipe, not a file."),
    (stat.S_ISSOCK, "is a socket, not a file."),
    (stat.S_ISCHR, "is a device, not a file."),
    (stat.S_ISBLK, "is a device, not a file."),
)
TOO_LARGE = "is larger than {most} and is left out. Data belongs in a file of its own."
TOO_MUCH = "More than {most} of Python files and notebooks: the rest is left out."
TOO_MANY_FILES = "More than {count:,} Python files and notebooks: the rest is left out."
TOO_MANY_ENTRIES = "More than {count:,} files: the rest is not looked at."
TOO_SLOW = "Reading it takes longer than {seconds:g} s: the rest is left out."
TWICE = "{name} is there twice: the last one counts."
TWINS = "{one} and {other} differ only in large and small letters: both are read."

"""What lies in a folder of submissions, before it is known whose it is."""

from __future__ import annotations

import datetime
import enum
import itertools
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from grader.course.litter import is_litter
from grader.course.manifest import Course
from grader.errors import UserError
from grader.grading.archives import ARCHIVES
from grader.grading.gathering import shown
from grader.grading.roster import Claim, MatchKey, Roster, words_of
from grader.grading.submitted_files import SubmittedPath

Entry = os.DirEntry[str]


class Layout(enum.StrEnum):
    PLAIN = "plain"
    NBGRADER = "nbgrader"
    CANVAS = "Canvas"
    MOODLE = "Moodle"
    GRADESCOPE = "Gradescope"
    BLACKBOARD = "Blackboard"
    BRIGHTSPACE = "Brightspace"


class Joins(enum.StrEnum):
    """Which files of one learner are one submission, where they lie beside those of others."""

    NOT = ""
    LOOSE = "loose"
    """Files that people have named: each with another of the lecture's files in it."""
    PACKED = "packed"
    """What `zth submit` writes: one a lecture."""
    PLATFORM = "platform"
    """Files that a platform has from one person."""


class Candidate(msgspec.Struct, frozen=True):
    """A file or folder that may be a submission, or a part of one."""

    claims: tuple[Claim, ...]
    """What says whose it is."""
    part: SubmittedPath
    mtime: float
    label: str
    """What the learner is called where nobody on the roster fits."""
    account: str = ""
    """Whom the platform means, by whatever it tells people apart; empty if somebody typed a name."""
    name: str = ""
    at: datetime.datetime | None = None
    unread: str = ""
    """What stands where the time should, in a sentence: it is none."""
    again: int = 0
    """How often it was handed in before, by its name."""
    late: bool = False
    joins: Joins = Joins.NOT
    trouble: str = ""
    is_nameless: bool = False
    """Whether its name is one that everybody's may have: `backprop (1).py`."""


class Listing(msgspec.Struct):
    """What was found in a folder, and what is to be said of it."""

    layout: Layout
    found: list[Candidate] = []
    ignored: list[str] = []
    remarks: list[str] = []


class Looking(msgspec.Struct, frozen=True):
    """What is known while looking."""

    roster: Roster | None = None
    course: Course | None = None
    lectures: tuple[str, ...] = ()
    """The ids of those that are graded."""

    @property
    def zone(self) -> datetime.tzinfo | None:
        return self.course.zone if self.course else None

    @property
    def stems(self) -> frozenset[str]:
        """What the course's files are called, without .py."""
        lectures = self.course.lectures if self.course else ()
        return frozenset(file.removesuffix(".py") for le in lectures for file in le.files)

    @property
    def usual(self) -> frozenset[str]:
        """The course's own words, which stand in files' names and are in no learner's name."""
        lectures = self.course.lectures if self.course else ()
        texts = [t for le in lectures for t in (le.id, le.dir, le.title, *le.files)]
        return frozenset(word for text in texts for word in words_of(text))

    @property
    def folders(self) -> frozenset[str]:
        """What the lectures' folders are called."""
        return frozenset(lecture.dir for lecture in (self.course.lectures if self.course else ()))

    @property
    def something_is_due(self) -> bool:
        return any(le.due for le in (self.course.lectures if self.course else ()))


def entries_of(folder: Path) -> list[Entry]:
    """What lies in a folder, without what systems leave there. Raises UserError if it is none."""
    try:
        with os.scandir(folder) as found:
            kept = [entry for entry in found if not is_nobodys(entry.name)]
    except NotADirectoryError:
        fix = "Unpack it, and name the folder." if folder.name.lower().endswith(ARCHIVES) else NAME
        raise UserError(f"{folder} is not a folder of submissions.", fix) from None
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}.", NAME) from None
    return sorted(kept, key=lambda entry: entry.name)


def add(
    entry: Entry,
    listing: Listing,
    claims: Iterable[Claim],
    label: str,
    called: str = "",
    trouble: str = "",
    **more: object,
) -> None:
    """An entry as a submission, or as the trouble of one. An empty folder is none."""
    mtime, why, empty = _look(entry)
    if empty:
        listing.remarks.append(f"{shown(entry.name)} is empty, and counts as nothing handed in.")
        return
    part = SubmittedPath(Path(entry.path), called or entry.name)
    found = Candidate(tuple(claims), part, mtime, label, trouble=why or trouble)
    listing.found.append(msgspec.structs.replace(found, **more))


def add_numbered(
    entry: Entry,
    listing: Listing,
    number: str,
    name: str,
    called: str,
    is_typed: bool,
    **more: object,
) -> None:
    """An entry whose name has the platform's number of the learner, and the name if it shows one."""
    add(
        entry,
        listing,
        claims=(
            *(Claim(MatchKey.ANSWER, text) for text in (entry.name, number)),
            Claim(MatchKey.NUMBER, number),
            Claim(MatchKey.NAME, name),
        ),
        label=number,
        account=number,
        called=called,
        name=name,
        joins=Joins.PLATFORM,
        trouble=TYPED.format(name=shown(entry.name)) if is_typed else "",
        **more,
    )


def shared_begin(names: Sequence[str]) -> str:
    """What all of them begin with.

    >>> shared_begin(["hw5-ada", "hw5-alan", "hw5-bob"])
    'hw5-'
    """
    first, last = min(names), max(names)
    same = (a == b for a, b in zip(first, last, strict=False))
    return first[: sum(1 for _ in itertools.takewhile(bool, same))]


def is_nobodys(name: str) -> bool:
    """What a system leaves lying about, and what is hidden."""
    return name.startswith(".") or is_litter(name)


def split(name: str) -> tuple[str, str]:
    """The stem and the suffix, small; .tar.gz is one."""
    lower = name.lower()
    suffix = next((s for s in HANDED_IN if lower.endswith(s)), "")
    if not suffix:
        suffix = Path(name).suffix.lower()
    return (name[: -len(suffix)], suffix) if suffix else (name, "")


def _look(entry: Entry) -> tuple[float, str, bool]:
    """When it was changed last, what is wrong with it, and whether nothing is in it."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return 0.0, f"{shown(entry.name)} cannot be read: {error.strerror}.", False
    if stat.S_ISLNK(status.st_mode):
        return status.st_mtime, LINK.format(name=shown(entry.name)), False
    if stat.S_ISREG(status.st_mode):
        return status.st_mtime, "", False
    if not stat.S_ISDIR(status.st_mode):
        return status.st_mtime, f"{shown(entry.name)} is neither a file nor a folder.", False
    try:
        newest = _newest(entry.path)
    except OSError as error:
        return status.st_mtime, f"{shown(entry.name)} cannot be read: {error.strerror}.", False
    return newest or status.st_mtime, "", newest is None


def _newest(root: str) -> float | None:
    """The latest time of the files in a folder; None if there are none. Some hundreds are enough."""
    newest: float | None = None
    waiting = [root]
    looked = 0
    for folder in waiting:
        with os.scandir(folder) as entries:
            for entry in entries:
                looked += 1
                if looked > MOST_LOOKED_AT:
                    return newest or 0.0
                if is_nobodys(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    newest = max(newest or 0.0, entry.stat(follow_symlinks=False).st_mtime)
    return newest


HANDED_IN = tuple(sorted((*ARCHIVES, ".py", ".ipynb"), key=len, reverse=True))
MOST_LOOKED_AT = 300
NAME = "Name the folder that holds one submission a learner."
LINK = "{name} is a link, which is not followed: put the submission itself there."
NO_ZONE = (
    "{platform}'s times name no zone, so nobody is late: write where the course is given into "
    'course.toml, timezone = "Europe/Berlin".'
)
TYPED = "{name} is text that was typed into the platform, not a file."

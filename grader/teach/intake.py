"""Who handed in what, and where it lies. Nothing of a submission is read here.

Five ways to lay a class out are known by what lies there:

- a folder, a zip, a tar, a .py or a .ipynb for each learner, named by the learner; of what
  `zth submit` writes, `ada-lecture5.zth.zip`, one a lecture. That is a name somebody typed, like any
  other here, and the one inside it is not even read;
- nbgrader's `submitted/STUDENT/ASSIGNMENT/…` with timestamp.txt
  (https://nbgrader.readthedocs.io/en/stable/user_guide/philosophy.html). The learner's own nbgrader
  writes that file, so its time is as good as nbgrader's word;
- Canvas: `lovelaceada_LATE_12345_67890_engine-1.py`: the sortable name, `LATE`, the person's number and
  the file's, and the name the file had. Who hands in two files at once has two; who hands in a file of
  the same name again finds it called -1, -2
  (https://github.com/instructure/canvas-lms/blob/master/lib/content_zipper.rb);
- Moodle: `Ada Lovelace_1234567_assignsubmission_file/…`, older ones with a last `_`, or flat,
  `Ada Lovelace_1234567_assignsubmission_file_engine.py`
  (https://github.com/moodle/moodle/blob/main/public/mod/assign/classes/downloader.php);
- Gradescope: `submission_12345/` folders and beside them one submission_metadata.yml. A file of that
  name within a submission is the learner's, and never believed.
"""

from __future__ import annotations

import datetime
import enum
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from grader.errors import UserError
from grader.teach.bundle import ARCHIVES, Part, shown
from grader.teach.gradescope import METADATA, read_metadata
from grader.teach.roster import Person, Roster


class Layout(enum.StrEnum):
    PLAIN = "plain"
    NBGRADER = "nbgrader"
    CANVAS = "Canvas"
    MOODLE = "Moodle"
    GRADESCOPE = "Gradescope"


class Clock(enum.StrEnum):
    """Whose word the time of a submission is."""

    RECORDED = "recorded"
    """The platform wrote it down."""
    FILE = "file"
    """The file's own, which unpacking or copying may have changed: nothing to take points off for."""


class Handed(msgspec.Struct, frozen=True):
    """What counts of what one learner handed in."""

    who: str
    """The roster's id; without one, what the platform or the file's name calls them."""
    parts: tuple[Part, ...]
    """What `read_bundle` takes."""
    at: datetime.datetime
    """In UTC."""
    clock: Clock
    layout: Layout
    name: str = ""
    late_marks: tuple[str, ...] = ()
    """Canvas's LATE."""
    older: tuple[Path, ...] = ()
    """What they had handed in before, and does not count."""
    trouble: str = ""
    """Why it cannot be read, in a sentence."""
    remarks: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return self.parts[0].path


class Intake(msgspec.Struct, frozen=True):
    """A class's submissions, by learner."""

    layout: Layout
    handed: tuple[Handed, ...]
    missing: tuple[Person, ...] = ()
    """On the roster, and nothing of theirs is here."""
    strangers: tuple[str, ...] = ()
    """Those of `handed` whom the roster does not have; they are graded all the same."""
    remarks: tuple[str, ...] = ()


class _Found(msgspec.Struct, frozen=True):
    """A file or folder that may be a submission, or a part of one."""

    claims: tuple[str, ...]
    """What may say whose it is, the best first: a number, a name."""
    part: Part
    mtime: float
    label: str
    """What the learner is called where nobody on the roster fits."""
    name: str = ""
    at: datetime.datetime | None = None
    again: int = 0
    """How often it was handed in before, by its name."""
    late: bool = False
    joins: bool = False
    """Whether several of the same learner's are one submission."""
    trouble: str = ""


class _Listing(msgspec.Struct):
    """What was found in a folder, and what is to be said of it."""

    layout: Layout
    found: list[_Found]
    ignored: list[str] = []
    remarks: list[str] = []


def find_submissions(root: Path, roster: Roster | None = None, assignment: str = "") -> Intake:
    """The submissions in a folder, one a learner: the newest counts, and the others are listed.

    `assignment` is nbgrader's name for it, where there are several. Links are never followed. Raises
    UserError where `root` is no folder, or several assignments could be meant.
    """
    listing = _list(root, assignment)
    groups: dict[str, list[_Found]] = {}
    people: dict[str, Person] = {}
    notes: dict[str, list[str]] = {}
    for found in listing.found:
        person, doubt = _whose(found, roster)
        key = f"\0{person.id}" if person else _key(found.label)
        groups.setdefault(key, []).append(found)
        if person:
            people[key] = person
        if doubt:
            notes.setdefault(key, []).append(doubt)
    handed = [
        _handed(group, people.get(key), notes.get(key, []), listing.layout)
        for key, group in groups.items()
    ]
    handed.sort(key=lambda one: one.who)
    there = {person.id for person in people.values()}
    strangers = [one.who for one in handed if roster and one.who not in there]
    return Intake(
        layout=listing.layout,
        handed=tuple(handed),
        missing=tuple(person for person in roster or () if person.id not in there),
        strangers=tuple(strangers),
        remarks=(*listing.remarks, *_said(listing.ignored), *(() if handed else (NOTHING,))),
    )


def _list(root: Path, assignment: str) -> _Listing:
    entries = _entries(root)
    if course := _nbgrader(root, entries, assignment):
        return course
    layout = _layout(entries)
    if layout is Layout.PLAIN:
        # an archive unpacked into a folder of its own
        folders = [entry for entry in entries if not _is_nobodys(entry.name)]
        if len(folders) == 1 and folders[0].is_dir(follow_symlinks=False):
            inner = _entries(Path(folders[0].path))
            if (within := _layout(inner)) is not Layout.PLAIN:
                entries, layout = inner, within
    return _LISTS[layout](entries)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except NotADirectoryError:
        fix = "Unpack it, and name the folder." if folder.name.lower().endswith(ARCHIVES) else NAME
        raise UserError(f"{folder} is not a folder of submissions.", fix) from None
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}.", NAME) from None


def _layout(entries: Sequence[os.DirEntry[str]]) -> Layout:
    names = [entry.name for entry in entries if not _is_nobodys(entry.name)]
    if METADATA in names:
        return Layout.GRADESCOPE
    moodle = sum(_MOODLE.fullmatch(name) is not None for name in names)
    canvas = sum(_CANVAS.fullmatch(name) is not None for name in names)
    if moodle and moodle * 2 >= len(names):
        return Layout.MOODLE
    if canvas and canvas * 2 >= len(names):
        return Layout.CANVAS
    return Layout.PLAIN


# named by the learner


def _plain(entries: Iterable[os.DirEntry[str]]) -> _Listing:
    listing = _Listing(Layout.PLAIN, [])
    for entry in entries:
        _add_plain(entry, listing)
    return listing


def _add_plain(entry: os.DirEntry[str], listing: _Listing) -> None:
    """A folder or file that is named by the learner."""
    if _is_nobodys(entry.name):
        return
    stem, suffix = _split(entry.name)
    if entry.is_dir() or (entry.is_symlink() and suffix not in HANDED_IN):
        stem, suffix = entry.name, ""
    elif suffix not in HANDED_IN:
        listing.ignored.append(entry.name)
        return
    copy = _COPY.fullmatch(stem)
    plain, again = (copy[1], int(copy[2])) if copy else (stem, 0)
    if suffix == ".zip" and (ours := _ZTH.fullmatch(plain)):
        _add_ours(entry, listing, ours, f"{plain}{suffix}", again)
        return
    _add(entry, listing, claims=(stem, plain), label=plain, again=again)


def _add_ours(
    entry: os.DirEntry[str], listing: _Listing, ours: re.Match[str], called: str, again: int
) -> None:
    """What `zth submit` has named. One a lecture: a newer one of another lecture hides none.

    Without a name in it, nobody knows whose it is: two of them may be two learners'.
    """
    who = ours["who"]
    if who is None:
        name = shown(entry.name)
        listing.remarks.append(NAMELESS.format(name=name, lecture=ours["lecture"]))
        _add(entry, listing, claims=(), label=entry.name)
        return
    _add(entry, listing, (who,), who, called=called, again=again, joins=True)


def _add(
    entry: os.DirEntry[str],
    listing: _Listing,
    claims: tuple[str, ...],
    label: str,
    called: str = "",
    typed: bool = False,
    **more: object,
) -> None:
    """An entry as a submission, or as the trouble of one. An empty folder is none."""
    name = called or entry.name
    mtime, trouble, empty = _look(entry)
    if typed:
        trouble = trouble or TYPED.format(name=shown(entry.name))
    if empty:
        listing.remarks.append(f"{shown(entry.name)} is empty, and counts as nothing handed in.")
        return
    listing.found.append(
        msgspec.structs.replace(
            _Found(claims, Part(Path(entry.path), name), mtime, label, trouble=trouble), **more
        )
    )


def _look(entry: os.DirEntry[str]) -> tuple[float, str, bool]:
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
    """The latest time of the files in a folder; None where there are none. Some hundreds are enough."""
    newest: float | None = None
    waiting = [root]
    looked = 0
    for folder in waiting:
        with os.scandir(folder) as entries:
            for entry in entries:
                looked += 1
                if looked > MOST_LOOKED_AT:
                    return newest or 0.0
                if _is_nobodys(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    newest = max(newest or 0.0, entry.stat(follow_symlinks=False).st_mtime)
    return newest


# nbgrader


def _nbgrader(root: Path, entries: Sequence[os.DirEntry[str]], assignment: str) -> _Listing | None:
    """The listing of nbgrader's folders, where these are some."""
    names = {entry.name for entry in entries}
    inside = next((e for e in entries if e.name == SUBMITTED and e.is_dir()), None)
    if inside and ("nbgrader_config.py" in names or _assignments([inside]) or assignment):
        entries = _entries(Path(inside.path))
    elif not (
        root.resolve().name == SUBMITTED
        or _has_timestamps(entries)
        or (assignment and any(assignment in _folders(e) for e in entries if e.is_dir()))
    ):
        return None
    students = [e for e in entries if not _is_nobodys(e.name)]
    if not assignment:
        there = _assignments(students)
        if len(there) > 1:
            raise UserError(
                f"{root} holds {len(there)} assignments: {', '.join(sorted(there)[:10])}.",
                "Name one of them with --assignment.",
            )
        if not there:
            return None
        assignment = there.pop()
    listing = _Listing(Layout.NBGRADER, [])
    for student in students:
        _add_nbgrader(student, assignment, listing)
    if not listing.found:
        raise UserError(
            f"Nobody in {root} handed in {assignment!r}.",
            f"Name one of: {', '.join(sorted(_assignments(students))[:10])}.",
        )
    return listing


def _add_nbgrader(student: os.DirEntry[str], assignment: str, listing: _Listing) -> None:
    if student.is_symlink():
        _add(student, listing, (student.name,), student.name)
        return
    if not student.is_dir():
        listing.ignored.append(student.name)
        return
    try:
        with os.scandir(student.path) as folders:
            folder = next((e for e in folders if e.name == assignment), None)
    except OSError as error:
        listing.remarks.append(f"{shown(student.name)} cannot be read: {error.strerror}.")
        return
    if folder is not None:
        at = None if folder.is_symlink() else _timestamp(Path(folder.path) / TIMESTAMP)
        _add(folder, listing, (student.name,), student.name, at=at)


def _timestamp(path: Path) -> datetime.datetime | None:
    """What nbgrader wrote: `2026-01-30 10:30:47.524219 UTC`."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_LINK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        text = file.read(200).decode("ascii", "replace")
    return parse_time(text)


def parse_time(text: str) -> datetime.datetime | None:
    """A moment as platforms write it, in UTC; what names no zone is UTC. None where it is none."""
    text = re.sub(r"\s*(UTC|GMT|Z)\s*$", "+00:00", text.strip())
    text = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", text)
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def _has_timestamps(entries: Iterable[os.DirEntry[str]]) -> bool:
    """Whether one of the first few folders has one with a timestamp.txt in it."""
    folders = [e for e in entries if not _is_nobodys(e.name) and e.is_dir(follow_symlinks=False)]
    return any(
        os.path.lexists(os.path.join(entry.path, folder, TIMESTAMP))  # noqa: PTH118 # for each of thousands
        for entry in folders[:20]
        for folder in sorted(_folders(entry))[:20]
    )


def _assignments(students: Iterable[os.DirEntry[str]]) -> set[str]:
    return {
        folder
        for student in students
        if student.is_dir(follow_symlinks=False)
        for folder in _folders(student)
    }


def _folders(entry: os.DirEntry[str]) -> set[str]:
    try:
        with os.scandir(entry.path) as inner:
            return {
                e.name for e in inner if not _is_nobodys(e.name) and e.is_dir(follow_symlinks=False)
            }
    except OSError:
        return set()


# Canvas, Moodle, Gradescope


def _canvas(entries: Iterable[os.DirEntry[str]]) -> _Listing:
    listing = _Listing(Layout.CANVAS, [])
    for entry in entries:
        match = _CANVAS.fullmatch(entry.name)
        if match is None:
            _add_plain(entry, listing)
            continue
        original = match["original"] or entry.name
        stem, suffix = _split(original)
        again = _AGAIN.fullmatch(stem) if match["original"] else None
        number = match["user"] or match["anonymous"]
        _add(
            entry,
            listing,
            claims=(number, match["name"] or ""),
            label=number,
            called=again[1] + original[-len(suffix) :] if again and suffix else original,
            name=match["name"] or "",
            again=int(again[2]) if again else 0,
            late=bool(match["late"]),
            joins=True,
            typed=match["original"] is None,
        )
    return listing


def _moodle(entries: Iterable[os.DirEntry[str]]) -> _Listing:
    listing = _Listing(Layout.MOODLE, [])
    for entry in entries:
        match = _MOODLE.fullmatch(entry.name)
        if match is None:
            _add_plain(entry, listing)
            continue
        _add(
            entry,
            listing,
            claims=(match["number"], match["name"]),
            label=match["number"],
            called=match["original"] or entry.name,
            name=match["name"],
            joins=True,
            typed=match["kind"] != "file",
        )
    return listing


def _gradescope(entries: Sequence[os.DirEntry[str]]) -> _Listing:
    listing = _Listing(Layout.GRADESCOPE, [])
    metadata = next(entry for entry in entries if entry.name == METADATA)
    known, remarks = read_metadata(Path(metadata.path))
    listing.remarks += remarks
    for entry in entries:
        if entry.name == METADATA or _is_nobodys(entry.name):
            continue
        submission = known.get(entry.name)
        if submission is None:
            if _GRADESCOPE.match(entry.name):
                listing.remarks.append(f"{METADATA} does not say whose {shown(entry.name)} is.")
            _add_plain(entry, listing)
            continue
        for submitter in submission.submitters:
            claims = (submitter.sid, submitter.email, submitter.name)
            label = next((claim for claim in claims if claim), entry.name)
            at = parse_time(submission.created_at)
            _add(entry, listing, claims, label, name=submitter.name, at=at)
    return listing


_LISTS: dict[Layout, Callable[[list[os.DirEntry[str]]], _Listing]] = {
    Layout.PLAIN: _plain,
    Layout.CANVAS: _canvas,
    Layout.MOODLE: _moodle,
    Layout.GRADESCOPE: _gradescope,
}


# one learner's


def _whose(found: _Found, roster: Roster | None) -> tuple[Person | None, str]:
    """Who on the roster it belongs to, and a sentence where that cannot be told.

    A platform's number may happen to be another person's id: what else is said must not contradict.
    """
    if roster is None:
        return None, ""
    fitting = [fits for claim in found.claims if claim and (fits := roster.fitting(claim))]
    if not fitting:
        return None, ""
    both = [p for p in fitting[0] if all(any(p is q for q in fits) for fits in fitting[1:])]
    if len(both) == 1:
        return both[0], ""
    ids = list(dict.fromkeys(person.id for fits in fitting for person in fits))
    return None, IN_DOUBT.format(name=shown(found.part.path.name), ids=" or ".join(ids[:4]))


def _handed(group: list[_Found], person: Person | None, notes: list[str], layout: Layout) -> Handed:
    """The newest of what a learner handed in; of files that were handed in together, each newest."""
    group = sorted(group, key=_age, reverse=True)
    newest = group[0]
    counting = [newest]
    older: list[_Found] = []
    for found in group[1:]:
        together = found.joins and newest.joins
        if together and not any(_same_file(found, other) for other in counting):
            counting.append(found)
        else:
            older.append(found)
    readable = [found for found in counting if not found.trouble]
    trouble = "" if readable else newest.trouble
    remarks = [*notes, *(f.trouble for f in counting if f.trouble and f.trouble != trouble)]
    readable = readable or counting
    if older:
        names = ", ".join(shown(found.part.path.name) for found in older[:4])
        more = f" and {len(older) - 4} more" if len(older) > 4 else ""
        remarks.append(NEWEST.format(name=shown(newest.part.path.name), others=f"{names}{more}"))
    readable.sort(key=lambda found: found.part.name)
    moment = newest.at or datetime.datetime.fromtimestamp(
        max(found.mtime for found in counting), datetime.UTC
    )
    return Handed(
        who=person.id if person else _speakable(newest.label),
        parts=tuple(found.part for found in readable),
        at=moment,
        clock=Clock.RECORDED if newest.at else Clock.FILE,
        layout=layout,
        name=(person.name if person else "") or newest.name,
        late_marks=("LATE",) if any(found.late for found in counting) else (),
        older=tuple(found.part.path for found in older),
        trouble=trouble,
        remarks=tuple(remarks),
    )


def _age(found: _Found) -> tuple[float, int, float, str]:
    recorded = found.at.timestamp() if found.at else 0.0
    return recorded, found.again, found.mtime, found.part.path.name


def _same_file(one: _Found, other: _Found) -> bool:
    return one.part.name.casefold() == other.part.name.casefold()


def _said(ignored: Sequence[str]) -> tuple[str, ...]:
    if not ignored:
        return ()
    names = ", ".join(shown(name) for name in ignored[:4])
    more = f" and {len(ignored) - 4} more" if len(ignored) > 4 else ""
    return (NO_SUBMISSION.format(names=f"{names}{more}"),)


def _is_nobodys(name: str) -> bool:
    """What a system leaves lying about, and what is hidden."""
    return name.startswith(".") or name in NOBODYS


def _split(name: str) -> tuple[str, str]:
    """The stem and the suffix, small; .tar.gz is one."""
    lower = name.lower()
    suffix = next((s for s in HANDED_IN if lower.endswith(s)), "")
    if not suffix:
        suffix = Path(name).suffix.lower()
    return (name[: -len(suffix)], suffix) if suffix else (name, "")


def _key(label: str) -> str:
    """Large and small letters, and the two ways to write é, do not make two learners."""
    return unicodedata.normalize("NFC", label).casefold()


def _speakable(label: str) -> str:
    """A name that can be shown and stored, whatever the file system had."""
    text = unicodedata.normalize("NFC", label).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


HANDED_IN = tuple(sorted((*ARCHIVES, ".py", ".ipynb"), key=len, reverse=True))
NOBODYS = {"__MACOSX", "Thumbs.db", "desktop.ini", "$RECYCLE.BIN"}
SUBMITTED = "submitted"
TIMESTAMP = "timestamp.txt"
MOST_LOOKED_AT = 300
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_COPY = re.compile(r"(.+?) ?\((\d{1,3})\)")
_ZTH = re.compile(r"(?:(?P<who>.+)-)?(?P<lecture>\w+)\.zth", re.DOTALL)
_AGAIN = re.compile(r"(.+)-(\d{1,3})")
_CANVAS = re.compile(
    r"(?:(?P<name>[^_].*?)_)??(?P<late>LATE_)?"
    r"(?:anon_(?P<anonymous>[A-Za-z0-9]+)|(?P<user>\d+))_"
    r"(?:(?P<file>\d+)_(?P<original>.+)|(?:text|link)\.html)",
    re.DOTALL,
)
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<original>.*))?",
    re.DOTALL,
)
_GRADESCOPE = re.compile(r"submission_\d+$")
NAME = "Name the folder that holds one submission a learner."
LINK = "{name} is a link, which is not followed: put the submission itself there."
TYPED = "{name} is text that was typed into the platform, not a file."
IN_DOUBT = "{name} may be of {ids}: name it by the id."
NEWEST = "Handed in more than once: {name} counts, not {others}."
NAMELESS = "{name} does not say whose it is: call it NAME-{lecture}.zth.zip."
NO_SUBMISSION = "Not taken for submissions: {names}."
NOTHING = "There are no submissions here."

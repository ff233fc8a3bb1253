"""Who handed in what, and where it lies. Nothing of a submission is read here.

How a class is laid out is known by what lies there; `grader.grading.layouts` has a module a platform.
Whose something is, the roster says (`grader.grading.roster`). What may be of two people is nobody's: it
is graded under the name that it has, and is a question that the instructor answers in the roster.
"""

from __future__ import annotations

import datetime
import enum
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from grader.course.manifest import Course
from grader.grading.gathering import shown
from grader.grading.layouts.blackboard import is_blackboard, list_blackboard
from grader.grading.layouts.brightspace import is_brightspace, list_brightspace
from grader.grading.layouts.canvas import is_canvas, list_canvas
from grader.grading.layouts.found import (
    HANDED_IN,
    Candidate,
    Entry,
    Joins,
    Layout,
    Listing,
    Looking,
    entries_of,
)
from grader.grading.layouts.gradescope import METADATA, list_gradescope
from grader.grading.layouts.moodle import is_moodle, list_moodle
from grader.grading.layouts.nbgrader import list_nbgrader
from grader.grading.layouts.plain import list_plain
from grader.grading.questions import IN_DOUBT, NAMELESS, NAMELESS_ALONE, NEARLY
from grader.grading.roster import Match, MatchKey, Person, Roster, words_of
from grader.grading.submitted_files import SubmittedPath


class Clock(enum.StrEnum):
    """Whose word the time of a submission is."""

    RECORDED = "recorded"
    """The platform wrote it down."""
    FILE = "file"
    """The file's own, which unpacking or copying may have changed: nothing to take points off for."""


class SubmissionEntry(msgspec.Struct, frozen=True):
    """What counts of what one learner handed in."""

    who: str
    """The roster's id; without one, what the platform or the file's name calls them."""
    parts: tuple[SubmittedPath, ...]
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


class Question(msgspec.Struct, frozen=True):
    """Something whose learner cannot be told."""

    who: str
    """What they are called until it is answered."""
    candidates: tuple[str, ...]
    """The ids of those whose it may be."""
    text: str
    """What is asked, and where to answer, in a sentence."""


class DiscoveredSubmissions(msgspec.Struct, frozen=True):
    """A class's submissions, by learner."""

    layout: Layout
    handed: tuple[SubmissionEntry, ...]
    missing: tuple[Person, ...] = ()
    """On the roster, and nothing of theirs is here, nor may be."""
    strangers: tuple[str, ...] = ()
    """Those of `handed` whom the roster does not have; they are graded all the same."""
    questions: tuple[Question, ...] = ()
    remarks: tuple[str, ...] = ()


def find_submissions(
    root: Path,
    roster: Roster | None = None,
    assignment: str = "",
    course: Course | None = None,
    lectures: Sequence[str] = (),
) -> DiscoveredSubmissions:
    """The submissions in a folder, one a learner: the newest counts, and the others are listed.

    `assignment` is nbgrader's name for it, where there are several and none is called like one of the
    `lectures`. The course knows what its files are called, and where it is given. Links are never
    followed. Raises UserError if `root` is no folder, or several assignments could be meant.
    """
    looking = Looking(roster, course, tuple(lectures))
    listing = _list(root, assignment, looking)
    sorted_out = _sorted_out(listing.found, roster, looking.usual)
    handed = [_handed(group, listing.layout) for group in sorted_out]
    handed.sort(key=lambda one: one.who)
    known = {group.person.id for group in sorted_out if group.person}
    questions = [group.question for group in sorted_out if group.question]
    asked = {id_ for question in questions for id_ in question.candidates}
    return DiscoveredSubmissions(
        layout=listing.layout,
        handed=tuple(handed),
        missing=tuple(p for p in roster or () if p.id not in known and p.id not in asked),
        strangers=tuple(one.who for one in handed if roster and one.who not in known),
        questions=tuple(questions),
        remarks=(
            *(roster.remarks if roster else ()),
            *listing.remarks,
            *_said(listing.ignored),
            *_unread(sorted_out),
            *(() if handed else (NOTHING,)),
        ),
    )


# where they lie


def _list(root: Path, assignment: str, looking: Looking) -> Listing:
    folder = root
    remarks: list[str] = []
    for _ in range(DEEPEST):
        entries = entries_of(folder)
        if course := list_nbgrader(folder, entries, assignment, looking):
            return course
        layout = _layout(entries)
        inner = _within(folder, entries, looking) if layout is Layout.PLAIN else None
        if inner is None:
            break
        folder = inner
    if folder != root and layout is Layout.PLAIN:
        remarks.append(WITHIN.format(folder=shown(str(folder.relative_to(root)))))
    listing = _LISTS[layout](entries, looking)
    listing.remarks[:0] = remarks
    return listing


def _layout(entries: Sequence[Entry]) -> Layout:
    names = [entry.name for entry in entries]
    if METADATA in names:
        return Layout.GRADESCOPE
    for layout, is_one in _NAMES.items():
        count = sum(map(is_one, names))
        if count and count * 2 >= len(names):
            return layout
    return Layout.PLAIN


def _within(folder: Path, entries: Sequence[Entry], looking: Looking) -> Path | None:
    """The folder that the submissions are in, where unpacking or cloning has made one around them.

    A lone folder may also be the one learner who has handed in.
    """
    if len(entries) != 1 or not entries[0].is_dir(follow_symlinks=False):
        return None
    outer = Path(entries[0].path)
    inner = entries_of(outer)
    if _layout(inner) is not Layout.PLAIN:
        return outer
    names = {entry.name for entry in inner}
    files = {f"{stem}{suffix}" for stem in looking.stems for suffix in (".py", ".ipynb")}
    if not inner or names & (looking.folders | files | {"exercises"}):
        return None
    if looking.roster and looking.roster.fitting(outer.name):
        return None
    known = looking.roster and any(looking.roster.fitting(_stem(name)) for name in names)
    own = outer.name == folder.name or all(map(_OF_ALL.fullmatch, words_of(outer.name)))
    may_be = all(e.is_dir() or e.name.lower().endswith(HANDED_IN) for e in inner)
    return outer if known or (own and may_be) else None


def _stem(name: str) -> str:
    return next((name[: -len(s)] for s in HANDED_IN if name.lower().endswith(s)), name)


_LISTS: dict[Layout, Callable[[Sequence[Entry], Looking], Listing]] = {
    Layout.PLAIN: list_plain,
    Layout.CANVAS: list_canvas,
    Layout.MOODLE: list_moodle,
    Layout.BLACKBOARD: list_blackboard,
    Layout.BRIGHTSPACE: list_brightspace,
    Layout.GRADESCOPE: list_gradescope,
}
_NAMES: dict[Layout, Callable[[str], bool]] = {
    Layout.BRIGHTSPACE: is_brightspace,  # a file in it may be called as Canvas calls one
    Layout.MOODLE: is_moodle,
    Layout.BLACKBOARD: is_blackboard,
    Layout.CANVAS: is_canvas,
}


# whose they are


class _Group(msgspec.Struct):
    """What is one learner's."""

    found: list[Candidate]
    who: str
    person: Person | None = None
    question: Question | None = None


def _sorted_out(
    found: Iterable[Candidate], roster: Roster | None, usual: Collection[str]
) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for one, match in _matched(found, roster, usual):
        person = match.person
        asked = bool(match.candidates) or (one.is_nameless and person is None)
        name = one.part.path.name
        if person:
            who, key = person.id, f"\0{person.id}"
        elif asked and not one.account:  # each by itself: they may be of two people
            who, key = name, f"\1{name}"
        else:
            who, key = one.label, _key(one.label)
        if not person and roster and who in roster:  # called so by chance
            who = name
        group = groups.setdefault(key, _Group([], person.id if person else _speakable(who), person))
        group.found.append(one)
        if asked and group.question is None:
            group.question = _question(group.who, one, match, roster)
    return list(groups.values())


def _matched(
    found: Iterable[Candidate], roster: Roster | None, usual: Collection[str]
) -> list[tuple[Candidate, Match]]:
    """Whose each is. Two accounts of a platform are two people, though one name fits both."""
    if roster is None:
        return [(one, Match()) for one in found]
    matched = [(one, roster.whose(one.claims, usual)) for one in found]
    accounts: dict[str, dict[str, bool]] = {}
    for one, match in matched:
        if match.person and one.account:
            sure = accounts.setdefault(match.person.id, {})
            sure[one.account] = sure.get(one.account, False) or match.by < MatchKey.NAME
    return [
        (one, Match(candidates=(match.person,)))
        if match.person and _is_anothers(one, accounts.get(match.person.id, {}))
        else (one, match)
        for one, match in matched
    ]


def _is_anothers(one: Candidate, accounts: dict[str, bool]) -> bool:
    """Whether only a name says that an account is theirs, and the same name has another account."""
    return bool(one.account) and len(accounts) > 1 and not accounts[one.account]


def _question(who: str, one: Candidate, match: Match, roster: Roster | None) -> Question:
    name = shown(one.part.path.name)
    ids = tuple(person.id for person in match.candidates)
    if ids:
        words = NEARLY if match.is_near else IN_DOUBT
        text = words.format(name=name, ids=" or ".join(ids[:4]))
    else:
        text = (NAMELESS if roster else NAMELESS_ALONE).format(name=name)
    return Question(who, ids, text)


def _handed(group: _Group, layout: Layout) -> SubmissionEntry:
    """The newest of what a learner handed in; of files that were handed in together, each newest."""
    newest, counting, older = _counting(sorted(group.found, key=_age, reverse=True))
    readable = [found for found in counting if not found.trouble]
    trouble = "" if readable else newest.trouble
    remarks = [group.question.text] if group.question else []
    remarks += [f.trouble for f in counting if f.trouble and f.trouble != trouble]
    readable = readable or counting
    if older:
        names = ", ".join(shown(found.part.path.name) for found in older[:4])
        more = f" and {len(older) - 4} more" if len(older) > 4 else ""
        remarks.append(NEWEST.format(name=shown(newest.part.path.name), others=f"{names}{more}"))
    # of two files of one name the last counts, and that is not the one in an older archive
    readable.sort(key=lambda found: (found.joins is Joins.LOOSE, found.part.name))
    remarks += dict.fromkeys(found.unread for found in counting if found.unread)
    times = [found.at for found in counting if found.at]
    file_time = max(found.mtime for found in counting)
    return SubmissionEntry(
        who=group.who if group.person or group.question else _speakable(newest.label),
        parts=tuple(_dated(found) for found in readable),
        at=max(times) if times else datetime.datetime.fromtimestamp(file_time, datetime.UTC),
        clock=Clock.RECORDED if times else Clock.FILE,
        layout=layout,
        name=(group.person.name if group.person else "") or newest.name,
        late_marks=("LATE",) if any(found.late for found in counting) else (),
        older=tuple(found.part.path for found in older),
        trouble=trouble,
        remarks=tuple(remarks),
    )


def _counting(group: list[Candidate]) -> tuple[Candidate, list[Candidate], list[Candidate]]:
    """The newest, what counts, and what does not, of one learner's, newest first.

    What cannot be read hides nothing that can.
    """
    newest = next((found for found in group if not found.trouble), group[0])
    counting = [newest]
    older: list[Candidate] = []
    for found in group:
        if found is newest:
            continue
        together = bool(newest.joins) and found.joins == newest.joins
        is_first_archive = newest.joins is Joins.LOOSE and all(c.joins for c in counting)
        if found.trouble and newest.joins is not Joins.PLATFORM:
            counting.append(found)  # it is said, and read no further
        elif together and not any(_same_file(found, other) for other in counting):
            counting.append(found)
        elif not together and not found.joins and is_first_archive:
            counting.append(found)  # single files may add to what was handed in before
        else:
            older.append(found)
    return newest, counting, older


def _dated(found: Candidate) -> SubmittedPath:
    at = found.at.timestamp() if found.at else found.mtime
    return msgspec.structs.replace(found.part, at=at)


def _age(found: Candidate) -> tuple[float, int, float, str]:
    recorded = found.at.timestamp() if found.at else 0.0
    return recorded, found.again, found.mtime, found.part.path.name


def _same_file(one: Candidate, other: Candidate) -> bool:
    return _key(one.part.name) == _key(other.part.name)


def _said(ignored: Sequence[str]) -> tuple[str, ...]:
    if not ignored:
        return ()
    names = ", ".join(shown(name) for name in ignored[:4])
    more = f" and {len(ignored) - 4} more" if len(ignored) > 4 else ""
    return (NO_SUBMISSION.format(names=f"{names}{more}"),)


def _unread(groups: Sequence[_Group]) -> tuple[str, ...]:
    """Whose time cannot be read."""
    who = sorted(group.who for group in groups if any(found.unread for found in group.found))
    if not who:
        return ()
    more = f" and {len(who) - 8} more" if len(who) > 8 else ""
    return (UNREAD.format(who=", ".join(who[:8]) + more),)


def _key(label: str) -> str:
    """Large and small letters, and the two ways to write é, do not make two learners."""
    return unicodedata.normalize("NFC", label).casefold()


def _speakable(label: str) -> str:
    """A name that can be shown and stored, whatever the file system had."""
    text = unicodedata.normalize("NFC", label).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


DEEPEST = 4
"""Folders around the submissions."""
_OF_ALL = re.compile(
    r"\d+|(?:hw|ps|ex|lab|lecture|week|homework|assignment|project)s?\d*|submissions?|submitted|handins?|"
    "hand|ins?|handed|all|class|students|download|export|files|abgaben?|rendus?|entregas?|consegne"
)
WITHIN = "The submissions are taken from the folder {folder}."
NEWEST = "Handed in more than once: {name} counts, not {others}."
UNREAD = "When it was handed in cannot be read, so nothing of theirs is late: {who}."
NO_SUBMISSION = "Not taken for submissions: {names}."
NOTHING = "There are no submissions here."

"""A folder, a zip, a tar, a .py or a .ipynb for each learner, named by the learner.

Of what `zth submit` writes, `ada-lecture5.zth.zip`, there is one a lecture. That is a name somebody
typed, like any other here, and the one inside it is not even read. GitHub Classroom's repositories are
folders that are called `hw5-LOGIN`. Several files of one learner, `ada_atomic.py` and
`ada_backprop.py`, are one submission.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from grader.grading.gathering import shown
from grader.grading.kinds import kind_of
from grader.grading.layouts.found import (
    HANDED_IN,
    Entry,
    Joins,
    Layout,
    Listing,
    Looking,
    add,
    shared_begin,
    split,
)
from grader.grading.roster import USUAL_WORDS, Claim, MatchKey, words_of


def list_plain(entries: Sequence[Entry], looking: Looking) -> Listing:
    listing = Listing(Layout.PLAIN)
    ahead = _classroom(entries)
    for entry in entries:
        add_plain(entry, listing, looking, ahead)
    nameless = [one for one in listing.found if one.is_nameless]
    if len(nameless) == len(listing.found) > 1 and len({one.part.name for one in nameless}) > 1:
        listing.remarks.append(ONE_LEARNERS)
    return listing


def add_plain(entry: Entry, listing: Listing, looking: Looking, ahead: str = "") -> None:
    """A folder or file that is named by the learner; `ahead` is what all names begin with."""
    stem, suffix = split(entry.name)
    trouble = ""
    if entry.is_dir() or (entry.is_symlink() and suffix not in HANDED_IN):
        stem, suffix = entry.name, ""
    elif suffix not in HANDED_IN:
        trouble = _other(entry.name, looking)
        stem = split(stem)[0] if split(stem)[1] in HANDED_IN else stem  # ada.py.txt
        if not trouble:
            listing.ignored.append(entry.name)
            return
    copy = _COPY.fullmatch(stem)
    plain, again = (copy[1], int(copy[2])) if copy else (stem, 0)
    if suffix == ".zip" and (ours := _ZTH.fullmatch(plain)):
        _add_ours(entry, listing, ours, f"{plain}{suffix}", again)
        return
    named = _read_name(plain, looking, is_file=bool(suffix))
    claims = [Claim(MatchKey.ANSWER, name) for name in (entry.name, stem)]
    claims.append(Claim(MatchKey.TEXT, plain))
    if ahead:
        claims.append(Claim(MatchKey.ID, plain[len(ahead) :]))
    is_loose = suffix in (".py", ".ipynb")
    add(
        entry,
        listing,
        claims,
        label=named.who or plain,
        called=f"{named.file if is_loose and named.file else plain}{entry.name[len(stem) :]}",
        again=again,
        joins=Joins.LOOSE if is_loose else Joins.NOT,
        trouble=trouble,
        is_nameless=named.is_nameless,
    )


class _PlainName(msgspec.Struct, frozen=True):
    """What a name says."""

    who: str
    file: str = ""
    """The course's file that it is, without .py."""
    is_nameless: bool = False


def _read_name(stem: str, looking: Looking, is_file: bool) -> _PlainName:
    """Who, and which of the course's files, in a name: `ada_atomic`, `backprop (final) ada`."""
    if looking.roster and looking.roster.fitting(stem) and _is_somebodys_word(stem, looking):
        return _PlainName(stem)
    for file in sorted(looking.stems if is_file else (), key=len, reverse=True):
        match = re.fullmatch(
            rf"(?:(?P<before>.*?)[\W_]+)?{re.escape(file)}(?:[\W_]+(?P<after>.*))?",
            stem,
            re.IGNORECASE,
        )
        if match:
            who = " ".join(part for part in (match["before"], match["after"]) if part)
            return (
                _PlainName(who, file)
                if _says_who(who)
                else _PlainName(stem, file, is_nameless=True)
            )
    return _PlainName(stem, is_nameless=not _says_who(stem))


def _is_somebodys_word(stem: str, looking: Looking) -> bool:
    """Whether a word that is the name of a file is part of a person's name: `Ada Train.py`."""
    people = looking.roster.fitting(stem) if looking.roster else ()
    files = {word for file in looking.stems for word in words_of(file)} & set(words_of(stem))
    return any(files & set(words_of(f"{p.name} {p.id} {p.email}")) for p in people)


def _says_who(text: str) -> bool:
    """Whether a word is left that may be somebody's name."""
    return any(not (w in USUAL_WORDS or _NOBODY.fullmatch(w)) for w in words_of(text))


def _other(name: str, looking: Looking) -> str:
    """What a file is that is handed in as something else; empty if nobody may have handed it in.

    With a roster it is somebody's by its name. Without one a document is: tables and texts are yours.
    """
    kind = kind_of(name)
    if looking.roster:
        match = looking.roster.whose(
            [Claim(MatchKey.ANSWER, name), Claim(MatchKey.TEXT, split(name)[0])]
        )
        mine = bool(match.person or match.candidates)
        return f"{shown(name)} {kind or UNKNOWN}" if mine else ""
    is_yours = split(name)[1] in YOURS and "under another name" not in kind
    return f"{shown(name)} {kind}" if kind and not is_yours else ""


def _add_ours(entry: Entry, listing: Listing, ours: re.Match[str], called: str, again: int) -> None:
    """What `zth submit` has named. One a lecture: a newer one of another lecture hides none.

    Without a name in it, nobody knows whose it is: two of them may be two learners'.
    """
    who = ours["who"]
    claims = [Claim(MatchKey.ANSWER, name) for name in (entry.name, split(entry.name)[0])]
    if who is None:
        add(entry, listing, claims, label=entry.name, is_nameless=True)
        return
    claims.append(Claim(MatchKey.TEXT, who))
    add(entry, listing, claims, who, called=called, again=again, joins=Joins.PACKED)


def _classroom(entries: Sequence[Entry]) -> str:
    """What all folders' names begin with, as GitHub Classroom calls its repositories: `hw5-`."""
    folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    if len(folders) < 2 or len(folders) < len(entries):
        return ""
    shared = shared_begin(folders)
    return shared[: shared.rfind("-") + 1]


YOURS = (".csv", ".xlsx", ".xls", ".ods", ".numbers", ".md", ".txt", ".log", ".tex")
_COPY = re.compile(r"(.+?) ?\((\d{1,3})\)")
_ZTH = re.compile(r"(?:(?P<who>.+)-)?(?P<lecture>\w+)\.zth", re.DOTALL)
_NOBODY = re.compile(
    r"\d{1,3}|20\d\d|v\d+|[a-z]|"
    r"(?:hw|ps|ex|lab|lecture|week|homework|assignment|exercises?|problem|untitled|notebook)\d*|"
    "von|de|副本|作业"
)
"""Besides the usual words: what is numbered, single letters, and what a copy is called elsewhere."""
UNKNOWN = "is neither a Python file, a notebook, a zip nor a tar."
ONE_LEARNERS = (
    "None of these files has a learner's name in it. If all of them are one learner's, put them into a "
    "folder with that name."
)

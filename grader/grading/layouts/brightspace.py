"""Brightspace (D2L): `142374-1234567 - Jane Doe - Oct 15, 2023 1130 AM`, a folder or the head of a file.

Two numbers of the platform's, the name, and when it was handed in by the platform's clock, in the
language of the account that downloads it; ahead of the name there may be an id of the school's. Some
downloads have a folder for each submission, in others a file is called
`142374-1234567 - Jane Doe - Oct 15, 2023 1130 AM - engine.py`. An index.html beside them lists them
(https://github.com/dtedwards/renamer, https://github.com/OfficeCoffee/GradingFileProject). A number may
be the same for several people: only with the name it tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from grader.grading.gathering import shown
from grader.grading.layouts.found import NO_ZONE, Entry, Joins, Layout, Listing, Looking, add
from grader.grading.layouts.plain import add_plain
from grader.grading.roster import Claim, MatchKey
from grader.grading.times import read_time


def is_brightspace(name: str) -> bool:
    return _read_name(name) is not None


def list_brightspace(entries: Sequence[Entry], looking: Looking) -> Listing:
    listing = Listing(Layout.BRIGHTSPACE)
    for entry in entries:
        named = _read_name(entry.name)
        if named:
            _add(entry, named, listing, looking)
        elif entry.name != INDEX:
            add_plain(entry, listing, looking)
    if looking.something_is_due and looking.zone is None:
        listing.remarks.append(NO_ZONE.format(platform="Brightspace"))
    return listing


class _BrightspaceName(msgspec.Struct, frozen=True):
    """What a name says."""

    numbers: str
    id: str
    """The school's; empty if there is none."""
    name: str
    time: str
    original: str
    """What the file was called; empty of a folder."""


def _read_name(text: str) -> _BrightspaceName | None:
    """The parts of a name; None if it is not Brightspace's."""
    numbers, *parts = text.split(BETWEEN)
    if not _NUMBERS.fullmatch(numbers):
        return None
    at = next((at for at, part in enumerate(parts) if at and _is_time(part)), 0)
    if not at:
        return None
    has_id = at > 1 and any(map(str.isdecimal, parts[0]))
    name = BETWEEN.join(parts[has_id:at])
    original = BETWEEN.join(parts[at + 1 :])
    return _BrightspaceName(numbers, parts[0] if has_id else "", name, parts[at], original)


def _is_time(text: str) -> bool:
    """True if a text has a day, a year and an hour in figures, in whatever language the rest is."""
    figures = re.findall(r"\d+", text)
    return len(figures) > 2 and any(_YEAR.fullmatch(figure) for figure in figures)


def _add(entry: Entry, named: _BrightspaceName, listing: Listing, looking: Looking) -> None:
    account = f"{named.name} {named.numbers}"
    order = read_time(named.time)
    written = UNREAD.format(name=shown(entry.name), text=named.time)
    add(
        entry,
        listing,
        claims=(
            *(Claim(MatchKey.ANSWER, text) for text in (entry.name, account, named.numbers)),
            Claim(MatchKey.ID, named.id),
            *(Claim(MatchKey.NUMBER, number) for number in named.numbers.split("-")),
            Claim(MatchKey.NAME, named.name),
        ),
        label=account,
        account=account,
        called=named.original or entry.name,
        name=named.name,
        at=read_time(named.time, looking.zone, local=True),
        unread="" if order else written,
        again=int(order.timestamp()) if order else 0,
        joins=Joins.PLATFORM if named.original else Joins.NOT,
    )


BETWEEN = " - "
INDEX = "index.html"
_NUMBERS = re.compile(r"\d+-\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")
UNREAD = (
    "{name} has {text!r} in its name, which is no time that can be read, so nothing is late. Write it "
    "there as Oct 15, 2026 1130 AM."
)

"""Blackboard: `Homework 5_ada_attempt_2026-10-01-10-15-30_engine.py`, and a receipt for each attempt.

The assignment, the login, when it was handed in by the platform's clock, and the name the file had; the
receipt has no such name and ends with .txt
(https://help.blackboard.com/Learn/Instructor/Original/Assignments/Download_Assignments). The files of all
attempts are one submission, the newest of each name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.grading.gathering import shown
from grader.grading.layouts.found import (
    NO_ZONE,
    TYPED,
    Entry,
    Joins,
    Layout,
    Listing,
    Looking,
    add,
    shared_begin,
)
from grader.grading.layouts.plain import add_plain
from grader.grading.roster import Claim, Match, MatchKey, Roster
from grader.grading.times import read_time


def is_blackboard(name: str) -> bool:
    return _BLACKBOARD.fullmatch(name) is not None


def list_blackboard(entries: Sequence[Entry], looking: Looking) -> Listing:
    listing = Listing(Layout.BLACKBOARD)
    matches = {entry.name: _BLACKBOARD.fullmatch(entry.name) for entry in entries}
    heads = list(dict.fromkeys(match["head"] for match in matches.values() if match))
    logins = {head: _login(head, heads, looking.roster) for head in heads}
    with_files = {match["head"] for match in matches.values() if match and match["original"]}
    for entry in entries:
        match = matches[entry.name]
        if match is None:
            add_plain(entry, listing, looking)
            continue
        if not match["original"] and match["head"] in with_files:
            continue  # a receipt
        login = logins[match["head"]]
        day, hour = match["day"], match["hour"].replace("-", ":")
        add(
            entry,
            listing,
            claims=(
                *(Claim(MatchKey.ANSWER, text) for text in (entry.name, login)),
                Claim(MatchKey.ACCOUNT, login),
            ),
            label=login,
            account=login,
            called=match["original"] or entry.name,
            at=read_time(f"{day} {hour}", looking.zone, local=True),
            again=int(re.sub(r"\D", "", f"{day}{hour}")),
            joins=Joins.PLATFORM,
            trouble="" if match["original"] else TYPED.format(name=shown(entry.name)),
        )
    if looking.something_is_due and looking.zone is None:
        listing.remarks.append(NO_ZONE.format(platform="Blackboard"))
    return listing


def _login(head: str, heads: Sequence[str], roster: Roster | None) -> str:
    """The login in `Homework 5_ada`. It may have a _ in it, as the assignment's name may."""
    parts = head.split("_")
    for begin in range(1, len(parts)):
        text = "_".join(parts[begin:])
        if roster and roster.whose([Claim(MatchKey.ACCOUNT, text)]) != Match():
            return text
    shared = shared_begin(heads) if len(heads) > 1 else head
    return head[shared.rfind("_") + 1 :]


_BLACKBOARD = re.compile(
    r"(?P<head>.+)_attempt_(?P<day>\d{4}-\d\d-\d\d)-(?P<hour>\d\d-\d\d-\d\d)(?:_(?P<original>.+)|\.txt)",
    re.DOTALL,
)

"""nbgrader's `submitted/STUDENT/ASSIGNMENT/…` with timestamp.txt.

The learner's own nbgrader writes that file, so its time is as good as nbgrader's word
(https://nbgrader.readthedocs.io/en/stable/user_guide/philosophy.html).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.errors import UserError
from grader.grading.gathering import shown
from grader.grading.layouts.found import (
    Entry,
    Layout,
    Listing,
    Looking,
    add,
    entries_of,
    is_nobodys,
)
from grader.grading.roster import Claim, MatchKey
from grader.grading.times import read_stamp, unread


def list_nbgrader(
    root: Path, entries: Sequence[Entry], assignment: str, looking: Looking
) -> Listing | None:
    """The listing of nbgrader's folders, where these are some."""
    names = {entry.name for entry in entries}
    inside = next((e for e in entries if e.name == SUBMITTED and e.is_dir()), None)
    if inside and ("nbgrader_config.py" in names or _assignments([inside]) or assignment):
        entries = entries_of(Path(inside.path))
    elif not (
        root.resolve().name == SUBMITTED
        or _has_timestamps(entries)
        or (assignment and any(assignment in _folders(e) for e in entries if e.is_dir()))
    ):
        return None
    if not assignment:
        there = _assignments(entries)
        if len(there) > 1 and len(there & set(looking.lectures)) == 1:
            there &= set(looking.lectures)
        if len(there) > 1:
            raise UserError(
                f"{root} holds {len(there)} assignments: {', '.join(sorted(there)[:10])}.",
                "Grade one lecture that is called like its assignment.",
            )
        if not there:
            return None
        assignment = there.pop()
    listing = Listing(Layout.NBGRADER)
    for student in entries:
        _add(student, assignment, listing, looking)
    if not listing.found:
        raise UserError(
            f"Nobody in {root} handed in {assignment!r}.",
            f"Name one of: {', '.join(sorted(_assignments(entries))[:10])}.",
        )
    return listing


def _add(student: Entry, assignment: str, listing: Listing, looking: Looking) -> None:
    who = student.name
    claims = (Claim(MatchKey.ANSWER, who), Claim(MatchKey.TEXT, who))
    if student.is_symlink():
        add(student, listing, claims, who, account=who)
        return
    if not student.is_dir():
        listing.ignored.append(who)
        return
    try:
        with os.scandir(student.path) as folders:
            folder = next((e for e in folders if e.name == assignment), None)
    except OSError as error:
        listing.remarks.append(f"{shown(who)} cannot be read: {error.strerror}.")
        return
    if folder is None:
        return
    linked = folder.is_symlink()
    stamp = None if linked else read_stamp(Path(folder.path) / TIMESTAMP, looking.zone)
    add(
        folder,
        listing,
        claims,
        who,
        account=who,
        at=stamp.at if stamp else None,
        unread=unread(TIMESTAMP, shown(stamp.text)) if stamp and stamp.at is None else "",
    )


def _has_timestamps(entries: Iterable[Entry]) -> bool:
    """Whether one of the first few folders has one with a timestamp.txt in it."""
    folders = [e for e in entries if not is_nobodys(e.name) and e.is_dir(follow_symlinks=False)]
    return any(
        os.path.lexists(os.path.join(entry.path, folder, TIMESTAMP))  # noqa: PTH118 # for each of thousands
        for entry in folders[:20]
        for folder in sorted(_folders(entry))[:20]
    )


def _assignments(students: Iterable[Entry]) -> set[str]:
    return {
        folder
        for student in students
        if student.is_dir(follow_symlinks=False)
        for folder in _folders(student)
    }


def _folders(entry: Entry) -> set[str]:
    try:
        with os.scandir(entry.path) as inner:
            return {
                e.name for e in inner if not is_nobodys(e.name) and e.is_dir(follow_symlinks=False)
            }
    except OSError:
        return set()


SUBMITTED = "submitted"
TIMESTAMP = "timestamp.txt"

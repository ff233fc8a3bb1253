"""Moodle: `Ada Lovelace_1234567_assignsubmission_file/…`.

Older ones have a last `_`, or are flat, `Ada Lovelace_1234567_assignsubmission_file_engine.py`
(https://github.com/moodle/moodle/blob/main/public/mod/assign/classes/downloader.php). The number is the
participant's in the assignment's grading worksheet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.teach.gathering import shown
from grader.teach.layouts.found import TYPED, Entry, Joins, Layout, Listing, Looking, add
from grader.teach.layouts.plain import add_plain
from grader.teach.roster import Claim, Key


def is_moodle(name: str) -> bool:
    return _MOODLE.fullmatch(name) is not None


def list_moodle(entries: Sequence[Entry], looking: Looking) -> Listing:
    listing = Listing(Layout.MOODLE)
    for entry in entries:
        match = _MOODLE.fullmatch(entry.name)
        if match is None:
            add_plain(entry, listing, looking)
            continue
        number, name = match["number"], match["name"]
        add(
            entry,
            listing,
            claims=(
                *(Claim(Key.ANSWER, text) for text in (entry.name, number)),
                Claim(Key.NUMBER, number),
                Claim(Key.NAME, name),
            ),
            label=number,
            account=number,
            called=match["original"] or entry.name,
            name=name,
            joins=Joins.PLATFORM,
            trouble="" if match["kind"] == "file" else TYPED.format(name=shown(entry.name)),
        )
    return listing


_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<original>.*))?",
    re.DOTALL,
)

"""Moodle: `Ada Lovelace_1234567_assignsubmission_file/…`.

Older ones have a last `_`, or are flat, `Ada Lovelace_1234567_assignsubmission_file_engine.py`
(https://github.com/moodle/moodle/blob/main/public/mod/assign/classes/downloader.php). The number is the
participant's in the assignment's grading worksheet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.grading.layouts.found import Entry, Layout, Listing, Looking, add_numbered
from grader.grading.layouts.plain import add_plain


def is_moodle(name: str) -> bool:
    return _MOODLE.fullmatch(name) is not None


def list_moodle(entries: Sequence[Entry], looking: Looking) -> Listing:
    listing = Listing(Layout.MOODLE)
    for entry in entries:
        match = _MOODLE.fullmatch(entry.name)
        if match is None:
            add_plain(entry, listing, looking)
            continue
        add_numbered(
            entry,
            listing,
            number=match["number"],
            name=match["name"],
            called=match["original"] or entry.name,
            is_typed=match["kind"] != "file",
        )
    return listing


_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<original>.*))?",
    re.DOTALL,
)

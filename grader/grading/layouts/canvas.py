"""Canvas: `lovelaceada_LATE_12345_67890_engine-1.py`.

The sortable name, `LATE`, the person's number and the file's, and the name the file had. Who hands in two
files at once has two; who hands in a file of the same name again finds it called -1, -2
(https://github.com/instructure/canvas-lms/blob/master/lib/content_zipper.rb).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.grading.layouts.found import Entry, Layout, Listing, Looking, add_numbered, split
from grader.grading.layouts.plain import add_plain


def is_canvas(name: str) -> bool:
    return _CANVAS.fullmatch(name) is not None


def list_canvas(entries: Sequence[Entry], looking: Looking) -> Listing:
    listing = Listing(Layout.CANVAS)
    for entry in entries:
        match = _CANVAS.fullmatch(entry.name)
        if match is None:
            add_plain(entry, listing, looking)
            continue
        original = match["original"] or entry.name
        stem, suffix = split(original)
        again = _AGAIN.fullmatch(stem) if match["original"] else None
        add_numbered(
            entry,
            listing,
            number=match["user"] or match["anonymous"],
            name=match["name"] or "",
            called=again[1] + original[-len(suffix) :] if again and suffix else original,
            is_typed=not match["original"],
            again=int(again[2]) if again else 0,
            late=bool(match["late"]),
        )
    return listing


_AGAIN = re.compile(r"(.+)-(\d{1,3})")
_CANVAS = re.compile(
    r"(?:(?P<name>[^_].*?)_)??(?P<late>LATE_)?"
    r"(?:anon_(?P<anonymous>[A-Za-z0-9]+)|(?P<user>\d+))_"
    r"(?:(?P<file>\d+)_(?P<original>.+)|(?:text|link)\.html)",
    re.DOTALL,
)

"""Gradescope: `submission_12345/` folders, and beside them submission_metadata.yml with whose is which.

A file of that name within a submission is the learner's, and never believed. It is YAML written by
Ruby: one mapping, a key for each submission, its fields two spaces in. Only that shape is read, line by
line, which takes no YAML library and no notice of what a learner printed: `:results:` and `:history:` lie
deeper, and are skipped.

    submission_12345:
      :submitters:
      - :name: Ada Lovelace
        :sid: '0042'
        :email: ada@example.edu
      :created_at: 2026-02-03 10:15:30.123456000 Z
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.errors import UserError
from grader.grading.gathering import shown
from grader.grading.layouts.found import Entry, Layout, Listing, Looking, add
from grader.grading.layouts.plain import add_plain
from grader.grading.roster import Claim, MatchKey
from grader.grading.times import read_time


class Submitter(msgspec.Struct, frozen=True):
    name: str = ""
    sid: str = ""
    email: str = ""


class Submitted(msgspec.Struct, frozen=True):
    submitters: tuple[Submitter, ...]
    """More than one where a group handed in together."""
    created_at: str = ""


def list_gradescope(entries: Sequence[Entry], looking: Looking) -> Listing:
    listing = Listing(Layout.GRADESCOPE)
    metadata = next(entry for entry in entries if entry.name == METADATA)
    known, remarks = read_metadata(Path(metadata.path))
    listing.remarks += remarks
    for entry in entries:
        if entry.name == METADATA:
            continue
        submission = known.get(entry.name)
        if submission is None:
            if _GRADESCOPE.match(entry.name):
                listing.remarks.append(f"{METADATA} does not say whose {shown(entry.name)} is.")
            add_plain(entry, listing, looking)
            continue
        for submitter in submission.submitters:
            _add(entry, submission, submitter, listing, looking)
    return listing


def _add(
    entry: Entry, submission: Submitted, submitter: Submitter, listing: Listing, looking: Looking
) -> None:
    known = (
        Claim(MatchKey.ID, submitter.sid),
        Claim(MatchKey.EMAIL, submitter.email),
        Claim(MatchKey.NAME, submitter.name),
    )
    label = next((claim.text for claim in known if claim.text), entry.name)
    # of a group's folder an answer would not say who of them is meant
    answers = [entry.name] if len(submission.submitters) == 1 else []
    written = submission.created_at
    at = read_time(written, looking.zone)
    unread = "" if at or not written else UNREAD.format(file=METADATA, text=shown(written))
    add(
        entry,
        listing,
        claims=(*(Claim(MatchKey.ANSWER, text) for text in (*answers, label)), *known),
        label=label,
        account=submitter.email or submitter.sid or submitter.name,
        name=submitter.name,
        at=at,
        unread=unread,
    )


def read_metadata(path: Path) -> tuple[dict[str, Submitted], list[str]]:
    """The submissions by their folders' names, and remarks. Raises UserError if it is unreadable."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", AGAIN) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}).", AGAIN) from None
    known: dict[str, Submitted] = {}
    people: list[dict[str, str]] = []
    submission = section = ""
    for line in lines:
        if match := _SUBMISSION.match(line):
            submission, section = _scalar(match[1]), ""
            people = []
            known[submission] = Submitted(())
        elif not submission:
            continue
        elif match := _FIELD.match(line):
            section = match[1]
            if section == "created_at":
                known[submission] = msgspec.structs.replace(
                    known[submission], created_at=_scalar(match[2])
                )
        elif section == "submitters" and (match := _PERSON.match(line)):
            if match[1] == "-":
                people.append({})
            if people and match[2] in ("name", "sid", "email"):
                people[-1][match[2]] = _scalar(match[3])
                submitters = tuple(Submitter(**person) for person in people)
                known[submission] = msgspec.structs.replace(
                    known[submission], submitters=submitters
                )
    remarks = [
        NOBODY.format(file=path.name, name=name)
        for name, submitted in known.items()
        if not submitted.submitters
    ]
    if not known:
        raise UserError(f"{path} names no submissions.", AGAIN)
    return known, remarks


def _scalar(text: str) -> str:
    """A plain, a quoted or an empty value; `~` and `null` are none."""
    text = text.strip()
    if text.startswith('"'):
        try:
            value = json.loads(re.sub(r"\\x([0-9A-Fa-f]{2})", r"\\u00\1", text))
        except ValueError:
            return text.strip('"')
        return value if isinstance(value, str) else text
    if text.startswith("'"):
        return text[1:].removesuffix("'").replace("''", "'")
    return "" if text in ("~", "null") else text


METADATA = "submission_metadata.yml"
_GRADESCOPE = re.compile(r"submission_\d+$")
_SUBMISSION = re.compile(r"""(['"]?[^\s:'"#-][^:'"]*['"]?):\s*$""")
_FIELD = re.compile(r"  :?(\w+):(.*)$")
_PERSON = re.compile(r"  (-| ) :?(\w+):(.*)$")
AGAIN = "Export the submissions from Gradescope again, and unpack the export as it is."
NOBODY = "{file} names nobody for {name}."
UNREAD = "{file} says {text!r}, which is no time that can be read, so nothing is late."

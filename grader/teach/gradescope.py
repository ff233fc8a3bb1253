"""Whose is which in an export of Gradescope's: submission_metadata.yml, as far as it is needed.

The file is YAML written by Ruby: one mapping, a key for each submission, its fields two spaces in. Only
that shape is read, line by line, which takes no YAML library and no notice of what a learner printed:
`:results:` and `:history:` lie deeper, and are skipped.

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
from pathlib import Path

import msgspec

from grader.errors import UserError


class Submitter(msgspec.Struct, frozen=True):
    name: str = ""
    sid: str = ""
    email: str = ""


class Submitted(msgspec.Struct, frozen=True):
    submitters: tuple[Submitter, ...]
    """More than one where a group handed in together."""
    created_at: str = ""


def read_metadata(path: Path) -> tuple[dict[str, Submitted], list[str]]:
    """The submissions by their folders' names, and remarks. Raises UserError where it is unreadable."""
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
_SUBMISSION = re.compile(r"""(['"]?[^\s:'"#-][^:'"]*['"]?):\s*$""")
_FIELD = re.compile(r"  :?(\w+):(.*)$")
_PERSON = re.compile(r"  (-| ) :?(\w+):(.*)$")
AGAIN = "Export the submissions from Gradescope again, and unpack the export as it is."
NOBODY = "{file} names nobody for {name}."

"""CSV that a spreadsheet shows and does not run.

A cell that begins with = + - @, a tab or a line end may be taken for a formula; such a cell gets a '
ahead of it, unless it is a number (https://owasp.org/www-community/attacks/CSV_Injection). So does
what comes after a line end, a tab or a semicolon, where another program begins a cell. Lines end and
cells are quoted as RFC 4180 says (https://www.rfc-editor.org/rfc/rfc4180).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence


def lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8, control characters spelled out."""
    for row in rows:
        text = io.StringIO(newline="")
        csv.writer(text).writerow([_CONTROL.sub(_spelled, cell)[:LONGEST] for cell in row])
        yield text.getvalue().encode("utf-8", "backslashreplace")


def harmless(cell: str) -> str:
    """The same, for a cell that a person will look at in a spreadsheet.

    >>> harmless("=1+1"), harmless("-2.5"), harmless("Ada")
    ("'=1+1", '-2.5', 'Ada')
    """
    if _NUMBER.fullmatch(cell):
        return cell
    cell = _INSIDE.sub("'", cell)
    return f"'{cell}" if cell.startswith(BEGINNINGS) else cell


def _spelled(match: re.Match[str]) -> str:
    return f"\\x{ord(match[0]):02x}"


LONGEST = 32_000
"""Characters of a cell: Excel takes 32,767, Python's csv 131,072."""
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_INSIDE = re.compile(r"(?<=[;\t\r\n])(?=[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

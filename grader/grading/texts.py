"""Text as platforms, spreadsheets and editors save it."""

from __future__ import annotations

import codecs


def decoded(data: bytes) -> tuple[str, str]:
    """The text, without a mark at its begin, and the encoding that it has by all signs.

    A mark says it; without one it is UTF-16 where every other byte is 0, then UTF-8 where it is valid
    UTF-8. What is neither is one of the old encodings with a byte a letter, and which one cannot be seen:
    it is read as Windows's, or as the Macintosh's where lines end as they did there. Raises
    UnicodeDecodeError where that cannot be.
    """
    encoding = _encoding(data)
    return data.decode(encoding).removeprefix("\ufeff"), encoding


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = [data[start : 2 * MOST_LOOKED_AT : 2].count(0) for start in (0, 1)]
    if any(zeros) and len(data) % 2 == 0:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "mac_roman" if b"\r" in data and b"\n" not in data else "cp1252"
    return "utf-8"


MOST_LOOKED_AT = 2_000
"""Characters, to see whether each has two bytes."""

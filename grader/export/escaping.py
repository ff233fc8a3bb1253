"""Text of somebody else's, so that it is nothing but text where it ends up: in Markdown, in HTML."""

from __future__ import annotations

import re


def inert(text: str) -> str:
    """With what a terminal or a browser would obey spelled out: escapes, and turns of direction.

    >>> inert("a\\x1b[31m\\u202eb")
    'a\\\\x1b[31m\\\\u202eb'
    """
    return _OBEYED.sub(_spelled, text.replace("\r\n", "\n"))


def paragraph(text: str) -> str:
    """Words of the course's, in Markdown: every sign that means something there is only a sign.

    >>> paragraph("dW is x.T @ *dout*")
    'dW is x.T @ \\\\*dout\\\\*'
    """
    one_line = " ".join(inert(text).split())
    return _LINK.sub(r":\//", _MEANS.sub(r"\\\g<0>", one_line))


def code(text: str) -> str:
    """A learner's words within a line of Markdown: as code, where nothing means anything.

    >>> code("a `b` c")
    '`` a `b` c ``'
    """
    one_line = " ".join(inert(text).split())
    if not one_line:
        return ""
    ticks = "`" * (_longest(one_line) + 1)
    pad = " " if "`" in one_line else ""
    return f"{ticks}{pad}{one_line}{pad}{ticks}"


def block(text: str, language: str = "text") -> str:
    """A learner's lines as a block of Markdown that none of them can end.

    >>> print(block("a"))
    ```text
    a
    ```
    """
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}{language}\n{inert(text)}\n{fence}"


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def _spelled(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


_TICKS = re.compile("`+")
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_MEANS = re.compile(r"[\\`*_\[\]<>&|~$#]|(?<=www)\.")
_LINK = re.compile("://")

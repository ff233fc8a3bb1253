"""Words, signs and colours by outcome: one table, so that every view says the same."""

from __future__ import annotations

import codecs
import unicodedata
from typing import NamedTuple

from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from grader.results import Outcome


class OutcomeStyle(NamedTuple):
    sign: str
    word: str
    style: str


LOOKS = {
    Outcome.PASS: OutcomeStyle("✓", "passed", "zth.pass"),
    Outcome.FAIL: OutcomeStyle("✗", "wrong", "zth.fail"),
    Outcome.ERROR: OutcomeStyle("!", "broke", "zth.error"),
    Outcome.TODO: OutcomeStyle("·", "not started", "zth.todo"),
    Outcome.BLOCKED: OutcomeStyle("◦", "waits", "zth.blocked"),
}

# Red, green and magenta of the terminal's own palette, and no others: yellow and cyan cannot be read
# on white, nor blue on black. The rest is bold, dim or underlined.
THEME = Theme(
    {
        "zth.pass": "green",
        "zth.fail": "red",
        "zth.error": "magenta",
        "zth.todo": "dim",
        "zth.blocked": "dim",
        "zth.label": "dim",
        "zth.target": "bold",
        "zth.misconception": "bold",
        "zth.command": "bold",
        "zth.file": "underline",
        "zth.note": "dim",
        "zth.got": "bold",
        "zth.key": "bold",
        "zth.bar": "dim",
    }
)


_CONTROLS = {n: 0x2400 + n for n in range(0x20) if chr(n) not in "\t\n"}
_CONTROLS |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_CONTROLS |= dict.fromkeys((0x2028, 0x2029), 0x2424)
# turns of direction: `nwonknu` may not stand there for `unknown`
_CONTROLS |= dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F)), 0xFFFD)
_CONTROLS |= dict.fromkeys(range(0x2066, 0x206A), 0xFFFD)


def visible(text: str) -> str:
    """Text of somebody else's as it may be shown: what a terminal would obey is a sign for it (␛)."""
    return text.replace("\r\n", "\n").translate(_CONTROLS)


def _in_letters(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that a stream cannot write: our own signs keep apart what they say."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_plain, text)), error.end


def _plain(character: str) -> str:
    if character in PLAIN:
        return PLAIN[character]
    # é is e and a mark above it
    kept = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return kept or "?"


IN_LETTERS = "zth.letters"
"""The way of writing to a terminal that knows no ✓, for `errors=` of a stream."""
PLAIN = {
    **{"✓": "v", "✗": "x", "·": "-", "◦": "o", "…": "...", "→": "->", "←": "<-"},
    **{"━": "=", "╸": "-", "╺": "-", "─": "-", "│": "|", "–": "-", "−": "-", "≤": "<="},
    **dict.fromkeys("╭╮╰╯", "+"),
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "×": "x"},
}
"""Each sign of ours in letters: the five outcomes stay five."""
codecs.register_error(IN_LETTERS, _in_letters)


def linked(text: str, address: str) -> Text:
    """A file or an address, and a link where the terminal knows links."""
    made = Text(visible(text), "zth.file")
    made.stylize(Style(link=address))
    return made

"""docs/instructors.md as a program reads it: its fenced blocks, and what the remark above each says.

`<!-- guide: outside -->` above a block: its commands need what is not here. `file NAME`: that is what
the file holds. `settings NAME`: lines for nbgrader_config.py. `shown`: only to be looked at. `three hand
in …`: before its commands, somebody hands in. A text block behind commands is what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.course.manifest import bundled_course

GUIDE = bundled_course() / "docs" / "instructors.md"


class Block(NamedTuple):
    language: str
    text: str
    remark: str
    """What is said of it where a reader does not see it."""
    line: int

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def blocks() -> Iterator[Block]:
    """All of them, in order."""
    text = GUIDE.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        remark, language, inside = found.groups(default="")
        yield Block(language, inside, remark, text.count("\n", 0, found.start(2)) + 1)


def block(remark: str) -> str:
    """The text of the one block with this remark."""
    (found,) = [one.text for one in blocks() if one.remark == remark]
    return found


_BLOCK = re.compile(r"(?:<!-- guide: (.*?) -->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

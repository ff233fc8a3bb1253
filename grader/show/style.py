"""Words, signs and colours by outcome: one table, so that every view says the same."""

from __future__ import annotations

from typing import NamedTuple

from rich.theme import Theme

from grader.judge.results import Outcome


class Look(NamedTuple):
    sign: str
    word: str
    style: str


LOOKS = {
    Outcome.PASS: Look("✓", "passed", "zth.pass"),
    Outcome.FAIL: Look("✗", "wrong", "zth.fail"),
    Outcome.ERROR: Look("!", "broke", "zth.error"),
    Outcome.TODO: Look("·", "not started", "zth.todo"),
    Outcome.BLOCKED: Look("◦", "waits", "zth.blocked"),
}

# Named colours only: the terminal's own palette fits its background, light or dark.
THEME = Theme(
    {
        "zth.pass": "green",
        "zth.fail": "red",
        "zth.error": "magenta",
        "zth.todo": "dim",
        "zth.blocked": "yellow",
        "zth.label": "dim",
        "zth.target": "bold",
        "zth.misconception": "bold",
        "zth.command": "cyan",
        "zth.file": "blue",
        "zth.note": "dim",
        "zth.key": "bold cyan",
    }
)

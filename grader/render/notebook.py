"""What a notebook shows below a cell: the same for a page, white or black, and as plain text."""

from __future__ import annotations

import io
import re

from rich.console import Console, RenderableType
from rich.terminal_theme import TerminalTheme
from rich.theme import Theme

from grader.render.style import THEME

WIDTH = 80


def below_a_cell(shown: RenderableType) -> dict[str, str]:
    """By MIME type, as Jupyter wants it. A link to a file is left out: a page cannot open it."""
    console = Console(
        theme=Theme({**THEME.styles, "zth.file": ""}),  # a page shows by itself what is a link
        record=True,
        file=io.StringIO(),
        width=WIDTH,
        highlight=False,
        emoji=False,
        force_terminal=True,
        color_system="standard",
        force_jupyter=False,
    )
    console.print(shown)
    page = console.export_html(
        theme=TerminalTheme(*COLOURS), code_format="{code}", inline_styles=True, clear=False
    )
    text = console.export_text()
    return {
        "text/html": PAGE.format(code=_FILE_LINK.sub(r"\1", page).rstrip()),
        "text/plain": "\n".join(line.rstrip() for line in text.rstrip().splitlines()),
    }


_FILE_LINK = re.compile(r'<a href="(?!https?://)[^"]*">(.*?)</a>', re.DOTALL)
PAGE = (
    '<pre style="margin:0 0 0.5em;padding:0.2em 0 0.2em 0.8em;border:0;border-left:3px solid #888;'
    "border-radius:0;background:none;line-height:1.35;font-family:var(--jp-code-font-family,monospace);"
    'white-space:pre;overflow-x:auto">{code}</pre>'
)
"""The page around it, such as nbgrader's, may have a box of its own for all that is a `pre`."""
COLOURS = (
    (178, 178, 178),
    (78, 78, 78),
    [
        *((78, 78, 78), (211, 60, 68), (46, 141, 62), (140, 110, 20)),
        *((50, 110, 200), (170, 75, 190), (30, 130, 140), (120, 120, 120)),
    ],
)
"""Background, text and the palette: to be read on white and on black."""

"""What a person sees, held as text. `make goldens` writes it anew and shows the difference."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType

from grader.render.style import THEME

GOLDEN = Path(__file__).parent / "render" / "golden"
HERE = Path("/home/learner")


def rendered(what: RenderableType, width: int = 80) -> str:
    console = Console(file=StringIO(), width=width, theme=THEME, color_system=None, emoji=False)
    console.print(what)
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def held(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("ZTH_WRITE_GOLDENS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"make goldens shows what changed in {path}"

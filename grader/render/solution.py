"""The worked solution, alone or as what differs from the learner's."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from grader.render.style import visible
from grader.workspace.solution import Worked

DIFF_STYLES = {"-": "zth.fail", "+": "zth.pass", "@": "zth.note"}


def solution_view(worked: Worked, coloured: bool = True) -> RenderableType:
    """Before a pass the worked code; after it, the way from yours to it."""
    code = _code(worked.worked) if coloured else Text(worked.worked.rstrip())
    name = f"{worked.lecture.id}.{worked.exercise.id}"
    title = Text.assemble((name, "zth.target"), f" · {worked.exercise.title}")
    if not worked.passed:
        return Group(title, Text(), code, Text())
    if not worked.yours:
        why = Text(f"Your {worked.exercise.file} cannot be read, or has it no more.", "zth.note")
        return Group(title, why, Text(), code, Text())
    if worked.alike:
        return Group(title, Text("✓ Yours is the worked one, word for word.", "zth.pass"), Text())
    lines = worked.difference()
    legend = Text.assemble(
        ("- yours", DIFF_STYLES["-"]),
        "  ",
        ("+ worked", DIFF_STYLES["+"]),
        "  both are right" if worked.is_right else "  yours was right once, and is not now",
    )
    shown = [Text(visible(line), DIFF_STYLES.get(line[:1], "")) for line in lines[2:]]
    return Group(title, legend, Text(), *shown, Text())


def _code(code: str) -> RenderableType:
    """In the terminal's own colours, none of them a bright one: on light and on dark."""
    from rich.syntax import Syntax  # brings pygments

    return Syntax(
        code.rstrip(), "python", theme="ansi_light", background_color="default", word_wrap=True
    )

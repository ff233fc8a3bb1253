"""The data sets: what is there, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.course.data import VARIABLE, DataState, Located
from grader.render.style import OutcomeStyle, linked

LOOKS = {
    DataState.VERIFIED: OutcomeStyle("✓", "verified", "zth.pass"),
    DataState.ABSENT: OutcomeStyle("·", "not there", "zth.todo"),
    DataState.WRONG: OutcomeStyle("✗", "unusable", "zth.fail"),
}


def data_table(found: Sequence[Located], folder: Path, named: bool) -> RenderableType:
    """Each data set with its state, the folder they lie in, and why one there cannot be used."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for style in ("", "zth.target", "", "zth.note"):
        table.add_column(style=style, no_wrap=style != "zth.note")
    for located in found:
        look = LOOKS[located.state]
        name, about = located.dataset.name, located.dataset.about
        table.add_row(Text(look.sign, look.style), name, Text(look.word, look.style), about)
    by = f", which {VARIABLE} names" if named else ""
    place = linked(str(folder), folder.as_uri())
    where = Text.assemble("in ", place, (by, "zth.note"))
    whys = [Text(f"{each.why}") for each in found if each.state is DataState.WRONG]
    return Group(table, where, *whys)

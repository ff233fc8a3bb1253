"""What a person should look at after a run, in a terminal: the kinds, and for each who and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from grader.grading.notices import Notice, NoticeKind
from grader.render.style import visible

LINES = 5
"""Of a kind; `--json` has all."""
NAMED = 2
"""People who are named in a line; the rest are counted."""
NAMES_WIDTH = 26
PRESSING = (NoticeKind.UNGRADED, NoticeKind.UNREADABLE)


def attention_view(
    notices: Sequence[Notice], names: Mapping[str, str], lines: int = LINES
) -> Iterator[RenderableType]:
    """Nothing if there is nothing to look at."""
    if not notices:
        return
    yield Text("Look at these", "bold")
    for kind, group in groupby(notices, key=lambda notice: notice.kind):
        of = list(group)
        people = len({who for notice in of for who in notice.who})
        count = f": {people:,}" if people else ""
        yield Text(f"{kind}{count}", "zth.fail" if kind in PRESSING else "zth.label")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=1)
        table.add_column(max_width=NAMES_WIDTH, overflow="fold")
        table.add_column(overflow="fold")
        for notice in of[:lines]:
            table.add_row("", Text(listed(notice.who, names, NAMED)), Text(visible(notice.says)))
        yield table
        if len(of) > lines:
            yield Text(f"   … {len(of) - lines:,} more", "zth.note")


def listed(who: Sequence[str], names: Mapping[str, str], most: int, count: int = 0) -> str:
    """Some people by what they are called, and how many more there are; `count` where not all are
    named."""
    shown = [visible(names.get(one, one))[:NAME_LENGTH] for one in who[:most]]
    rest = max(count, len(who)) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest > 0 and shown else "")


NAME_LENGTH = 40

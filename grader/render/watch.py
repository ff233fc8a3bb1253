"""The page of `zth watch`: the exercise in view or the list, the bar, the keys."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from grader.render.card import card
from grader.render.hint import prose
from grader.render.lecture import all_done, bar, heading, passed, place
from grader.render.progress import NOT_JUDGED, count_done, exercise_list, states
from grader.render.style import LOOKS
from grader.results import Outcome
from grader.workspace.watch import Key, Watch

ELSEWHERE = 3
"""Other exercises that are wrong and are named; the rest are counted."""

MEANS = {
    Key.NEXT: "next",
    Key.HINT: "hint",
    Key.LIST: "list",
    Key.CHECK: "check all",
    Key.OPEN: "open",
    Key.QUIT: "quit",
}


class WatchPage(NamedTuple):
    """All but the last line."""

    top: RenderableType
    body: RenderableType
    bar: RenderableType
    command: str
    """It shows all, however small the window is."""

    def __rich_console__(self, *_: object) -> Iterator[RenderableType]:
        yield from (self.top, Text(), self.body, self.bar)


def page(watch: Watch, here: Path) -> WatchPage:
    parts: list[RenderableType] = []
    if watch.listing:
        known = {name: result.outcome for name, result in watch.results.items()}
        outcomes = states(watch.lecture, watch.standings) | known
        parts += [exercise_list(watch.lecture, outcomes), Text()]
    else:
        parts += [*_came_from(watch), *_hint(watch), _verdict(watch, here)]
        parts += [*_elsewhere(watch, here), Text()]
        parts += [Text(note, "zth.note") for note in watch.notes if watch.passed]
    if watch.trouble:
        parts += [Text(watch.trouble.message, "zth.fail"), Text(watch.trouble.fix)]
    done, of = count_done(watch.lecture, watch.standings)
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_row(bar(done, of), f"{done} of {of} in {watch.lecture.id}")
    command = "zth list" if watch.listing else f"zth check {watch.lecture.id}.{watch.exercise.id}"
    return WatchPage(_top(watch), Group(*parts), line, command)


def fitted(page: WatchPage, console: Console, first: int = 0) -> tuple[RenderableType, int]:
    """What the window has room for above the last line, and how many lines of the body have none.

    The body begins with its line `first`, from 0. What is cut is never the top or the bar.
    """
    lines = console.render_lines(page.body, pad=False)
    around = sum(len(console.render_lines(part, pad=False)) for part in (page.top, page.bar))
    room = max(1, console.height - 4 - around)
    if len(lines) <= room:
        return page, 0
    room = max(1, room - 1)
    first = min(first, len(lines) - room)
    cut = len(lines) - room
    shown = Group(*(Segments([*line, Segment.line()]) for line in lines[first : first + room]))
    text = f"… {cut} more lines: j and k scroll, {page.command} shows all"
    note = Text(text, "zth.note", no_wrap=True, overflow="ellipsis")
    return Group(page.top, Text(), shown, note, page.bar), cut


def keys_line(watch: Watch, keys: Sequence[Key]) -> Text:
    """The last line: what can be pressed now."""
    words = []
    for key in keys:
        means = MEANS[key]
        if key is Key.HINT:
            means = f"hint {watch.hints + 1} of {len(watch.exercise.hints)}"
        elif key is Key.LIST and watch.listing:
            means = "back"
        words.append(Text.assemble((key.value, "zth.key"), f" {means}"))
    return Text("  ").join(words)


def busy_line(watch: Watch) -> Text:
    """The last line while a verdict takes longer than a blink."""
    if watch.result and watch.result.outcome is Outcome.PASS and not watch.listing:
        return Text("checking what else this touches …", "zth.note")
    return Text(f"checking {watch.judging or watch.lecture.id} …", "zth.note")


def starting_line(watch: Watch) -> Text:
    return Text(f"getting {watch.lecture.id} ready …", "zth.note")


def _top(watch: Watch) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right", style="zth.note")
    at = time.strftime("%H:%M:%S", time.localtime(watch.judged_at)) if watch.judged_at else ""
    line.add_row(heading(watch.lecture), at)
    return line


def _verdict(watch: Watch, here: Path) -> RenderableType:
    result, name = watch.result, f"{watch.lecture.id}.{watch.exercise.id}"
    if result is None:
        alone = "" if watch.exercise.judged or watch.judging else f"\n{NOT_JUDGED}"
        return Text.assemble((name, "zth.target"), f" · {watch.exercise.title}", alone)
    if result.outcome is not Outcome.PASS:
        return card(watch.lecture, result, here, watched=True)
    parts = [passed(watch.lecture, result)]
    if not watch.passed:
        parts.append(Text("  and now on the whole data set …", "zth.note"))
    elif watch.finished and watch.course.released:
        parts.append(Text.assemble("  ", all_done(watch.course)))
    elif watch.finished:
        parts.append(Text("  That was the last one. The course is finished.", "zth.pass"))
    elif not watch.course.released:
        compare = Text.assemble(
            "  Compare it with the worked solution: ", (f"zth solution {name}", "zth.command")
        )
        parts.append(compare)
    return Group(*parts)


def _came_from(watch: Watch) -> list[RenderableType]:
    """What passed before this one came into view by itself."""
    result = watch.results.get(watch.came_from)
    return (
        [passed(watch.lecture, result)] if result and watch.came_from != watch.exercise.id else []
    )


def _hint(watch: Watch) -> list[RenderableType]:
    """The hint that was asked for last: above all else, for a window may be small."""
    if watch.passed or not watch.hint:
        return []
    text = prose(watch.exercise.hints[watch.hint - 1])
    label = Text(f"hint {watch.hint} of {len(watch.exercise.hints)}", "zth.label")
    return [Group(label, Padding(text, (0, 0, 1, 2)))]


def _elsewhere(watch: Watch, here: Path) -> list[RenderableType]:
    wrong = watch.elsewhere
    lines: list[RenderableType] = [
        Text.assemble(
            (f"{LOOKS[result.outcome].sign} {result.id}", LOOKS[result.outcome].style),
            f" {LOOKS[result.outcome].word}, ",
            place(result, here),
        )
        for result in wrong[:ELSEWHERE]
    ]
    if len(wrong) > ELSEWHERE:
        lines.append(Text(f"{len(wrong) - ELSEWHERE} more wrong", "zth.note"))
    return [Text(), *lines] if lines else []

"""A class at a glance, in a terminal: what a minute is enough for. `--json` has all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.grading.class_report import Bar, ClassReport, People, Stand
from grader.render.lecture import bar
from grader.render.notices import NAME_LENGTH, attention_view, listed
from grader.render.style import LOOKS, visible
from grader.results import FORMAT, Outcome

BAR_WIDTH = 20
HARDEST = 8
"""Exercises that are shown: those that fewest have right."""
LINES = 4
"""Of every other list."""
LOOK_AT = 2
"""Of a kind of notice."""
NAMED = 4
"""Of people in a line; the rest are counted."""


def classroom_view(classroom: ClassReport) -> RenderableType:
    """`zth class`: one lecture."""
    parts: list[RenderableType] = [
        Text.assemble((classroom.lecture, "zth.target"), f" · {classroom.title}"),
        _counts(classroom),
    ]
    if not classroom.handed_in:
        return Group(*parts)
    if notices := list(attention_view(classroom.look_at, classroom.names, LOOK_AT)):
        parts += [Text(), *notices]
    parts += [Text(), _distribution(classroom.distribution), _points(classroom)]
    parts += [Text(), *_exercises(classroom.exercises)]
    sections: list[tuple[str, list[RenderableType]]] = [
        ("What they misunderstood", list(_mistakes(classroom))),
        ("Where they are stuck", list(_stuck(classroom))),
        ("What holds others up", list(_blocking(classroom))),
        ("To look at: this is no verdict", list(_to_look_at(classroom))),
    ]
    for title, lines in sections:
        if lines:
            parts += [Text(), Text(title, "bold"), *lines]
    return Group(*parts)


def classrooms_json(classrooms: Sequence[ClassReport]) -> bytes:
    """`zth class --json`: all of it."""
    return msgspec.json.encode({"format": FORMAT, "lectures": classrooms})


def _counts(classroom: ClassReport) -> Text:
    """Who handed in and who did not, in a sentence; those that a person has to see to, by name."""
    text = Text(f"{classroom.handed_in:,} handed in")
    for words, people, style in (
        ("handed in nothing", classroom.missing, ""),
        ("late", classroom.late, ""),
        ("with points by hand", classroom.by_hand, ""),
        ("not graded yet", classroom.waiting, "zth.fail"),
        ("cannot be read", classroom.unreadable, "zth.fail"),
    ):
        if people.count:
            text.append(f", {people.count:,} {words}", style)
    text.append(".")
    for words, people in (
        ("Nothing from", classroom.missing),
        ("Not graded", classroom.waiting),
    ):
        if people.who:
            text.append(f"\n{words}: {_named(people, classroom.names)}", "zth.note")
    return text


def _distribution(bars: Sequence[Bar]) -> Table:
    """A fifth of the points a line, and those who have all."""
    pairs = [(bars[n], bars[n + 1]) for n in range(0, len(bars) - 1, 2)]
    rows = [
        (f"{low.percent.split('–')[0]}–{high.percent.split('–')[1]}", low.count + high.count)
        for low, high in pairs
    ]
    rows.append((bars[-1].percent, bars[-1].count))
    most = max(1, *(count for _, count in rows))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="zth.label", no_wrap=True)
    table.add_column(width=BAR_WIDTH)
    table.add_column(justify="right", no_wrap=True)
    for percent, count in rows:
        table.add_row(f"{percent} %", _bar(count, most), f"{count:,}")
    return table


def _points(classroom: ClassReport) -> Text:
    return Text(
        f"of {classroom.max_points:g} points; mean {classroom.mean:.1f}, median {classroom.median:g}",
        "zth.note",
    )


def _exercises(stands: Sequence[Stand]) -> Iterator[RenderableType]:
    judged = [stand for stand in stands if stand.judged]
    shown = sorted(judged, key=lambda stand: stand.pass_rate)[:HARDEST]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=26)
    table.add_column(width=BAR_WIDTH - 8)
    for _ in range(1 + len(Outcome)):
        table.add_column(no_wrap=True, justify="right")
    for stand in shown:
        cells = [_counted(outcome, stand.counts[outcome]) for outcome in Outcome]
        short = _bar(stand.counts[Outcome.PASS], stand.judged, BAR_WIDTH - 8)
        table.add_row(stand.exercise, short, f"{stand.pass_rate:.0%}", *cells)
    some = len(judged) > len(shown)
    yield Text("The hardest exercises" if some else "The exercises, the hardest first", "bold")
    yield table
    if some:
        yield _rest(len(judged) - len(shown))


def _counted(outcome: Outcome, number: int) -> Text:
    look = LOOKS[outcome]
    return Text(f"{look.sign} {number:,}", look.style) if number else Text()


def _mistakes(classroom: ClassReport) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for mistake in classroom.mistakes[:LINES]:
        head = Text.assemble((mistake.exercise, "zth.target"), (f"  {mistake.at}", "zth.note"))
        table.add_row(f"{mistake.count:,}", head + Text(f"\n{visible(mistake.says)}"))
    if classroom.mistakes:
        yield table
        yield from _more(len(classroom.mistakes))


def _stuck(classroom: ClassReport) -> Iterator[RenderableType]:
    shown = sorted(classroom.stuck, key=lambda stuck: -stuck.people.count)[:LINES]
    table = _lines(3)
    for stuck in shown:
        begun = f"{stuck.not_started:,} not begun" if stuck.not_started else ""
        table.add_row(
            Text(stuck.exercise, "zth.target"),
            f"{stuck.people.count:,}",
            Text(begun, "zth.note"),
            _cut(_named(stuck.people, classroom.names)),
        )
    if shown:
        yield table
        yield from _more(len(classroom.stuck))


def _blocking(classroom: ClassReport) -> Iterator[RenderableType]:
    table = _lines(2)
    for blocking in classroom.blocking[:LINES]:
        table.add_row(
            Text(blocking.exercise, "zth.target"),
            f"{blocking.learners:,}",
            _cut(f"wait with {', '.join(blocking.waiting)}"),
        )
    if classroom.blocking:
        yield table
        yield from _more(len(classroom.blocking))


def _to_look_at(classroom: ClassReport) -> Iterator[RenderableType]:
    for flag in classroom.flags[:LINES]:
        yield Text.assemble((flag.exercise, "zth.target"), f"  {visible(flag.says)}")
        table = _lines(2)
        table.add_row("", f"{flag.people.count:,}", _cut(_named(flag.people, classroom.names)))
        yield table
    yield from _more(len(classroom.flags))
    for pair in classroom.alike[:LINES]:
        one, other = (
            visible(classroom.names.get(who, who))[:NAME_LENGTH] for who in (pair.one, pair.other)
        )
        yield Text(f"{one} and {other}: {pair.share:.0%} of their own alike")
        table = _lines(1)
        where = f"most in {pair.where[0].one} and {pair.where[0].other}"
        table.add_row("", _cut(visible(where)))
        yield table
    yield from _more(len(classroom.alike))
    if classroom.compared is not None and (left := classroom.handed_in - classroom.compared):
        yield Text(NOT_COMPARED.format(count=left), "zth.note")


def _lines(narrow: int) -> Table:
    """A row a line: columns as wide as they have to be, and one that is cut where the line ends."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for number in range(narrow):
        table.add_column(no_wrap=True, justify="right" if number == 1 else "left")
    table.add_column(style="zth.note")
    return table


def _cut(text: str) -> Text:
    """In a column that gives way: what has no room is left out."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def _bar(count: int, of: int, width: int = BAR_WIDTH) -> RenderableType:
    return bar(count, of, width) if count else Text()


def _named(people: People, names: Mapping[str, str]) -> str:
    return listed(people.who, names, NAMED, people.count)


def _more(number: int) -> Iterator[Text]:
    if number > LINES:
        yield _rest(number - LINES)


def _rest(number: int) -> Text:
    return Text(f"… {number:,} more", "zth.note")


NOT_COMPARED = "{count:,} could not be compared: too little in them, or not graded yet."

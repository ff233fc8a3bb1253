"""The class on one page of HTML, with its pictures. Long lists are cut and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import msgspec

from grader.export.pages import page
from grader.export.phrases import LOOKS
from grader.grading.class_report import ClassReport, People
from grader.results import Outcome

NAMES = 150
"""Of people in one list."""
SOME = 4
"""Of people in a cell."""
NAME_LENGTH = 60
ROWS = 25
"""Of a table."""


class Named(msgspec.Struct, frozen=True):
    """People as a page lists them."""

    names: tuple[str, ...]
    more: int


def class_page(title: str, classrooms: Sequence[ClassReport], anonymous: bool) -> bytes:
    """The page. Where it is `anonymous` it says so; the names are left out before."""
    return page(
        "class.html.jinja",
        title=title,
        classrooms=classrooms,
        anonymous=anonymous,
        outcomes=[(outcome, outcome.value.lower(), LOOKS[outcome]) for outcome in Outcome],
        cut=_cut,
        named=_named,
        short=_short,
        some=_some,
        ROWS=ROWS,
    )


def _named(people: People, called: Mapping[str, str]) -> Named:
    names = tuple(_short(called.get(who, who)) for who in islice(people.who, NAMES))
    return Named(names, len(people.who) - len(names))


def _some(who: Sequence[str], called: Mapping[str, str]) -> str:
    """The first of them, and how many more there are."""
    names = [_short(called.get(one, one)) for one in who[:SOME]]
    more = [f"and {len(who) - SOME:,} more"] if len(who) > SOME else []
    return ", ".join([*names, *more])


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[:NAME_LENGTH]}…"


def _cut(rows: Iterable[object]) -> list[object]:
    return list(islice(rows, ROWS))

"""Which columns of a CSV are those of Moodle's grading worksheet, in whatever language it was written.

Moodle translates every title, and wants the worksheet back as it gave it. What it does not translate is
the order (https://github.com/moodle/moodle/blob/main/public/mod/assign/gradingtable.php) and what is in
the columns: an identifier that is one word and a number (`Participant 1234567`, `Teilnehmer/in1234567`),
the name, email and the like, the status, the grade, the highest grade, whether it can be changed, when it
was changed, feedback.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec


class Worksheet(msgspec.Struct, frozen=True):
    """The places of Moodle's columns."""

    identifier: int
    grade: int
    maximum: int
    feedback: int | None
    """None if the assignment has no comments as feedback."""


def find_worksheet(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Worksheet | None:
    """Where Moodle's columns are; None if it is no worksheet of Moodle's."""
    columns = [
        [row[place] if place < len(row) else "" for row in rows] for place in range(len(header))
    ]
    identifier = next((place for place, cells in enumerate(columns) if is_identifier(cells)), None)
    if identifier is None:
        return None
    for place in range(identifier + 2, len(columns) - 1):
        grade, maximum, changes = columns[place - 1 : place + 2]
        if _is_grade(grade) and _is_maximum(maximum) and _is_yes_or_no(changes):
            return Worksheet(identifier, place - 1, place, _feedback(header, columns, place + 2))
    return None


def is_identifier(cells: Sequence[str]) -> bool:
    """Whether a column has the same word in every line, and a number of its own after it."""
    found = [match for cell in cells if (match := _IDENTIFIER.fullmatch(cell))]
    numbers = {match["number"] for match in found}
    one_word = len({match["word"] for match in found}) == 1
    return one_word and len(numbers) == len(found) == len(cells)


def number_in(cell: str) -> float | None:
    """What a cell says in figures: 10.00, or 10,00 where one writes it so. None if it is no number."""
    return float(cell.replace(",", ".")) if _FIGURES.fullmatch(cell) else None


def _is_grade(cells: Sequence[str]) -> bool:
    return all(cell in ("", "-") or number_in(cell) is not None for cell in cells)


def _is_maximum(cells: Sequence[str]) -> bool:
    """The same for everybody; empty if nothing is graded."""
    return len(set(cells)) == 1 and (not cells[0] or number_in(cells[0]) is not None)


def _is_yes_or_no(cells: Sequence[str]) -> bool:
    return 0 < len(set(cells)) <= 2 and all(_WORD.fullmatch(cell) for cell in cells)


def _feedback(header: Sequence[str], columns: Sequence[Sequence[str]], begin: int) -> int | None:
    """The comments: by their title where it is one of those that are known, or the last of all."""
    places = range(begin, len(header))
    titled = [place for place in places if _FEEDBACK.search(header[place])]
    if titled:
        return titled[0]
    last = len(header) - 1
    is_time = last in places and all(cell == "-" or _CLOCK.search(cell) for cell in columns[last])
    return last if last > begin and not is_time else None


_IDENTIFIER = re.compile(r"(?P<word>[^\W\d][^\d]{2,}?)\s*(?P<number>\d+)")
_FIGURES = re.compile(r"\d+(?:[.,]\d+)?")
_WORD = re.compile(r"[^\W\d]{1,12}")
_CLOCK = re.compile(r"\d:\d\d")
_FEEDBACK = re.compile(
    "feedback|kommentar|commentaire|comentario|comentário|commenti|opmerking|komentar|отзыв|коммент|"
    "反馈|评语|回饋|フィードバック|피드백|ملاحظات",
    re.IGNORECASE,
)

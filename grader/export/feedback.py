"""What a learner is told, as a file of Markdown and one of HTML; they say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from grader.export.escaping import block, code, paragraph
from grader.export.pages import page
from grader.export.phrases import LOOKS, OutcomePhrase, number, told_of_all
from grader.grading.feedback import ExerciseFeedback, Feedback
from grader.results import Outcome

FORMATS = (".md", ".html")


class Row(msgspec.Struct, frozen=True):
    """An exercise, and how it is called."""

    told: ExerciseFeedback
    sign: str
    word: str
    kind: str
    """For the style."""
    points: str

    @property
    def opened(self) -> bool:
        """Whether there is more to say of it than a line."""
        graded = self.told.graded
        if graded.comment:
            return True
        return graded.outcome not in (None, Outcome.TODO) and not graded.is_right

    @property
    def not_begun(self) -> bool:
        """Whether a line says it."""
        graded = self.told.graded
        return graded.outcome is Outcome.TODO and not graded.is_right and not self.opened


class Card(msgspec.Struct, frozen=True):
    """What there is to say in detail, of an exercise or of all in a file that cannot be run."""

    rows: tuple[Row, ...]
    may_try: bool
    """Whether the learner can check it again as it is."""

    @property
    def row(self) -> Row:
        return self.rows[0]

    @property
    def names(self) -> str:
        return ", ".join(row.told.graded.exercise for row in self.rows)

    @property
    def title(self) -> str:
        first = self.row.told
        if len(self.rows) == 1:
            return first.graded.exercise
        if not self.may_try:
            return UNREAD
        return f"{SEVERAL.format(count=len(self.rows), file=first.of_file)} {self.row.word}"


def files_of(
    feedback: Iterable[Feedback], folders: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """The files of everybody, by their paths; `folders` names the one of each learner."""
    for each in feedback:
        stem = f"{folders[each.grade.who]}/{each.grade.lecture}"
        yield f"{stem}.md", markdown(each).encode()
        yield f"{stem}.html", html(each)


def html(feedback: Feedback) -> bytes:
    rows = [_row(told) for told in feedback.exercises]
    return page(
        "feedback.html.jinja",
        grade=feedback.grade,
        points=_points(feedback),
        rows=rows,
        cards=_cards(feedback, rows),
        not_begun=[row for row in rows if row.not_begun],
        again=again,
        differs=differs,
        remarks=feedback.remarks,
    )


def markdown(feedback: Feedback) -> str:
    grade = feedback.grade
    rows = [_row(told) for told in feedback.exercises]
    head, *more = _points(feedback)
    name = f"{code(grade.name)} ({code(grade.who)})" if grade.name else code(grade.who)
    parts = [
        f"# {paragraph(grade.title)} · {grade.lecture}",
        name,
        f"**{paragraph(head)}**",
        *map(paragraph, more),
    ]
    if grade.handed_in or any(row.told.graded.by_hand for row in rows):
        parts += ["## Exercises", "\n".join(_table(rows))]
    if cards := _cards(feedback, rows):
        parts.append("## In detail")
        parts += [part for card in cards for part in _card(card)]
    if not_begun := [row.told for row in rows if row.not_begun]:
        parts.append("## Not started")
        parts.append("\n".join(map(_line, not_begun)))
    if feedback.remarks:
        parts.append("## What was handed in")
        parts.append("\n".join(f"- {code(remark)}" for remark in feedback.remarks))
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| | Exercise | Title | Outcome | Points |"
    yield "|---|---|---|---|--:|"
    for row in rows:
        graded = row.told.graded
        yield (
            f"| {row.sign} | {code(graded.exercise)} | {paragraph(graded.title)} "
            f"| {row.word} | {row.points} |"
        )


def _cards(feedback: Feedback, rows: Sequence[Row]) -> list[Card]:
    """One for each exercise that there is something to say of; of a whole file it is said once."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for place, row in enumerate(rows):
        if not row.opened:
            continue
        told = row.told
        alone = not told.of_file or told.graded.comment or told.graded.misconception
        said = (told.message, told.place, told.steps, told.printed, told.revealed)
        groups.setdefault((place,) if alone else said, []).append(row)
    return [Card(tuple(group), feedback.is_read) for group in groups.values()]


def _card(card: Card) -> Iterator[str]:
    row, told = card.row, card.row.told
    if len(card.rows) == 1:
        yield f"### {row.sign} {code(told.graded.exercise)} {row.word} · {row.points}"
    else:
        yield f"### {row.sign} {paragraph(card.title)}"
        yield paragraph(card.names)
    if told.graded.misconception:
        yield f"> **{paragraph(told.graded.misconception)}**"
    if told.sentence:
        yield paragraph(told.sentence)
    if told.message:
        lines = "\n" in told.message
        yield f"Seen:\n\n{block(told.message)}" if lines else f"Seen: {code(told.message)}"
    shown = told.revealed
    if where := differs(told):
        yield f"Differs: {code(where)}"
    if shown and shown.expected:
        yield f"Expected: {code(shown.expected)}"
    if told.got:
        yield f"Yours: {code(told.got)}"
    if shown:
        yield from (f"More: {code(more)}" for more in shown.more)
    if told.place:
        yield f"Where: {code(told.place)}"
    if told.steps:
        yield "The way there:\n\n" + block(
            "\n".join(f"{step.place}: {step.text}" for step in told.steps)
        )
    yield from (f"Also wrong: {paragraph(says)}" for says in told.others)
    yield from (f"Note: {paragraph(note)}" for note in told.notes)
    if told.printed:
        cut = "…\n" if told.cut else ""
        yield f"Printed:\n\n{block(cut + told.printed)}"
    if told.graded.comment:
        yield f"Comment (by hand):\n\n{block(told.graded.comment)}"
    if shown and shown.ran:
        yield f"What was run:\n\n{block(shown.ran, 'python')}"
    if shown and shown.source:
        yield f"The check:\n\n{block(shown.source.rstrip(), 'python')}"
    if len(card.rows) == 1:
        yield f"Video: {_video(told)}"
    if not told.graded.is_right and card.may_try:
        yield f"Again: {code(again(card))}"


def differs(told: ExerciseFeedback) -> str:
    """What differs, where what was seen has not said the same."""
    where = told.revealed.where if told.revealed else ""
    return "" if where.rstrip(".") == told.message.rstrip(".") else where


def again(card: Card) -> str:
    """The command that checks all of a card."""
    one = card.row.told.again
    return one if len(card.rows) == 1 else one.rpartition(".")[0]


def _line(told: ExerciseFeedback) -> str:
    return f"- {code(told.graded.exercise)}: {code(told.message)} {_video(told)}"


def _video(told: ExerciseFeedback) -> str:
    return f"[{told.at}]({told.link})"


def _points(feedback: Feedback) -> list[str]:
    """The points of all, what being late costs, and what is special about them."""
    lines = told_of_all(feedback.grade).split("\n")
    graded = [told.graded for told in feedback.exercises]
    if bonus := sum(g.points or 0.0 for g in graded if g.bonus):
        lines.append(BONUS.format(points=number(bonus)))
    if any(g.by_hand for g in graded):
        lines.append(BY_HAND)
    return lines


def _row(told: ExerciseFeedback) -> Row:
    graded = told.graded
    if graded.by_hand and told.graded.is_right:
        look, kind = OutcomePhrase("✓", "by hand"), "pass"
    elif graded.outcome is None:
        look, kind = OutcomePhrase("·", "by hand" if graded.by_hand else "not graded"), "todo"
    else:
        look, kind = LOOKS[graded.outcome], graded.outcome.value.lower()
    points = f"{number(graded.points)} of {number(graded.max_points)}"
    points += " bonus" if graded.bonus else ""
    points += " by hand" if graded.by_hand else ""
    return Row(told, *look, kind, points)


UNREAD = "What was handed in cannot be read"
SEVERAL = "{count} exercises of {file}"
BONUS = "{points} of them are a bonus."
BY_HAND = "Some points were given by hand."

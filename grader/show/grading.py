"""What a grading run has done, and what is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.course.targets import Selection
from grader.judge.results import FORMAT, Outcome
from grader.show.lecture import bar, heading
from grader.show.style import LOOKS, visible
from grader.teach.grading import Plan
from grader.teach.intake import Intake
from grader.teach.store import Store

BAR_WIDTH = 20
NAMED = 8
"""People who are named in a line; the rest are counted."""


def to_grade(plan: Plan, intake: Intake) -> RenderableType:
    """`zth grade --status`: how much is left."""
    done, left = plan.unchanged, len(plan.tasks)
    parts: list[RenderableType] = [
        Text.assemble((f"{left} to grade", "bold"), f", {done} graded and unchanged."),
        *_people(intake),
    ]
    return Group(*parts)


def summary(
    book: Store, selections: Sequence[Selection], intake: Intake, plan: Plan, path: Path
) -> RenderableType:
    """The class by exercise, who is missing, what a person should look at."""
    outcomes = Counter(((le, e), o) for _, le, e, o in book.outcomes())
    parts: list[RenderableType] = []
    for selection in selections:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(width=BAR_WIDTH)
        for _ in Outcome:
            table.add_column(no_wrap=True, justify="right")
        for exercise in selection.exercises:
            counts = {o: outcomes[(selection.lecture.id, exercise.id), o] for o in Outcome}
            of = sum(counts.values())
            table.add_row(
                exercise.id,
                bar(counts[Outcome.PASS], max(1, of), BAR_WIDTH),
                *(_counted(o, number) for o, number in counts.items()),
            )
        parts += [heading(selection.lecture), table, Text()]
    parts += _people(intake)
    words = f"{len(plan.tasks)} graded now, {plan.unchanged} unchanged; all in {path}"
    return Group(*parts, Text(words, "zth.note"))


def _counted(outcome: Outcome, number: int) -> Text:
    look = LOOKS[outcome]
    return Text(f"{look.sign} {number}", look.style) if number else Text()


def summary_json(book: Store, intake: Intake, plan: Plan) -> bytes:
    """`zth grade --json`: every mark, and the runs they come from."""
    scores = book.scores()
    return msgspec.json.encode(
        {
            "format": FORMAT,
            "graded": len(plan.tasks),
            "unchanged": plan.unchanged,
            "questions": list(intake.questions),
            "missing": [person.id for person in intake.missing],
            "strangers": list(intake.strangers),
            "runs": book.runs(),
            "marks": list(book.marks()),
            "scores": list(scores.values()),
        }
    )


def _people(intake: Intake) -> list[RenderableType]:
    lines: list[RenderableType] = [Text(visible(remark), "zth.note") for remark in intake.remarks]
    lines += [Text(visible(question.text)) for question in intake.questions[:NAMED]]
    if (rest := len(intake.questions) - NAMED) > 0:
        lines.append(Text(f"And {rest} more whose learner cannot be told; --json has all of them."))
    if intake.missing:
        names = [person.id for person in intake.missing]
        lines.append(Text(f"{len(names)} handed in nothing: {_listed(names)}"))
    if intake.strangers:
        names = list(intake.strangers)
        lines.append(Text(f"{len(names)} are not on the roster: {_listed(names)}"))
    troubled = [f"{h.who} ({h.trouble})" for h in intake.handed if h.trouble]
    if troubled:
        lines.append(Text(f"{len(troubled)} cannot be read: {_listed(troubled)}", "zth.fail"))
    return lines


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return visible(", ".join(names[:NAMED])) + (f" and {rest} more" if rest > 0 else "")

"""The failure card: what must be true, the mistake's name, where, what came, what was run.

What is worth most comes first, for a small window shows the beginning alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from grader.course.manifest import Lecture
from grader.failures import Mismatch, Unreadable
from grader.render.lecture import place, printed, web_link
from grader.render.style import LOOKS, visible
from grader.results import CheckResult, ExerciseResult, LectureResult, Outcome, Step

WIDEST = 110
"""Columns of a card in a wide window."""
OUTER, INNER = 1, 3
"""Lines shown of a long way to an exception, from its beginning and from its end."""


def to_explain(verdict: LectureResult) -> list[tuple[ExerciseResult, int]]:
    """What to explain: each that is wrong, and how many others end in just the same way.

    An exercise that was asked for alone is explained even where it is only not begun.
    """
    explained: dict[object, list[ExerciseResult]] = {}
    for result in verdict.exercises:
        alone = len(verdict.exercises) == 1 and result.outcome is not Outcome.PASS
        if result.outcome is Outcome.ERROR:
            explained.setdefault((result.file, result.failing[0].message), []).append(result)
        elif result.outcome is Outcome.FAIL or alone:
            explained[result.id] = [result]
    return [(results[0], len(results) - 1) for results in explained.values()]


def card(
    lecture: Lecture,
    result: ExerciseResult,
    here: Path,
    every_check: bool = False,
    alike: int = 0,
    boxed: bool = True,
    watched: bool = False,
) -> RenderableType:
    """Everything a learner needs to see what went wrong, in about twenty lines.

    The first failing check is opened and the others are counted; `every_check` opens them all.
    `alike` is how many more exercises end in the same way: their file cannot be read. One that is
    `watched` is checked again by itself: there is no command to tell.
    """
    failing = [c for c in result.failing if c.outcome is not Outcome.TODO] or list(result.failing)
    opened = failing if every_check else failing[:1]
    look = LOOKS[opened[0].outcome]
    parts: list[RenderableType] = []
    if result.outcome is Outcome.TODO:
        parts.append(Text(result.title))
    if opened[0].description:
        parts.append(Text(opened[0].description))
    if result.misconception:
        parts.append(Text(visible(result.misconception.sentence), "zth.misconception"))
    parts += [_row("where", place(result, here)), Text(), *_seen(opened[0])]
    failure = opened[0].failure
    if isinstance(failure, Unreadable) and failure.absent and not result.notes:
        parts.append(
            Text.assemble(
                "Give your own file this name, or get the stub: ",
                (f"zth reset {lecture.id}.{result.id}", "zth.command"),
            )
        )
    for check in opened[1:]:
        parts += [_ran(check), Text(), Text(check.description), *_seen(check)]
    parts += [Text(), _facts(lecture, result, watched), _ran(opened[-1])]
    if rest := len(result.failing) - len(opened):
        opens = "" if watched else f"; --all opens all {len(result.failing)}"
        parts.append(Text(f"{_more(rest)}{opens}.", "zth.note"))
    if alike:
        parts.append(Text(f"{alike} more in {result.file} for the same reason.", "zth.note"))
    title = Text.assemble((f"{look.sign} {lecture.id}.{result.id}", look.style), f" {look.word}")
    if not boxed:
        return Group(title, Padding(Group(*parts), (0, 0, 1, 2)))
    box = Panel(Group(*parts), title=title, title_align="left", border_style=look.style)
    return Constrain(box, WIDEST)


def _seen(check: CheckResult) -> list[RenderableType]:
    """What came instead of what a check asks for, and the way there."""
    parts: list[RenderableType] = []
    match check.failure:
        case Mismatch(expected=expected) if expected:
            parts.append(_mismatch(check.failure))
        case _:
            parts.append(Text(visible(check.message)))
    if check.steps:
        parts.append(Padding(_steps(check.steps), (0, 0, 0, 2)))
    return parts


def _mismatch(mismatch: Mismatch) -> RenderableType:
    """What was expected above what came, and below what else there is to see."""
    pair = Table.grid(padding=(0, 2, 0, 0))
    pair.add_column(style="zth.label", no_wrap=True)
    pair.add_column(overflow="fold")
    expected, actual = mismatch.pair
    pair.add_row("expected", Text(visible(expected)))
    pair.add_row("got", Text(visible(actual), "zth.got"))
    more = [Text(visible(hint.text)) for hint in mismatch.hints]
    shown = Padding(Group(pair, *more), (0, 0, 0, 2))
    head = visible(mismatch.heading)
    return Group(Text(head.removesuffix(":")), shown) if head else shown


def _steps(steps: Sequence[Step]) -> Table:
    """The learner's own lines on the way to an exception; of a long way the two ends."""
    table = Table.grid(padding=(0, 2, 0, 0))
    wide = max(len(_place(step)) for step in steps)
    table.add_column(style="zth.file", no_wrap=True, min_width=wide)
    table.add_column(no_wrap=True, overflow="ellipsis")
    shown = [*steps[:OUTER], None, *steps[-INNER:]] if len(steps) > OUTER + INNER + 1 else steps
    for step in shown:
        if step is None:
            table.add_row("", Text(f"… {len(steps) - OUTER - INNER} lines between", "zth.note"))
        else:
            table.add_row(_place(step), Text(visible(step.text)))
    return table


def _place(step: Step) -> str:
    """A step's place as short as it can be: `engine.py:7`, `hw.ipynb, cell 3:2`."""
    where = ", ".join(filter(None, [step.location.file, step.location.cell]))
    return f"{where}:{step.location.line}"


def _rows() -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="zth.label", no_wrap=True, min_width=len("printed"))
    table.add_column(overflow="fold")
    return table


def _row(label: str, text: Text) -> Table:
    table = _rows()
    table.add_row(label, text)
    return table


def _ran(check: CheckResult) -> RenderableType:
    """What was run, as the learner can type it."""
    return _row("ran", Text(check.call, "zth.command")) if check.call else Group()


def _facts(lecture: Lecture, result: ExerciseResult, watched: bool) -> Table:
    table = _rows()
    exercise = lecture.find(result.id)
    table.add_row("video", Text.assemble(web_link(lecture.link(exercise)), f"  {exercise.at}"))
    for note in result.notes:
        table.add_row("note", Text(visible(note.sentence)))
    if result.output or result.output_dropped:
        table.add_row("printed", printed(result))
    if not watched:
        table.add_row("again", Text(f"zth check {lecture.id}.{result.id}", "zth.command"))
    return table


def _more(rest: int) -> str:
    return "1 more check fails" if rest == 1 else f"{rest} more checks fail"

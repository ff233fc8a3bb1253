"""A result as a graded cell's outputs: nbgrader reads its points from them, learners what is wrong.

nbgrader gives a cell no points where an output is an error, the number of an `execute_result` where it
has one, and all points otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.export.escaping import inert
from grader.export.phrases import number
from grader.grading.feedback import ExerciseFeedback
from grader.nbgrader.files import Json
from grader.render.notebook import below_a_cell
from grader.render.style import LOOKS
from grader.results import Outcome


def outputs_of(
    target: str, told: ExerciseFeedback, points: float, worth: float, remarks: Sequence[str] = ()
) -> list[Json]:
    """The card, and what makes nbgrader give so many points. It must know no more than it says.

    `worth` is what nbgrader thinks that the cell is worth; `remarks` are on the whole notebook.
    """
    look = LOOKS[told.graded.outcome or Outcome.ERROR]
    score = f"{number(points)} of {number(worth)} point{'s' * (worth != 1)}"
    title = Text.assemble((f"{look.sign} {target} {look.word}", look.style), f" · {score}")
    more = [remark for remark in remarks if remark != told.message]
    outputs = [_shown(title, *_parts(told), *_remarks(more))]
    if points <= 0 < worth:
        outputs.append(_error(look.word.capitalize(), f"{target}: {score}"))
    elif points < worth:
        given: Json = {"output_type": "execute_result", "execution_count": None, "metadata": {}}
        outputs.append({**given, "data": {"text/plain": repr(float(points))}})
    return outputs


def by_hand() -> list[Json]:
    """Of a test of the instructor's own: nobody may get its points because nothing was run."""
    return [_error("NotRun", NOT_RUN)]


def not_judged(target: str) -> list[Json]:
    """Of an exercise that waits for the judge."""
    return [_shown(Text(f"{target}: not graded yet", "zth.note"))]


def _shown(*parts: RenderableType) -> Json:
    return {"output_type": "display_data", "metadata": {}, "data": below_a_cell(Group(*parts))}


def _error(name: str, value: str) -> Json:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": [value]}


def _parts(told: ExerciseFeedback) -> Iterator[RenderableType]:
    """What there is to say of one that is not right, the mistake's name first."""
    if told.graded.is_right:
        return
    lines: list[RenderableType] = []
    if told.graded.misconception:
        lines.append(Text(inert(told.graded.misconception), "zth.misconception"))
    if told.sentence:
        lines.append(Text(inert(told.sentence)))
    lines.append(_facts(told))
    yield Padding(Group(*lines), (0, 0, 0, 2))


def _facts(told: ExerciseFeedback) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="zth.label", no_wrap=True)
    table.add_column(overflow="fold")

    def add(name: str, text: str, style: str = "") -> None:
        if text:
            table.add_row(name, Text(inert(text), style))

    add("seen", told.message)
    add("yours", told.got, "zth.got")
    add("where", told.place)
    add("the way there", "\n".join(f"{step.place}: {step.text}" for step in told.steps))
    for says in told.others:
        add("also wrong", says)
    for note in told.notes:
        add("note", note)
    add("printed", ("…\n" if told.cut else "") + told.printed)
    link = Text(told.link)
    link.stylize(f"link {told.link}")
    table.add_row("video", Text.assemble(link, f"  {told.at}"))
    return table


def _remarks(remarks: Sequence[str]) -> Iterator[RenderableType]:
    yield from (Text(f"note: {inert(remark)}", "zth.note") for remark in remarks)


NOT_RUN = "zth does not run the cells of a notebook. Your instructor looks at this one."

"""What a grading run has done, and what is left to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.grading.class_report import Survey
from grader.grading.discovery import DiscoveredSubmissions
from grader.grading.gradebook import is_current
from grader.grading.run import GradingState, GradingStep, Plan
from grader.grading.store import ExerciseGrade, Store, SubmissionRecord
from grader.render.lecture import bar, heading
from grader.render.notices import attention_view, listed
from grader.render.style import LOOKS, visible
from grader.results import FORMAT, Outcome, exercise_object
from grader.source.source_map import SourceMap

BAR_WIDTH = 20
NAMED = 8
"""People who are named in a line; the rest are counted."""


class Done:
    """What a run has done, counted step by step."""

    def __init__(self) -> None:
        self._counts: Counter[GradingState] = Counter()

    def add(self, step: GradingStep) -> None:
        self._counts[step.state] += 1

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def graded(self) -> int:
        return self._counts[GradingState.GRADED]

    @property
    def unchanged(self) -> int:
        """Read again, and the same as before."""
        return self._counts[GradingState.UNCHANGED]

    @property
    def ungraded(self) -> int:
        return self._counts[GradingState.UNGRADED]


def to_grade(plan: Plan, intake: DiscoveredSubmissions) -> RenderableType:
    """`zth grade --status`: how much is left."""
    done, left = plan.unchanged, len(plan.tasks)
    troubled = [f"{h.who} ({h.trouble})" for h in intake.handed if h.trouble]
    parts: list[RenderableType] = [
        Text.assemble((f"{left} to grade", "bold"), f", {done} graded and unchanged."),
        *_people(intake, {}),
    ]
    if troubled:
        parts.append(Text(f"{len(troubled)} cannot be read: {_listed(troubled)}", "zth.fail"))
    return Group(*parts)


def to_grade_json(plan: Plan, intake: DiscoveredSubmissions) -> bytes:
    """`zth grade --status --json`."""
    return msgspec.json.encode(
        {
            "format": FORMAT,
            "to_grade": [
                {"who": task.handed.who, "lecture": task.selection.lecture.id}
                for task in plan.tasks
            ],
            "unchanged": plan.unchanged,
            **_people_json(intake),
        }
    )


def summary(
    surveys: Sequence[Survey], intake: DiscoveredSubmissions, plan: Plan, done: Done, path: Path
) -> RenderableType:
    """The class by exercise, who is missing, what a person should look at."""
    parts: list[RenderableType] = []
    names: dict[str, str] = {}
    for survey in surveys:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(width=BAR_WIDTH)
        for _ in Outcome:
            table.add_column(no_wrap=True, justify="right")
        for exercise in survey.selection.exercises:
            counts = survey.counts.get(exercise.id, Counter())
            table.add_row(
                exercise.id,
                bar(counts[Outcome.PASS], max(1, counts.total()), BAR_WIDTH),
                *(_counted(o, counts[o]) for o in Outcome),
            )
        parts += [heading(survey.selection.lecture), table, Text()]
        if notices := list(attention_view(survey.look_at, survey.names)):
            parts += [*notices, Text()]
        names |= survey.names
    said = {notice.says for survey in surveys for notice in survey.look_at}
    parts += _people(intake, names, said)
    ungraded = f", {done.ungraded} not graded" if done.ungraded else ""
    unchanged = plan.unchanged + done.unchanged
    words = f"{done.graded} graded now{ungraded}, {unchanged} unchanged; all in {path}"
    return Group(*parts, Text(words, "zth.note"))


def _counted(outcome: Outcome, number: int) -> Text:
    look = LOOKS[outcome]
    return Text(f"{look.sign} {number}", look.style) if number else Text()


def summary_json(
    book: Store, intake: DiscoveredSubmissions, plan: Plan, done: Done, surveys: Sequence[Survey]
) -> bytes:
    """`zth grade --json`: every mark, and the runs they come from."""
    scores, hand_ins = book.scores(), book.hand_ins()
    return msgspec.json.encode(
        {
            "format": FORMAT,
            "graded": done.graded,
            "not_graded": done.ungraded,
            "unchanged": plan.unchanged + done.unchanged,
            **_people_json(intake),
            "look_at": {survey.selection.lecture.id: survey.look_at for survey in surveys},
            "runs": book.runs(),
            "marks": [_mark_object(m, hand_ins) for m in book.marks() if is_current(m, hand_ins)],
            "scores": list(scores.values()),
        }
    )


def _mark_object(
    mark: ExerciseGrade, hand_ins: Mapping[tuple[str, str], SubmissionRecord]
) -> dict[str, object]:
    """A mark as JSON has it: places in a notebook are cells and lines."""
    origins = hand_ins[mark.who, mark.lecture].origins
    result = mark.result
    if any(origin.starts for origin in origins.values()):
        result = SourceMap(origins).result(result)
    return {**msgspec.structs.asdict(mark), "result": exercise_object(result)}


def _people_json(intake: DiscoveredSubmissions) -> dict[str, object]:
    return {
        "missing": [person.id for person in intake.missing],
        "strangers": list(intake.strangers),
        "questions": list(intake.questions),
        "remarks": list(intake.remarks),
    }


def _people(
    intake: DiscoveredSubmissions, names: Mapping[str, str], said: Collection[str] = ()
) -> list[RenderableType]:
    """Who is missing or not known, and the questions that are not among what was `said` already."""
    lines: list[RenderableType] = [Text(visible(remark), "zth.note") for remark in intake.remarks]
    questions = [question for question in intake.questions if question.text not in said]
    lines += [Text(visible(question.text)) for question in questions[:NAMED]]
    if (rest := len(questions) - NAMED) > 0:
        lines.append(Text(f"And {rest} more whose learner cannot be told; --json has all of them."))
    if intake.missing:
        who = [names.get(p.id) or p.name or p.id for p in intake.missing]
        lines.append(Text(f"{len(who)} handed in nothing: {_listed(who)}"))
    asked = {question.who for question in intake.questions}
    if strangers := [who for who in intake.strangers if who not in asked]:
        is_or_are = "is" if len(strangers) == 1 else "are"
        lines.append(Text(f"{len(strangers)} {is_or_are} not on the roster: {_listed(strangers)}"))
    return lines


def _listed(names: Sequence[str]) -> str:
    return listed(names, {}, NAMED)

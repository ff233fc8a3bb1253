"""A lecture's table, its bar, and what to do next."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from grader.course.manifest import Course, Lecture
from grader.render.style import LOOKS, linked, visible
from grader.results import ExerciseResult, LectureResult, Outcome
from grader.workspace.editors import link
from grader.workspace.next_exercise import Statuses, next_exercise

BAR_WIDTH = 30
OUTPUT_LINES = 6


def lecture_table(lecture: Lecture, result: LectureResult) -> RenderableType:
    """What became of each exercise, and the bar."""
    table = grid()
    for exercise in result.exercises:
        look = LOOKS[exercise.outcome]
        begun = exercise.outcome is Outcome.TODO and exercise.started
        word = "not finished" if begun else look.word
        name = Text(exercise.id, "" if exercise.outcome is Outcome.TODO else look.style)
        waits = f"for {', '.join(exercise.blocked_by)}" if exercise.blocked_by else ""
        sign = Text(look.sign, look.style)
        exercise_row(
            table, sign, name, waits or exercise.title, exercise.file, Text(word, look.style)
        )
    notes = [Text(note, "zth.note") for note in result.notes]
    cut = [Text(f"{e.id}: {_cut(e)}", "zth.note") for e in result.exercises if e.output_dropped]
    right = [e for e in result.exercises if e.outcome is Outcome.PASS]  # the others have a card
    said = [
        Text(f"{e.id}: {visible(note.sentence)}", "zth.note") for e in right for note in e.notes
    ]
    return Group(heading(lecture), table, _bar(result), *cut, *said, *notes)


def passed(lecture: Lecture, result: ExerciseResult) -> RenderableType:
    """An exercise that was asked for alone and is right, and what there is to remark on it."""
    points = f"  {result.points} of {result.max_points} points"
    line = Text.assemble((f"✓ {lecture.id}.{result.id} passed", "zth.pass"), (points, "zth.note"))
    table = Table.grid(padding=(0, 1))
    table.add_column(style="zth.label", no_wrap=True)
    for check in result.checks:
        if check.data:  # what came out of the learner's own code on the lecture's real data
            table.add_row(f"  {check.data}", Text(check.description))
    for note in result.notes:
        table.add_row("  note", Text(visible(note.sentence)))
    if result.output or result.output_dropped:
        table.add_row("  printed", printed(result))
    return Group(line, table) if table.rows else line


def printed(result: ExerciseResult) -> Text:
    """The last lines of what the learner's code printed, and what is not kept of it."""
    lines = result.output.splitlines()
    text = Text("\n".join(visible(line[:200]) for line in lines[-OUTPUT_LINES:]))
    if len(lines) > OUTPUT_LINES:
        before = len(lines) - OUTPUT_LINES
        text = Text(f"… {before} line{'s' * (before > 1)} before\n", "zth.note") + text
    if result.output_dropped:
        text.append(f"\n{_cut(result)}", "zth.note")
    return text


def _cut(result: ExerciseResult) -> str:
    megabytes = result.output_dropped / (1 << 20)
    size = f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{result.output_dropped:,} bytes"
    return f"cut: {size} more was printed and is not kept"


def next_step(lecture: Lecture, result: LectureResult, here: Path) -> Text | None:
    """What to fix or to write, and the minute of the video; None if all that counts is right."""
    left = [e for e in result.exercises if e.outcome is not Outcome.PASS]
    needed = [e for e in left if not e.bonus] or left
    if not needed:
        return None
    wrong = [e for e in needed if e.outcome in (Outcome.FAIL, Outcome.ERROR)]
    first = (wrong or needed)[0]
    exercise = lecture.find(first.id)
    text = Text.assemble(f"{'Fix' if wrong else 'Write'} {first.id} in ", place(first, here))
    text.append("\nThen type ").append(f"zth check {lecture.id}.{first.id}", "zth.command")
    text.append("\nThe lecture on it: ")
    return text + web_link(lecture.link(exercise)) + Text(f"  {exercise.at}")


def what_follows(course: Course, standings: Statuses) -> Text:
    """After a pass: the next exercise that is not done."""
    following = next_exercise(course, standings)
    if following is None:
        return all_done(course)
    lecture, exercise = following
    return Text.assemble("Next: ", (f"zth check {lecture.id}.{exercise.id}", "zth.command"))


def all_done(course: Course) -> Text:
    if course.released:
        return Text("All that is visible is done. Hand it in: ", "zth.pass").append(
            "zth submit", "zth.command"
        )
    return Text("Everything is done. Well done.", "zth.pass")


def place(result: ExerciseResult, here: Path) -> Text:
    """Where a result points: file:line, a link."""
    return file_link(Path(result.path), result.line, here)


def file_link(path: Path, line: int | None, here: Path) -> Text:
    """file:line, a link where the terminal knows links."""
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    at = f":{line}" if line else ""
    return linked(f"{shown}{at}", link(path.absolute(), line, os.environ))


def web_link(address: str) -> Text:
    return linked(address, address)


def finished_line(lecture: Lecture, result: LectureResult) -> Text:
    return Text(
        f"✓ {lecture.id} · {lecture.title}: finished, {result.points} of {result.max_points} points",
        "zth.pass",
    )


def heading(lecture: Lecture) -> Text:
    return Text.assemble((lecture.id, "zth.target"), f" · {lecture.title}")


def grid() -> Table:
    """sign and name, title, file, outcome: where it is narrow, the title gives way."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for style in ("", "zth.note", "zth.note", ""):
        table.add_column(style=style, no_wrap=style != "zth.note")
    return table


def exercise_row(table: Table, sign: Text, name: Text, title: str, file: str, last: Text) -> None:
    named = Text.assemble(sign, "  ", name)  # not a column each: rich takes its time for every cell
    one_line = Text(title, no_wrap=True, overflow="ellipsis")
    table.add_row(named, one_line, Text(file, no_wrap=True), last)


def bar(done: int, of: int, width: int = BAR_WIDTH) -> ProgressBar:
    return ProgressBar(
        of,
        done,
        width=width,
        style="zth.bar",
        complete_style="zth.pass",
        finished_style="zth.pass",
    )


def _bar(result: LectureResult) -> RenderableType:
    passed, of = _count(result.exercises)
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_row(
        bar(passed, of),
        f"{passed} of {of} exercises, {result.points} of {result.max_points} points",
        Text(f"{result.seconds:.1f} s", "zth.note"),
    )
    return line


def _count(exercises: Iterable[ExerciseResult]) -> tuple[int, int]:
    """Passed and all, of those that are not a bonus; a passed bonus counts on both sides."""
    counted = [e for e in exercises if not e.bonus or e.outcome is Outcome.PASS]
    return sum(e.outcome is Outcome.PASS for e in counted), len(counted)

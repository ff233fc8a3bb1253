"""How far a learner has come: the map of the course, its bars, the attempts and the time they took."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.course.manifest import Course, Exercise, Lecture
from grader.render.lecture import all_done, bar, exercise_row, file_link, grid, heading, web_link
from grader.render.style import LOOKS, OutcomeStyle
from grader.results import FORMAT, Outcome
from grader.workspace.known import where_to_go
from grader.workspace.log import LogEntry
from grader.workspace.next_exercise import Statuses, is_done, next_exercise
from grader.workspace.progress import Attempt
from grader.workspace.workspace import Workspace

OVERVIEW_BAR = 20
MINUTE, HOUR, DAY = 60, 3600, 86400


def course_map(
    course: Course, standings: Statuses, lectures: Sequence[Lecture] | None = None
) -> RenderableType:
    """`zth list`: every lecture and exercise, as a target to type, and what became of it."""
    parts: list[RenderableType] = []
    for lecture in lectures or course.lectures:
        parts += [heading(lecture), exercise_list(lecture, states(lecture, standings)), Text()]
    return Group(*parts[:-1])


def exercise_list(lecture: Lecture, outcomes: Mapping[str, Outcome]) -> Table:
    """A row an exercise: how it stands, what to type, its title, file and points."""
    table = grid()
    for exercise in lecture.exercise:
        look = LOOKS[outcomes.get(exercise.id, Outcome.TODO)]
        points = Text(f"{exercise.points} {'bonus' if exercise.bonus else 'pt'}")
        sign, name = Text(look.sign, look.style), Text(exercise.id)
        title = exercise.title if exercise.judged else f"{exercise.title} ({NOT_JUDGED})"
        exercise_row(table, sign, name, title, exercise.file, points)
    return table


def states(lecture: Lecture, standings: Statuses) -> dict[str, Outcome]:
    """How each exercise stands: passed where it was, else its latest outcome."""
    return {
        e.id: Outcome.PASS if is_done(lecture, e, standings) else standing.outcome
        for e in lecture.exercise
        if (standing := standings.get((lecture.id, e.id)))
    }


def overview(
    course: Course,
    workspace: Workspace,
    standings: Statuses,
    latest: Attempt | None,
    here: Path,
    now: float,
) -> RenderableType:
    """`zth`: a line a lecture, what was done last, what comes next. One screen."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(5):
        table.add_column(no_wrap=True)
    for lecture in course.lectures:
        done, of = count_done(lecture, standings)
        look = LOOKS[Outcome.PASS] if done == of else OutcomeStyle(" ", "", "")
        wrong = sum(
            s is Outcome.FAIL or s is Outcome.ERROR for s in states(lecture, standings).values()
        )
        table.add_row(
            Text(look.sign, look.style),
            Text(lecture.id, "zth.target"),
            Text(lecture.title),
            bar(done, of, OVERVIEW_BAR),
            Text.assemble(f"{done} of {of}", (f"  {wrong} wrong" if wrong else "", "zth.fail")),
        )
    parts: list[RenderableType] = [Text(course.manifest.title, "zth.target"), Text(), table, Text()]
    if latest:
        parts.append(_last(latest, now))
    parts.append(_next(course, workspace, standings, here))
    return Group(*parts)


def overview_json(
    course: Course, workspace: Workspace, standings: Statuses, latest: Attempt | None
) -> bytes:
    """`zth status --json`."""
    following = next_exercise(course, standings)
    counts = {lecture.id: count_done(lecture, standings) for lecture in course.lectures}
    return msgspec.json.encode(
        {
            "format": FORMAT,
            "workspace": str(workspace.root) if workspace.exists else None,
            "lectures": [
                {
                    **{"id": lecture.id, "title": lecture.title},
                    **{"done": counts[lecture.id][0], "of": counts[lecture.id][1]},
                    "exercises": {
                        e.id: states(lecture, standings).get(e.id, Outcome.TODO)
                        for e in lecture.exercise
                    },
                }
                for lecture in course.lectures
            ],
            "last": latest,
            "next": f"{following[0].id}.{following[1].id}" if following else None,
        }
    )


def log_json(records: Sequence[LogEntry]) -> bytes:
    """`zth log --json`. Times are seconds since 1970, UTC."""
    return msgspec.json.encode({"format": FORMAT, "exercises": records})


def count_done(lecture: Lecture, standings: Statuses) -> tuple[int, int]:
    """Done and all, of those that are judged and no bonus; a bonus that is done counts on both sides."""
    done = [is_done(lecture, e, standings) for e in lecture.exercise]
    counted = [
        d for e, d in zip(lecture.exercise, done, strict=True) if d or (e.judged and not e.bonus)
    ]
    return sum(counted), len(counted)


def log_table(records: Sequence[LogEntry], now: float) -> RenderableType:
    """`zth log`: a row for each exercise that was begun, and the sum."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="zth.label")
    table.add_column("   exercise", no_wrap=True)
    for name in ("attempts", "hints", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("last", no_wrap=True, style="zth.note")
    for record in records:
        look = LOOKS[record.outcome]
        table.add_row(
            Text.assemble(
                (look.sign, look.style), "  ", (f"{record.lecture}.{record.exercise}", "zth.target")
            ),
            str(record.attempts),
            str(record.hints) if record.hints else "",
            span(record.seconds),
            ago(now - record.at) if record.at else "",
        )
    total = Text(
        f"{_attempts(sum(r.attempts for r in records))}, {span(sum(r.seconds for r in records))}. "
        "Time between commands; breaks of more than 15 minutes are left out.",
        "zth.note",
    )
    return Group(table, Text(), total)


def attempts_table(attempts: Sequence[Attempt]) -> RenderableType:
    """`zth log EXERCISE`: a row for each attempt, and the mistakes that came back."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="zth.label")
    for name in ("", "when", "exercise", "outcome", "mistake", "worked"):
        table.add_column(name, no_wrap=name != "mistake")
    for attempt in attempts:
        look = LOOKS[attempt.outcome]
        at = datetime.datetime.fromtimestamp(attempt.at).strftime("%Y-%m-%d %H:%M")
        table.add_row(
            Text(look.sign, look.style),
            Text(at, "zth.note"),
            Text(attempt.exercise, "zth.target"),
            Text(look.word, look.style),
            attempt.misconception,
            span(attempt.seconds),
        )
    often = [
        f"{name} ({times} times)"
        for name, times in Counter(
            a.misconception for a in attempts if a.misconception
        ).most_common()
        if times > 1
    ]
    more = [Text(), Text("Made more than once: " + ", ".join(often), "zth.note")] if often else []
    return Group(table, *more)


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"


def span(seconds: float) -> str:
    """A length of time, as short as it can be said.

    >>> span(7), span(200), span(8000)
    ('7 s', '3 min', '2 h 13 min')
    """
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{int(seconds // HOUR)} h {int(seconds % HOUR // MINUTE)} min"


def ago(seconds: float) -> str:
    """How long ago, in the largest unit.

    >>> ago(5), ago(200), ago(90000)
    ('just now', '3 minutes ago', '1 day ago')
    """
    for length, unit in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def _last(latest: Attempt, now: float) -> Text:
    look = LOOKS[latest.outcome]
    return Text.assemble(
        ("Last  ", "zth.label"),
        (f"{look.sign} {latest.lecture}.{latest.exercise} {look.word}", look.style),
        (f"  {ago(now - latest.at)}", "zth.note"),
    )


def _next(course: Course, workspace: Workspace, standings: Statuses, here: Path) -> Text:
    label = ("Next  ", "zth.label")
    if not workspace.exists:
        return Text(f"You are not in a workspace. {where_to_go()}")
    following = next_exercise(course, standings)
    if following is None:
        return all_done(course)
    lecture, exercise = following
    path = workspace.folder(lecture) / exercise.file
    text = Text.assemble(label, (f"{lecture.id}.{exercise.id}", "zth.target"))
    text.append(f": {exercise.title}\n      ")
    text += file_link(path, definition_line(workspace, lecture, exercise), here)
    text.append(f"\n      the lecture on it, from {exercise.at}: ")
    text += web_link(lecture.link(exercise))
    text.append("\n      ").append("zth watch", "zth.command")
    return (
        text.append(" checks it every time you save, ")
        .append("zth hint", "zth.command")
        .append(" gives you a hint")
    )


def definition_line(workspace: Workspace, lecture: Lecture, exercise: Exercise) -> int | None:
    """Where the learner's file defines it, as far as can be told without compiling it."""
    from grader.source.files import read_source

    source = read_source(workspace.folder(lecture) / exercise.file)
    return source.definition_line(exercise.names[0])


NOT_JUDGED = "judged by your instructor"
"""Of an exercise that nothing in a pack judges."""

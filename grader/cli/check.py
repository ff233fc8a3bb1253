"""`zth check`: judge what the learner wrote and say what is wrong and why."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from grader.cli.options import (
    AsJson,
    CourseFolder,
    Exit,
    Targets,
    WorkspaceFolder,
    begun_workspace,
    here,
    known_standings,
    open_course,
    screen,
)
from grader.course.targets import Selection, select
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.course.manifest import Course
    from grader.results import LectureResult
    from grader.sandbox.sandbox import Sandbox
    from grader.workspace.next_exercise import Statuses
    from grader.workspace.progress import Progress
    from grader.workspace.workspace import Workspace

CARDS = 3
"""Failing exercises that are explained at once, where --all does not ask for every one."""

Verdicts = list[tuple[Selection, "LectureResult"]]


def check(
    targets: Targets = None,
    as_json: AsJson = False,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Other inputs than the course's own.")
    ] = None,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Explain every failing check, not just the first.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="In the foreground: breakpoint() and print work.")
    ] = False,
) -> None:
    """Check your work. Without a target: the lecture that you are in."""
    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    # imported here: what only reads the course must not pay for judging
    from grader.results import to_json
    from grader.sandbox.isolation import Isolation
    from grader.sandbox.sandbox import Sandbox
    from grader.workspace.progress import Progress

    console, progress = screen(), Progress(place)
    troubles: list[UserError] = []
    if targets:
        selections = select(opened, targets)
    else:
        standings, trouble = known_standings(progress)
        troubles += [trouble] if trouble else []
        selections = _from_here_on(opened, standings)

    def record(result: LectureResult) -> None:
        try:
            progress.record([result], "debug" if debug else "check")
        except UserError as error:
            troubles.append(error)

    try:
        with (
            Sandbox(Isolation.SPAWN if debug else None, debug, opened.forbids) as sandbox,
            _live_line(console, quiet=as_json or debug) as say,
        ):
            verdicts: Verdicts = []
            start = _Start(console)
            for selection, verdict in _verdicts(
                opened, place, selections, seed, sandbox, say, start
            ):
                record(verdict)
                verdicts.append((selection, verdict))
                if not targets and not verdict.passed:
                    break
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None
    for trouble in troubles[:1]:
        screen(stderr=True).print(Text(str(trouble), "zth.fail"), soft_wrap=True)
    if as_json:
        sys.stdout.buffer.write(to_json([result for _, result in verdicts]) + b"\n")
    else:
        _show(console, verdicts, everything)
        console.print(_next(opened, progress, verdicts))
    passed = all(result.passed for _, result in verdicts)
    raise typer.Exit(Exit.PASSED if passed else Exit.NOT_PASSED)


def _from_here_on(course: Course, standings: Statuses) -> list[Selection]:
    """The lecture that is worked on and those after it; all of them where everything is done."""
    from grader.workspace.next_exercise import next_exercise

    following = next_exercise(course, standings)
    first = course.lectures.index(following[0]) if following else 0
    return [Selection(lecture, lecture.exercise) for lecture in course.lectures[first:]]


def _verdicts(
    course: Course,
    place: Workspace,
    selections: list[Selection],
    seed: int | None,
    sandbox: Sandbox,
    say: Callable[[str], None],
    start: _Start,
) -> Iterator[tuple[Selection, LectureResult]]:
    """The verdict on each selection, one after another."""
    for selection in selections:
        lecture = selection.lecture
        say(lecture.id)

        with start:
            from grader.judge.course_faults import own_faults
            from grader.judge.judge import open_judge  # imports torch while the zygote does

            with own_faults(course), open_judge(course, [lecture], sandbox) as judge:
                start.is_over()
                submission = place.submission(lecture)
                verdict = judge.judge(selection, submission, seed, on_start=lambda e: say(e.id))
        yield selection, verdict


class _Start:
    """While torch is imported and checks are collected, Ctrl-C ends the process at once.

    What is imported may swallow a KeyboardInterrupt, and so may pytest. Nothing of the learner's
    runs by then, and the zygote ends with us.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, self._end)

    def __exit__(self, *_: object) -> None:
        self.is_over()

    def is_over(self) -> None:
        """From here on Ctrl-C is a KeyboardInterrupt again."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def _end(self, *_: object) -> NoReturn:
        self._console.show_cursor()
        os._exit(Exit.INTERRUPTED)


@contextlib.contextmanager
def _live_line(console: Console, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line that says what is being judged, while it is; nothing if nobody watches."""
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as status:
        yield lambda what: status.update(f"checking {what}")


def _next(course: Course, progress: Progress, verdicts: Verdicts) -> Text:
    """What to do after all this: what is not right yet, or what comes next in the course."""
    from grader.render.lecture import next_step, what_follows

    for selection, verdict in verdicts:
        if step := next_step(selection.lecture, verdict, here()):
            alone = len(verdict.exercises) == 1 and len(verdicts) == 1
            return Text() if alone else step  # the card has said it
    try:
        return what_follows(course, progress.standing())
    except UserError:  # it was said that nothing could be recorded
        return Text()


def _show(console: Console, verdicts: Verdicts, everything: bool) -> None:
    from grader.render.card import card, to_explain
    from grader.render.lecture import finished_line, lecture_table, passed
    from grader.results import Outcome

    place = here()
    for number, (selection, verdict) in enumerate(verdicts):
        lecture = selection.lecture
        if selection.is_whole and verdict.passed and number < len(verdicts) - 1:
            console.print(finished_line(lecture, verdict))
            continue
        if not verdict.exercises:  # nothing of what was asked for is judged in a pack
            _print_notes(console, verdict)
            continue
        alone = verdict.exercises[0] if len(verdict.exercises) == 1 else None
        if alone and alone.outcome is Outcome.PASS:
            console.print(passed(lecture, alone))
            _print_notes(console, verdict)
        elif not alone:
            console.print(lecture_table(lecture, verdict))
            console.print()
        cards = to_explain(verdict)
        shown = cards if everything else cards[:CARDS]
        for result, alike in shown:
            boxed = console.is_terminal
            console.print(card(lecture, result, place, everything, alike, boxed))
        if rest := len(cards) - len(shown):
            console.print(Text(f"{rest} more to explain: --all shows them.\n", "zth.note"))
        if alone and alone.outcome is not Outcome.PASS:
            _print_notes(console, verdict)


def _print_notes(console: Console, verdict: LectureResult) -> None:
    for note in verdict.notes:
        console.print(Text(note, "zth.note"))

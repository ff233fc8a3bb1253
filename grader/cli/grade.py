"""`zth grade`, `zth score`: a class judged, and what a person decides beside it."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from grader.cli.completion import complete_target
from grader.cli.gradebook import GRADEBOOK, StoreFile, must_be_there
from grader.cli.options import AsJson, CourseFolder, Exit, open_whole_course, screen
from grader.course.targets import one_exercise, select
from grader.errors import UserError
from grader.sandbox.isolation import Isolation

if TYPE_CHECKING:
    from grader.grading.discovery import DiscoveredSubmissions
    from grader.grading.roster import Person
    from grader.grading.run import Executor
    from grader.judge.worker import JudgeConfig

LOCAL = "local"


def grade(
    submissions: Annotated[
        Path,
        typer.Argument(
            metavar="SUBMISSIONS", help="The folder with what was handed in.", show_default=False
        ),
    ],
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="LECTURE…",
            help="What to grade: lectures or exercises.",
            autocompletion=complete_target,
            show_default=False,
        ),
    ],
    exercise: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Of the lecture this one alone, across the class."),
    ] = None,
    roster: Annotated[Path | None, typer.Option(metavar="CSV", help="Who is in the class.")] = None,
    store: StoreFile = GRADEBOOK,
    isolation: Annotated[
        Isolation, typer.Option(help="bwrap; the others trust every submission.")
    ] = Isolation.BWRAP,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Judges at once; the cores by default.")
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask cluster's: tcp://host:8786, or local."),
    ] = None,
    regrade: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO", help="Judge again, changed or not: an id, name or email."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="These inputs, instead of fresh ones.")
    ] = None,
    status: Annotated[
        bool, typer.Option("--status", help="Only say what is graded and what is left.")
    ] = False,
    as_json: AsJson = False,
    course: CourseFolder = None,
) -> None:
    """Grade a class. What has not changed is not graded again; a run that was stopped goes on."""
    import secrets  # brings hashlib and more, which no other command pays for
    from importlib import metadata

    from grader.cli.progress import progress_of
    from grader.grading.class_report import read_surveys
    from grader.grading.discovery import find_submissions
    from grader.grading.fingerprints import Digests
    from grader.grading.roster_file import read_roster
    from grader.grading.run import Grading
    from grader.grading.store import Store
    from grader.judge.worker import JudgeConfig
    from grader.render.grading import Done, summary, summary_json, to_grade, to_grade_json
    from grader.sandbox.bubblewrap import must_work

    if dask and dask != LOCAL and jobs:
        raise UserError("--jobs is for this machine.", "A cluster has as many as its workers take.")
    opened = open_whole_course(course)
    selections = select(opened, _wanted(targets, exercise or ()))
    people = read_roster(roster) if roster else None
    lectures = [selection.lecture.id for selection in selections]
    intake = find_submissions(submissions, people, course=opened, lectures=lectures)
    console = screen()
    with Store(store) as book:
        if people:
            book.keep_people(people)
        again = _again(regrade or (), intake, people or book.people())
        grading = Grading(opened, selections, book, again)
        plan = grading.plan(intake)
        if status:
            if as_json:
                sys.stdout.buffer.write(to_grade_json(plan, intake) + b"\n")
            else:
                console.print(to_grade(plan, intake))
            raise typer.Exit(Exit.NOT_PASSED if plan.tasks else Exit.PASSED)
        grading.settle(intake)
        setting = JudgeConfig(
            course=str(opened.root),
            lectures=tuple(s.lecture.id for s in selections),
            isolation=isolation.value,
            hide=(str(opened.root), str(submissions.resolve())),
        )
        done = Done()
        if plan.tasks:
            if setting.isolation == Isolation.BWRAP:
                must_work()  # before anything is read
            run = book.begin(
                secrets.randbits(32) if seed is None else seed,
                setting.isolation,
                metadata.version("zth"),
                Digests(opened).course(),
            )
            errors = screen(stderr=True)

            def tell(sentence: str) -> None:
                errors.print(Text(sentence, "zth.note"), soft_wrap=True)

            try:
                with (
                    _executor(setting, jobs, len(plan.tasks), dask, tell) as execute,
                    progress_of(errors, len(plan.tasks)) as count,
                ):
                    for step in grading.run(plan, run, execute, intake.strangers):
                        count(step)
                        done.add(step)
            except KeyboardInterrupt:
                errors.print(Text(STOPPED.format(left=len(plan.tasks) - done.total)))
                raise typer.Exit(Exit.INTERRUPTED) from None
            book.finish(run)
        surveys = list(read_surveys(opened, selections, book))
        if as_json:
            sys.stdout.buffer.write(summary_json(book, intake, plan, done, surveys) + b"\n")
        else:
            console.print(summary(surveys, intake, plan, done, store))
    if done.ungraded:
        raise typer.Exit(Exit.NOT_PASSED)


def score(
    who: Annotated[
        str,
        typer.Argument(
            metavar="WHO", help="The learner: an id, name or email.", show_default=False
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="EXERCISE",
            autocompletion=complete_target,
            show_default=False,
            help="Which one.",
        ),
    ],
    points: Annotated[
        float | None,
        typer.Argument(
            metavar="POINTS",
            help="Instead of the judge's.",
            show_default=False,
            parser=lambda text: _points(text),
        ),
    ] = None,
    comment: Annotated[str, typer.Option(metavar="TEXT", help="For the learner.")] = "",
    remove: Annotated[
        bool, typer.Option("--remove", help="Take back what was given by hand.")
    ] = False,
    store: StoreFile = GRADEBOOK,
    course: CourseFolder = None,
) -> None:
    """Give points or a comment by hand. No later run changes it."""
    from grader.grading.gradebook import find_learner, known_people
    from grader.grading.store import Store

    opened = open_whole_course(course)
    lecture, exercise = one_exercise(opened, target)
    name = f"{lecture.id}.{exercise.id}"
    if not remove and points is None and not comment:
        raise UserError("Nothing to give.", "Name the points, or a --comment, or --remove.")
    if points is not None and not 0 <= points < math.inf:
        raise UserError(f"{points:g} are no points.", "Points are 0 or more.")
    must_be_there(store)
    console = screen()
    with Store(store) as book:
        who = find_learner(who, known_people(book), str(store))
        if remove:
            there = book.unscore(who, lecture.id, exercise.id)
            console.print(Text("Taken back." if there else "Nothing was given by hand there."))
            return
        book.score(who, lecture.id, exercise.id, points, comment)
    given = f"{points:g} of {exercise.points} points" if points is not None else "a comment"
    console.print(Text(f"{who} has {given} in {name}, by hand."))
    if points is not None and points >= exercise.points:
        waiting = [e.id for e in lecture.exercise if exercise.id in e.needs]
        if waiting:
            names = ", ".join(waiting)
            console.print(Text(BUILT_ON.format(names=names), "zth.note"), soft_wrap=True)
    if points is not None and points > exercise.points:
        console.print(Text(f"That is more than the {exercise.points} there are.", "zth.note"))


def _points(text: str) -> float:
    """The number that was typed, with a point or, as half of the world writes it, with a comma."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise UserError(f"{text!r} are no points.", "Write a number: 0.5") from None


def _again(
    regrade: Sequence[str], intake: DiscoveredSubmissions, roster: Iterable[Person]
) -> set[str]:
    """The ids of those who are to be judged again. Raises UserError for who handed in nothing."""
    from grader.grading.gradebook import find_learner
    from grader.grading.roster import Person

    people = {person.id: person for person in roster}
    handed = {one.who for one in intake.handed}
    for one in intake.handed:
        people.setdefault(one.who, Person(one.who, one.name))
    again = {find_learner(name, [*people.values()], "the class") for name in regrade}
    for who in again - handed:
        raise UserError(NOT_HANDED_IN.format(who=who), "There is nothing to judge again.")
    return again


def _wanted(targets: Sequence[str], exercises: Sequence[str]) -> list[str]:
    """The targets; where exercises are named, those of them alone."""
    if not exercises:
        return list(targets)
    if any("." in target for target in targets):
        raise UserError("--exercise is for a whole lecture.", "Name the lecture, or leave it out.")
    names = (e if "." in e else f"{lecture}.{e}" for lecture in targets for e in exercises)
    return list(dict.fromkeys(names))


@contextlib.contextmanager
def _executor(
    setting: JudgeConfig,
    jobs: int | None,
    tasks: int,
    dask: str | None,
    tell: Callable[[str], None],
) -> Iterator[Executor]:
    """What judges: this machine's cores, or the workers of a cluster."""
    from grader.judge.pool import cores, mark_all

    workers = min(jobs or cores(), tasks)
    if not dask:
        yield lambda todo: mark_all(todo, setting, workers)
        return
    from grader.grading.cluster import local_cluster, mark_on

    with local_cluster(workers) if dask == LOCAL else contextlib.nullcontext(dask) as address:
        yield lambda todo: mark_on(address, todo, setting, tell)


STOPPED = "Stopped: {left} are not graded yet, the rest is recorded. The same command goes on."
BUILT_ON = "Where {names} waits for it, that is yours to decide now: no judge can go by your word."
NOT_HANDED_IN = "{who} handed in nothing."

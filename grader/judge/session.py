"""The judge: one pytest session whose checks serve one submission after another."""

from __future__ import annotations

import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from grader.course.manifest import Course, Exercise, Lecture
from grader.course.targets import Selection
from grader.errors import UserError
from grader.judge.diagnosis import diagnose
from grader.judge.forbids import find_forbidden
from grader.judge.modules import ModuleSet
from grader.judge.plugin import PYTEST_OPTIONS, CourseFault, HiddenChecks, exercise_of
from grader.judge.results import CheckResult, ExerciseResult, LectureResult, Misconception, Outcome
from grader.judge.sandbox import Sandbox
from grader.judge.solutions import Solutions
from grader.judge.submission import SourceFile, Submission, count_stubs
from grader.judge.trial import STILL_STUB, Record, Stopped, Trial

T = TypeVar("T")
OnResult = Callable[[ExerciseResult], None]


class Judge:
    """Judges submissions. Made by `with_judge`."""

    def __init__(self, course: Course, sandbox: Sandbox, lectures: Sequence[Lecture]) -> None:
        self.course = course
        self._sandbox = sandbox
        self._solutions = {lecture.id: Solutions(course, lecture) for lecture in lectures}
        self._lectures = {str(course.hidden(lecture)): lecture for lecture in lectures}
        self.checks = HiddenChecks(lambda: None, self._reference)
        self._items: dict[tuple[str, str], list[pytest.Item]] = {}

    def solutions(self, lecture: Lecture) -> Solutions:
        return self._solutions[lecture.id]

    def collected(self) -> None:
        """Sort the collected checks by exercise. Raises CourseFault where one has none."""
        items: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
        for item in self.checks.items:
            items[self._lecture_of(item).id, exercise_of(item)].append(item)
        for lecture in self._lectures.values():
            ids = {e.id for e in lecture.exercise}
            for exercise in ids:
                if not items[lecture.id, exercise]:
                    raise CourseFault(f"{lecture.id}.{exercise} has no hidden check.")
            for of, exercise in items:
                if of == lecture.id and exercise not in ids:
                    raise CourseFault(f"A hidden check of {of} names no exercise: {exercise!r}.")
        self._items = dict(items)

    def judge(
        self,
        selection: Selection,
        submission: Submission,
        seed: int | None = None,
        on_start: Callable[[Exercise], None] | None = None,
        on_result: OnResult | None = None,
        brief: bool = False,
    ) -> LectureResult:
        """The verdict on the selected exercises of one submission.

        `seed` None takes the course's own, so that a failure repeats. `brief` stops an exercise
        at its first failing check and looks for no misconception.
        """
        seed = self.course.manifest.seed if seed is None else seed
        start = time.perf_counter()
        hearing = _Hearing(self, selection.lecture, submission, seed, brief)
        results = []
        for exercise in selection.exercises:
            if on_start:
                on_start(exercise)
            results.append(hearing.result(exercise))
            if on_result:
                on_result(results[-1])
        return LectureResult(
            id=selection.lecture.id,
            seed=seed,
            isolation=self._sandbox.isolation.value,
            exercises=tuple(results),
            seconds=time.perf_counter() - start,
        )

    def run_checks(
        self, lecture: Lecture, trial: Trial, seed: int
    ) -> Iterator[tuple[CheckResult, list[Record], Stopped | None]]:
        """The checks of one exercise, one after another."""
        items = self._items[lecture.id, trial.exercise.id]
        for item in items:
            result = self.checks.run(item, trial, seed)
            yield result, trial.records, self.checks.stopped

    def trial(
        self, lecture: Lecture, exercise: Exercise, submission: Submission, seed: int
    ) -> Trial:
        limits = self.course.limits(exercise)
        return Trial(self._sandbox, submission, lecture, exercise, limits, seed)

    def _reference(self, item: pytest.Item) -> ModuleSet:
        return self._solutions[self._lecture_of(item).id].modules

    def _lecture_of(self, item: pytest.Item) -> Lecture:
        return self._lectures[str(item.path.parent)]


class _Hearing:
    """One lecture of one submission: each exercise judged once, what it needs when it fails."""

    def __init__(
        self, judge: Judge, lecture: Lecture, submission: Submission, seed: int, brief: bool
    ) -> None:
        self._judge = judge
        self._lecture = lecture
        self._submission = submission
        self._seed = seed
        self._brief = brief
        self._results: dict[str, ExerciseResult] = {}
        self._unloadable: dict[str, Stopped] = {}

    def result(self, exercise: Exercise) -> ExerciseResult:
        if exercise.id not in self._results:
            self._results[exercise.id] = self._hear(exercise)
        return self._results[exercise.id]

    def _hear(self, exercise: Exercise) -> ExerciseResult:
        source = self._submission.files[exercise.file]
        if source.trouble:
            outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
            stopped = Stopped(outcome, source.trouble.message, source.trouble.line)
            return self._without_checks(exercise, source, stopped)
        if exercise.file in self._unloadable:
            return self._without_checks(exercise, source, self._unloadable[exercise.file])
        unwritten = count_stubs(source.text, exercise)
        if unwritten and unwritten == self._judge.solutions(self._lecture).stubs(exercise):
            line = source.definition_line(exercise.names[0])
            stopped = Stopped(Outcome.TODO, STILL_STUB, line)
            return self._without_checks(exercise, source, stopped)
        forbids = self._lecture.forbids + exercise.forbids
        if use := find_forbidden(source, exercise.names, forbids):
            why = exercise.forbids_why or self._lecture.forbids_why
            message = f"{use.file} line {use.line} uses {use.name}. {why}"
            stopped = Stopped(Outcome.FAIL, message, use.line)
            return self._without_checks(exercise, source, stopped)
        return self._with_checks(exercise, source)

    def _with_checks(self, exercise: Exercise, source: SourceFile) -> ExerciseResult:
        trial = self._judge.trial(self._lecture, exercise, self._submission, self._seed)
        checks: list[CheckResult] = []
        heard: list[tuple[CheckResult, list[Record], Stopped | None]] = []
        try:
            for check in self._judge.run_checks(self._lecture, trial, self._seed):
                heard.append(check)
                checks.append(check[0])
                if trial.load_failure and trial.load_failure.outcome is Outcome.ERROR:
                    self._unloadable[exercise.file] = trial.load_failure
                if trial.load_failure or (self._brief and check[0].outcome is not Outcome.PASS):
                    break
        finally:
            trial.close()
        outcome = _overall([c.outcome for c in checks])
        first = next((h for h in heard if h[0].outcome is outcome), None)
        stopped = first[2] if first else None
        blocked_by = self._blocked_by(exercise, outcome, heard)
        if blocked_by:
            outcome = Outcome.TODO if count_stubs(source.text, exercise) else Outcome.BLOCKED
        line = stopped.line if stopped and stopped.line else source.definition_line(exercise.names[0])
        return ExerciseResult(
            id=exercise.id,
            title=exercise.title,
            outcome=outcome,
            points=exercise.points if outcome is Outcome.PASS else 0,
            max_points=exercise.points,
            file=exercise.file,
            path=source.path,
            bonus=exercise.bonus,
            line=line,
            checks=tuple(checks),
            misconception=self._misconception(exercise, outcome, heard),
            output=trial.output,
            output_dropped=trial.output_dropped,
            notes=tuple(dict.fromkeys(trial.notes)),
            blocked_by=blocked_by,
        )

    def _without_checks(
        self, exercise: Exercise, source: SourceFile, stopped: Stopped
    ) -> ExerciseResult:
        """A result that needs no process: the file or a forbidden name settles it."""
        check = CheckResult(
            name="source",
            says=f"{exercise.file} can be judged.",
            outcome=stopped.outcome,
            message=stopped.message,
        )
        return ExerciseResult(
            id=exercise.id,
            title=exercise.title,
            outcome=stopped.outcome,
            points=0,
            max_points=exercise.points,
            file=exercise.file,
            path=source.path,
            bonus=exercise.bonus,
            line=stopped.line,
            checks=(check,),
        )

    def _blocked_by(
        self,
        exercise: Exercise,
        outcome: Outcome,
        heard: Sequence[tuple[CheckResult, list[Record], Stopped | None]],
    ) -> tuple[str, ...]:
        """The exercises to do first: stubs that were reached, and what `needs` names and is not done."""
        if outcome in (Outcome.PASS, Outcome.TODO):
            return ()
        reached = [s.stub for _, _, s in heard if s and s.stub]
        needed = [
            need
            for need in exercise.needs
            if self.result(self._lecture.find(need)).outcome is not Outcome.PASS
        ]
        return tuple(dict.fromkeys([*reached, *needed]))

    def _misconception(
        self,
        exercise: Exercise,
        outcome: Outcome,
        heard: Sequence[tuple[CheckResult, list[Record], Stopped | None]],
    ) -> Misconception | None:
        if self._brief or outcome not in (Outcome.FAIL, Outcome.ERROR):
            return None
        wrong = [h for h in heard if h[0].outcome in (Outcome.FAIL, Outcome.ERROR)]
        others = [record for h in heard if h is not wrong[0] for record in h[1]]
        solutions = self._judge.solutions(self._lecture)
        return diagnose(solutions, exercise.id, wrong[0][1], others)


def _overall(outcomes: Sequence[Outcome]) -> Outcome:
    """Wrong beats unfinished, unfinished beats right; nothing checked is never a pass."""
    for outcome in (Outcome.ERROR, Outcome.FAIL, Outcome.BLOCKED, Outcome.TODO):
        if outcome in outcomes:
            return outcome
    return Outcome.PASS if outcomes else Outcome.TODO


def with_judge(
    course: Course,
    lectures: Sequence[Lecture],
    work: Callable[[Judge], T],
    sandbox: Sandbox,
) -> T:
    """What `work` returns, given a judge whose checks are collected.

    pytest runs for as long as `work` does. Raises what `work` raises, UserError where the hidden
    checks cannot be found, CourseFault where they are broken.
    """
    import torch

    torch.set_num_threads(1)
    judge = Judge(course, sandbox, lectures)
    done: list[T] = []
    raised: list[BaseException] = []

    def serve() -> None:
        try:
            judge.collected()
            done.append(work(judge))
        except BaseException as error:
            raised.append(error)

    judge.checks = HiddenChecks(serve, judge._reference)
    folders = [str(course.hidden(lecture)) for lecture in lectures]
    cut = str(course.root / "tests" / "hidden")
    arguments = [*PYTEST_OPTIONS, f"--rootdir={course.root}", f"--confcutdir={cut}", *folders]
    with _own_pytest():
        code = pytest.main(arguments, plugins=[judge.checks])
    if raised:
        raise raised[0]
    if not done:
        if judge.checks.errors:
            raise CourseFault("Hidden checks cannot be collected:\n" + "\n".join(judge.checks.errors))
        raise UserError(
            f"The hidden checks of {', '.join(le.id for le in lectures)} do not start "
            f"(pytest ended with {int(code)}).",
            f"Look into {cut}: each lecture has a folder with test_*.py.",
        )
    return done[0]


@contextlib.contextmanager
def _own_pytest() -> Iterator[None]:
    """pytest as this course needs it, whatever the learner's environment asks of theirs."""
    mine = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    theirs = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", *mine)
    before = {name: os.environ.pop(name) for name in theirs if name in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            del os.environ[name]
        os.environ.update(before)

"""The judge: one pytest session whose checks serve one submission after another."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest

from grader.course.data import DataState, find_data, locate
from grader.course.manifest import Course, Exercise, Lecture
from grader.course.stubs import stubs_of
from grader.course.targets import Selection
from grader.errors import UserError
from grader.failures import Mismatch
from grader.judge.doctests import ExamplesCheck
from grader.judge.evaluation import CheckRun, Evaluation
from grader.judge.exercise_run import ExerciseRun
from grader.judge.pytest_plugin import DATA_PATIENCE, HiddenChecks, data_of, exercise_of
from grader.judge.pytest_session import NotCollected, collected_checks
from grader.judge.reference import Reference
from grader.judge.solutions import Solutions
from grader.judge.stub_solutions import solutions_of
from grader.results import ExerciseResult, LectureResult, Outcome
from grader.sandbox.sandbox import Sandbox
from grader.source.files import Submission, with_stubs

LOOKAHEAD = 1
"""Exercises whose process loads the learner's files while another is heard."""
FOREGROUND_SECONDS = 1e6
"""Days: nobody at a breakpoint is hurried."""


class Judge:
    """Judges submissions. Made by `open_judge`."""

    def __init__(self, course: Course, sandbox: Sandbox, lectures: Sequence[Lecture]) -> None:
        self.course = course
        self.sandbox = sandbox
        self._solutions = {lecture.id: solutions_of(course, lecture) for lecture in lectures}
        limits = course.manifest.limits
        patient = msgspec.structs.replace(limits, seconds=limits.seconds * DATA_PATIENCE)
        self._references = {
            id: Reference(solutions.modules, patient) for id, solutions in self._solutions.items()
        }
        self._lectures = {str(f): lecture for lecture in lectures for f in course.checks(lecture)}
        self.checks = HiddenChecks(self._reference, self._data_text)
        self._items: dict[tuple[str, str], list[pytest.Item]] = {}
        self._texts: dict[str, str] = {}
        self._given: dict[str, dict[str, str]] = {}
        self._on_data: dict[tuple[str, str], list[pytest.Item]] = {}

    def solutions(self, lecture: Lecture) -> Solutions:
        return self._solutions[lecture.id]

    def sort_checks(self) -> None:
        """Sort the collected checks by exercise. Raises UserError if an exercise has none."""
        items: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
        for item in self.checks.items:
            of = self._lecture_of(item).id, exercise_of(item)
            if data := data_of(item):
                self.course.dataset(data)
                self._on_data.setdefault(of, []).append(item)
            else:
                items[of].append(item)
        for lecture in dict.fromkeys(self._lectures.values()):
            ids = {e.id for e in lecture.exercise}
            if self.course.released:
                self._add_examples(lecture, items)
            for one in lecture.exercise:
                if one.judged and not items[lecture.id, one.id]:
                    message = f"{lecture.id}.{one.id} has no check that needs no data."
                    raise UserError(message, MEND_CHECKS)
            for named, exercise in (*items, *self._on_data):
                if named == lecture.id and exercise not in ids:
                    message = f"A check of {named} names no exercise: {exercise!r}."
                    raise UserError(message, MEND_CHECKS)
        self._items = dict(items)

    def _add_examples(
        self, lecture: Lecture, items: dict[tuple[str, str], list[pytest.Item]]
    ) -> None:
        """A pack's checks, before those that somebody wrote."""
        folder, stubs = self.course.stubs(lecture), self.solutions(lecture).texts
        for exercise in lecture.exercise:
            if item := self.checks.examples_of(lecture, exercise, stubs, folder):
                items[lecture.id, exercise.id].insert(0, item)

    def judge(
        self,
        selection: Selection,
        submission: Submission,
        seed: int | None = None,
        on_start: Callable[[Exercise], None] | None = None,
        brief: bool = False,
        on_data: bool = True,
        diagnose: bool = True,
    ) -> LectureResult:
        """The verdict on the selected exercises of one submission.

        `seed` None takes the course's own, so that a failure repeats. `brief` stops an exercise
        at its first failing check and looks for no misconception. Without `on_data` the checks on
        whole data sets, which take seconds, are left out; of what others need they always are.
        Without `diagnose` no known mistake is looked for, so no code of the course's authors runs
        but the checks.
        """
        seed = self.course.manifest.seed if seed is None else seed
        submission = with_stubs(submission, self._stubs(selection.lecture))
        start = time.perf_counter()
        results: list[ExerciseResult] = []
        lookahead = 0 if self.sandbox.foreground else LOOKAHEAD
        data = [e.id for e in selection.exercises] if on_data and not brief else []
        with Evaluation(
            self, selection.lecture, submission, seed, brief, data, diagnose and not brief
        ) as hearing:
            for number, exercise in enumerate(selection.exercises):
                if on_start:
                    on_start(exercise)
                for later in selection.exercises[number + 1 : number + 1 + lookahead]:
                    hearing.prepare(later)
                result = hearing.result(exercise)
                if exercise.judged or result.checks:
                    results.append(result)
        return LectureResult(
            id=selection.lecture.id,
            seed=seed,
            isolation=self.sandbox.isolation.value,
            exercises=tuple(results),
            seconds=time.perf_counter() - start,
            notes=() if brief else self._notes(selection, results),
        )

    def run_checks(self, lecture: Lecture, trial: ExerciseRun, seed: int) -> Iterator[CheckRun]:
        """The checks of one exercise, one after another."""
        # none of what a pack does not judge
        yield from self._run(
            lecture, self._items.get((lecture.id, trial.exercise.id), ()), trial, seed
        )

    def run_checks_on_data(
        self, lecture: Lecture, trial: ExerciseRun, seed: int
    ) -> Iterator[CheckRun]:
        """Those of its checks whose data set is there."""
        items = self._on_data.get((lecture.id, trial.exercise.id), [])
        there = [item for item in items if find_data(self.course.dataset(data_of(item)))]
        yield from self._run(lecture, there, trial, seed)

    def waits_for_data(self, lecture: Lecture, exercise: Exercise) -> bool:
        """Whether `run_checks_on_data` would run any."""
        items = self._on_data.get((lecture.id, exercise.id), [])
        return any(find_data(self.course.dataset(data_of(item))) for item in items)

    def _run(
        self, lecture: Lecture, items: Sequence[pytest.Item], trial: ExerciseRun, seed: int
    ) -> Iterator[CheckRun]:
        for item in items:
            result = msgspec.structs.replace(self.checks.run(item, trial, seed), data=data_of(item))
            if isinstance(result.failure, Mismatch) and not lecture.has_cmp:
                hints = tuple(hint for hint in result.failure.hints if hint.kind != "comparison")
                failure = msgspec.structs.replace(result.failure, hints=hints)
                result = msgspec.structs.replace(result, failure=failure)
            yield CheckRun(result, trial.records, self.checks.stopped, bool(result.data))

    def _notes(self, selection: Selection, results: Sequence[ExerciseResult]) -> tuple[str, ...]:
        """What was not judged, and why."""
        notes = self._data_notes(selection, results)
        if not self.course.released:
            return notes
        unseen = [e.id for e in selection.exercises if e.id not in {r.id for r in results}]
        unseen_note = (UNSEEN.format(names=", ".join(unseen)),) if unseen else ()
        return (*notes, *unseen_note, VISIBLE_ONLY)

    def _data_notes(
        self, selection: Selection, results: Sequence[ExerciseResult]
    ) -> tuple[str, ...]:
        """What was not checked of those that passed, for want of data, and how to have it."""
        waiting = Counter(
            data_of(item)
            for result in results
            if result.outcome is Outcome.PASS
            for item in self._on_data.get((selection.lecture.id, result.id), [])
        )
        return tuple(
            NOT_RUN.format(checks=_checks(checks), name=name, why=at.why, fix=at.fix)
            for name, checks in waiting.items()
            if (at := locate(self.course.dataset(name))).state is not DataState.VERIFIED
        )

    def _stubs(self, lecture: Lecture) -> dict[str, str]:
        """What everybody is given, by file name."""
        if lecture.id not in self._given:
            stubs = stubs_of(self.course, lecture)
            self._given[lecture.id] = {path.name: text for path, text in stubs.items()}
        return self._given[lecture.id]

    def _data_text(self, name: str) -> str:
        if name not in self._texts:
            path = find_data(self.course.dataset(name))
            assert path is not None, "a check runs only where its data is"
            self._texts[name] = path.read_text(encoding="utf-8")
        return self._texts[name]

    def trial(
        self, lecture: Lecture, exercise: Exercise, submission: Submission, seed: int
    ) -> ExerciseRun:
        limits = self.course.limits(exercise)
        if self.sandbox.foreground:
            limits = msgspec.structs.replace(limits, seconds=FOREGROUND_SECONDS)
        return ExerciseRun(self.sandbox, submission, lecture, exercise, limits, seed)

    def _reference(self, item: pytest.Item) -> Reference:
        return self._references[self._lecture_of(item).id]

    def _lecture_of(self, item: pytest.Item) -> Lecture:
        if isinstance(item, ExamplesCheck):
            return item.lecture
        return self._lectures[str(item.path.parent)]


def _checks(number: int) -> str:
    return "1 check" if number == 1 else f"{number} checks"


@contextlib.contextmanager
def open_judge(course: Course, lectures: Sequence[Lecture], sandbox: Sandbox) -> Iterator[Judge]:
    """A judge of these lectures, with their checks collected, until the block ends.

    Raises UserError if the checks cannot be collected. In the block `Judge.judge` raises
    CourseFault if one of them breaks.
    """
    import torch

    torch.set_num_threads(1)
    judge = Judge(course, sandbox, lectures)
    _forget_checks(course)
    try:
        with collected_checks(judge.checks, course.root, _where(course, lectures)) as session:
            if judge.checks.errors:
                raise NotCollected("\n".join(judge.checks.errors))
            judge.checks.take(session)
            judge.sort_checks()
            yield judge
    except NotCollected as error:
        raise UserError(f"The checks cannot be collected:\n{error}", MEND_CHECKS) from None


def _where(course: Course, lectures: Sequence[Lecture]) -> list[str]:
    """Where pytest finds the checks. It has to be given a folder, though a pack may have no checks."""
    folders = [folder for lecture in lectures for folder in course.checks(lecture)]
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        nothing = course.stubs(lectures[0])
        return [f"--ignore-glob={nothing}/*", str(nothing)]
    return [f"--confcutdir={there[0].parent}", *map(str, there)]


def _forget_checks(course: Course) -> None:
    """Let pytest read the checks, whatever this process has read before.

    It calls a module by its path below the course, and takes another course's, or an older one, for it.
    """
    below = tuple(f"{root}{os.sep}" for root in _read_from)
    for name, module in [*sys.modules.items()]:
        if below and (getattr(module, "__file__", None) or "").startswith(below):
            del sys.modules[name]
    _read_from.update(map(str, course.all_checks))


_read_from: set[str] = set()
"""The folders with checks that were read in this process."""


VISIBLE_ONLY = "Only the visible checks ran. Your instructor's hidden checks decide your marks."
UNSEEN = "Judged by your instructor only: {names}."
NOT_RUN = "Not run: {checks} on {name}. {why} {fix}"
MEND_CHECKS = (
    "Each lecture has a folder in tests/hidden with test_*.py, and may have one in tests/visible; "
    "each check is an @exercise(id). "
    "If the course is not yours to change, install it again."
)

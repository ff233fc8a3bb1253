"""One lecture of one submission, heard: each exercise once, and what it needs when it fails."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol, Self

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.failures import Forbidden, Location, NotWritten
from grader.judge.blame import likely_place
from grader.judge.checks import NoObservation
from grader.judge.diagnosis import diagnose
from grader.judge.exercise_run import ExerciseRun, ProbeRecord
from grader.judge.one_at_a_time import NONE, one_at_a_time
from grader.judge.signatures import other_parameters
from grader.judge.solutions import Solutions
from grader.results import (
    SOURCE,
    CheckResult,
    ExerciseResult,
    Misconception,
    Outcome,
    Remark,
    rounded,
)
from grader.sandbox.probes import ProbeCall
from grader.source.files import (
    SourceFile,
    Submission,
    compile_source,
    count_stubs,
    definitions,
    is_begun,
    roots_of,
)
from grader.source.forbidden_names import Beside, find_forbidden
from grader.source.given_code import changed_given
from grader.source.suspicious import find_unusual


class CheckRun(msgspec.Struct, frozen=True):
    """A check that was run: its result, the probes it sent, why it got no observation."""

    check: CheckResult
    records: list[ProbeRecord]
    stopped: NoObservation | None
    on_data: bool = False
    """Whether it ran on a whole data set."""


class CheckRunner(Protocol):
    """What a hearing asks of the judge."""

    course: Course

    def run_checks(self, lecture: Lecture, trial: ExerciseRun, seed: int) -> Iterator[CheckRun]: ...

    def run_checks_on_data(
        self, lecture: Lecture, trial: ExerciseRun, seed: int
    ) -> Iterator[CheckRun]: ...

    def trial(
        self, lecture: Lecture, exercise: Exercise, submission: Submission, seed: int
    ) -> ExerciseRun: ...

    def solutions(self, lecture: Lecture) -> Solutions: ...


class Evaluation:
    """One lecture of one submission: each exercise judged once, what it needs when it fails."""

    def __init__(
        self,
        judge: CheckRunner,
        lecture: Lecture,
        submission: Submission,
        seed: int,
        brief: bool,
        on_data: Collection[str],
        diagnose: bool,
        apart: bool = True,
    ) -> None:
        """`on_data` are the exercises whose checks on whole data sets are run, once all others hold.

        `apart` looks at several definitions of an exercise one at a time, if they fail together.
        """
        self._judge = judge
        self._lecture = lecture
        self._submission = submission
        self._seed = seed
        self._brief = brief
        self._on_data = frozenset(on_data)
        self._diagnose = diagnose
        self._apart = apart
        self._results: dict[str, ExerciseResult] = {}
        self._unloadable: dict[str, NoObservation] = {}
        self._prepared: dict[str, ExerciseRun] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for trial in self._prepared.values():
            trial.close()

    def prepare(self, exercise: Exercise) -> None:
        """Let a process load the learner's files for an exercise that is heard soon."""
        known = exercise.id in self._results or exercise.id in self._prepared
        if not known and not self._settled(exercise):
            self._prepared[exercise.id] = self._trial(exercise)
            self._prepared[exercise.id].start()

    def result(self, exercise: Exercise) -> ExerciseResult:
        if exercise.id not in self._results:
            self._results[exercise.id] = self._hear(exercise)
        return self._results[exercise.id]

    def _hear(self, exercise: Exercise) -> ExerciseResult:
        if settled := self._settled(exercise):
            return self._without_checks(exercise, settled)
        trial = self._ready(exercise)
        try:
            heard = list(self._checks(exercise, trial))
        finally:
            trial.close()
            self._submission = trial.submission
        if trial.load_failure:
            return self._without_checks(exercise, trial.load_failure, trial)
        return self._verdict(exercise, trial, heard)

    def _settled(self, exercise: Exercise) -> NoObservation | None:
        """The verdict that needs no process: the source alone gives it."""
        source = self._submission.files[exercise.file]
        if source.trouble:
            outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
            return NoObservation(outcome, source.trouble)
        if exercise.file in self._unloadable:
            return self._unloadable[exercise.file]
        if broken := source.why_broken(exercise):
            return NoObservation(Outcome.ERROR, broken)
        unwritten = count_stubs(source.text, exercise)
        if unwritten and unwritten == self._judge.solutions(self._lecture).stubs(exercise):
            line = source.definition_line(exercise.names[0])
            return NoObservation(Outcome.TODO, NotWritten(location=Location(exercise.file, line)))
        forbids = self._lecture.forbids + exercise.forbids
        if use := find_forbidden(source, exercise.names, forbids, self._beside(exercise)):
            why = self._lecture.why_forbidden(exercise, use.name)
            at = Location(use.file, use.line)
            forbidden = Forbidden(name=use.name, why=why, called=False, location=at)
            return NoObservation(Outcome.FAIL, forbidden)
        return None

    def _beside(self, exercise: Exercise) -> Beside:
        files = {**self._submission.others, **self._submission.files}
        return Beside(
            tuple(source for name, source in files.items() if name != exercise.file),
            self._lecture.package,
            frozenset((e.module, name) for e in self._lecture.exercise for name in e.names),
        )

    def _ready(self, exercise: Exercise) -> ExerciseRun:
        """The trial that was prepared, unless it runs statements that are left out by now."""
        trial = self._prepared.pop(exercise.id, None)
        if trial and trial.submission is not self._submission:
            trial.close()
            trial = None
        return trial or self._trial(exercise)

    def _trial(self, exercise: Exercise) -> ExerciseRun:
        return self._judge.trial(self._lecture, exercise, self._submission, self._seed)

    def _checks(self, exercise: Exercise, trial: ExerciseRun) -> Iterator[CheckRun]:
        passed = True
        for heard in self._judge.run_checks(self._lecture, trial, self._seed):
            yield heard
            passed = passed and heard.check.outcome is Outcome.PASS
            failure = trial.load_failure
            if failure and failure.outcome is Outcome.ERROR and not trial.rest_is_there:
                self._unloadable[exercise.file] = failure
            if failure or (self._brief and not passed):
                return
        if passed and exercise.id in self._on_data:
            yield from self._judge.run_checks_on_data(self._lecture, trial, self._seed)

    def _verdict(
        self, exercise: Exercise, trial: ExerciseRun, heard: Sequence[CheckRun]
    ) -> ExerciseResult:
        source = self._submission.files[exercise.file]
        outcome = _overall([h.check.outcome for h in heard])
        if outcome is Outcome.PASS and trial.unfinished:
            return self._without_checks(exercise, trial.unfinished, trial)
        first = next((h for h in heard if h.check.outcome is outcome), None)
        blocked_by = self._blocked_by(exercise, outcome, heard)
        if blocked_by:
            outcome = Outcome.TODO if count_stubs(source.text, exercise) else Outcome.BLOCKED
        misconception = self._misconception(exercise, outcome, heard)
        checks = [h.check for h in heard]
        line = first.stopped.line_in(exercise.file) if first and first.stopped else None
        alone = None if misconception else self._wrong_alone(exercise, outcome)
        if alone:
            name, verdict = alone
            misconception, line = verdict.misconception, source.definition_line(name)
            seen = {check.name for check in verdict.failing}
            checks.sort(
                key=lambda check: check.name not in seen
            )  # the card opens the first that fails
        return self._result(
            exercise,
            outcome,
            checks,
            line or self._line_of(exercise, outcome, misconception, heard),
            blocked_by,
            misconception,
            trial,
        )

    def _wrong_alone(
        self, exercise: Exercise, outcome: Outcome
    ) -> tuple[str, ExerciseResult] | None:
        """The first of several definitions that fails among the course's own, and the verdict then."""
        several = len(exercise.names) > 1 and self._diagnose and self._apart
        if not several or outcome not in (Outcome.FAIL, Outcome.ERROR):
            return None
        source = self._submission.files[exercise.file]
        solution = self._judge.solutions(self._lecture).texts[exercise.file]
        texts = one_at_a_time(source.text, solution, exercise.names)
        for name, text in texts.items():
            verdict = self._verdict_on(exercise, text)
            right = verdict.outcome is Outcome.PASS
            if (
                name == NONE and not right
            ):  # something else is wrong, or the two do not fit together
                return None
            if not right:
                known = verdict.misconception
                plain = msgspec.structs.replace(known, location=None) if known else None
                return name, msgspec.structs.replace(verdict, misconception=plain)
        return None

    def _verdict_on(self, exercise: Exercise, text: str) -> ExerciseResult:
        """The verdict on an exercise with another text of its file."""
        file = exercise.file
        path, roots = self._submission.files[file].path, roots_of(self._lecture, file)
        files = {**self._submission.files, file: compile_source(file, path, text.encode(), roots)}
        submission = msgspec.structs.replace(self._submission, files=files)
        options = (self._seed, False, (), True, False)
        with Evaluation(self._judge, self._lecture, submission, *options) as evaluation:
            return evaluation.result(exercise)

    def _line_of(
        self,
        exercise: Exercise,
        outcome: Outcome,
        misconception: Misconception | None,
        heard: Sequence[CheckRun],
    ) -> int | None:
        """Where the one of several definitions is that is wrong, as far as that can be told."""
        if len(exercise.names) == 1 or outcome is not Outcome.FAIL or not self._diagnose:
            return None
        solutions = self._judge.solutions(self._lecture)
        known = {chaff.name for chaff in solutions.chaffs[exercise.id]}
        if misconception and misconception.name in known:
            name = solutions.place(exercise, misconception.name)
        else:
            calls: dict[bool, list[ProbeCall]] = {True: [], False: []}
            for one in heard:
                calls[one.check.outcome is Outcome.PASS] += [r.call for r in one.records]
            limits = self._judge.course.limits(exercise)
            name = likely_place(solutions, exercise, calls[False], calls[True], limits)
        return self._submission.files[exercise.file].definition_line(name) if name else None

    def _without_checks(
        self, exercise: Exercise, stopped: NoObservation, trial: ExerciseRun | None = None
    ) -> ExerciseResult:
        """Where no check could run: the file, or a name that is not there, settles it."""
        unloadable = self._unloadable.get(exercise.file) is stopped
        blocked_by = self._broken_elsewhere(exercise) if unloadable else ()
        outcome = Outcome.BLOCKED if blocked_by else stopped.outcome
        check = CheckResult(
            SOURCE, "", outcome=outcome, failure=stopped.failure, steps=stopped.steps
        )
        line = stopped.line_in(exercise.file)
        return self._result(exercise, outcome, [check], line, blocked_by, None, trial)

    def _result(
        self,
        exercise: Exercise,
        outcome: Outcome,
        checks: Sequence[CheckResult],
        line: int | None,
        blocked_by: tuple[str, ...],
        misconception: Misconception | None,
        trial: ExerciseRun | None,
    ) -> ExerciseResult:
        source = self._submission.files[exercise.file]
        return ExerciseResult(
            id=exercise.id,
            title=exercise.title,
            outcome=outcome,
            points=_points(exercise, outcome, checks),
            max_points=exercise.points,
            file=exercise.file,
            path=source.path,
            bonus=exercise.bonus,
            started=bool(source.code) and self._is_begun(source, exercise),
            line=line or source.definition_line(exercise.names[0]),
            checks=tuple(checks),
            misconception=misconception,
            output=trial.output if trial else "",
            output_dropped=trial.output_dropped if trial else 0,
            notes=self._notes(exercise, outcome, misconception, trial) if trial else (),
            flags=self._flags(exercise, outcome, trial) if trial else (),
            blocked_by=blocked_by,
            protections=trial.layers if trial else (),
        )

    def _notes(
        self,
        exercise: Exercise,
        outcome: Outcome,
        misconception: Misconception | None,
        trial: ExerciseRun,
    ) -> tuple[Remark, ...]:
        """What the checks have to say besides, and which given code differs where no reason is known."""
        notes = [*trial.remarks.notes]
        if outcome in (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED) and misconception is None:
            wanted = {self._lecture.find(need).file for need in self._lecture.all_needs(exercise)}
            texts = self._judge.solutions(self._lecture).texts
            for file in sorted({exercise.file} | wanted):
                source = self._submission.files[file]
                if source.code and (changed := changed_given(source.text, texts[file])):
                    says = GIVEN_CHANGED.format(names=" and ".join(changed))
                    notes.append(Remark(says, Location(file)))
        return tuple(dict.fromkeys(notes))

    def _flags(
        self, exercise: Exercise, outcome: Outcome, trial: ExerciseRun
    ) -> tuple[Remark, ...]:
        """What the checks have to say to the instructor, and what is unusual in code that passed."""
        flags = [*trial.remarks.flags]
        if outcome is Outcome.PASS:
            given = self._judge.solutions(self._lecture).texts
            flags += find_unusual(self._submission, exercise.file, given)
        return tuple(dict.fromkeys(flags))

    def _is_begun(self, source: SourceFile, exercise: Exercise) -> bool:
        """Whether some of it is the learner's; what stands beside the stubs is given."""
        text, given = source.text, self._judge.solutions(self._lecture).stubs(exercise)
        if source.why_broken(exercise):
            return True
        return is_begun(text, exercise) and count_stubs(text, exercise) != given

    def _blocked_by(
        self, exercise: Exercise, outcome: Outcome, heard: Sequence[CheckRun]
    ) -> tuple[str, ...]:
        """The exercises to do first: stubs that were reached, and what `needs` names and is wrong."""
        if outcome in (Outcome.PASS, Outcome.TODO):
            return ()
        reached = [h.stopped.needed for h in heard if h.stopped and h.stopped.needed]
        needs = self._lecture.all_needs(exercise)
        return tuple(dict.fromkeys([*reached, *filter(self._is_wrong, needs)]))

    def _broken_elsewhere(self, exercise: Exercise) -> tuple[str, ...]:
        """What is wrong in other files, where the exercise's own cannot be imported."""
        return tuple(
            need
            for need in self._lecture.all_needs(exercise)
            if self._lecture.find(need).file != exercise.file and self._is_wrong(need)
        )

    def _is_wrong(self, need: str) -> bool:
        """Not where it is a stub: one that was not reached is not called, as in a file from the video."""
        harmless = (Outcome.PASS, Outcome.TODO)
        return self.result(self._lecture.find(need)).outcome not in harmless

    def _misconception(
        self, exercise: Exercise, outcome: Outcome, heard: Sequence[CheckRun]
    ) -> Misconception | None:
        if not self._diagnose or outcome not in (Outcome.FAIL, Outcome.ERROR):
            return None
        at = next(
            n for n, h in enumerate(heard) if h.check.outcome in (Outcome.FAIL, Outcome.ERROR)
        )
        wrong = heard[at]
        if wrong.on_data:  # every chaff fails before that, so it is none of them
            return None
        before = [record for h in heard[:at] for record in h.records]
        after = [record for h in heard[at + 1 :] for record in h.records]
        solutions = self._judge.solutions(self._lecture)
        text, solution = self._submission.files[exercise.file].text, solutions.texts[exercise.file]
        if found := other_parameters(text, solution, exercise, wrong.check.failure):
            return found
        limits = self._judge.course.limits(exercise)
        return diagnose(
            solutions,
            exercise.id,
            wrong.records,
            before,
            after,
            limits,
            definitions(text, exercise),
        )


GIVEN_CHANGED = "has another {names} than the one that was given. That may be the cause."


def _points(exercise: Exercise, outcome: Outcome, checks: Sequence[CheckResult]) -> int | float:
    """All for a pass; for what ran and was wrong the share of the checks, where the course gives it."""
    if outcome is Outcome.PASS:
        return exercise.points
    if not exercise.partial or outcome not in (Outcome.FAIL, Outcome.ERROR):
        return 0
    hold = sum(check.outcome is Outcome.PASS for check in checks)
    return rounded(exercise.points * hold / len(checks))


def _overall(outcomes: Sequence[Outcome]) -> Outcome:
    """Wrong beats unfinished, unfinished beats right; nothing checked is never a pass."""
    for outcome in (Outcome.ERROR, Outcome.FAIL, Outcome.BLOCKED, Outcome.TODO):
        if outcome in outcomes:
            return outcome
    return Outcome.PASS if outcomes else Outcome.TODO

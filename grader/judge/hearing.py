"""One lecture of one submission, heard: each exercise once, and what it needs when it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, Self

import msgspec

from grader.course.manifest import Exercise, Lecture
from grader.judge.checks import Stopped
from grader.judge.diagnosis import diagnose
from grader.judge.endings import STILL_BLANK, STILL_STUB
from grader.judge.forbids import find_forbidden
from grader.judge.parameters import other_parameters
from grader.judge.results import CheckResult, ExerciseResult, Misconception, Outcome
from grader.judge.solutions import Solutions
from grader.judge.submission import Submission, count_blanks, count_stubs
from grader.judge.trial import Record, Trial


class Heard(msgspec.Struct, frozen=True):
    """A check that was run: its result, the probes it sent, why it got no observation."""

    check: CheckResult
    records: list[Record]
    stopped: Stopped | None


class Bench(Protocol):
    """What a hearing asks of the judge."""

    def run_checks(self, lecture: Lecture, trial: Trial, seed: int) -> Iterator[Heard]: ...

    def trial(
        self, lecture: Lecture, exercise: Exercise, submission: Submission, seed: int
    ) -> Trial: ...

    def solutions(self, lecture: Lecture) -> Solutions: ...


class Hearing:
    """One lecture of one submission: each exercise judged once, what it needs when it fails."""

    def __init__(
        self, judge: Bench, lecture: Lecture, submission: Submission, seed: int, brief: bool
    ) -> None:
        self._judge = judge
        self._lecture = lecture
        self._submission = submission
        self._seed = seed
        self._brief = brief
        self._results: dict[str, ExerciseResult] = {}
        self._unloadable: dict[str, Stopped] = {}
        self._prepared: dict[str, Trial] = {}

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
        trial = self._prepared.pop(exercise.id, None) or self._trial(exercise)
        try:
            heard = list(self._checks(exercise, trial))
        finally:
            trial.close()
        return self._verdict(exercise, trial, heard)

    def _settled(self, exercise: Exercise) -> Stopped | None:
        """The verdict that needs no process: the source alone gives it."""
        source = self._submission.files[exercise.file]
        if source.trouble:
            outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
            return Stopped(outcome, source.trouble.message, source.trouble.line)
        if exercise.file in self._unloadable:
            return self._unloadable[exercise.file]
        unwritten = count_stubs(source.text, exercise)
        if unwritten and unwritten == self._judge.solutions(self._lecture).stubs(exercise):
            line = source.definition_line(exercise.names[0])
            blank = unwritten == count_blanks(source.text, exercise)
            return Stopped(Outcome.TODO, STILL_BLANK if blank else STILL_STUB, line)
        forbids = self._lecture.forbids + exercise.forbids
        if use := find_forbidden(source, exercise.names, forbids):
            why = exercise.forbids_why or self._lecture.forbids_why
            message = f"{use.file} line {use.line} uses {use.name}. {why}"
            return Stopped(Outcome.FAIL, message, use.line)
        return None

    def _trial(self, exercise: Exercise) -> Trial:
        return self._judge.trial(self._lecture, exercise, self._submission, self._seed)

    def _checks(self, exercise: Exercise, trial: Trial) -> Iterator[Heard]:
        for heard in self._judge.run_checks(self._lecture, trial, self._seed):
            yield heard
            failure = trial.load_failure
            if failure and failure.outcome is Outcome.ERROR:
                self._unloadable[exercise.file] = failure
            if failure or (self._brief and heard.check.outcome is not Outcome.PASS):
                return

    def _verdict(self, exercise: Exercise, trial: Trial, heard: Sequence[Heard]) -> ExerciseResult:
        source = self._submission.files[exercise.file]
        outcome = _overall([h.check.outcome for h in heard])
        first = next((h for h in heard if h.check.outcome is outcome), None)
        stopped = first.stopped if first else None
        blocked_by = self._blocked_by(exercise, outcome, heard)
        if blocked_by:
            outcome = Outcome.TODO if count_stubs(source.text, exercise) else Outcome.BLOCKED
        line = (
            stopped.line if stopped and stopped.line else source.definition_line(exercise.names[0])
        )
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
            checks=tuple(h.check for h in heard),
            misconception=self._misconception(exercise, outcome, heard),
            output=trial.output,
            output_dropped=trial.output_dropped,
            notes=tuple(dict.fromkeys(trial.remarks.notes)),
            flags=tuple(dict.fromkeys(trial.remarks.flags)),
            blocked_by=blocked_by,
        )

    def _without_checks(self, exercise: Exercise, stopped: Stopped) -> ExerciseResult:
        check = CheckResult(
            name="source",
            says="",
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
            path=self._submission.files[exercise.file].path,
            bonus=exercise.bonus,
            line=stopped.line,
            checks=(check,),
        )

    def _blocked_by(
        self, exercise: Exercise, outcome: Outcome, heard: Sequence[Heard]
    ) -> tuple[str, ...]:
        """The exercises to do first: stubs that were reached, and what `needs` names and is wrong."""
        if outcome in (Outcome.PASS, Outcome.TODO):
            return ()
        reached = [h.stopped.stub for h in heard if h.stopped and h.stopped.stub]
        # a stub that was not reached is not called: a file from the video may do without it
        harmless = (Outcome.PASS, Outcome.TODO)
        needed = [
            need
            for need in exercise.needs
            if self.result(self._lecture.find(need)).outcome not in harmless
        ]
        return tuple(dict.fromkeys([*reached, *needed]))

    def _misconception(
        self, exercise: Exercise, outcome: Outcome, heard: Sequence[Heard]
    ) -> Misconception | None:
        if self._brief or outcome not in (Outcome.FAIL, Outcome.ERROR):
            return None
        wrong = next(h for h in heard if h.check.outcome in (Outcome.FAIL, Outcome.ERROR))
        others = [record for h in heard if h is not wrong for record in h.records]
        solutions = self._judge.solutions(self._lecture)
        text, solution = self._submission.files[exercise.file].text, solutions.texts[exercise.file]
        if found := other_parameters(text, solution, exercise, wrong.check.message):
            return found
        return diagnose(solutions, exercise.id, wrong.records, others)


def _overall(outcomes: Sequence[Outcome]) -> Outcome:
    """Wrong beats unfinished, unfinished beats right; nothing checked is never a pass."""
    for outcome in (Outcome.ERROR, Outcome.FAIL, Outcome.BLOCKED, Outcome.TODO):
        if outcome in outcomes:
            return outcome
    return Outcome.PASS if outcomes else Outcome.TODO

"""The pytest plugin: hidden checks are collected once, then run for one submission after another."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cloudpickle
import msgspec
import pytest

from grader.errors import UserError
from grader.failures import AnyFailure, CheckMessage, Incomparable
from grader.judge.checks import MARK, CheckFailed, NoObservation
from grader.judge.doctests import ExamplesCheck
from grader.judge.exercise_run import DoesNotStart, ExerciseRun, ReferenceRun, probe_call
from grader.judge.process_state import restored
from grader.results import CheckResult, Outcome, Remark, Step
from grader.sandbox.probes import seed_everything
from grader.sandbox.sandbox import Interrupted

if TYPE_CHECKING:
    import torch

    from grader.course.manifest import Exercise, Lecture
    from grader.judge.reference import Reference


EXAMPLES = "examples"
"""The name of the check that a pack's docstrings are."""
DATA_PATIENCE = 6.0
"""How much longer a probe may take on a whole data set than on what checks make up."""


class CourseFault(Exception):
    """A hidden check itself broke. That is ours to fix, so it keeps its traceback."""


class _Anyone(pytest.Item):
    """Who comes next is not known, so pytest is told: somebody of this session.

    Fixtures of the session live on between checks; those of a module do not.
    """

    def runtest(self) -> None:
        raise NotImplementedError


class HiddenChecks:
    """Collects the hidden checks, gives them their fixtures, turns how they end into results."""

    def __init__(
        self,
        reference: Callable[[pytest.Item], Reference],
        read_data: Callable[[str], str],
    ) -> None:
        self._reference = reference
        self._read_data = read_data
        self.items: list[pytest.Item] = []
        self.errors: list[str] = []
        """What went wrong while collecting."""
        self._trial: ExerciseRun | ReferenceRun | None = None
        self._raised: tuple[str, BaseException] | None = None
        """The phase of the check that ended it, and how."""
        self.stopped: NoObservation | None = None
        """Why the check that ran last got no observation."""

    # collecting

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", f"{MARK}(id): the exercise a check belongs to")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}\n{report.longreprtext}")

    def take(self, session: pytest.Session) -> None:
        """Make the checks that a session has collected the ones that `run` can run."""
        self.items = session.items
        self._anyone = _Anyone.from_parent(session, name="anyone")
        for module in {getattr(item, "module", None) for item in self.items} - {None}:
            # what a probe is made of crosses to the sandbox by value: there are no checks there
            cloudpickle.register_pickle_by_value(module)

    def examples_of(
        self, lecture: Lecture, exercise: Exercise, stubs: Mapping[str, str], folder: Path
    ) -> pytest.Item | None:
        """The examples in an exercise's stub as one more check; None if there are none."""
        item: ExamplesCheck = ExamplesCheck.from_parent(
            self._anyone.session,
            name=EXAMPLES,
            path=folder / exercise.file,
            lecture=lecture,
            exercise=exercise,
            stubs=stubs,
            observe=lambda probe: self._now.observe(probe),
        )
        return item if item.examples else None

    # running

    def run(self, item: pytest.Item, trial: ExerciseRun, seed: int) -> CheckResult:
        """One check against one submission."""
        self._trial, self._raised, self.stopped = trial, None, None
        trial.begin_check(_seed_for(seed, item), DATA_PATIENCE if data_of(item) else 1.0)
        start = time.perf_counter()
        self._run(item, trial.seed)
        ended = (
            self._verdict(item, trial, *self._raised)
            if self._raised
            else self._result(item, Outcome.PASS)
        )
        if ended.outcome is Outcome.PASS and not trial.records:
            raise CourseFault(f"{item.nodeid} passed without observing anything.")
        return msgspec.structs.replace(
            ended,
            call=_ran(item, trial) if ended.outcome in (Outcome.FAIL, Outcome.ERROR) else "",
            seconds=round(time.perf_counter() - start, 5),
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport:
        """Instead of pytest's own report, which spends 0.2 s on writing tracebacks nobody reads."""
        # only kept here: to raise would leave pytest's fixtures half torn down for the next check
        if call.excinfo is not None and self._raised is None:
            self._raised = call.when, call.excinfo.value
        outcome: Literal["passed", "failed"] = "failed" if call.excinfo else "passed"
        assert call.when != "collect"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)

    def _verdict(
        self, item: pytest.Item, trial: ExerciseRun, phase: str, error: BaseException
    ) -> CheckResult:
        if isinstance(error, NoObservation):
            self.stopped = error
            return self._result(item, error.outcome, error.failure, error.steps)
        if phase == "call" and isinstance(error, CheckFailed):
            return self._result(item, Outcome.FAIL, error.failure)
        if phase == "call" and isinstance(error, AssertionError):
            return self._result(item, Outcome.FAIL, CheckMessage(text=str(error) or NOT_SO))
        if isinstance(error, (UserError, Interrupted)):
            raise error
        what = f"{type(error).__name__}: {error}"
        asked = phase == "call" and trial.records and not isinstance(error, DoesNotStart)
        if asked and self._holds_for_the_solution(item, trial.seed):
            # one learner's strange answer is not to stop the judging of a class
            broke = f"The check {item.name} broke on what this code gave ({what}): look at both."
            trial.remarks.flags.append(Remark(broke))
            return self._result(item, Outcome.FAIL, Incomparable(error=what))
        raise CourseFault(f"{item.nodeid} broke: {what}") from error

    def _holds_for_the_solution(self, item: pytest.Item, seed: int) -> bool:
        """Whether a check that broke on the learner's answer passes on the worked solution's."""
        self._trial, self._raised = ReferenceRun(self._reference(item), seed), None
        self._run(item, seed)
        return self._raised is None

    def _run(self, item: pytest.Item, seed: int) -> None:
        """Run a check, which starts from its seed alone and leaves nothing behind in this process."""
        with restored():
            seed_everything(seed)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=self._anyone)

    def _result(
        self,
        item: pytest.Item,
        outcome: Outcome,
        failure: AnyFailure | None = None,
        steps: tuple[Step, ...] = (),
    ) -> CheckResult:
        return CheckResult(item.name, sentence_of(item), outcome, failure, steps=steps)

    # fixtures

    @pytest.fixture
    def observe(self) -> Callable[..., object]:
        """Runs a probe beside the learner's code."""
        return self._now.observe

    @pytest.fixture
    def reference(self, request: pytest.FixtureRequest) -> Callable[..., object]:
        """Runs a probe on the worked solution; gives plain data, as an observation has it."""
        solution = self._reference(request.node)

        def run(
            probe: Callable[..., object],
            *,
            default_dtype: torch.dtype | None = None,
            **inputs: object,
        ) -> object:
            return solution.answer(probe_call(probe, inputs, self._now.seed, default_dtype))

        return run

    @pytest.fixture
    def seed(self) -> int:
        """Different for each check, the same each time the check runs with the run's seed."""
        return self._now.seed

    @pytest.fixture
    def rng(self) -> random.Random:
        return random.Random(self._now.seed)

    @pytest.fixture
    def torch_rng(self) -> torch.Generator:
        import torch

        return torch.Generator().manual_seed(self._now.seed)

    @pytest.fixture
    def data_text(self, request: pytest.FixtureRequest) -> str:
        """The data set the check asks for."""
        return self._read_data(data_of(request.node))

    @property
    def _now(self) -> ExerciseRun | ReferenceRun:
        assert self._trial is not None
        return self._trial


def sentence_of(item: pytest.Item) -> str:
    """A check's docstring: what must be true, in a sentence."""
    doc = getattr(getattr(item, "function", None), "__doc__", None) or item.name
    return " ".join(doc.split())


def _ran(item: pytest.Item, trial: ExerciseRun) -> str:
    return item.ran if isinstance(item, ExamplesCheck) else trial.ran


def exercise_of(item: pytest.Item) -> str:
    """The exercise a check belongs to. Raises UserError if it does not say."""
    mark = item.get_closest_marker(MARK)
    if mark is None or len(mark.args) != 1:
        message = f"{item.nodeid} does not say which exercise it checks."
        raise UserError(message, "Put @exercise(id) above it.")
    return str(mark.args[0])


def data_of(item: pytest.Item) -> str:
    """The data set a check is run on, or nothing."""
    mark = item.get_closest_marker(MARK)
    return str(mark.kwargs.get("data", "")) if mark else ""


def _seed_for(seed: int, item: pytest.Item) -> int:
    text = f"{seed}:{Path(item.path).name}:{item.name}"
    return int.from_bytes(hashlib.blake2s(text.encode(), digest_size=6).digest(), "big")


NOT_SO = "This does not hold for your code."

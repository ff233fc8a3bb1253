"""One exercise of one submission on trial: its child, the probes sent, what came of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from grader.course.manifest import Exercise, Lecture, Limits
from grader.failures import ChangedInput, ProtocolBroken
from grader.judge.call_text import shapes_of, source_of
from grader.judge.checks import CheckFailed, NoObservation, Observation, Remarks
from grader.judge.endings import Endings
from grader.judge.reference import Reference
from grader.results import Outcome, Remark
from grader.sandbox import serialization
from grader.sandbox.limits import WAITING
from grader.sandbox.preload import slow_imports
from grader.sandbox.probes import ProbeCall, modules_wanted, probe_seed
from grader.sandbox.protections import Layer
from grader.sandbox.protocol import (
    LoadFiles,
    MissingReply,
    RaisedReply,
    ReadyReply,
    Reply,
    ReturnedReply,
    RunProbe,
)
from grader.sandbox.sandbox import Child, ChildExit, ExitStatus, Sandbox
from grader.source.files import Submission, roots_of

if TYPE_CHECKING:
    import torch


RESTARTS = 3
"""How often one exercise's process that was taken away with its zygote is followed by another."""
LAST_SECONDS = 1.0
"""In which a process that closed the channel ends, if it is on its way to that."""
TOO_LONG = "it takes longer than {}"
LEFT_OUT = (
    "takes longer than {limit} each time the file is imported, and was left out here. "
    'Put it under `if __name__ == "__main__":`.'
)
SLOWED = 1.5
"""How much longer than its processor time a process may take on a machine that is not busy."""


class DoesNotStart(RuntimeError):
    """There is no process to judge with: a fault of ours or of this machine."""


class Returned(msgspec.Struct, frozen=True):
    """A probe's value, and the inputs it changed."""

    value: Any
    changed: tuple[str, ...]


class Threw(msgspec.Struct, frozen=True):
    type: str
    message: str


class ProbeRecord(msgspec.Struct, frozen=True):
    """A probe that was sent and what came of it: enough to ask a chaff the same."""

    call: ProbeCall
    outcome: Returned | Threw


class ExerciseRun:
    """Runs the probes of one exercise's checks in one child."""

    def __init__(
        self,
        sandbox: Sandbox,
        submission: Submission,
        lecture: Lecture,
        exercise: Exercise,
        limits: Limits,
        seed: int,
    ) -> None:
        self._sandbox = sandbox
        self.submission = submission
        """As it is run: without the statements that take too long when a file is imported."""
        self._lecture = lecture
        self.exercise = exercise
        self._limits = limits
        self._seconds = limits.seconds
        self._endings = Endings(submission, lecture, exercise, limits)
        self._child: Child | None = None
        self._gone: NoObservation | None = None
        self.seed = seed
        """The seed of the check that runs now."""
        self.records: list[ProbeRecord] = []
        """Of the check that runs now."""
        self._asked: tuple[Callable[..., object], dict[str, Any]] | None = None
        self._loaded = False
        self._restarts = 0
        self._was_hurried = False
        """Whether it was tried once more because the machine was busy."""
        self._asked_at = 0.0
        self._fate = ExitStatus(0, 0, by_itself=False)
        self.layers: tuple[Layer, ...] = ()
        """What stood between the learner's code and this machine; none where none was run."""
        self.load_failure: NoObservation | None = None
        """Why the file, or what it has of the exercise, could not be imported."""
        self.rest_is_there = False
        """Whether the file's other exercises are there all the same."""
        self.missing: tuple[str, ...] = ()
        """Those of the exercise's names that are not there, where others are."""
        self.remarks = Remarks()
        self.output = ""
        self.output_dropped = 0

    def observe(
        self,
        probe: Callable[..., object],
        *,
        default_dtype: torch.dtype | None = None,
        may_change: tuple[str, ...] = (),
        **inputs: object,
    ) -> Observation:
        """What the probe sees beside the learner's code. Raises Stopped or CheckFailed."""
        self._asked = probe, inputs
        if self._gone:
            raise self._gone
        call = probe_call(probe, inputs, self.seed, default_dtype, may_change)
        modules = tuple(modules_wanted(probe, inputs))
        reply = self._ask(call, modules)
        if isinstance(reply, ReturnedReply) and inputs.keys() >= set(reply.changed):
            value = self._decode(reply.value)
            self.records.append(ProbeRecord(call, Returned(value, tuple(reply.changed))))
            if reply.changed:
                names = tuple(dict.fromkeys(reply.changed))
                copy = _how_to_copy(inputs[name] for name in names)
                raise CheckFailed(ChangedInput(names=names, copy=copy))
            return Observation(value, remarks=self.remarks)
        if isinstance(reply, RaisedReply):
            self.records.append(ProbeRecord(call, Threw(reply.kind, reply.message)))
        raise self._stopped(reply, [f"{stem}.py" for stem in modules])

    def start(self) -> None:
        """Fork the child and hand it the learner's files; it loads them while we do other things."""
        sources = [*self.submission.files.values(), *self.submission.others.values()]
        imports = slow_imports(source.text for source in sources)
        self._child = self._sandbox.child(self._limits, self.submission.folder, imports)
        self._child.tell(
            LoadFiles(
                files=self.submission.code(),
                others=self.submission.other_code(),
                package=self._lecture.package,
                stand_ins=self._lecture.stand_ins,
                names=self.exercise.names,
                module=self.exercise.module,
                forbids=self._lecture.forbids + self.exercise.forbids,
                seen=self._sandbox.seen,
                seconds=self._limits.seconds,
                wall_seconds=self._limits.seconds * WAITING,
            )
        )

    @property
    def unfinished(self) -> NoObservation | None:
        """What to say of an exercise that is right as far as it is there; None if it is all there."""
        return self._endings.missing([*self.missing]) if self.missing else None

    def load(self) -> NoObservation | None:
        """Why the exercise's file, or what it has of the exercise, cannot be imported."""
        try:
            self._await_load()
        except NoObservation as stopped:
            return stopped
        return None

    def close(self) -> None:
        if self._child is not None:
            self._child.drain()
            self._keep_output(self._child)
            self._sandbox.dismiss(self._child)
            self._child = None

    def begin_check(self, seed: int, patience: float = 1.0) -> None:
        """`patience` is how many times the limit each probe of the check may take."""
        self.seed = seed
        self._seconds = self._limits.seconds * patience
        self.records = []
        self._asked = None

    @property
    def ran(self) -> str:
        """What was run last, as the learner would type it, and the shapes that went in."""
        if not self._asked:
            return ""
        _, inputs = self._asked
        call = source_of(*self._asked, self.exercise.names)
        return "\n".join(filter(None, [call, shapes_of(inputs)]))

    def _await_load(self) -> None:
        while not self._loaded:
            if not self._child_now.has_started():
                if not self._start_again():
                    raise DoesNotStart("the sandbox does not start: its processes end at once")
                continue
            self.layers = self._child_now.layers
            reply = self._hear()
            if self._is_worth_another_try(reply):
                continue
            if not isinstance(reply, ReadyReply):
                own = {*self.exercise.names, f"{self.exercise.module}.py"}
                self._gone = self.load_failure = self._stopped(reply, own)
                self.rest_is_there = isinstance(reply, RaisedReply) and reply.alone
                raise self._gone
            self.missing = tuple(name for name in self.exercise.names if name in reply.missing)
            self._loaded = True

    def _ask(self, call: ProbeCall, modules: tuple[str, ...]) -> Reply | ChildExit:
        """The answer to a probe, from a child that has loaded the learner's files."""
        while True:
            self._await_load()
            quiet = self._child_now.dropped > 0
            wall_seconds = self._seconds * WAITING
            self._child_now.tell(RunProbe(call, modules, self._seconds, wall_seconds, quiet))
            reply = self._hear()
            if not self._is_worth_another_try(reply):
                return reply

    def _is_worth_another_try(self, reply: Reply | ChildExit) -> bool:
        """Whether there is no answer for a reason that is not the learner's, and another child starts.

        The zygote was killed, and the child with it; or the machine was so busy that the time it
        took says nothing. The second is tried once more, when this child is gone. Or a statement
        outside of the functions took too long: it is left out.
        """
        if not isinstance(reply, ChildExit):
            return False
        taken_away = not reply.limit and self._sandbox.is_bereft(self._child_now)
        elapsed = time.monotonic() - self._asked_at
        self._end_child(reply)
        if taken_away:
            return self._start_again()
        calm = reply.limit in ("time", "overrun") or elapsed < SLOWED * self._seconds
        if calm or self._was_hurried:
            return self._leave_out(reply) and self._start_again()
        self._was_hurried = True
        return self._start_again()

    def _leave_out(self, died: ChildExit) -> bool:
        """Whether a statement at the top of a file was stopped at the time limit, and can be left out."""
        limit = self._endings.time_limit(died, self._fate, self._seconds)
        at = self._endings.importing(died.frames)
        if limit is None or at is None:
            return False
        roots = roots_of(self._lecture, at.file)
        shorter = self.submission.without(at.file, at.line or 0, TOO_LONG.format(limit), roots)
        if shorter is None:
            return False
        self.submission = shorter
        self.remarks.notes.append(Remark(LEFT_OUT.format(limit=limit), at))
        return True

    def _start_again(self) -> bool:
        """Another child in place of the one that is gone, which gets another zygote; not for ever."""
        if self._restarts == RESTARTS:
            return False
        self._restarts += 1
        if self._child is not None:
            self._sandbox.end(self._child)
        self._loaded = False
        self.start()
        return True

    @property
    def _child_now(self) -> Child:
        if self._child is None:
            self.start()
        assert self._child is not None
        return self._child

    def _hear(self) -> Reply | ChildExit:
        self._asked_at = time.monotonic()
        try:
            return self._child_now.hear(self._seconds)
        except serialization.ProtocolError:
            return _BROKEN

    def _decode(self, data: bytes) -> Any:
        try:
            return serialization.decode(data)
        except serialization.ProtocolError:
            self._gone = NoObservation(Outcome.ERROR, ProtocolBroken())
            raise self._gone from None

    def _stopped(self, reply: Reply | ChildExit, asked: Collection[str]) -> NoObservation:
        """What an answer that is no observation means; of names, those `asked` for may be missing."""
        if isinstance(reply, MissingReply) and set(reply.names) <= set(asked):
            return self._endings.missing(list(dict.fromkeys(reply.names)))
        if isinstance(reply, RaisedReply):
            return self._endings.raised(reply)
        died = reply if isinstance(reply, ChildExit) else _BROKEN  # an answer to another question
        if self._child is not None:
            self._end_child(died)
        self._gone = self._endings.died(died, self._fate, self._seconds)
        return self._gone

    def _end_child(self, died: ChildExit) -> None:
        assert self._child is not None
        child, self._child = self._child, None
        self._fate = self._sandbox.end(child, 0.0 if died.limit else LAST_SECONDS)
        self._keep_output(child)

    def _keep_output(self, child: Child) -> None:
        self.output = child.output
        self.output_dropped = child.dropped


class ReferenceRun:
    """The worked solution in the learner's place: only what a check asks for."""

    def __init__(self, reference: Reference, seed: int) -> None:
        self._reference = reference
        self.seed = seed

    def observe(
        self,
        probe: Callable[..., object],
        *,
        default_dtype: torch.dtype | None = None,
        may_change: tuple[str, ...] = (),
        **inputs: object,
    ) -> Observation:
        call = probe_call(probe, inputs, self.seed, default_dtype, may_change)
        return Observation(self._reference.answer(call))


def probe_call(
    probe: Callable[..., object],
    inputs: dict[str, object],
    seed: int,
    default_dtype: torch.dtype | None = None,
    may_change: tuple[str, ...] = (),
) -> ProbeCall:
    """A probe and its inputs as they are sent; `seed` is the check's."""
    return ProbeCall(
        serialization.pickle_trusted(probe),
        serialization.pickle_trusted(inputs),
        probe_seed(seed),
        str(default_dtype).removeprefix("torch.") if default_dtype else None,
        may_change,
    )


def _how_to_copy(inputs: Iterable[object]) -> str:
    """The words for it, where all that was changed is of one kind."""
    kinds = {type(value).__name__ for value in inputs}
    return COPIES.get(kinds.pop(), "") if len(kinds) == 1 else ""


COPIES = {"Tensor": ".clone()", "list": "list(…)", "dict": "dict(…)"}
_BROKEN = ChildExit("message", [])

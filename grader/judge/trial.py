"""One exercise of one submission on trial: its child, the probes sent, what came of each."""

from __future__ import annotations

import ast
import inspect
import signal
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from grader.course.manifest import Exercise, Lecture, Limits
from grader.judge import wire
from grader.judge.checks import CheckFailed, Observation, Stopped
from grader.judge.compare import dtype_name, number
from grader.judge.messages import Frame, Load, Missing, Raised, Ready, Run, Seen
from grader.judge.probes import ProbeCall, modules_wanted
from grader.judge.results import Outcome
from grader.judge.sandbox import Child, Died, Sandbox
from grader.judge.submission import Submission

if TYPE_CHECKING:
    import torch

SHOWN_LINES = 8


class Saw(msgspec.Struct, frozen=True):
    """A probe's value, and the inputs it changed."""

    value: Any
    changed: tuple[str, ...]


class Threw(msgspec.Struct, frozen=True):
    type: str
    message: str


class Record(msgspec.Struct, frozen=True):
    """A probe that was sent and what came of it: enough to ask a chaff the same."""

    call: ProbeCall
    outcome: Saw | Threw


class Trial:
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
        self._submission = submission
        self._lecture = lecture
        self.exercise = exercise
        self._limits = limits
        self._paths = {
            f.path: f.name for f in (*submission.files.values(), *submission.others.values())
        }
        self._child: Child | None = None
        self._gone: Stopped | None = None
        self.seed = seed
        """The seed of the check that runs now."""
        self.records: list[Record] = []
        """Of the check that runs now."""
        self._asked: tuple[Callable[..., object], dict[str, Any]] | None = None
        self._loaded = False
        self.load_failure: Stopped | None = None
        """Why the file could not be imported; the same for every exercise in it."""
        self.notes: list[str] = []
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
        call = ProbeCall(
            wire.pickle_trusted(probe),
            wire.pickle_trusted(inputs),
            self.seed,
            str(default_dtype).removeprefix("torch.") if default_dtype else None,
            may_change,
        )
        self._await_load()
        self._child_now.tell(Run(call, tuple(modules_wanted(probe, inputs)), self._limits.seconds))
        reply = self._hear()
        if isinstance(reply, Seen):
            value = self._decode(reply.value)
            self.records.append(Record(call, Saw(value, tuple(reply.changed))))
            if reply.changed:
                names = " and ".join(f"`{name}`" for name in reply.changed)
                raise CheckFailed(CHANGED_INPUT.format(names=names))
            return Observation(value, notes=self.notes)
        if isinstance(reply, Raised):
            self.records.append(Record(call, Threw(reply.kind, reply.message)))
        raise self._stopped(reply)

    def start(self) -> None:
        """Fork the child and hand it the learner's files; it loads them while we do other things."""
        self._child = self._sandbox.child(self._limits, self._submission.folder)
        self._child.tell(
            Load(
                files=self._submission.code(),
                others=self._submission.other_code(),
                package=self._lecture.package,
                stand_ins=self._lecture.stand_ins,
                names=self.exercise.names,
                module=self.exercise.module,
                forbids=self._lecture.forbids + self.exercise.forbids,
                seconds=self._limits.seconds,
            )
        )

    def close(self) -> None:
        if self._child is not None:
            self._child.drain()
            self._keep_output(self._child)
            self._sandbox.dismiss(self._child)
            self._child = None

    def begin_check(self, seed: int) -> None:
        self.seed = seed
        self.records = []
        self._asked = None

    @property
    def ran(self) -> str:
        """What was run last, as the learner would type it, and the shapes that went in."""
        if not self._asked:
            return ""
        _, inputs = self._asked
        return "\n".join(filter(None, [source_of(*self._asked), shapes_of(inputs)]))

    def _await_load(self) -> None:
        if self._loaded:
            return
        if not self._child_now.has_started():
            # its zygote was gone; the next child gets another
            self._sandbox.end(self._child_now)
            self.start()
            if not self._child_now.has_started():
                raise RuntimeError("the sandbox does not start: its processes end at once")
        reply = self._hear()
        if not isinstance(reply, Ready):
            self._gone = self.load_failure = self._stopped(reply)
            raise self._gone
        self._loaded = True

    @property
    def _child_now(self) -> Child:
        if self._child is None:
            self.start()
        assert self._child is not None
        return self._child

    def _hear(self) -> Ready | Seen | Raised | Missing | Died:
        try:
            return self._child_now.hear(self._limits.seconds)
        except wire.BadMessage:
            return _BROKEN

    def _decode(self, data: bytes) -> Any:
        try:
            return wire.decode(data)
        except wire.BadMessage:
            self._gone = Stopped(Outcome.ERROR, BROKE_PROTOCOL)
            raise self._gone from None

    def _stopped(self, reply: object) -> Stopped:
        if isinstance(reply, Missing):
            return self._missing(reply.names)
        if isinstance(reply, Raised):
            return self._raised(reply)
        assert self._child is not None
        child, self._child = self._child, None
        killed_by, status = self._sandbox.end(child)
        self._keep_output(child)
        died = reply if isinstance(reply, Died) else _BROKEN  # an answer to another question
        self._gone = self._died(died, killed_by, status)
        return self._gone

    def _keep_output(self, child: Child) -> None:
        self.output = child.output
        self.output_dropped = child.dropped

    # in words

    def _missing(self, names: list[str]) -> Stopped:
        file = self.exercise.file
        for name in names:
            source = self._submission.files.get(name)
            if source is not None and source.trouble:
                outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
                return Stopped(outcome, source.trouble.message, source.trouble.line)
        return Stopped(Outcome.TODO, NOT_DEFINED.format(names=_listed(names), file=file))

    def _raised(self, raised: Raised) -> Stopped:
        place = self._place(raised.frames)
        line = place[1] if place and place[0] == self.exercise.file else None
        if raised.stub is not None:
            others = {e.id for e in self._lecture.exercise} - {self.exercise.id}
            if raised.stub in others:
                return Stopped(
                    Outcome.BLOCKED, REACHED_STUB.format(stub=raised.stub), line, raised.stub
                )
            return Stopped(Outcome.TODO, STILL_STUB, line)
        if raised.missing:
            return Stopped(Outcome.FAIL, NO_ATTRIBUTE.format(name=raised.missing), line)
        if raised.forbidden:
            why = self.exercise.forbids_why or self._lecture.forbids_why
            message = CALLS_FORBIDDEN.format(name=raised.forbidden, why=why)
            return Stopped(Outcome.FAIL, _at(message, place), line)
        if raised.kind == "ModuleNotFoundError" and (
            trouble := self._broken_import(raised.message)
        ):
            return trouble
        if raised.limit:
            message = LIMITS[raised.limit].format(limits=self._limits)
        elif raised.kind in ENDINGS:
            message = ENDINGS[raised.kind].format(message=raised.message)
        else:
            message = f"{raised.kind}: {raised.message}" if raised.message else raised.kind
        return Stopped(Outcome.ERROR, _at(message, place), line)

    def _died(self, died: Died, killed_by: int, status: int) -> Stopped:
        place = self._place(list(reversed(died.frames)))
        line = place[1] if place and place[0] == self.exercise.file else None
        if died.limit == "message":
            message = BROKE_PROTOCOL
        elif died.limit:
            message = LIMITS[died.limit].format(
                limits=self._limits, seconds=number(self._limits.seconds)
            )
        elif killed_by == signal.SIGXCPU:
            message = LIMITS["cpu"].format(seconds=number(self._limits.seconds))
        elif killed_by:
            name = _SIGNAL_NAMES.get(killed_by, f"signal {killed_by}")
            message = CRASHED.format(name=name, means=SIGNALS.get(name, "a crash"))
        else:
            message = ENDED_ITSELF.format(status=status)
        return Stopped(Outcome.ERROR, _at(message, place), line)

    def _place(self, frames: list[Frame]) -> tuple[str, int, str] | None:
        """The innermost frame in the learner's own files: (file name, line, function)."""
        for path, line, function in reversed(frames):
            if path in self._paths:
                return self._paths[path], line, function
        return None

    def _broken_import(self, message: str) -> Stopped | None:
        """`import engine` failed because engine.py itself cannot be read."""
        for source in (*self._submission.files.values(), *self._submission.others.values()):
            stem = source.name.removesuffix(".py")
            if source.trouble and message == f"No module named '{stem}'":
                outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
                return Stopped(
                    outcome, f"{self.exercise.file} imports {stem}, and {source.trouble.message}"
                )
        return None


_BROKEN = Died("message", [])
_SIGNAL_NAMES = {s.value: s.name for s in signal.Signals}


def source_of(probe: Callable[..., object], inputs: dict[str, Any]) -> str:
    """What is run, as the learner would type it: the probe's body without `engine.` before names."""
    modules = modules_wanted(probe, inputs)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(probe)))
    except (OSError, SyntaxError, TypeError):
        return ""
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef):
        return ""
    body = [node for node in function.body if not _is_docstring(node)]
    lines = "\n".join(ast.unparse(_Unprefixed(modules).visit(node)) for node in body).splitlines()
    if len(lines) > SHOWN_LINES:
        lines = [*lines[: SHOWN_LINES - 1], f"… {len(lines) - SHOWN_LINES + 1} more lines"]
    if lines:
        lines[-1] = lines[-1].removeprefix("return ")
    return "\n".join(lines)


def shapes_of(inputs: dict[str, Any]) -> str:
    """`# logits (32, 27) float64, targets (32,) int64`; empty without tensors."""
    import torch

    tensors = [
        f"{name} {tuple(value.shape)} {dtype_name(value)}"
        for name, value in inputs.items()
        if isinstance(value, torch.Tensor)
    ]
    return f"# {', '.join(tensors)}" if tensors else ""


class _Unprefixed(ast.NodeTransformer):
    def __init__(self, modules: list[str]) -> None:
        self._modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in self._modules:
            return ast.Name(node.attr, node.ctx)
        return node


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _at(message: str, place: tuple[str, int, str] | None) -> str:
    if place is None:
        return message
    file, line, function = place
    within = "" if function.startswith("<") else f", in {function}"
    return f"{message} ({file} line {line}{within})"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


STILL_STUB = "Not written yet: it still raises NotImplementedError."
REACHED_STUB = "It calls {stub}, which is not written yet."
NOT_DEFINED = "{file} does not define {names}."
NO_ATTRIBUTE = "Your {name} is not there."
CHANGED_INPUT = (
    "Your code changed its input {names} in place. Work on a copy (`.clone()`), or make a new one: "
    "whoever called you still needs it."
)
CALLS_FORBIDDEN = "It calls {name}. {why}"
BROKE_PROTOCOL = "The process that ran your code sent something that is not an observation."
ENDED_ITSELF = (
    "Your code ended the Python process itself, with status {status}, before it returned."
)
CRASHED = "Your code crashed Python: {name}, {means}."
SIGNALS = {
    "SIGSEGV": "a segmentation fault: memory that is not its own",
    "SIGABRT": "an abort, often of a library that found its state broken",
    "SIGBUS": "a bad memory access",
    "SIGFPE": "an arithmetic fault",
    "SIGILL": "an illegal instruction",
    "SIGKILL": "killed from outside, or by the system for lack of memory",
    "SIGSYS": "a system call that is not allowed",
}
LIMITS = {
    "time": "Stopped at the time limit of {seconds} s: an endless loop, or a wait for something?",
    "cpu": "Stopped at the limit of {seconds} s of processor time.",
    "memory": "Stopped at the memory limit of {limits.memory_mb} MB: something grows without end?",
    "processes": "Stopped at the process limit: an exercise may not start other processes.",
    "observation": "It returned more than {limits.observation_mb} MB.",
}
ENDINGS = {
    "SystemExit": "Your code called exit (SystemExit: {message}); return the answer instead.",
    "KeyboardInterrupt": "Your code raised KeyboardInterrupt.",
    "RecursionError": "RecursionError: it calls itself without coming to an end.",
    "EOFError": "EOFError: it asks for input(), and nobody answers here. {message}",
}

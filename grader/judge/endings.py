"""Why there is no observation, as a failure: not there, a stub, raised, stopped at a limit, died."""

from __future__ import annotations

import ast
import re
import signal

import msgspec

from grader.course.manifest import Exercise, Lecture, Limits
from grader.failures import (
    AnyFailure,
    ChannelClosed,
    Crashed,
    Exited,
    Forbidden,
    LimitReached,
    Location,
    MissingAttribute,
    NeedsUndefined,
    NeedsUnreadable,
    NeedsUnwritten,
    NotDefined,
    NotInstalled,
    NotWritten,
    ProtocolBroken,
    Raised,
    ReturnedNone,
    signal_name,
)
from grader.judge.checks import NoObservation
from grader.judge.comparison import number
from grader.judge.missing_names import names_asked_for
from grader.results import Outcome, Step
from grader.sandbox import protocol
from grader.sandbox.limits import WAITING
from grader.sandbox.protocol import Frame
from grader.sandbox.sandbox import ChildExit, ExitStatus
from grader.source.files import Submission, find_alike, find_anywhere, parse, split_lines

STEP_CHARACTERS = 400
"""Of a line on the way to an exception."""


class Endings:
    """Says what became of the learner's code, with the line where it was."""

    def __init__(
        self, submission: Submission, lecture: Lecture, exercise: Exercise, limits: Limits
    ) -> None:
        self._submission = submission
        self._lecture = lecture
        self._exercise = exercise
        self._limits = limits
        self._sources = {
            path: source
            for source in (*submission.files.values(), *submission.others.values())
            # the second is how a time-out's trace writes it
            for path in (source.path, source.path.encode("ascii", "backslashreplace").decode())
        }
        self._lines: dict[str, list[str]] = {}

    def missing(self, names: list[str]) -> NoObservation:
        for name in names:
            source = self._submission.files.get(name)
            if source is not None and source.trouble:
                outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
                return NoObservation(outcome, source.trouble)
        file = Location(self._exercise.file)
        failure = self._strayed(names) or NotDefined(names=tuple(names), file=file)
        return NoObservation(Outcome.TODO, failure)

    def raised(self, raised: protocol.RaisedReply) -> NoObservation:
        at = self._location(raised.frames)
        if raised.stub is not None and self._is_raise(raised.frames):
            return self._at_a_stub(raised.stub, at)
        if absent := self._absent(raised, at):
            return absent
        if raised.missing:
            owner, _, name = raised.missing.rpartition(".")
            failure: AnyFailure = MissingAttribute(
                owner=owner, name=name, there=tuple(raised.there), location=at
            )
            return NoObservation(Outcome.FAIL, failure)
        if none := self._returned_none(raised):
            return NoObservation(Outcome.FAIL, none)
        if raised.forbidden:
            why = self._lecture.why_forbidden(self._exercise, raised.forbidden)
            failure = Forbidden(name=raised.forbidden, why=why, called=True, location=at)
            return NoObservation(Outcome.FAIL, failure)
        if raised.kind in ("ModuleNotFoundError", "SyntaxError") and (
            broken := self._broken_import(raised.message) or self._broken_cell(raised.message)
        ):
            return broken
        library = _NO_MODULE.fullmatch(raised.message)
        if raised.limit:
            failure = LimitReached(
                kind=raised.limit, limit=str(self._limits.memory_mb), location=at
            )
        elif raised.kind == "ModuleNotFoundError" and library:
            failure = NotInstalled(library=library[1].partition(".")[0], location=at)
        else:
            failure = Raised(
                exception=raised.kind, message=raised.message, file=raised.file, location=at
            )
        return NoObservation(Outcome.ERROR, failure, self._steps(raised.frames))

    def died(self, died: ChildExit, fate: ExitStatus, seconds: float) -> NoObservation:
        """`seconds` is the processor time that the probe was allowed."""
        frames = list(reversed(died.frames))
        failure = self._end(died, fate, seconds)
        failure = msgspec.structs.replace(failure, location=self._location(frames))
        return NoObservation(Outcome.ERROR, failure, self._steps(frames))

    def _end(self, died: ChildExit, fate: ExitStatus, seconds: float) -> AnyFailure:
        """How the process ended, as a failure without its place."""
        match died.limit:
            case "message":
                return ProtocolBroken()
            case "cpu" | "overrun":
                return LimitReached(kind="cpu", limit=number(seconds))
            case "time":
                return LimitReached(kind="wait", limit=number(seconds * WAITING))
            case "memory":
                return LimitReached(kind="memory", limit=str(self._limits.memory_mb))
            case "processes":
                return LimitReached(kind="processes")
            case "observation":
                return LimitReached(kind="size", limit=str(self._limits.observation_mb))
        if fate.signal == signal.SIGKILL and not fate.by_itself:
            return ChannelClosed()
        if fate.signal in (signal.SIGPROF, signal.SIGXCPU):
            return LimitReached(kind="cpu", limit=number(seconds))
        if fate.signal:
            return Crashed(signal=signal_name(fate.signal))
        return Exited(status=fate.status)

    def time_limit(self, died: ChildExit, fate: ExitStatus, seconds: float) -> str | None:
        """The time limit at which it was stopped, with its unit; None if it was something else."""
        end = self._end(died, fate, seconds)
        if isinstance(end, LimitReached) and end.kind in ("cpu", "wait"):
            return f"{end.limit} s"
        return None

    def importing(self, frames: list[Frame]) -> Location | None:
        """The statement outside of functions that was run, of frames with the innermost first."""
        for path, line, function in frames:
            if function == "<module>" and self._line(path, line) is not None:
                return Location(self._sources[path].name, line)
        return None

    def _at_a_stub(self, stub: str, at: Location | None) -> NoObservation:
        """A stub was reached: the exercise's own, or that of another one which it calls."""
        others = {e.id: e.file for e in self._lecture.exercise if e != self._exercise}
        if stub not in others:
            return NoObservation(Outcome.TODO, NotWritten(location=at))
        if trouble := self._submission.files[others[stub]].trouble:
            needed = NeedsUnreadable(needed=stub, exercise=stub, why=trouble, location=at)
            return NoObservation(Outcome.BLOCKED, needed)
        return NoObservation(Outcome.BLOCKED, NeedsUnwritten(exercise=stub, location=at))

    def _absent(self, raised: protocol.RaisedReply, at: Location | None) -> NoObservation | None:
        """What to say if a name was asked for that an exercise is to define, and is not there."""
        for dotted in names_asked_for(raised):
            for exercise in self._lecture.exercise:
                if dotted not in exercise.names or self._defines(exercise, dotted):
                    continue
                if exercise.id == self._exercise.id:
                    return self.missing(
                        [n for n in exercise.names if not self._defines(exercise, n)]
                    )
                needed = NeedsUndefined(
                    name=dotted,
                    file=Location(exercise.file),
                    exercise=exercise.id,
                    lecture=self._lecture.id,
                    location=at,
                )
                return NoObservation(Outcome.BLOCKED, needed)
        return None

    def _defines(self, exercise: Exercise, dotted: str) -> bool:
        source = self._submission.files[exercise.file]
        return bool(source.trouble) or source.definition_line(dotted) is not None

    def _strayed(self, names: list[str]) -> NotDefined | None:
        """A name that is not where it belongs and is defined elsewhere, or misspelt."""
        holder, _, name = names[0].rpartition(".")
        file = self._exercise.file
        source = self._submission.files[file]
        missing = NotDefined(names=tuple(names), file=Location(file))
        for line, within in find_anywhere(source.text, name) if source.code else ():
            if within != holder:
                return msgspec.structs.replace(
                    missing,
                    found="inside" if within else "outside",
                    holder=within or holder,
                    location=Location(file, line),
                )
        if source.code and (alike := find_alike(source.text, holder, name)):
            found, line = alike
            return msgspec.structs.replace(
                missing, found="misspelt", found_name=found, location=Location(file, line)
            )
        return None

    def _returned_none(self, raised: protocol.RaisedReply) -> ReturnedNone | None:
        """If the probe was given None and asked it for an attribute."""
        _, is_none, name = raised.message.partition("'NoneType' object has no attribute ")
        learners = raised.frames and raised.frames[-1][0] in self._sources
        if raised.kind != "AttributeError" or not is_none or learners:
            return None
        return ReturnedNone(attribute=name.strip("'"))

    def _location(self, frames: list[Frame]) -> Location | None:
        """The innermost frame in the learner's own files."""
        for path, line, function in reversed(frames):
            if self._line(path, line) is not None:
                within = "" if function.startswith("<") else function
                return Location(self._sources[path].name, line, within)
        return None

    def _steps(self, frames: list[Frame]) -> tuple[Step, ...]:
        """The frames in the learner's own files, each with its line."""
        steps = []
        for path, line, function in frames:
            text = self._line(path, line)
            if text is not None and line not in self._sources[path].added:
                within = "" if function.startswith("<module") else function
                steps.append(Step(Location(self._sources[path].name, line, within), text))
        return tuple(steps)

    def _line(self, path: str, line: int) -> str | None:
        """A line of the learner's own files; None if it is in none of them."""
        if path not in self._sources:
            return None
        if path not in self._lines:
            self._lines[path] = split_lines(self._sources[path].text)
        lines = self._lines[path]
        return lines[line - 1].strip()[:STEP_CHARACTERS] if 0 < line <= len(lines) else None

    def _is_raise(self, frames: list[Frame]) -> bool:
        """Whether it was raised by a `raise` of the learner's; torch says NotImplementedError, too."""
        path, line = frames[-1][:2] if frames else ("", 0)
        source = self._sources.get(path)
        text = (source.given or source.text) if source and source.code else ""
        return any(
            isinstance(node, ast.Raise) and node.lineno <= line <= (node.end_lineno or line)
            for node in ast.walk(parse(text))
        )

    def _broken_cell(self, message: str) -> NoObservation | None:
        """A function was called whose cell of a notebook is no Python."""
        for source in self._submission.files.values():
            for _, trouble in source.broken:
                if trouble.sentence == message:
                    return NoObservation(Outcome.ERROR, trouble)
        return None

    def _broken_import(self, message: str) -> NoObservation | None:
        """`import engine` failed because engine.py itself cannot be read."""
        for source in (*self._submission.files.values(), *self._submission.others.values()):
            stem = source.name.removesuffix(".py")
            if source.trouble and message == f"No module named '{stem}'":
                outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
                importer = Location(self._exercise.file)
                failure = NeedsUnreadable(importer=importer, needed=stem, why=source.trouble)
                return NoObservation(outcome, failure)
        return None


_NO_MODULE = re.compile(r"No module named '([\w.]+)'")

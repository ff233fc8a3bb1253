"""Why there is no observation, in words: not there, a stub, raised, stopped at a limit, died."""

from __future__ import annotations

import ast
import re
import signal

from grader.course.manifest import Exercise, Lecture, Limits
from grader.judge.checks import Stopped
from grader.judge.compare import number
from grader.judge.limits import WAITING
from grader.judge.messages import Frame, Raised
from grader.judge.names import names_asked_for
from grader.judge.results import Outcome, Step
from grader.judge.sandbox import Died, Fate
from grader.judge.submission import Submission, find_alike, find_anywhere, parse, split_lines

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

    def missing(self, names: list[str]) -> Stopped:
        file = self._exercise.file
        for name in names:
            source = self._submission.files.get(name)
            if source is not None and source.trouble:
                outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
                return Stopped(outcome, source.trouble.message, source.trouble.line)
        message = NOT_DEFINED.format(names=_listed(names), file=file)
        if strayed := self._strayed(names[0]):
            line, text = strayed
            return Stopped(Outcome.TODO, message + text, line)
        return Stopped(Outcome.TODO, message)

    def raised(self, raised: Raised) -> Stopped:
        place = self._place(raised.frames)
        line = place[1] if place and place[0] == self._exercise.file else None
        if raised.stub is not None and self._is_raise(raised.frames):
            others = {e.id: e.file for e in self._lecture.exercise if e != self._exercise}
            if raised.stub in others:
                trouble = self._submission.files[others[raised.stub]].trouble
                why = f"and {trouble.message}" if trouble else REACHED_STUB
                message = f"It calls {raised.stub}, {why}"
                return Stopped(Outcome.BLOCKED, message, line, raised.stub)
            return Stopped(Outcome.TODO, STILL_STUB, line)
        if absent := self._absent(raised, line):
            return absent
        if raised.missing:
            owner, _, name = raised.missing.rpartition(".")
            message = (NO_ATTRIBUTE if owner else NOT_THERE).format(owner=owner, name=name)
            if owner and raised.there:
                message += HAS_OTHERS.format(names=_listed(raised.there))
            return Stopped(Outcome.FAIL, message, line)
        if none := self._gave_none(raised):
            return Stopped(Outcome.FAIL, none, line)
        if raised.forbidden:
            why = self._lecture.why_forbidden(self._exercise, raised.forbidden)
            message = CALLS_FORBIDDEN.format(name=raised.forbidden, why=why)
            return Stopped(Outcome.FAIL, _at(message, place), line)
        if raised.kind in ("ModuleNotFoundError", "SyntaxError") and (
            broken := self._broken_import(raised.message) or self._broken_cell(raised.message)
        ):
            return broken
        if raised.limit:
            message = LIMITS[raised.limit].format(limits=self._limits)
        elif raised.kind in ENDINGS:
            message = ENDINGS[raised.kind].format(message=raised.message)
        elif raised.kind == "ModuleNotFoundError" and (
            library := NO_MODULE.fullmatch(raised.message)
        ):
            message = NOT_INSTALLED.format(library=library[1].partition(".")[0])
        else:
            message = f"{raised.kind}: {raised.message}" if raised.message else raised.kind
        message = _at(message, place)
        if raised.kind in NOT_AT_HAND and place:
            message += ONLY_THE_DATA
        return Stopped(Outcome.ERROR, message, line, steps=self._steps(raised.frames))

    def died(self, died: Died, fate: Fate, seconds: float) -> Stopped:
        """`seconds` is the processor time that the probe was allowed."""
        frames = list(reversed(died.frames))
        place = self._place(frames)
        line = place[1] if place and place[0] == self._exercise.file else None
        if died.limit == "message":
            message = BROKE_PROTOCOL
        elif died.limit:
            message = LIMITS[died.limit].format(
                limits=self._limits,
                seconds=number(seconds),
                wall_seconds=number(seconds * WAITING),
            )
        elif fate.signal == signal.SIGKILL and not fate.by_itself:
            message = CLOSED_CHANNEL
        elif fate.signal in (signal.SIGPROF, signal.SIGXCPU):
            message = LIMITS["cpu"].format(seconds=number(seconds))
        elif fate.signal:
            name = _SIGNAL_NAMES.get(fate.signal, f"signal {fate.signal}")
            message = CRASHED.format(name=name, means=SIGNALS.get(name, "a crash"))
        else:
            message = ENDED_ITSELF.format(status=fate.status)
        return Stopped(Outcome.ERROR, _at(message, place), line, steps=self._steps(frames))

    def _absent(self, raised: Raised, line: int | None) -> Stopped | None:
        """What to say where a name was asked for that an exercise is to define, and is not there."""
        for dotted in names_asked_for(raised):
            for exercise in self._lecture.exercise:
                if dotted not in exercise.names or self._defines(exercise, dotted):
                    continue
                if exercise.id == self._exercise.id:
                    return self.missing(
                        [n for n in exercise.names if not self._defines(exercise, n)]
                    )
                message = NEEDS_ABSENT.format(
                    name=dotted, file=exercise.file, exercise=f"{self._lecture.id}.{exercise.id}"
                )
                return Stopped(Outcome.BLOCKED, message, line, exercise.id)
        return None

    def _defines(self, exercise: Exercise, dotted: str) -> bool:
        source = self._submission.files[exercise.file]
        return bool(source.trouble) or source.definition_line(dotted) is not None

    def _strayed(self, dotted: str) -> tuple[int, str] | None:
        """Where a name that is not where it belongs is defined instead, and how to say so."""
        holder, _, name = dotted.rpartition(".")
        source = self._submission.files[self._exercise.file]
        for line, within in find_anywhere(source.text, name) if source.code else ():
            if within != holder:
                where = f"{source.name}, line {line}"
                text = INSIDE if within else OUTSIDE
                return line, text.format(name=name, where=where, holder=within or holder)
        if source.code and (alike := find_alike(source.text, holder, name)):
            found, line = alike
            where = f"{source.name}, line {line}"
            return line, MISSPELT.format(found=found, where=where, name=name)
        return None

    def _gave_none(self, raised: Raised) -> str:
        """What to say where the probe was given None and asked it for an attribute."""
        _, is_none, name = raised.message.partition("'NoneType' object has no attribute ")
        learners = raised.frames and raised.frames[-1][0] in self._sources
        if raised.kind != "AttributeError" or not is_none or learners:
            return ""
        return GAVE_NONE.format(name=name.strip("'"))

    def _place(self, frames: list[Frame]) -> tuple[str, int, str] | None:
        """The innermost frame in the learner's own files: (file name, line, function)."""
        for path, line, function in reversed(frames):
            if self._line(path, line) is not None:
                return self._sources[path].name, line, function
        return None

    def _steps(self, frames: list[Frame]) -> tuple[Step, ...]:
        """The frames in the learner's own files, each with its line."""
        steps = []
        for path, line, function in frames:
            text = self._line(path, line)
            if text is not None and line not in self._sources[path].added:
                within = "" if function.startswith("<module") else function
                steps.append(Step(self._sources[path].name, line, within, text))
        return tuple(steps)

    def _line(self, path: str, line: int) -> str | None:
        """A line of the learner's own files; None where it is in none of them."""
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

    def _broken_cell(self, message: str) -> Stopped | None:
        """A function was called whose cell of a notebook is no Python."""
        for source in self._submission.files.values():
            for _, trouble in source.broken:
                if trouble.message == message:
                    own = source.name == self._exercise.file
                    return Stopped(Outcome.ERROR, message, trouble.line if own else None)
        return None

    def _broken_import(self, message: str) -> Stopped | None:
        """`import engine` failed because engine.py itself cannot be read."""
        for source in (*self._submission.files.values(), *self._submission.others.values()):
            stem = source.name.removesuffix(".py")
            if source.trouble and message == f"No module named '{stem}'":
                outcome = Outcome.TODO if source.trouble.absent else Outcome.ERROR
                message = f"{self._exercise.file} imports {stem}, and {source.trouble.message}"
                return Stopped(outcome, message)
        return None


_SIGNAL_NAMES = {s.value: s.name for s in signal.Signals}


def _at(message: str, place: tuple[str, int, str] | None) -> str:
    if place is None:
        return message
    file, line, function = place
    within = "" if function.startswith("<") else f", in {function}"
    return f"{message} ({file} line {line}{within})"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


STILL_STUB = "Not written yet: it still raises NotImplementedError."
REACHED_STUB = "which is not written yet."
NOT_DEFINED = "{file} does not define {names}."
INSIDE = " There is {name} in {where}, but inside {holder}: is it indented too far?"
OUTSIDE = " There is {name} in {where}, but outside of {holder}: is it indented too little?"
MISSPELT = " There is {found} in {where}: should it be called {name}?"
NEEDS_ABSENT = "It needs {name}, which {file} does not define: that is {exercise}."
NOT_THERE = "Your {name} is not there."
NO_ATTRIBUTE = "Your {owner} has no {name}."
HAS_OTHERS = " It has {names}."
NO_MODULE = re.compile(r"No module named '([\w.]+)'")
NOT_INSTALLED = (
    "{library} is not installed where your work is judged: do without it, or ask for it to be "
    "installed"
)
GAVE_NONE = (
    "Your code gave None, where something that has .{name} is expected: is a return missing?"
)
CALLS_FORBIDDEN = "It calls {name}. {why}"
CLOSED_CHANNEL = (
    "Your code closed what it had not opened: the file through which the process answers."
)
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
    "cpu": "Stopped at the time limit of {seconds} s: an endless loop?",
    "overrun": "Stopped at the time limit of {seconds} s: an endless loop?",
    "time": "Stopped after {wall_seconds} s of waiting: what it waits for does not come.",
    "memory": "Stopped at the memory limit of {limits.memory_mb} MB: something grows without end?",
    "processes": "Stopped at the process limit: an exercise may not start other processes.",
    "observation": "It returned more than {limits.observation_mb} MB.",
}
NOT_AT_HAND = ("FileNotFoundError", "NotADirectoryError", "URLError", "ConnectionError", "gaierror")
ONLY_THE_DATA = (
    ". Where work is graded there is no network, and no file but the course's own data, under its "
    "names"
)
ENDINGS = {
    "SystemExit": "Your code called exit (SystemExit: {message}); return the answer instead.",
    "KeyboardInterrupt": "Your code raised KeyboardInterrupt.",
    "RecursionError": "RecursionError: it calls itself without coming to an end.",
    "BdbQuit": "breakpoint() needs your terminal: check it with --debug, which gives it one.",
    "EOFError": "EOFError: it asks for input(), and nobody answers here. {message}",
}

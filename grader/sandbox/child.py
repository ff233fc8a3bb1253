"""The child: one process, one exercise. Loads the learner's files, runs probes, says what they saw.

Started from the zygote (`fork`) or as a program of its own (`spawn`). It is given inputs and
nothing else; whatever the learner's code does to this process, there is no answer in it to find.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import inspect
import marshal
import os
import signal
import sys
import time
import traceback
import types
from collections.abc import Iterator
from typing import Any, Literal, TextIO

import msgspec

from grader.sandbox import limits, namespaces, serialization
from grader.sandbox.forbidden_calls import TRIPWIRE, ForbiddenCall
from grader.sandbox.modules import MAX_PATH, ModuleSet, sendable
from grader.sandbox.preload import import_ahead, warm
from grader.sandbox.probes import run_probe
from grader.sandbox.protections import ALONE, Layer
from grader.sandbox.protocol import (
    MAX_FRAMES,
    MAX_LINE,
    MAX_NAME,
    MAX_NAMES,
    MAX_TEXT,
    Frame,
    LoadFiles,
    MissingReply,
    RaisedReply,
    ReadyReply,
    Reply,
    ReturnedReply,
    RunProbe,
    pack,
    to_child,
)
from grader.sandbox.seclusion import seclude

LINGER_SECONDS = 60
"""How long a child that cannot answer waits to be ended."""


def serve(channel: int, trace: int, layers: tuple[Layer, ...] = ()) -> None:
    """Answer the judge until it closes the channel. Does not return: the process ends here."""
    learner: _Learner | None = None
    try:
        _send(channel, pack(ReadyReply(layers)))
        while (data := _receive(channel)) is not None:
            message = to_child.decode(data)
            with watched(message.seconds, message.wall_seconds, trace):
                if isinstance(message, LoadFiles):
                    learner = _Learner(message, layers)
                    reply = learner.load_files()
                else:
                    assert learner is not None
                    reply = learner.run(message)
            _send(channel, pack(reply))
    except OSError as error:
        if error.errno == errno.EBADF:  # the learner's code closed it; the judge sees and says so
            time.sleep(LINGER_SECONDS)
    os._exit(0)


@contextlib.contextmanager
def watched(seconds: float, wall_seconds: float, trace: int) -> Iterator[None]:
    """Writes where the code is after so much processor time, and ends the process.

    In a cell the process is the first of its namespace, which no signal ends: the judge does that.

    Where the clock's time is over first, where it is is written as well: the judge finds out whether
    it waits for something, and ends it then. By signals: faulthandler's own timer is a thread, and a
    cell has none.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    faulthandler.register(signal.SIGPROF, file=trace, chain=True)
    # written differently from the above: by that the judge knows which of the two it was
    faulthandler.register(signal.SIGALRM, file=trace, all_threads=False)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds, wall_seconds)
    limits.allow_cpu_seconds(seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.unregister(signal.SIGPROF)  # else it is not registered anew
        _flush()


class _Learner:
    """The learner's files, made into modules, and the names an exercise asks of them."""

    def __init__(self, load: LoadFiles, layers: tuple[Layer, ...]) -> None:
        self.load = load
        self._layers = layers
        TRIPWIRE.guard(load.forbids)
        if load.seen:
            seclude(load.seen)
        self.modules = ModuleSet(
            {stem: marshal.loads(file.code) for stem, file in load.files.items()},
            {stem: marshal.loads(file.code) for stem, file in load.others.items()},
            load.package,
            load.stand_ins,
            register=True,
        )

    def load_files(self) -> Reply:
        """Import the exercise's file and see whether it has the names."""
        try:
            if self.load.module not in self.modules:
                return MissingReply([f"{self.load.module}.py"])
            module = self.modules.module(self.load.module)
        except BaseException as error:
            return self.raised(error)
        missing = [name for name in self.load.names if not _has(module, name)]
        if not missing or len(missing) < len(self.load.names):
            return ReadyReply(missing=missing)
        for name in missing:
            if why := self.modules.why_missing(self.load.module, name.split(".")[0]):
                return msgspec.structs.replace(self.raised(why), alone=True)
        return MissingReply(missing)

    def run(self, run: RunProbe) -> Reply:
        if run.quiet:
            _silence()
        if absent := [f"{stem}.py" for stem in run.modules if stem not in self.modules]:
            return MissingReply(absent)
        try:
            for stem in run.modules:
                self.modules.module(stem)
            with TRIPWIRE.armed(self.load.forbids):
                value, changed = run_probe(run.call, self.modules)
                return ReturnedReply(serialization.encode(value), changed)
        except BaseException as error:
            return self.raised(error)

    def raised(self, error: BaseException) -> RaisedReply:
        error = self.modules.cause(error)
        frames = _frames(error)
        message = _text(error)
        missing = self._missing_attribute(error, frames)
        return RaisedReply(
            kind=sendable(type(error).__name__, MAX_NAME),
            message=message,
            frames=frames,
            stub=message if isinstance(error, NotImplementedError) else None,
            file=_file(error),
            missing=sendable(missing, MAX_TEXT),
            there=_attributes(error.obj) if missing and isinstance(error, AttributeError) else [],
            limit=self._limit(error, message),
            forbidden=sendable(error.name, MAX_NAME) if isinstance(error, ForbiddenCall) else "",
        )

    def _limit(self, error: BaseException, message: str) -> Literal["", "memory", "processes"]:
        if isinstance(error, MemoryError) or "can't allocate memory" in message:
            return "memory"
        if isinstance(error, RuntimeError) and message == "can't start new thread":
            return "processes" if Layer.CELL_CALLS in self._layers else "memory"
        return "processes" if isinstance(error, BlockingIOError) else ""

    def _missing_attribute(self, error: BaseException, frames: list[Frame]) -> str:
        """What the probe, not the learner, asked the learner's own object for in vain."""
        if not isinstance(error, AttributeError) or not error.name:
            return ""
        paths = {file.path for file in (*self.load.files.values(), *self.load.others.values())}
        if not frames or frames[-1][0] in paths:
            return ""
        if isinstance(error.obj, types.ModuleType):
            return error.name if error.obj.__name__ in self.modules else ""
        owner = error.obj if isinstance(error.obj, type) else type(error.obj)
        return f"{owner.__name__}.{error.name}" if owner.__module__ in self.modules else ""


def _attributes(thing: object) -> list[str]:
    """Names on an object of the learner's, its own before its class's; none of Python's."""
    own = [*getattr(thing, "__dict__", ()), *(() if isinstance(thing, type) else vars(type(thing)))]
    names = [name for name in dict.fromkeys(own) if not name.startswith("__")]
    return [sendable(name, MAX_NAME) for name in names[:MAX_NAMES]]


def _frames(error: BaseException) -> list[Frame]:
    steps = traceback.walk_tb(error.__traceback__)
    frames = [(f.f_code.co_filename, line, f.f_code.co_name) for f, line in steps]
    return [
        # code that was not compiled from a file may say any line, or none
        (sendable(path, MAX_PATH), min(max(line or 1, 1), MAX_LINE), sendable(name, MAX_NAME))
        for path, line, name in (
            frames if len(frames) <= MAX_FRAMES else frames[:20] + frames[-20:]
        )
    ]


def _file(error: BaseException) -> str:
    """The file that an OSError is about, as it was asked for."""
    name = error.filename if isinstance(error, OSError) else None
    return sendable(name, MAX_TEXT) if isinstance(name, str) else ""


def _text(error: BaseException) -> str:
    try:
        return sendable(str(error), MAX_TEXT)
    except BaseException:  # its own __str__ may do anything
        return ""


def _has(module: types.ModuleType, dotted: str) -> bool:
    holder: Any = module
    for name in dotted.split("."):
        if isinstance(holder, type) and name not in dir(object):
            found = any(name in vars(base) for base in holder.__mro__)
        elif isinstance(holder, type):  # __eq__, __init__: everything has one, so it must be theirs
            found = any(name in vars(base) for base in holder.__mro__[:-1])
        else:
            found = name in vars(module)
        if not found:
            return False
        holder = inspect.getattr_static(holder, name)
    return True


def settle_in_sandbox(
    output: int,
    trace: int,
    memory_mb: int,
    folder: str | bytes,
    walls: tuple[Layer, ...] | None = None,
) -> tuple[Layer, ...]:
    """Everything a child gives up before it meets the learner's code: what stands between them then.

    `walls` are those around the cell that it is in, where it is in one.
    """
    limits.die_with_parent()
    with contextlib.suppress(OSError):
        os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as we live
    sys.stdout, sys.stderr = _lines_to(1), _lines_to(2)
    sys.argv = [""]
    faulthandler.enable(file=trace)
    layers = {*ALONE, *(walls or ())}
    if limits.limit_resources(memory_mb):
        layers.add(Layer.MEMORY)
    if walls is not None:
        layers |= namespaces.lock()
    else:
        with contextlib.suppress(OSError):
            os.chdir(folder)
        if os.geteuid() != 0:
            layers.add(Layer.USER)
    if limits.forbid_processes(in_cell=walls is not None):
        layers |= {Layer.CALLS} if walls is None else {Layer.CALLS, Layer.CELL_CALLS}
    return tuple(layer for layer in Layer if layer in layers)


def settle_in_foreground(
    _output: int, trace: int, _memory_mb: int, folder: str | bytes
) -> tuple[Layer, ...]:
    """For `--debug`: the learner's own terminal and no limits, so that breakpoint() works."""
    limits.die_with_parent()
    sys.argv = [""]
    with contextlib.suppress(OSError):
        os.chdir(folder)
    faulthandler.enable(file=trace)
    return (Layer.PROCESS,)


def _lines_to(fd: int) -> TextIO:
    """Written line by line, so that what was printed before a crash or a limit is seen."""
    return open(fd, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _receive(channel: int) -> bytes | None:
    head = _read(channel, serialization.HEADER_SIZE)
    return None if head is None else _read(channel, serialization.size_of(head))


def _read(channel: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(channel, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _send(channel: int, data: bytes) -> None:
    view = memoryview(serialization.header(len(data)) + data)
    while view:
        view = view[os.write(channel, view) :]


def main(arguments: list[str]) -> None:
    """A child that was not forked: it imports torch itself."""
    warm()
    import_ahead(arguments[6:])
    channel, output, trace, memory_mb, foreground = map(int, arguments[:5])
    settle = settle_in_foreground if foreground else settle_in_sandbox
    serve(channel, trace, settle(output, trace, memory_mb, arguments[5]))


if __name__ == "__main__":
    main(sys.argv[1:])

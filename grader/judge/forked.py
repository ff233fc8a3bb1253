"""A question answered in a fork of this process, with limits: it can leave nothing behind.

The course's own code is run beside what a learner's code gave: known mistakes, and the worked
solution. Such code may recurse without end, crash, loop, or change the recursion limit of the
process it runs in. In the judge it would take the judge along, or spoil the next learner's verdict.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import selectors
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import msgspec

from grader.course.manifest import Limits
from grader.judge.process_state import restored
from grader.sandbox import limits as process_limits
from grader.sandbox import serialization

CAN_FORK = sys.platform == "linux"
"""macOS's libraries do not survive a fork; there the question is answered in this process."""
PATIENCE = 20.0
"""How many times the processor time that is allowed may pass on the clock: a machine may be busy."""
_FAULT = b"!"
"""What the message about a fault of the question itself begins with; an answer begins with `=`."""

Say = Callable[[bytes], None]
Question = Callable[[Say], None]
"""Says any number of answers. `more_time` gives it the limit's seconds anew."""


class Answers(msgspec.Struct, frozen=True):
    """What was said, and whether the process came to the end of the question."""

    said: tuple[bytes, ...]
    finished: bool


class QuestionFailed(RuntimeError):
    """The question raised: a fault of the course or of zth, with its traceback as text."""


def ask(question: Question, limits: Limits) -> Answers:
    """What a question says in a process of its own.

    Where it is stopped at a limit or dies, `finished` is False and what it said before is there.
    Raises QuestionFailed where the question itself raises.
    """
    return _ask_fork(question, limits) if CAN_FORK else _ask_here(question)


def more_time(seconds: float) -> None:
    """Allow that much processor time from now on, in a process that answers a question."""
    if CAN_FORK:
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _ask_here(question: Question) -> Answers:
    said: list[bytes] = []
    with (
        restored(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(action="ignore"),
    ):
        question(said.append)
    return Answers(tuple(said), finished=True)


def _ask_fork(question: Question, limits: Limits) -> Answers:
    reading, writing = os.pipe()
    with warnings.catch_warnings(action="ignore"):  # Python 3.12 warns where there are threads
        pid = os.fork()
    if pid == 0:
        _answer(question, writing, limits)
    os.close(writing)
    try:
        heard = _hear(pid, reading, limits.seconds * PATIENCE)
    finally:
        os.close(reading)
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    messages = _split(heard)
    for message in messages:
        if message.startswith(_FAULT):
            raise QuestionFailed(message[1:].decode("utf-8", "replace"))
    # it closes the pipe by ending, so its own end always comes before the kill
    finished = bool(messages) and messages[-1] == b""
    return Answers(tuple(message[1:] for message in messages if message), finished)


def _hear(pid: int, pipe: int, seconds: float) -> bytes:
    """What a process says until it ends, or until nothing has come for so many seconds."""
    os.set_blocking(pipe, False)
    heard = bytearray()
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        selector.register(pipe, selectors.EVENT_READ)
        with contextlib.suppress(OSError):  # an old kernel: the pipe's end has to do
            ended = os.pidfd_open(pid)  # a process that it left may hold the pipe open
            stack.callback(os.close, ended)
            selector.register(ended, selectors.EVENT_READ)
        while ready := {key.fd for key, _ in selector.select(seconds)}:
            part = b""
            with contextlib.suppress(BlockingIOError):
                part = os.read(pipe, 1 << 20)
            heard += part
            if not part and (pipe in ready or len(ready) == 1):
                break
    return bytes(heard)


def _split(heard: bytes) -> list[bytes]:
    """The whole messages in what was heard."""
    messages, at = [], 0
    while len(heard) >= at + serialization.HEADER_SIZE:
        size = serialization.size_of(heard[at : at + serialization.HEADER_SIZE])
        at += serialization.HEADER_SIZE + size
        if at > len(heard):
            break
        messages.append(heard[at - size : at])
    return messages


def _answer(question: Question, pipe: int, limits: Limits) -> NoReturn:
    """The fork: from here on this is another process, which ends here."""
    try:
        _settle(pipe, limits)
        try:
            with restored():
                question(lambda message: _write(pipe, b"=" + message))
            _write(pipe, b"")
        except BaseException:
            _write(pipe, _FAULT + traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(0)


def _settle(pipe: int, limits: Limits) -> None:
    """Give up what the fork shares with the judge: its terminal, its files, its signal handlers."""
    process_limits.die_with_parent()
    os.setsid()
    faulthandler.disable()
    for number in (signal.SIGPROF, signal.SIGTERM, signal.SIGALRM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    for name in Path("/proc/self/fd").iterdir():  # the judge's: that it is gone must be seen
        fd = int(name.name)
        if fd > 2 and fd != pipe:
            with contextlib.suppress(OSError):
                os.close(fd)
    # the objects, too: a lock of theirs may be held by a thread that this process does not have
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as we live
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    warnings.simplefilter("ignore")
    process_limits.limit_resources(limits.memory_mb)
    more_time(limits.seconds)


def _write(pipe: int, message: bytes) -> None:
    view = memoryview(serialization.header(len(message)) + message)
    while view:
        view = view[os.write(pipe, view) :]

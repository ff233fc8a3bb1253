"""A judge in a process of its own, which stays: asked for one verdict after another.

A new order makes it drop the one before. It also holds the keys of the terminal: where the process
that asks is killed, the judge puts the terminal back as that process had found it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import tempfile
import termios
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from grader.course.manifest import Course, Exercise, Lecture, load_course
from grader.errors import UserError
from grader.judge.results import LectureResult, Outcome

if TYPE_CHECKING:
    from grader.judge.session import Judge

END_SECONDS = 3
"""How long it may take to stop before it is killed."""


class Hello(msgspec.Struct, tag=True, frozen=True):
    """How the terminal was found: six numbers, and its control characters."""

    modes: list[int]
    characters: list[bytes | int]


class Order(msgspec.Struct, tag=True, frozen=True):
    """A verdict that is wanted; `number` comes back with it."""

    number: int
    exercises: tuple[str, ...]
    on_data: bool


class Bye(msgspec.Struct, tag=True, frozen=True):
    """Nothing more is wanted, and the terminal is as it was."""


class Ready(msgspec.Struct, tag=True, frozen=True):
    """The checks are collected."""


class Begun(msgspec.Struct, tag=True, frozen=True):
    """The exercise that is judged now."""

    number: int
    exercise: str


class Verdict(msgspec.Struct, tag=True, frozen=True):
    number: int
    result: LectureResult
    waiting: tuple[str, ...]
    """Exercises that passed, and still have checks to pass on a whole data set."""


class Failed(msgspec.Struct, tag=True, frozen=True):
    """It cannot go on: a UserError's two sentences, or the traceback of a fault of ours."""

    message: str
    fix: str = ""
    trace: str = ""


class Gone(msgspec.Struct, tag=True, frozen=True):
    """It ended and said nothing of it; what it printed tells more."""

    status: int
    printed: str


ToJudge = Hello | Order | Bye
FromJudge = Ready | Begun | Verdict | Failed | Gone

_to_judge = msgspec.msgpack.Decoder(ToJudge)
_from_judge = msgspec.msgpack.Decoder(FromJudge)
_pack = msgspec.msgpack.Encoder().encode


class WarmJudge:
    """The judge of one lecture of a workspace, seen from outside. A context manager."""

    def __init__(
        self,
        course: Course,
        lecture: Lecture,
        workspace: Path,
        terminal: int = -1,
        found: list[Any] | None = None,
    ) -> None:
        """`terminal` is put back as it was `found`, as tcgetattr gives it, where we are killed."""
        self._arguments = [str(course.root), lecture.id, str(workspace)]
        self._terminal = terminal
        self._found = found
        self._ready = False

    def __enter__(self) -> Self:
        import socket

        ours, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()
        # a descriptor of its own: the terminal is our standard input, and the judge has none
        terminal = os.dup(self._terminal) if self._found is not None else -1
        with theirs:
            fds = theirs.fileno(), terminal
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, *map(str, fds), *self._arguments],
                pass_fds=[fd for fd in fds if fd >= 0],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                start_new_session=True,  # a Ctrl-C is for the one who watches
            )
        self._channel = Connection(ours.detach())
        if terminal >= 0:
            os.close(terminal)
        if self._found is not None:
            *modes, characters = self._found
            self._tell(Hello(modes, characters))
        return self

    def __exit__(self, *_: object) -> None:
        self._tell(Bye())
        self._channel.close()
        if not self._ready:  # it imports torch and hears nothing; its zygote ends with it
            self._process.kill()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def fileno(self) -> int:
        return self._channel.fileno()

    def ask(self, order: Order) -> None:
        """Order a verdict; the one before is not wanted any more."""
        self._tell(order)

    def hear(self) -> FromJudge:
        """The next thing it says; waits for it."""
        try:
            message: FromJudge = _from_judge.decode(self._channel.recv_bytes())
            self._ready = True
            return message
        except (EOFError, OSError):
            self._process.wait()
            self._said.seek(0)
            said = self._said.read().decode("utf-8", "replace").strip()
            return Gone(self._process.returncode, said)

    def _tell(self, message: ToJudge) -> None:
        with contextlib.suppress(OSError):  # gone: `hear` tells how
            self._channel.send_bytes(_pack(message))


class _Bench:
    """The judge's own side."""

    def __init__(self, channel: Connection, terminal: int) -> None:
        self._channel = channel
        self._terminal = terminal
        self._hello: Hello | None = None

    def say(self, message: FromJudge) -> None:
        with contextlib.suppress(OSError):  # nobody is there: the next order tells
            self._channel.send_bytes(_pack(message))

    def next_order(self) -> Order:
        """The latest order; those before it are stale. Ends the process where there are no more."""
        order: Order | None = None
        while order is None or self._channel.poll():
            try:
                message: ToJudge = _to_judge.decode(self._channel.recv_bytes())
            except (EOFError, OSError):
                self._put_terminal_back()
                raise SystemExit from None
            if isinstance(message, Bye):
                raise SystemExit
            if isinstance(message, Hello):
                self._hello = message
            else:
                order = message
        return order

    def _put_terminal_back(self) -> None:
        if self._hello is None:
            return
        with contextlib.suppress(termios.error, OSError):
            attributes = [*self._hello.modes, self._hello.characters]
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, attributes)  # type: ignore[arg-type] # as tcgetattr gave it
            os.write(self._terminal, SHOW_CURSOR)


def serve(root: Path, lecture_id: str, workspace: Path, bench: _Bench, interrupt: int) -> None:
    """Judge as ordered until nothing more is wanted."""
    from grader.course.targets import Selection
    from grader.judge.sandbox import Interrupted, Sandbox
    from grader.judge.submission import read_submission

    course = load_course(root)
    lecture = next(lecture for lecture in course.lectures if lecture.id == lecture_id)

    def begun(number: int, exercise: Exercise) -> None:
        bench.say(Begun(number, exercise.id))

    def work(judge: Judge) -> None:
        bench.say(Ready())
        while True:
            order = bench.next_order()
            chosen = tuple(e for e in lecture.exercise if e.id in order.exercises)
            submission = read_submission(workspace / "exercises" / lecture.dir, lecture)
            with contextlib.suppress(Interrupted):
                result = judge.judge(
                    Selection(lecture, chosen),
                    submission,
                    on_start=functools.partial(begun, order.number),
                    on_data=order.on_data,
                )
                waiting = () if order.on_data else _waiting(judge, lecture, result)
                bench.say(Verdict(order.number, result, waiting))

    with Sandbox(forbids=course.forbids, interrupt=interrupt) as sandbox:
        from grader.judge.session import with_judge  # imports torch while the zygote does

        with_judge(course, [lecture], work, sandbox)


def _waiting(judge: Judge, lecture: Lecture, result: LectureResult) -> tuple[str, ...]:
    return tuple(
        e.id
        for e in result.exercises
        if e.outcome is Outcome.PASS and judge.waits_for_data(lecture, lecture.find(e.id))
    )


def main(fd: str, terminal: str, root: str, lecture: str, workspace: str) -> None:
    channel = Connection(int(fd))
    bench = _Bench(channel, int(terminal))
    try:
        serve(Path(root), lecture, Path(workspace), bench, int(fd))
    except UserError as error:
        bench.say(Failed(error.message, error.fix))
    except SystemExit:
        pass
    except Exception as error:  # whoever asked shows it, with its traceback
        bench.say(Failed(str(error), trace=traceback.format_exc()))
    os._exit(0)  # nobody has to wait for torch to be taken apart


SHOW_CURSOR = b"\x1b[?25h"

if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the end of the channel says it better
    main(*sys.argv[1:])

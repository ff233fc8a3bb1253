"""A judge in a process of its own, which stays: asked for one verdict after another.

A new order makes it drop the one before. It also holds the keys of the terminal: where the process
that asks is killed, the judge puts the terminal back as that process had found it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from grader.course.manifest import Course, Exercise, Lecture, load_course
from grader.judge.worker_process import (
    ParentChannel,
    ParentExited,
    Process,
    WorkerFailed,
    WorkerReady,
    run,
)
from grader.results import LectureResult, Outcome

if TYPE_CHECKING:
    from grader.judge.judge import Judge


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


class ExerciseStarted(msgspec.Struct, tag=True, frozen=True):
    """The exercise that is judged now."""

    number: int
    exercise: str


class Response(msgspec.Struct, tag=True, frozen=True):
    number: int
    result: LectureResult
    waiting: tuple[str, ...]
    """Exercises that passed, and still have checks to pass on a whole data set."""


ToJudge = Hello | Order | Bye
FromJudge = WorkerReady | ExerciseStarted | Response | WorkerFailed

_to_judge = msgspec.msgpack.Decoder(ToJudge)
_from_judge = msgspec.msgpack.Decoder(FromJudge)


class WarmJudge(Process):
    """The judge of one lecture of a workspace, seen from outside. A context manager.

    `ask` for a verdict; what it says comes with `answer`.
    """

    def __init__(
        self,
        course: Course,
        lecture: Lecture,
        workspace: Path,
        terminal: int = -1,
        found: list[Any] | None = None,
    ) -> None:
        """`terminal` is put back as it was `found`, as tcgetattr gives it, where we are killed."""
        # a descriptor of its own: the terminal is our standard input, and the judge has none
        self._terminal = os.dup(terminal) if found is not None else -1
        self._found = found
        self._ready = False
        super().__init__(
            __name__,
            [str(self._terminal), str(course.root), lecture.id, str(workspace)],
            [self._terminal] if self._found is not None else [],
        )

    def __enter__(self) -> Self:
        super().__enter__()
        if self._found is not None:
            os.close(self._terminal)
            *modes, characters = self._found
            self.tell(Hello(modes, characters))
        return self

    def __exit__(self, *raised: object) -> None:
        self.tell(Bye())
        if not self._ready:  # it imports torch and hears nothing; its zygote ends with it
            self.kill()
        super().__exit__(*raised)

    def ask(self, order: Order) -> None:
        """Order a verdict; the one before is not wanted any more."""
        self.tell(order)

    def answer(self) -> FromJudge:
        """The next thing it says; waits for it. Raises Ended where it is gone."""
        message: FromJudge = self.hear(_from_judge)
        self._ready = True
        return message


class _JudgeServer:
    """The judge's own side."""

    def __init__(self, parent: ParentChannel, terminal: int) -> None:
        self._parent = parent
        self._terminal = terminal
        self._hello: Hello | None = None

    def say(self, message: msgspec.Struct) -> None:
        self._parent.say(message)

    def next_order(self) -> Order:
        """The latest order; those before it are stale. Raises Alone where there are no more."""
        order: Order | None = None
        while order is None or self._parent.has_more():
            try:
                message: ToJudge = self._parent.hear(_to_judge)
            except ParentExited:
                self._put_terminal_back()
                raise
            if isinstance(message, Bye):
                raise ParentExited
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


def serve(
    root: Path, lecture_id: str, workspace: Path, bench: _JudgeServer, interrupt: int
) -> None:
    """Judge as ordered until nothing more is wanted."""
    from grader.course.targets import Selection
    from grader.sandbox.sandbox import Interrupted, Sandbox
    from grader.source.files import read_submission

    course = load_course(root)
    lecture = course.lecture(lecture_id)

    def begun(number: int, exercise: Exercise) -> None:
        bench.say(ExerciseStarted(number, exercise.id))

    with Sandbox(forbids=course.forbids, interrupt=interrupt) as sandbox:
        from grader.judge.course_faults import own_faults
        from grader.judge.judge import open_judge  # imports torch while the zygote does

        with own_faults(course), open_judge(course, [lecture], sandbox) as judge:
            bench.say(WorkerReady())
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
                    bench.say(Response(order.number, result, waiting))


def _waiting(judge: Judge, lecture: Lecture, result: LectureResult) -> tuple[str, ...]:
    return tuple(
        e.id
        for e in result.exercises
        if e.outcome is Outcome.PASS and judge.waits_for_data(lecture, lecture.find(e.id))
    )


def main(fd: str, terminal: str, root: str, lecture: str, workspace: str) -> None:
    def work(parent: ParentChannel) -> None:
        serve(Path(root), lecture, Path(workspace), _JudgeServer(parent, int(terminal)), int(fd))

    run(int(fd), work)


SHOW_CURSOR = b"\x1b[?25h"

if __name__ == "__main__":
    main(*sys.argv[1:])

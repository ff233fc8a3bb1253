"""A judge in a process of its own, for one submission after another: the hand of every executor.

What goes in is a learner's source, what comes out is a result; the solutions never leave the process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from grader.course.manifest import Course, load_course
from grader.errors import UserError
from grader.judge.results import LectureResult
from grader.judge.submission import Submission

if TYPE_CHECKING:
    from grader.judge.session import Judge

END_SECONDS = 5


class Job(msgspec.Struct, tag=True, frozen=True):
    """One learner's work on one lecture, to be judged."""

    who: str
    lecture: str
    exercises: tuple[str, ...]
    submission: Submission
    seed: int


class Marked(msgspec.Struct, tag=True, frozen=True):
    """What became of a job."""

    who: str
    lecture: str
    result: LectureResult


class Ready(msgspec.Struct, tag=True, frozen=True):
    """The checks are collected."""


class Failed(msgspec.Struct, tag=True, frozen=True):
    """It cannot go on: a UserError's two sentences, or the traceback of a fault of ours."""

    message: str
    fix: str = ""
    trace: str = ""


class Setting(msgspec.Struct, frozen=True):
    """What a worker judges with: the same for all workers of a run."""

    course: str
    """Its folder."""
    lectures: tuple[str, ...]
    isolation: str
    hide: tuple[str, ...] = ()
    """Folders that no submission may see: the course, and the submissions themselves."""


class WorkerDied(Exception):
    """It ended and gave no answer: killed, or out of memory."""


_to_worker = msgspec.msgpack.Decoder(Job)
_FromWorker = Ready | Marked | Failed
_from_worker = msgspec.msgpack.Decoder(_FromWorker)
_pack = msgspec.msgpack.Encoder().encode


class Worker:
    """The process, seen from outside. A context manager; `send` a job, then `receive` its mark."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def __enter__(self) -> Self:
        ours, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                start_new_session=True,  # a Ctrl-C is for the one who counts
            )
        self._channel = Connection(ours.detach())
        with contextlib.suppress(OSError):  # `receive` tells how it ended
            self._channel.send_bytes(msgspec.msgpack.encode(self._setting))
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._said.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        return self._channel.fileno()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def send(self, job: Job) -> None:
        with contextlib.suppress(OSError):  # `receive` tells how it ended
            self._channel.send_bytes(_pack(job))

    def receive(self) -> Marked | None:
        """The next mark; None where it only says that it is ready.

        Raises UserError and RuntimeError as the judge had them, WorkerDied where it is gone.
        """
        try:
            message = _from_worker.decode(self._channel.recv_bytes())
        except (EOFError, OSError):
            self._process.wait()
            self._said.seek(0)
            said = self._said.read().decode("utf-8", "replace").strip()
            raise WorkerDied(f"ended with {self._process.returncode}\n{said}".strip()) from None
        if isinstance(message, Failed):
            if message.fix:
                raise UserError(message.message, message.fix)
            raise RuntimeError(f"{message.message}\n{message.trace}")
        return message if isinstance(message, Marked) else None


def _serve(channel: Connection) -> None:
    from grader.judge.isolation import Isolation
    from grader.judge.sandbox import Sandbox

    setting = msgspec.msgpack.decode(channel.recv_bytes(), type=Setting)
    course = load_course(Path(setting.course))
    lectures = [lecture for lecture in course.lectures if lecture.id in setting.lectures]
    hide = [Path(folder) for folder in setting.hide]

    def work(judge: Judge) -> None:
        _say(channel, Ready())
        while True:
            try:
                job = _to_worker.decode(channel.recv_bytes())
            except (EOFError, OSError):
                return
            _say(channel, Marked(job.who, job.lecture, _judge(judge, course, job)))

    with Sandbox(Isolation(setting.isolation), forbids=course.forbids, hide=hide) as sandbox:
        from grader.judge.session import with_judge  # imports torch while the zygote does

        with_judge(course, lectures, work, sandbox)


def _judge(judge: Judge, course: Course, job: Job) -> LectureResult:
    from grader.course.targets import Selection

    lecture = next(lecture for lecture in course.lectures if lecture.id == job.lecture)
    chosen = tuple(e for e in lecture.exercise if e.id in job.exercises)
    return judge.judge(Selection(lecture, chosen), job.submission, job.seed)


def _say(channel: Connection, message: _FromWorker) -> None:
    with contextlib.suppress(OSError):  # nobody is there: the next job does not come
        channel.send_bytes(_pack(message))


def main(arguments: Sequence[str]) -> None:
    channel = Connection(int(arguments[0]))
    try:
        _serve(channel)
    except UserError as error:
        _say(channel, Failed(error.message, error.fix))
    except Exception as error:  # whoever gave the job shows it, with its traceback
        _say(channel, Failed(str(error), trace=traceback.format_exc()))
    os._exit(0)  # nobody has to wait for torch to be taken apart


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the end of the channel says it better
    main(sys.argv[1:])

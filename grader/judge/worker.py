"""A judge in a process of its own, for one submission after another.

What goes in is a learner's source, what comes out is a result; the solutions never leave the process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from grader.course.data import data_at_hand, find_data, locate
from grader.course.manifest import Course, load_course
from grader.failures import Raised
from grader.judge.worker_process import (
    ParentChannel,
    Process,
    WorkerEnded,
    WorkerFailed,
    WorkerReady,
    run,
)
from grader.results import LectureResult
from grader.source.files import Submission

if TYPE_CHECKING:
    from grader.judge.judge import Judge

TRIES = 2
"""How often a job is given to a judge. The last time without a diagnosis, which runs known mistakes on
what the learner's code gives, and so may be what ends the judge."""


class Job(msgspec.Struct, tag=True, frozen=True):
    """One learner's work on one lecture, to be judged."""

    who: str
    lecture: str
    exercises: tuple[str, ...]
    submission: Submission
    seed: int
    diagnose: bool = True
    """Whether mistakes are looked up by name."""

    def again(self) -> Job:
        """The job for another judge, after one has died with it."""
        return msgspec.structs.replace(self, diagnose=False)


class JobResult(msgspec.Struct, tag=True, frozen=True):
    """What became of a job."""

    who: str
    lecture: str
    result: LectureResult
    ungraded: str = ""
    """Why there is no result: no judge survived it. That is our fault, and never a learner's 0."""


class JudgeConfig(msgspec.Struct, frozen=True):
    """What a worker judges with: the same for all workers of a run."""

    course: str
    """Its folder."""
    lectures: tuple[str, ...]
    isolation: str
    hide: tuple[str, ...] = ()
    """Folders that no submission may see: the course, and the submissions themselves."""
    as_in_class: bool = True
    """Whether each exercise runs in a new folder, with nothing in it but the course's data sets."""


_to_worker = msgspec.msgpack.Decoder(Job)
_setting = msgspec.msgpack.Decoder(JudgeConfig)
_from_worker = msgspec.msgpack.Decoder(WorkerReady | JobResult | WorkerFailed)


class Worker(Process):
    """The process, seen from outside. A context manager; `send` a job, then `receive` its mark."""

    def __init__(self, setting: JudgeConfig, core: int | None = None) -> None:
        """`core` is the one it keeps to, with all the processes it has."""
        super().__init__(__name__)
        self._setting = setting
        self.core = core

    def __enter__(self) -> Self:
        super().__enter__()
        if self.core is not None:
            with contextlib.suppress(OSError):  # taken from us since; it judges all the same
                os.sched_setaffinity(self.pid, {self.core})
        self.tell(self._setting)
        return self

    def send(self, job: Job) -> None:
        self.tell(job)

    def receive(self) -> JobResult | None:
        """The next mark; None if it only says that it is ready.

        Raises UserError and RuntimeError as the judge had them, Ended where it is gone.
        """
        message = self.hear(_from_worker)
        return message if isinstance(message, JobResult) else None


def crashed_result(job: Job, setting: JudgeConfig, end: WorkerEnded) -> JobResult:
    """What is said of a job that no judge survived: it is not graded, and why."""
    result = LectureResult(job.lecture, job.seed, setting.isolation, (), 0)
    return JobResult(job.who, job.lecture, result, UNJUDGED.format(status=_how(end.status)))


def _how(status: int) -> str:
    """How a process ended, in words.

    >>> _how(-9), _how(1)
    ('signal 9 (SIGKILL)', 'exit code 1')
    """
    if status >= 0:
        return f"exit code {status}"
    with contextlib.suppress(ValueError):
        return f"signal {-status} ({signal.Signals(-status).name})"
    return f"signal {-status}"


def _serve(parent: ParentChannel) -> None:
    from grader.sandbox.isolation import Isolation
    from grader.sandbox.sandbox import Sandbox

    setting = parent.hear(_setting)
    course = load_course(Path(setting.course))
    lectures = [lecture for lecture in course.lectures if lecture.id in setting.lectures]
    hide = [Path(folder) for folder in setting.hide]

    data = data_at_hand(course) if setting.as_in_class else None
    isolation = Isolation(setting.isolation)
    with Sandbox(isolation, forbids=course.forbids, hide=hide, data=data) as sandbox:
        from grader.judge.course_faults import own_faults
        from grader.judge.judge import open_judge  # imports torch while the zygote does

        with own_faults(course), open_judge(course, lectures, sandbox) as judge:
            parent.say(WorkerReady())
            while True:
                job = parent.hear(_to_worker)
                result = _judge(judge, course, job)
                parent.say(JobResult(job.who, job.lecture, result, without_data(course, result)))


def without_data(course: Course, result: LectureResult) -> str:
    """Why a work cannot be graded here: it reads a data set of the course's that is not on this machine.

    Empty if it does not.
    """
    failures = [check.failure for e in result.exercises for check in e.failing]
    asked = {f.file.removeprefix("./") for f in failures if isinstance(f, Raised)}
    for dataset in course.manifest.data:
        if dataset.name in asked and not find_data(dataset):
            found = locate(dataset)
            return NO_DATA.format(name=dataset.name, why=found.why, fix=found.fix)
    return ""


def _judge(judge: Judge, course: Course, job: Job) -> LectureResult:
    from grader.course.targets import Selection

    lecture = course.lecture(job.lecture)
    chosen = tuple(e for e in lecture.exercise if e.id in job.exercises)
    return judge.judge(Selection(lecture, chosen), job.submission, job.seed, diagnose=job.diagnose)


UNJUDGED = "The judge ended twice while it judged this: {status}."
NO_DATA = "It reads {name}, which this machine does not have. {why} {fix}"

if __name__ == "__main__":
    run(int(sys.argv[1]), _serve)

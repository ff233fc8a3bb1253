"""A Dask cluster as an executor: the same workers, on as many machines as there are.

Every machine has a zth and a course of its own, which must be the same as ours; nothing of a course
travels. A learner's source goes one way and a result the other, both as bytes that the scheduler does
not read: it needs neither zth nor a course.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import platform
import queue
import signal
import time
import uuid
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from grader.course.manifest import bundled_course, load_course
from grader.errors import UserError
from grader.grading.fingerprints import Digests
from grader.judge.pool import POOL
from grader.judge.worker import Job, JobResult, JudgeConfig, crashed_result
from grader.judge.worker_process import WorkerEnded, WorkerFailed
from grader.sandbox.bubblewrap import must_work
from grader.sandbox.isolation import Isolation

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 5.0
LOOK_SECONDS = 1.0
"""How often is looked for workers that have come or gone."""
MOST_LOSSES = 4
"""Workers that may be lost with a job in their hands, before it is said to be what ends them."""
AT_HAND = 2
"""Jobs of a worker's slot: one at work, and one to go on with."""

_job = msgspec.msgpack.Decoder(Job)
_setting = msgspec.msgpack.Decoder(JudgeConfig)
_answer = msgspec.msgpack.Decoder(JobResult | WorkerFailed)


class Equipment(msgspec.Struct, frozen=True):
    """What a verdict depends on besides the submission: the same on every machine of a run."""

    zth: str
    python: str
    torch: str
    course: str
    """Its digest, and the judge's."""

    def unlike(self, other: Equipment) -> str:
        """What is different with `other`, in words; empty if nothing is."""
        for name in ("zth", "python", "torch"):
            ours, theirs = getattr(self, name), getattr(other, name)
            if ours != theirs:
                return f"it has {name} {theirs}, not {ours}"
        return "" if self.course == other.course else "its course is another one"


def mark_on(
    cluster: str, jobs: Iterable[Job], setting: JudgeConfig, tell: Callable[[str], None]
) -> Iterator[JobResult]:
    """The mark of every job, as they come, from the workers of a Dask cluster.

    `cluster` is the scheduler's address. Workers may come and go: a job whose worker is lost is given
    to another. `tell` is given a sentence on each worker that cannot be used. Raises UserError if
    nobody answers there, or none of the workers will do.
    """
    with _connected(cluster) as client:
        crew = _Crew(client, setting, tell)
        crew.muster()
        yield from _hand_out(client, crew, jobs, setting)


@contextlib.contextmanager
def local_cluster(workers: int) -> Iterator[str]:
    """The address of a cluster of this machine's own, there for as long as it is needed."""
    _distributed()
    from distributed import LocalCluster

    # what is started while it is ignored ignores it, too: a Ctrl-C is for us, who end the workers
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,  # the judge is a process of its own, with limits of its own
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
    finally:
        signal.signal(signal.SIGINT, interrupt)
    with cluster:
        yield cluster.scheduler_address


class _AssignedJob(msgspec.Struct, frozen=True):
    """A job in a worker's hands."""

    job: Job
    losses: int
    address: str
    future: Any


def _hand_out(
    client: Client, crew: _Crew, jobs: Iterable[Job], setting: JudgeConfig
) -> Iterator[JobResult]:
    """Each job to a worker by name: so a worker that is lost, or new, is ours to deal with."""
    waiting = iter(jobs)
    tasks = deque((job, 0) for job in itertools.islice(waiting, 1))
    done: queue.SimpleQueue[Future] = queue.SimpleQueue()
    given: dict[object, _AssignedJob] = {}
    numbers = itertools.count()
    run = uuid.uuid4().hex

    def give(address: str) -> None:
        job, losses = tasks.popleft()
        tasks.extend((job, 0) for job in itertools.islice(waiting, 0 if tasks else 1))
        words = msgspec.msgpack.encode(job), msgspec.msgpack.encode(setting)
        key = f"zth-{run}-{next(numbers)}"
        future = client.submit(
            _by_value(_mark), *words, key=key, pure=False, workers=[address], retries=0
        )
        given[key] = _AssignedJob(job, losses, address, future)
        future.add_done_callback(done.put)

    looked = time.monotonic()
    try:
        while True:
            if time.monotonic() - looked > LOOK_SECONDS:
                crew.muster()
                looked = time.monotonic()
                for key in [key for key, g in given.items() if g.address not in crew.slots]:
                    lost = given.pop(key)
                    client.cancel([lost.future], force=True)
                    if lost.losses + 1 < MOST_LOSSES:
                        tasks.append((lost.job, lost.losses + 1))
                    else:
                        yield crashed_result(lost.job, setting, WorkerEnded(-signal.SIGKILL, ""))
            busy = Counter(g.address for g in given.values())
            for address, slots in crew.slots.items():
                while tasks and busy[address] < AT_HAND * slots:
                    give(address)
                    busy[address] += 1
            if not given and not tasks:
                return
            with contextlib.suppress(queue.Empty):
                future = done.get(timeout=LOOK_SECONDS)
                if (finished := given.pop(future.key, None)) is not None:
                    yield _marked(finished)
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be what is gone
            client.cancel([g.future for g in given.values()], force=True)


def _marked(finished: _AssignedJob) -> JobResult:
    from distributed import CancelledError

    try:
        answer: JobResult | WorkerFailed = _answer.decode(finished.future.result())
    except (CancelledError, OSError):
        raise UserError(GONE, GO_ON) from None
    if isinstance(answer, WorkerFailed):
        raise answer.error
    return answer


class _Crew:
    """The workers of a cluster that have what we have."""

    def __init__(self, client: Client, setting: JudgeConfig, tell: Callable[[str], None]) -> None:
        self._client = client
        self._setting = setting
        self._tell = tell
        self._ours = equipment(setting)
        self._had_some = False
        self._said_alone = False
        self.slots: dict[str, int] = {}
        """By address: how many jobs it does at once."""
        self.refused: set[str] = set()

    def muster(self) -> None:
        """Look who is there; those who are new are asked what they have."""
        try:
            there = self._client.scheduler_info()["workers"]
        except OSError:
            raise UserError(GONE, GO_ON) from None
        self.slots = {address: slots for address, slots in self.slots.items() if address in there}
        self.refused &= there.keys()
        if new := [a for a in there if a not in self.slots and a not in self.refused]:
            words = msgspec.msgpack.encode(self._setting), msgspec.msgpack.encode(self._ours)
            answers = self._client.run(_by_value(_compare), *words, workers=new, on_error="return")
            for address, answer in answers.items():
                self._take(address, there[address], answer)
        self._had_some = self._had_some or bool(self.slots)
        if self.refused and not self._had_some:
            raise UserError(UNFIT, SAME_EVERYWHERE)
        if not self.slots and not self._said_alone:
            self._tell(NOBODY)
        self._said_alone = not self.slots

    def _take(self, address: str, worker: dict[str, Any], answer: object) -> None:
        if answer == "":
            self.slots[address] = worker["nthreads"]
            return
        if isinstance(answer, OSError):  # gone again
            return
        why = NO_ZTH if isinstance(answer, ImportError) else str(answer)
        self.refused.add(address)
        self._tell(REFUSED.format(name=worker["name"], address=address, why=why))


@contextlib.contextmanager
def _connected(cluster: str) -> Iterator[Client]:
    _distributed()
    from distributed import Client

    for name in ("distributed", "tornado"):  # what matters is said by us
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # other versions of what does not matter here
        try:
            client = Client(cluster, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            message = f"No Dask scheduler answers at {cluster}: {error}."
            raise UserError(message, ADDRESS) from None
        with client:
            yield client


def _distributed() -> None:
    """Raises UserError if Dask is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UserError("Dask is not installed.", INSTALL) from None


# what runs on a worker


def _by_value(function: Callable[..., object]) -> Callable[..., object]:
    """A stand-in that crosses as code, not as a name: the scheduler opens it, and has no zth."""
    name = function.__name__

    def call(*arguments: object) -> object:
        from grader.grading import cluster

        return getattr(cluster, name)(*arguments)

    return call


def _compare(setting: bytes, ours: bytes) -> str:
    """Why this machine cannot be used; empty if it can."""
    try:
        here = equipment(_setting.decode(setting))
    except UserError as error:
        return f"{error.message} {error.fix}"
    return msgspec.msgpack.decode(ours, type=Equipment).unlike(here)


def _mark(job: bytes, setting: bytes) -> bytes:
    try:
        marked = POOL.mark(_job.decode(job), _as_here(_setting.decode(setting)))
        return msgspec.msgpack.encode(marked)
    except UserError as error:
        return msgspec.msgpack.encode(WorkerFailed(error.message, error.fix))


def equipment(setting: JudgeConfig) -> Equipment:
    """What this machine has. Raises UserError if it cannot judge with that setting."""
    course = load_course(Path(_as_here(setting).course))
    if setting.isolation == Isolation.BWRAP:
        must_work()
    return Equipment(
        zth=metadata.version("zth"),
        python=platform.python_version(),
        torch=metadata.version("torch"),
        course=Digests(course).course(),
    )


def _as_here(setting: JudgeConfig) -> JudgeConfig:
    """The course where it lies on this machine: in the same place, or the one that came with zth."""
    named = Path(setting.course)
    root = named if (named / "course.toml").exists() else bundled_course()
    hide = tuple(str(root) if folder == setting.course else folder for folder in setting.hide)
    return msgspec.structs.replace(setting, course=str(root), hide=hide)


INSTALL = "Install it: python -m pip install 'zth[dask]'."
ADDRESS = "Start one with `dask scheduler` and name its address, or use --dask local."
GO_ON = "Type it again when it is back: what was graded is recorded, and it goes on from there."
UNFIT = "No worker of the cluster can grade this course."
SAME_EVERYWHERE = "Install the same zth, the same torch and the same course on every machine."
NOBODY = "No worker is there: waiting for one."
GONE = "The scheduler is gone."
NO_ZTH = "it has no zth"
REFUSED = "The worker {name} ({address}) is not used: {why}."

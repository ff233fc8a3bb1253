"""Judges in processes of their own, kept for the next job: for a class, a proof, nbgrader, a notebook.

A judge that dies is replaced, and its job is tried once more by the new one, without diagnosis. A job
that ends both is not graded: that is never a learner's 0.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, ThreadPoolExecutor, wait
from typing import Self

from grader.judge.worker import TRIES, Job, JobResult, JudgeConfig, Worker, crashed_result
from grader.judge.worker_process import WorkerEnded

IDLE_SECONDS = 60.0
"""Of nothing to do, after which a judge gives its memory back."""
AHEAD = 1
"""How many jobs more than workers are taken, so that no worker waits."""


def cores() -> int:
    """How many cores we may use."""
    return len(_cores()) or os.cpu_count() or 1


def _cores() -> list[int]:
    """Those that we may use, if the system tells."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class Pool:
    """Judges at rest, by what they judge with. Safe to use from several threads. A context manager."""

    def __init__(
        self, own_cores: Sequence[int] = (), idle_seconds: float | None = IDLE_SECONDS
    ) -> None:
        """Each judge keeps to one of `own_cores`, while there are any.

        A judge with nothing to do for `idle_seconds` ends; None keeps it.
        """
        self._lock = threading.Lock()
        self._free_cores = [*own_cores]
        self._idle_seconds = idle_seconds
        self._idle: list[tuple[JudgeConfig, Worker]] = []
        self._busy: set[Worker] = set()
        self._timer: threading.Timer | None = None
        self._is_stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop(at_once=kind is not None)

    def mark(self, job: Job, setting: JudgeConfig) -> JobResult:
        """The mark of a job; waits for it.

        Raises UserError and RuntimeError as the judge had them.
        """
        for left in reversed(range(TRIES)):
            worker = self._take(setting)
            try:
                worker.send(job)
                while (marked := worker.receive()) is None:
                    pass
            except WorkerEnded as end:
                self._let_go(worker)
                if not left or self._is_stopped:
                    return crashed_result(job, setting, end)
                job = job.again()
            except BaseException:  # no late answer is for the next one who asks
                worker.kill()
                self._let_go(worker)
                raise
            else:
                self._rest(setting, worker)
                return marked
        raise AssertionError("the last try returns")

    def stop(self, at_once: bool = False) -> None:
        """End the judges; `at_once` those that are at work as well. No job is tried again then."""
        with self._lock:
            self._is_stopped = True
            idle, self._idle = self._idle, []
            busy = [*self._busy] if at_once else []
            if self._timer:
                self._timer.cancel()
        for worker in busy:
            worker.kill()
        for _, worker in idle:
            self._let_go(worker)

    def _take(self, setting: JudgeConfig) -> Worker:
        with self._lock:
            if self._is_stopped:
                raise CancelledError
            if self._timer:
                self._timer.cancel()
            for place, (known, worker) in enumerate(self._idle):
                if known == setting:
                    del self._idle[place]
                    self._busy.add(worker)
                    return worker
            worker = Worker(setting, self._free_cores.pop() if self._free_cores else None)
            worker.__enter__()
            self._busy.add(worker)
            return worker

    def _rest(self, setting: JudgeConfig, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if not self._is_stopped:
                self._idle.append((setting, worker))
                self._wait_for_more()
                return
        self._let_go(worker)

    def _wait_for_more(self) -> None:
        """Ends the judges at rest in some time. The lock is held."""
        if self._timer:
            self._timer.cancel()
        if self._idle_seconds is not None:
            self._timer = threading.Timer(self._idle_seconds, self._dismiss)
            self._timer.daemon = True
            self._timer.start()

    def _dismiss(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, worker in idle:
            self._let_go(worker)

    def _let_go(self, worker: Worker) -> None:
        worker.__exit__()
        with self._lock:
            self._busy.discard(worker)
            if worker.core is not None:
                self._free_cores.append(worker.core)


POOL = Pool()
"""Of this process, for whom comes back with one job after another."""


def mark_all(jobs: Iterable[Job], setting: JudgeConfig, workers: int) -> Iterator[JobResult]:
    """The mark of every job, by so many judges at once, as they come."""
    # where they fill the machine each keeps to a core: wandering costs a twelfth of the time
    own_cores = _cores() if workers == cores() else ()
    waiting = iter(jobs)
    with Pool(own_cores) as pool, ThreadPoolExecutor(workers, "judge") as threads:
        try:
            first = itertools.islice(waiting, workers + AHEAD)
            open_ = {threads.submit(pool.mark, job, setting) for job in first}
            while open_:
                done, open_ = wait(open_, return_when=FIRST_COMPLETED)
                for job in itertools.islice(waiting, len(done)):
                    open_.add(threads.submit(pool.mark, job, setting))
                yield from (future.result() for future in done)
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            pool.stop(at_once=True)
            raise

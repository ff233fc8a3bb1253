"""This machine as an executor: one worker a core, each with a judge of its own."""

from __future__ import annotations

import contextlib
import os
import selectors
from collections import deque
from collections.abc import Iterable, Iterator

from grader.judge.process import Ended
from grader.teach.worker import TRIES, Job, Marked, Setting, Worker, unjudged


def cores() -> int:
    """The cores that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mark_here(jobs: Iterable[Job], setting: Setting, workers: int) -> Iterator[Marked]:
    """The mark of every job, as they come. Jobs are taken when a worker is free, not before.

    A worker that dies is replaced, and its job is given to another; a job that ends two of them is
    marked as one that cannot be judged.
    """
    waiting = iter(jobs)
    again: deque[tuple[Job, int]] = deque()
    busy: dict[Worker, tuple[Job, int]] = {}

    def next_job() -> tuple[Job, int] | None:
        if again:
            return again.popleft()
        job = next(waiting, None)
        return (job, 1) if job is not None else None

    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:

        def hire(first: tuple[Job, int]) -> None:
            worker = stack.enter_context(Worker(setting))
            selector.register(worker, selectors.EVENT_READ)
            give(worker, first)

        def give(worker: Worker, task: tuple[Job, int]) -> None:
            busy[worker] = task
            worker.send(task[0])

        for _ in range(workers):
            if task := next_job():
                hire(task)
        while busy:
            for key, _ in selector.select():
                worker = key.fileobj
                assert isinstance(worker, Worker)
                try:
                    marked = worker.receive()
                except Ended as end:
                    selector.unregister(worker)
                    job, tries = busy.pop(worker)
                    if tries < TRIES:
                        again.append((job, tries + 1))
                    else:
                        yield unjudged(job, setting, end)
                    if task := next_job():
                        hire(task)
                    continue
                if marked is None:  # it is ready now
                    continue
                del busy[worker]
                if task := next_job():
                    give(worker, task)
                yield marked

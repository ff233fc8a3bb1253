"""This machine as an executor: one worker a core, each with a judge of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
from collections import deque
from collections.abc import Iterable, Iterator

from grader.judge.process import Ended
from grader.teach.worker import TRIES, Job, Marked, Setting, Worker, unjudged


def cores() -> int:
    """How many cores we may use."""
    return len(_cores()) or os.cpu_count() or 1


def _cores() -> list[int]:
    """Those that we may use, where the system tells."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def mark_here(jobs: Iterable[Job], setting: Setting, workers: int) -> Iterator[Marked]:
    """The mark of every job, as they come. A few jobs are taken ahead, so that no worker waits.

    A worker that dies is replaced, and its job is tried once more by the new one, without diagnosis; a
    job that ends both is not graded.
    """
    waiting = ((job, 1) for job in jobs)
    ahead: deque[tuple[Job, int]] = deque(itertools.islice(waiting, workers))
    busy: dict[Worker, tuple[Job, int]] = {}
    # where they fill the machine each keeps to a core: wandering costs a twelfth of the time
    free: list[int | None] = [*_cores()] if workers == cores() else []

    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:

        def hire() -> None:
            worker = stack.enter_context(Worker(setting, free.pop() if free else None))
            selector.register(worker, selectors.EVENT_READ)
            give(worker)

        def give(worker: Worker) -> None:
            busy[worker] = ahead.popleft()
            worker.send(busy[worker][0])

        while ahead:
            hire()
        while busy:
            ahead.extend(itertools.islice(waiting, max(0, workers - len(ahead))))
            done: list[Marked] = []
            for key, _ in selector.select():
                worker = key.fileobj
                assert isinstance(worker, Worker)
                try:
                    marked = worker.receive()
                except Ended as end:
                    selector.unregister(worker)
                    free.append(worker.core)
                    job, tries = busy.pop(worker)
                    if tries < TRIES:
                        ahead.append((job.again(), tries + 1))
                    else:
                        done.append(unjudged(job, setting, end))
                    if ahead:
                        hire()
                    continue
                if marked is None:  # it is ready now
                    continue
                done.append(marked)
                del busy[worker]
                if ahead:
                    give(worker)
            yield from done  # they are recorded while the workers are at the next

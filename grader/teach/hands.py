"""The judges that a Dask worker keeps: one for each job it has at a time, gone when nothing comes."""

from __future__ import annotations

import threading

from grader.judge.process import Ended
from grader.teach.worker import TRIES, Job, Marked, Setting, Worker, unjudged

IDLE_SECONDS = 60.0
"""Of nothing to do, after which a judge gives its memory back."""


class Hands:
    """Judges at rest, by what they judge with. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Setting, Worker]] = []
        self._timer: threading.Timer | None = None

    def mark(self, job: Job, setting: Setting) -> Marked:
        """The mark of a job. A judge that dies is replaced, and the new one tries without diagnosis; what
        ends both is not graded.

        Raises UserError and RuntimeError as the judge had them.
        """
        for left in reversed(range(TRIES)):
            worker = self._take(setting)
            try:
                worker.send(job)
                while (marked := worker.receive()) is None:
                    pass
            except Ended as end:
                worker.__exit__()
                if not left:
                    return unjudged(job, setting, end)
                job = job.again()
            except BaseException:
                worker.__exit__()
                raise
            else:
                self._rest(setting, worker)
                return marked
        raise AssertionError("the last try returns")

    def _take(self, setting: Setting) -> Worker:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            for place, (known, worker) in enumerate(self._idle):
                if known == setting:
                    del self._idle[place]
                    return worker
        return Worker(setting).__enter__()

    def _rest(self, setting: Setting, worker: Worker) -> None:
        with self._lock:
            self._idle.append((setting, worker))
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(IDLE_SECONDS, self._dismiss)
            self._timer.daemon = True
            self._timer.start()

    def _dismiss(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, worker in idle:
            worker.__exit__()


HANDS = Hands()
"""Of this process."""

"""Work for a judge, done by a judge a core."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from typing import TypeVar

from grader.course.manifest import Course, Lecture
from grader.errors import UserError
from grader.judge.course_faults import own_faults
from grader.judge.judge import Judge, open_judge
from grader.sandbox.sandbox import Sandbox

Task = TypeVar("Task")
Result = TypeVar("Result")
Work = Callable[[Judge, Task], Result]
"""What is done with a task. It and its arguments are pickled, where there is more than one core."""

JOIN_SECONDS = 10


def on_cores(
    course: Course,
    lectures: Sequence[Lecture],
    work: Work[Task, Result],
    tasks: Sequence[Task],
    workers: int,
    tell: Callable[[Task], None],
) -> list[Result]:
    """What `work` made of each task; `tell` hears of each that is done.

    With one worker it is this process. Raises UserError as a judge had it.
    """
    if workers > 1 and len(tasks) > 1:
        results: dict[int, Result] = {}
        for number, result in _on_many(course, lectures, work, tasks, min(workers, len(tasks))):
            results[number] = result
            tell(tasks[number])
        return [results[number] for number in range(len(tasks))]

    with (
        Sandbox(forbids=course.forbids) as sandbox,
        own_faults(course),
        open_judge(course, lectures, sandbox) as judge,
    ):
        done: list[Result] = []
        for task in tasks:
            done.append(work(judge, task))
            tell(task)
        return done


def _on_many(
    course: Course,
    lectures: Sequence[Lecture],
    work: Work[Task, Result],
    tasks: Sequence[Task],
    workers: int,
) -> Iterator[tuple[int, Result]]:
    context = multiprocessing.get_context("spawn")
    todo: Queue[tuple[int, Task] | None] = context.Queue()
    done: Queue[tuple[int, Result] | UserError] = context.Queue()
    for task in [*enumerate(tasks), *[None] * workers]:
        todo.put(task)
    ids = [lecture.id for lecture in lectures]
    processes = [
        context.Process(target=_serve, args=(course, ids, work, todo, done), daemon=False)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        for _ in tasks:
            yield _next(done, processes)
        for process in processes:
            process.join(timeout=JOIN_SECONDS)
    finally:  # where one has failed, nobody waits for what the others are at
        for process in processes:
            process.terminate()
            process.join()


def _next(
    done: Queue[tuple[int, Result] | UserError], processes: Iterable[BaseProcess]
) -> tuple[int, Result]:
    while True:
        try:
            result = done.get(timeout=5)
        except queue.Empty:
            if any(process.exitcode for process in processes):
                raise RuntimeError("a judge died; its traceback is above") from None
            continue
        if isinstance(result, UserError):
            raise result
        return result


def _serve(
    course: Course,
    ids: Sequence[str],
    work: Work[Task, Result],
    todo: Queue[tuple[int, Task] | None],
    done: Queue[tuple[int, Result] | UserError],
) -> None:
    """One core's judge, until there is nothing left to do."""

    lectures = [lecture for lecture in course.lectures if lecture.id in ids]
    try:
        with (
            Sandbox(forbids=course.forbids) as sandbox,
            own_faults(course),
            open_judge(course, lectures, sandbox) as judge,
        ):
            while (task := todo.get()) is not None:
                done.put((task[0], work(judge, task[1])))
    except UserError as error:
        done.put(error)

"""Judging mutants: a judge a core, and a memory of those judged before."""

from __future__ import annotations

import hashlib
import multiprocessing
import queue
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from multiprocessing.queues import Queue
from pathlib import Path

import msgspec
import platformdirs

from grader.author.mutants import Mutant
from grader.course.manifest import Course, Lecture, load_course
from grader.course.targets import Selection
from grader.judge.results import Outcome
from grader.judge.sandbox import Sandbox
from grader.judge.session import Judge, with_judge
from grader.judge.submission import submission_of

SECONDS = 3.0
"""The limit of a mutant's probe: what a solution does in milliseconds, a mutant may do for ever."""

_Task = tuple[int, Mutant] | None


def kill_mutants(
    course: Course,
    lecture: Lecture,
    mutants: list[Mutant],
    workers: int,
    say: Callable[[str, int, int], None],
) -> list[Outcome]:
    """What became of each mutant, PASS for a survivor. Judged once for the same content."""
    memory = _Memory(course, lecture)
    outcomes = {n: known for n, m in enumerate(mutants) if (known := memory.recall(m))}
    tasks = [(n, m) for n, m in enumerate(mutants) if n not in outcomes]
    for done, (number, outcome) in enumerate(_judge_all(course, lecture, tasks, workers), start=1):
        outcomes[number] = outcome
        say(f"{lecture.id}: mutants", done, len(tasks))
    memory.keep({mutants[number]: outcome for number, outcome in outcomes.items()})
    return [outcomes[number] for number in range(len(mutants))]


def _judge_all(
    course: Course, lecture: Lecture, tasks: list[tuple[int, Mutant]], workers: int
) -> Iterator[tuple[int, Outcome]]:
    context = multiprocessing.get_context("spawn")
    todo: Queue[_Task] = context.Queue()
    done: Queue[tuple[int, Outcome]] = context.Queue()
    for task in [*tasks, *[None] * workers]:
        todo.put(task)
    processes = [
        context.Process(target=_work, args=(course.root, lecture.id, todo, done), daemon=False)
        for _ in range(min(workers, len(tasks)))
    ]
    for process in processes:
        process.start()
    try:
        for _ in tasks:
            yield _next(done, processes)
    finally:
        for process in processes:
            process.join(timeout=10)
            process.terminate()


def _next(
    done: Queue[tuple[int, Outcome]], processes: Iterable[multiprocessing.process.BaseProcess]
) -> tuple[int, Outcome]:
    while True:
        try:
            return done.get(timeout=5)
        except queue.Empty:
            if any(process.exitcode for process in processes):
                raise RuntimeError(
                    "a process that judges mutants died; its traceback is above"
                ) from None


def _work(
    root: Path, lecture_id: str, todo: Queue[_Task], done: Queue[tuple[int, Outcome]]
) -> None:
    """One core's judge, until there is nothing left to do."""
    course = _impatient(load_course(root))
    lecture = next(lecture for lecture in course.lectures if lecture.id == lecture_id)

    def work(judge: Judge) -> None:
        while (task := todo.get()) is not None:
            number, mutant = task
            exercise = lecture.find(mutant.exercise)
            texts = {**judge.solutions(lecture).texts, exercise.file: mutant.text}
            submission = submission_of(texts, lecture, course.solutions(lecture))
            selection = Selection(lecture, (exercise,))
            (result,) = judge.judge(selection, submission, brief=True).exercises
            done.put((number, result.outcome))

    with Sandbox(forbids=course.forbids) as sandbox:
        with_judge(course, [lecture], work, sandbox)


def _impatient(course: Course) -> Course:
    limits = msgspec.structs.replace(course.manifest.limits, seconds=SECONDS)
    return Course(course.root, msgspec.structs.replace(course.manifest, limits=limits))


class _Memory:
    """Outcomes by content: the mutant, the lecture's solutions and checks, the judge, the versions."""

    def __init__(self, course: Course, lecture: Lecture) -> None:
        digest = hashlib.blake2b(digest_size=16)
        here = Path(__file__).resolve().parent.parent
        files = [
            *course.solutions(lecture).glob("*.py"),
            *course.hidden(lecture).glob("*.py"),
            *(here / "judge").glob("*.py"),
            course.root / "course.toml",
        ]
        for path in sorted(files):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        versions = [metadata.version(name) for name in ("torch", "pytest", "cosmic-ray")]
        digest.update(" ".join([sys.version, *versions]).encode())
        folder = Path(platformdirs.user_cache_dir("zth")) / "mutants"
        self._path = folder / f"{lecture.id}-{digest.hexdigest()}.json"
        try:
            self._known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Outcome])
        except (OSError, msgspec.DecodeError):
            self._known = {}

    def recall(self, mutant: Mutant) -> Outcome | None:
        return self._known.get(_key(mutant))

    def keep(self, outcomes: dict[Mutant, Outcome]) -> None:
        known = {_key(mutant): outcome for mutant, outcome in outcomes.items()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(msgspec.json.encode(known))
        except OSError:
            return  # a memory that cannot be kept costs time and nothing else


def _key(mutant: Mutant) -> str:
    text = f"{mutant.exercise}\0{mutant.text}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

"""Judging mutants, with a memory of those judged before."""

from __future__ import annotations

import hashlib
import itertools
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path

import msgspec
import platformdirs

from grader.authoring.cores import on_cores
from grader.authoring.mutants import Mutant
from grader.course.litter import files_in
from grader.course.manifest import Course, Lecture
from grader.course.targets import Selection
from grader.judge.code import judging_code
from grader.judge.judge import Judge
from grader.results import Outcome
from grader.source.files import submission_of

SECONDS = 3.0
"""The limit of a mutant's probe: what a solution does in milliseconds, a mutant may do for ever."""


def kill_mutants(
    course: Course,
    lecture: Lecture,
    mutants: list[Mutant],
    workers: int,
    say: Callable[[str, int, int], None],
) -> list[Outcome]:
    """What became of each mutant, PASS for a survivor. Judged once for the same content."""
    memory = _Memory(course, lecture)
    outcomes = {mutant: known for mutant in mutants if (known := memory.recall(mutant))}
    unknown = [mutant for mutant in mutants if mutant not in outcomes]
    done = itertools.count(1)
    if unknown:
        judged = on_cores(
            _impatient(course),
            [lecture],
            partial(_outcome, lecture.id),
            unknown,
            workers,
            lambda _: say(f"{lecture.id}: mutants", next(done), len(unknown)),
        )
        outcomes.update(zip(unknown, judged, strict=True))
        memory.keep(outcomes)
    return [outcomes[mutant] for mutant in mutants]


def _outcome(lecture_id: str, judge: Judge, mutant: Mutant) -> Outcome:
    lecture = judge.course.lecture(lecture_id)
    exercise = lecture.find(mutant.exercise)
    texts = {**judge.solutions(lecture).texts, exercise.file: mutant.text}
    submission = submission_of(texts, lecture, judge.course.solutions(lecture))
    (result,) = judge.judge(Selection(lecture, (exercise,)), submission, brief=True).exercises
    return result.outcome


def _impatient(course: Course) -> Course:
    limits = msgspec.structs.replace(course.manifest.limits, seconds=SECONDS)
    return Course(course.root, msgspec.structs.replace(course.manifest, limits=limits))


class _Memory:
    """Outcomes by content: the mutant, the lecture's solutions and checks, the judge, the versions."""

    def __init__(self, course: Course, lecture: Lecture) -> None:
        digest = hashlib.blake2b(digest_size=16)
        here = Path(__file__).resolve().parent.parent
        files = [
            *files_in(course.solutions(lecture)),
            *(path for folder in course.checks(lecture) for path in files_in(folder)),
            *judging_code(here),
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

    def keep(self, outcomes: Mapping[Mutant, Outcome]) -> None:
        known = {_key(mutant): outcome for mutant, outcome in outcomes.items()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(msgspec.json.encode(known))
        except OSError:
            return  # a memory that cannot be kept costs time and nothing else


def _key(mutant: Mutant) -> str:
    text = f"{mutant.exercise}\0{mutant.text}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

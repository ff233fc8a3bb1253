"""The proof of a course: its judges must pass what is right, fail what is wrong, and say why."""

from __future__ import annotations

import doctest
import importlib.util
import io
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.author.cores import on_cores
from grader.author.kill import kill_mutants
from grader.author.mutants import Equivalent, Mutant, mutants_of, read_equivalents
from grader.course.litter import files_in
from grader.course.manifest import Course, Exercise, Lecture
from grader.course.stubs import stubs_of
from grader.course.targets import Selection
from grader.errors import UserError
from grader.judge.results import ExerciseResult, Outcome
from grader.judge.session import Judge
from grader.judge.solutions import Solutions
from grader.judge.submission import read_submission, submission_of

REQUIRED_SCORE = 0.97
OTHER_SEED = 20_260_101
"""Solution, wheats and chaffs are proved with the course's seed and with one it was not made with."""

Say = Callable[[str, int, int], None]
"""Told what is being done, how much of it, out of how much."""


class Breach(msgspec.Struct, frozen=True):
    where: str
    what: str


class Count(msgspec.Struct, frozen=True):
    good: int
    of: int


class Proof(msgspec.Struct, frozen=True):
    """What held and what did not, for one lecture."""

    lecture: str
    stubs: Count
    """Exercises whose stub is judged TODO."""
    solutions: Count
    """Exercises whose solution passes, with each seed."""
    examples: Count
    """Examples in docstrings that give what they say."""
    chaffs: Count
    """Chaffs that fail and are named as themselves, with each seed."""
    wheats: Count
    """Exercises that pass in a wheat, with each seed."""
    neighbours: Count
    """Exercises that pass beside a mistake in one that they do not need."""
    mutants: Count
    """Mutants that fail, of those not listed as equivalent."""
    equivalent: int
    breaches: tuple[Breach, ...]
    seconds: float

    @property
    def score(self) -> float:
        return self.mutants.good / self.mutants.of if self.mutants.of else 1.0


def prove(
    course: Course,
    lectures: list[Lecture],
    say: Say,
    mutation: bool = True,
    workers: int | None = None,
) -> list[Proof]:
    """The proof of each lecture, by so many judges at once; by default one a core.

    Raises UserError where the course cannot be run at all.
    """
    if mutation and importlib.util.find_spec("cosmic_ray") is None:
        raise UserError(
            "Mutants are made by cosmic-ray, which is not installed.",
            "Install it (python -m pip install 'zth[dev]'), or leave them out: --no-mutants.",
        )
    workers = workers or os.cpu_count() or 1
    parts = [part for name in PARTS for lecture in lectures for part in _parts(lecture, name)]
    done = itertools.count(1)
    found = on_cores(
        course,
        lectures,
        _look_at,
        parts,
        workers,
        lambda part: say(f"{part.lecture}: {part.name}", next(done), len(parts)),
    )
    proofs = []
    for lecture in lectures:
        own = [(p.name, f) for p, f in zip(parts, found, strict=True) if p.lecture == lecture.id]
        proof = _put_together(course, lecture, own)
        if mutation and proof.solutions.good == proof.solutions.of:
            proof = _mutated(course, lecture, proof, workers, say)
        proofs.append(proof)
    return proofs


class _Part(NamedTuple):
    """Of a proof: what one judge looks at."""

    lecture: str
    name: str
    exercise: str = ""
    """Of it alone; empty for all that the lecture has."""


def _parts(lecture: Lecture, name: str) -> list[_Part]:
    """Small ones, for what is long: else a core would have it to itself at the end."""
    if name == "chaffs":
        return [_Part(lecture.id, name, exercise.id) for exercise in lecture.exercise]
    return [_Part(lecture.id, name)]


class _Found(msgspec.Struct, frozen=True):
    verdicts: Count
    breaches: tuple[Breach, ...]
    seconds: float


def _look_at(judge: Judge, part: _Part) -> _Found:
    start = time.perf_counter()
    lecture = judge.course.lecture(part.lecture)
    look = PARTS[part.name]
    verdicts = list(look(judge, lecture, part.exercise) if part.exercise else look(judge, lecture))
    breaches = tuple(breach for breach in verdicts if breach)
    count = Count(len(verdicts) - len(breaches), len(verdicts))
    return _Found(count, breaches, time.perf_counter() - start)


def _put_together(course: Course, lecture: Lecture, found: Sequence[tuple[str, _Found]]) -> Proof:
    """All but the mutants."""

    def count(name: str) -> Count:
        own = [one.verdicts for of, one in found if of == name]
        return Count(sum(one.good for one in own), sum(one.of for one in own))

    seen = (b for name in reversed(PARTS) for of, one in found if of == name for b in one.breaches)
    return Proof(
        lecture=lecture.id,
        **{name: count(name) for name in PARTS},
        mutants=Count(0, 0),
        equivalent=0,
        breaches=(*_stale_stubs(course, lecture), *_unfinished(course, lecture), *seen),
        seconds=sum(one.seconds for _, one in found),
    )


def _stale_stubs(course: Course, lecture: Lecture) -> Iterator[Breach]:
    wanted = stubs_of(course, lecture)
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield Breach(_shown(course, path), "is not what the solution gives: zth dev stubs")
    for path in files_in(course.stubs(lecture)):
        if path not in wanted:
            yield Breach(_shown(course, path), "has no solution behind it")


def _unfinished(course: Course, lecture: Lecture) -> Iterator[Breach]:
    """What a scaffold left to be written, and exercises whose mistakes nobody thought of."""
    chaffs = Solutions(course, lecture).chaffs
    for exercise in lecture.exercise:
        where = f"{lecture.id}.{exercise.id}"
        if any("TODO" in text for text in (exercise.title, *exercise.hints)):
            yield Breach(where, "its title or hints still say TODO")
        if not chaffs[exercise.id]:
            yield Breach(where, "no chaff: what would a tired person type?")


def _stubs(judge: Judge, lecture: Lecture) -> Iterator[Breach | None]:
    submission = read_submission(judge.course.stubs(lecture), lecture)
    for result in judge.judge(_whole(lecture), submission).exercises:
        yield _unless(result.outcome is Outcome.TODO, lecture, result, "the stub is not TODO but")


def _solutions(judge: Judge, lecture: Lecture) -> Iterator[Breach | None]:
    yield from _all_pass(
        judge, lecture, judge.solutions(lecture).texts, "the solution is not PASS but"
    )


def _wheats(judge: Judge, lecture: Lecture) -> Iterator[Breach | None]:
    folders = [p for p in files_in(judge.course.hidden(lecture) / "wheats", "*") if p.is_dir()]
    for folder in folders:
        texts = {p.name: p.read_text(encoding="utf-8") for p in files_in(folder)}
        both = {**judge.solutions(lecture).texts, **texts}
        yield from _all_pass(judge, lecture, both, f"the wheat {folder.name} is not PASS but")
    covered = {path.name for folder in folders for path in files_in(folder)}
    for file in lecture.files:
        if file not in covered:
            yield Breach(f"{lecture.id}, {file}", "no wheat: add a different right way")


def _examples(judge: Judge, lecture: Lecture) -> Iterator[Breach | None]:
    modules = judge.solutions(lecture).modules
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
    for file in judge.solutions(lecture).texts:
        module = modules.module(file.removesuffix(".py"))
        for test in finder.find(module):
            if not test.examples:
                continue
            told = io.StringIO()
            failed = runner.run(test, out=told.write, clear_globs=False).failed
            where = f"{lecture.id}, {file}, {test.name}"
            yield Breach(where, f"an example is not so:\n{told.getvalue()}") if failed else None


def _chaffs(judge: Judge, lecture: Lecture, only: str) -> Iterator[Breach | None]:
    solutions = judge.solutions(lecture)
    exercise = lecture.find(only)
    for chaff in solutions.chaffs[only]:
        texts = {**solutions.texts, exercise.file: solutions.changed_text(chaff)}
        submission = submission_of(texts, lecture, judge.course.solutions(lecture))
        for seed in (None, OTHER_SEED):
            (result,) = judge.judge(_only(lecture, exercise), submission, seed).exercises
            where = f"{lecture.id}.{only}, chaff {chaff.name}"
            if result.outcome not in (Outcome.FAIL, Outcome.ERROR):
                yield Breach(where, f"is {result.outcome}: no check sees it{_by(seed)}")
            elif result.misconception is None or result.misconception.name != chaff.name:
                named = result.misconception.name if result.misconception else "nothing"
                yield Breach(where, f"fails and is named as {named}{_by(seed)}")
            else:
                yield None


def _neighbours(judge: Judge, lecture: Lecture) -> Iterator[Breach | None]:
    """A right exercise passes, whatever is wrong in one that `needs` does not name, to any depth."""
    solutions = judge.solutions(lecture)
    for wrong in lecture.exercise:
        apart = tuple(
            e for e in lecture.exercise if e is not wrong and wrong.id not in lecture.all_needs(e)
        )
        for chaff in solutions.chaffs[wrong.id][:NEIGHBOURS]:
            texts = {**solutions.texts, wrong.file: solutions.changed_text(chaff)}
            submission = submission_of(texts, lecture, judge.course.solutions(lecture))
            what = f"beside {wrong.id}, chaff {chaff.name}, which it does not need, it is"
            results = judge.judge(Selection(lecture, apart), submission, on_data=False)
            for result in results.exercises:
                yield _unless(result.outcome is Outcome.PASS, lecture, result, what)


NEIGHBOURS = 4
"""How many mistakes of each exercise are tried on all others."""
PARTS: dict[str, Callable[..., Iterator[Breach | None]]] = {
    "wheats": _wheats,
    "chaffs": _chaffs,
    "solutions": _solutions,
    "examples": _examples,
    "neighbours": _neighbours,
    "stubs": _stubs,
}
"""The one that takes longest first."""


def _all_pass(
    judge: Judge, lecture: Lecture, texts: dict[str, str], what: str
) -> Iterator[Breach | None]:
    submission = submission_of(texts, lecture, judge.course.solutions(lecture))
    for seed in (None, OTHER_SEED):
        # a whole data set takes seconds, and is the same with every seed
        verdict = judge.judge(_whole(lecture), submission, seed, on_data=seed is None)
        for result in verdict.exercises:
            yield _unless(result.outcome is Outcome.PASS, lecture, result, what, seed)


def _mutated(course: Course, lecture: Lecture, proof: Proof, workers: int, say: Say) -> Proof:
    start = time.perf_counter()
    path = course.hidden(lecture) / "equivalents.toml"
    equivalents = read_equivalents(path)
    listed = {(e.exercise, e.was, e.becomes) for e in equivalents}
    mutants, set_aside = [], set()
    for mutant in _all_mutants(course, lecture):
        key = (mutant.exercise, mutant.was, mutant.becomes)
        if key in listed:
            set_aside.add(key)
        else:
            mutants.append(mutant)
    outcomes = kill_mutants(course, lecture, mutants, workers, say)
    survivors = [m for m, outcome in zip(mutants, outcomes, strict=True) if outcome is Outcome.PASS]
    count = Count(len(mutants) - len(survivors), len(mutants))
    breaches = [
        *_unknown_equivalents(course, path, equivalents, set_aside),
        *_survivors(lecture, survivors, count),
    ]
    return msgspec.structs.replace(
        proof,
        mutants=count,
        equivalent=len(set_aside),
        breaches=(*proof.breaches, *breaches),
        seconds=proof.seconds + time.perf_counter() - start,
    )


def _all_mutants(course: Course, lecture: Lecture) -> Iterator[Mutant]:
    for exercise in lecture.exercise:
        text = (course.solutions(lecture) / exercise.file).read_text(encoding="utf-8")
        yield from mutants_of(text, exercise)


def _unknown_equivalents(
    course: Course, path: Path, equivalents: tuple[Equivalent, ...], used: set[tuple[str, str, str]]
) -> Iterator[Breach]:
    for e in equivalents:
        if (e.exercise, e.was, e.becomes) not in used:
            yield Breach(f"{_shown(course, path)}, {e.exercise}", f"no mutant is {e.becomes!r}")


def _survivors(lecture: Lecture, survivors: list[Mutant], count: Count) -> Iterator[Breach]:
    if count.of and count.good / count.of < REQUIRED_SCORE:
        yield Breach(
            lecture.id, f"mutation score {count.good / count.of:.1%} < {REQUIRED_SCORE:.0%}"
        )
    for m in survivors:
        yield Breach(
            f"{lecture.id}.{m.exercise}, line {m.line}",
            f"the mutant {m.becomes!r} for {m.was!r} passes: write a check, or list it as equivalent",
        )


def _unless(
    holds: bool, lecture: Lecture, result: ExerciseResult, what: str, seed: int | None = None
) -> Breach | None:
    if holds:
        return None
    messages = "; ".join(c.message for c in result.failing if c.message)
    return Breach(f"{lecture.id}.{result.id}", f"{what} {result.outcome}{_by(seed)}: {messages}")


def _by(seed: int | None) -> str:
    return f" (--seed {seed})" if seed is not None else ""


def _whole(lecture: Lecture) -> Selection:
    return Selection(lecture, lecture.exercise)


def _only(lecture: Lecture, exercise: Exercise) -> Selection:
    return Selection(lecture, (exercise,))


def _shown(course: Course, path: Path) -> str:
    return str(path.relative_to(course.root))

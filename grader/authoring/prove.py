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
from typing import Any, NamedTuple

import msgspec

from grader.authoring.cores import on_cores
from grader.authoring.mutants import Equivalent, Mutant, mutants_of, read_equivalents
from grader.authoring.mutation_testing import kill_mutants
from grader.authoring.release import visible_checks, visible_files
from grader.authoring.scaffold import MARK
from grader.course.litter import files_in
from grader.course.manifest import Course, Lecture
from grader.course.stubs import stubs_of
from grader.course.targets import Selection
from grader.errors import UserError
from grader.judge.course_faults import where_it_broke
from grader.judge.exercise_run import DoesNotStart
from grader.judge.judge import Judge
from grader.judge.pytest_plugin import CourseFault
from grader.judge.solutions import Solutions
from grader.results import ExerciseResult, Outcome
from grader.source.files import read_submission, submission_of

REQUIRED_SCORE = 0.97
OTHER_SEED = 20_260_101
"""Solution, wheats and chaffs are proved with the course's seed and with one it was not made with."""

Say = Callable[[str, int, int], None]
"""Told what is being done, how much of it, out of how much."""


class Problem(msgspec.Struct, frozen=True):
    where: str
    what: str


class Count(msgspec.Struct, frozen=True):
    good: int
    of: int


class Proof(msgspec.Struct, frozen=True):
    """What held and what did not, for a lecture or some of its exercises."""

    lecture: str
    target: str
    """What was proved, as it is typed: the lecture, or some of its exercises."""
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
    breaches: tuple[Problem, ...]
    seconds: float

    @property
    def score(self) -> float:
        return self.mutants.good / self.mutants.of if self.mutants.of else 1.0


def prove(
    course: Course,
    selections: Sequence[Selection],
    say: Say,
    mutation: bool = True,
    workers: int | None = None,
) -> list[Proof]:
    """The proof of each selection, by so many judges at once; by default one a core.

    Raises UserError if the course cannot be run at all, or a visible check not in a pack.
    """
    if mutation and importlib.util.find_spec("cosmic_ray") is None:
        raise UserError(
            "Mutants are made by cosmic-ray, which is not installed.",
            "Install it (python -m pip install 'zth[dev]'), or leave them out: --no-mutants.",
        )
    for selection in selections:
        visible_checks(selection.lecture, visible_files(course, selection.lecture))
    # another judge takes longer to start than an exercise to prove
    exercises = sum(len(selection.exercises) for selection in selections)
    workers = workers or min(os.cpu_count() or 1, exercises)
    parts = [part for name in PARTS for selection in selections for part in _parts(selection, name)]
    done = itertools.count(1)
    found = on_cores(
        course,
        [selection.lecture for selection in selections],
        _look_at,
        parts,
        workers,
        lambda part: say(f"{part.lecture}: {part.name}", next(done), len(parts)),
    )
    proofs = []
    for selection in selections:
        id_ = selection.lecture.id
        own = [(p.name, f) for p, f in zip(parts, found, strict=True) if p.lecture == id_]
        proof = _put_together(course, selection, own)
        if mutation and proof.solutions.good == proof.solutions.of:
            proof = _mutated(course, selection, proof, workers, say)
        proofs.append(proof)
    return proofs


class _ProofPart(NamedTuple):
    """Of a proof: what one judge looks at."""

    lecture: str
    name: str
    exercises: tuple[str, ...]


def _parts(selection: Selection, name: str) -> list[_ProofPart]:
    """Small ones, for what is long: else a core would have it to itself at the end."""
    ids = tuple(exercise.id for exercise in selection.exercises)
    if name == "chaffs":
        return [_ProofPart(selection.lecture.id, name, (id_,)) for id_ in ids]
    return [_ProofPart(selection.lecture.id, name, ids)]


class _PartResult(msgspec.Struct, frozen=True):
    verdicts: Count
    breaches: tuple[Problem, ...]
    seconds: float


def _look_at(judge: Judge, part: _ProofPart) -> _PartResult:
    start = time.perf_counter()
    lecture = judge.course.lecture(part.lecture)
    selection = Selection(lecture, tuple(map(lecture.find, part.exercises)))
    verdicts = []
    try:
        for verdict in PARTS[part.name](judge, selection):
            verdicts.append(verdict)
    except CourseFault as fault:
        if isinstance(fault.__cause__, DoesNotStart):
            raise
        verdicts.append(Problem(_target(selection), where_it_broke(fault, judge.course.root)))
    breaches = tuple(breach for breach in verdicts if breach)
    count = Count(len(verdicts) - len(breaches), len(verdicts))
    return _PartResult(count, breaches, time.perf_counter() - start)


def _put_together(
    course: Course, selection: Selection, found: Sequence[tuple[str, _PartResult]]
) -> Proof:
    """All but the mutants."""

    def count(name: str) -> Count:
        own = [one.verdicts for of, one in found if of == name]
        return Count(sum(one.good for one in own), sum(one.of for one in own))

    names = [*reversed(PARTS)]
    if count("solutions").good < count("solutions").of:
        names.remove("neighbours")  # it is wrong beside everything
    seen = (b for name in names for of, one in found if of == name for b in one.breaches)
    before = (*_stale_stubs(course, selection), *_unfinished(course, selection))
    return Proof(
        lecture=selection.lecture.id,
        target=_target(selection),
        **{name: count(name) for name in PARTS},
        mutants=Count(0, 0),
        equivalent=0,
        # a check that breaks does so in every part
        breaches=tuple(dict.fromkeys((*before, *seen))),
        seconds=sum(one.seconds for _, one in found),
    )


def _target(selection: Selection) -> str:
    lecture = selection.lecture.id
    if selection.is_whole:
        return lecture
    return " ".join(f"{lecture}.{exercise.id}" for exercise in selection.exercises)


def _stale_stubs(course: Course, selection: Selection) -> Iterator[Problem]:
    lecture = selection.lecture
    wanted = stubs_of(course, lecture)
    files = {exercise.file for exercise in selection.exercises}
    for path, text in wanted.items():
        if not selection.is_whole and path.name not in files:
            continue
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield Problem(_shown(course, path), "is not what the solution gives: zth dev stubs")
    for path in files_in(course.stubs(lecture)):
        if path not in wanted:
            yield Problem(_shown(course, path), "has no solution behind it")


def _unfinished(course: Course, selection: Selection) -> Iterator[Problem]:
    """What a scaffold left to be written, and exercises whose mistakes nobody thought of."""
    lecture = selection.lecture
    places = (course.solutions(lecture), course.hidden(lecture), course.visible(lecture))
    files = sorted(p for place in places for p in place.rglob("*") if p.suffix in (".py", ".toml"))
    marks = [MARK.format(id=id_) for id_ in (lecture.id, *(e.id for e in selection.exercises))]
    for path in (course.root / "course.toml", *files):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for mark in marks:
                if mark in line:
                    what = line.partition(mark)[2].strip(' :",')
                    yield Problem(
                        f"{_shown(course, path)}, line {number}", f"to be written: {what}"
                    )
    chaffs = Solutions(course, lecture).chaffs
    for exercise in selection.exercises:
        if not chaffs[exercise.id]:
            where = f"{lecture.id}.{exercise.id}"
            yield Problem(where, "no chaff: what would a tired person type?")


def _stubs(judge: Judge, selection: Selection) -> Iterator[Problem | None]:
    submission = read_submission(judge.course.stubs(selection.lecture), selection.lecture)
    for result in judge.judge(selection, submission).exercises:
        holds = result.outcome is Outcome.TODO
        yield _unless(holds, selection.lecture, result, "the stub is not TODO but")


def _solutions(judge: Judge, selection: Selection) -> Iterator[Problem | None]:
    lecture, what = selection.lecture, "the solution is not PASS but"
    for seed, result in _judged_twice(judge, selection, judge.solutions(lecture).texts):
        yield _unless(result.outcome is Outcome.PASS, lecture, result, what, seed)


def _wheats(judge: Judge, selection: Selection) -> Iterator[Problem | None]:
    lecture, worked = selection.lecture, judge.solutions(selection.lecture).texts
    folder = judge.course.hidden(lecture) / "wheats"
    covered: set[str] = set()
    for wheat in (path for path in files_in(folder, "*") if path.is_dir()):
        own = {path.name: path.read_text(encoding="utf-8") for path in files_in(wheat)}
        what = f"the wheat {wheat.name} is not PASS but"
        for seed, result in _judged_twice(judge, selection, {**worked, **own}):
            # a wheat is another way for the exercises that are in it
            if result.started:
                holds = result.outcome is Outcome.PASS
                yield _unless(holds, lecture, result, what, seed)
                covered.update([result.id] if result.file in own else [])
    for exercise in selection.exercises:
        if exercise.id not in covered:
            where = f"{lecture.id}.{exercise.id}"
            yield Problem(where, "no wheat has it: add a different right way")


class _Examples(doctest.DocTestRunner):
    """Says of an exception what it is, without a traceback."""

    def report_unexpected_exception(
        self, out: Callable[[str], object], _test: object, example: doctest.Example, exc_info: Any
    ) -> None:
        out(f"    {example.source.rstrip()}\n    {exc_info[0].__name__}: {exc_info[1]}\n")


def _examples(judge: Judge, selection: Selection) -> Iterator[Problem | None]:
    lecture = selection.lecture
    modules = judge.solutions(lecture).modules
    finder, runner = doctest.DocTestFinder(), _Examples(verbose=False)
    for file in judge.solutions(lecture).texts:
        names = {name for e in selection.exercises if e.file == file for name in e.names}
        if not names and not selection.is_whole:
            continue
        module = modules.module(stem := file.removesuffix(".py"))
        for test in finder.find(module, stem):
            of = test.name.removeprefix(f"{stem}.")
            if not test.examples or not (selection.is_whole or of in names):
                continue
            told = io.StringIO()
            failed = runner.run(test, out=told.write, clear_globs=False).failed
            where = f"{lecture.id}, {file}, {of}"
            yield Problem(where, f"an example is not so:\n{told.getvalue()}") if failed else None


def _chaffs(judge: Judge, selection: Selection) -> Iterator[Problem | None]:
    lecture, solutions = selection.lecture, judge.solutions(selection.lecture)
    for exercise in selection.exercises:
        for chaff in solutions.chaffs[exercise.id]:
            texts = {**solutions.texts, exercise.file: solutions.changed_text(chaff)}
            submission = submission_of(texts, lecture, judge.course.solutions(lecture))
            where = f"{lecture.id}.{exercise.id}, chaff {chaff.name}"
            for seed in (None, OTHER_SEED):
                only = Selection(lecture, (exercise,))
                (result,) = judge.judge(only, submission, seed).exercises
                wrong = _not_named(result, chaff.name)
                yield Problem(where, f"{wrong}{_by(seed)}") if wrong else None


def _not_named(result: ExerciseResult, chaff: str) -> str:
    """What is wrong with the verdict on a chaff; empty if it is named as itself."""
    if result.outcome not in (Outcome.FAIL, Outcome.ERROR):
        return f"is {result.outcome}: no check sees it"
    named = result.misconception.name if result.misconception else "nothing"
    return "" if named == chaff else f"fails and is named as {named}"


def _neighbours(judge: Judge, selection: Selection) -> Iterator[Problem | None]:
    """A right exercise passes, whatever is wrong in one that `needs` does not name, to any depth."""
    lecture, solutions = selection.lecture, judge.solutions(selection.lecture)
    most = NEIGHBOURS if selection.is_whole else 1
    for wrong in lecture.exercise:
        apart = tuple(
            e
            for e in selection.exercises
            if e is not wrong and wrong.id not in lecture.all_needs(e)
        )
        for chaff in solutions.chaffs[wrong.id][:most] if apart else ():
            texts = {**solutions.texts, wrong.file: solutions.changed_text(chaff)}
            submission = submission_of(texts, lecture, judge.course.solutions(lecture))
            what = f"beside {wrong.id}, chaff {chaff.name}, which it does not need, it is"
            results = judge.judge(Selection(lecture, apart), submission, on_data=False)
            for result in results.exercises:
                yield _unless(result.outcome is Outcome.PASS, lecture, result, what)


NEIGHBOURS = 4
"""How many mistakes of each exercise are tried on all others of a lecture; on one exercise, one."""
PARTS: dict[str, Callable[..., Iterator[Problem | None]]] = {
    "wheats": _wheats,
    "chaffs": _chaffs,
    "solutions": _solutions,
    "examples": _examples,
    "neighbours": _neighbours,
    "stubs": _stubs,
}
"""The one that takes longest first."""


def _judged_twice(
    judge: Judge, selection: Selection, texts: dict[str, str]
) -> Iterator[tuple[int | None, ExerciseResult]]:
    """Each seed, and each exercise's result with it; with the second, of what passed with the first."""
    lecture = selection.lecture
    submission = submission_of(texts, lecture, judge.course.solutions(lecture))
    for seed in (None, OTHER_SEED):
        # a whole data set takes seconds, and is the same with every seed
        results = judge.judge(selection, submission, seed, on_data=seed is None).exercises
        for result in results:
            yield seed, result
        passed = tuple(lecture.find(r.id) for r in results if r.outcome is Outcome.PASS)
        selection = Selection(lecture, passed)


def _mutated(course: Course, selection: Selection, proof: Proof, workers: int, say: Say) -> Proof:
    start = time.perf_counter()
    lecture = selection.lecture
    path = course.hidden(lecture) / "equivalents.toml"
    ids = {exercise.id for exercise in selection.exercises}
    # of no exercise at all: told with the whole lecture
    equivalents = [e for e in read_equivalents(path) if e.exercise in ids or selection.is_whole]
    listed = {(e.exercise, e.was, e.becomes) for e in equivalents}
    mutants, set_aside = [], set()
    for mutant in _all_mutants(course, selection):
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
        *_survivors(selection, survivors, count),
    ]
    return msgspec.structs.replace(
        proof,
        mutants=count,
        equivalent=len(set_aside),
        breaches=(*proof.breaches, *breaches),
        seconds=proof.seconds + time.perf_counter() - start,
    )


def _all_mutants(course: Course, selection: Selection) -> Iterator[Mutant]:
    for exercise in selection.exercises:
        path = course.solutions(selection.lecture) / exercise.file
        yield from mutants_of(path.read_text(encoding="utf-8"), exercise)


def _unknown_equivalents(
    course: Course, path: Path, equivalents: Sequence[Equivalent], used: set[tuple[str, str, str]]
) -> Iterator[Problem]:
    for e in equivalents:
        if (e.exercise, e.was, e.becomes) not in used:
            yield Problem(f"{_shown(course, path)}, {e.exercise}", f"no mutant is {e.becomes!r}")


def _survivors(selection: Selection, survivors: list[Mutant], count: Count) -> Iterator[Problem]:
    if count.of and count.good / count.of < REQUIRED_SCORE:
        score = f"mutation score {count.good / count.of:.1%} < {REQUIRED_SCORE:.0%}"
        yield Problem(_target(selection), score)
    for m in survivors:
        yield Problem(
            f"{selection.lecture.id}.{m.exercise}, line {m.line}",
            f"the mutant {m.becomes!r} for {m.was!r} passes: write a check, or list it as equivalent",
        )


def _unless(
    holds: bool, lecture: Lecture, result: ExerciseResult, what: str, seed: int | None = None
) -> Problem | None:
    if holds:
        return None
    messages = "; ".join(c.message for c in result.failing if c.message)
    return Problem(f"{lecture.id}.{result.id}", f"{what} {result.outcome}{_by(seed)}: {messages}")


def _by(seed: int | None) -> str:
    return f" (--seed {seed})" if seed is not None else ""


def _shown(course: Course, path: Path) -> str:
    return str(path.relative_to(course.root))

"""10,000 submissions whose marks are known beforehand, in bubblewrap, the run killed in the middle.

Solutions, chaffs, mutants and the attacks of the tests. Every one must have a verdict, and the right
one: the solution passes, and of a chaff or a mutant everything but what was changed; an attack gets
what its header says. Each of the two runs is ended with SIGKILL once it is half done, all its
processes but the one that grades left to themselves, and typed again.
"""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.long_run import graded
from benchmarks.side_by_side import zth
from grader.authoring.mutants import mutants_of, read_equivalents
from grader.course.manifest import Course, Lecture, bundled_course, load_course
from grader.course.targets import Selection, select
from grader.judge.solutions import Solutions

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS / "attacks"))
TARGETS = [
    f"lecture5.{name}"
    for name in ("dlogits", "dhprebn", "dembedding", "cross_entropy_backward", "batchnorm_backward")
]
PEOPLE = 10_000
OF_THE_TINY_COURSE = 2_000
EVERY = 4
"""Of those on the tiny course, one is an attack."""


class Work(msgspec.Struct, frozen=True):
    """A submission, and the exercises that must not pass in it."""

    kind: str
    files: dict[str, str]
    wrong: frozenset[str]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course = load_course(bundled_course())
        counts = _class(
            folder / "real", course, TARGETS, PEOPLE - OF_THE_TINY_COURSE, attacks=False
        )
        tiny = Path(shutil.copytree(TESTS / "courses" / "tiny", folder / "tiny-course"))
        course = load_course(tiny)
        counts += _class(folder / "tiny", course, ["lecture1"], OF_THE_TINY_COURSE, attacks=True)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    print(f"✓ {counts.total()} submissions, each with the verdict it must have: {kinds}")


def _class(
    folder: Path, course: Course, targets: list[str], people: int, attacks: bool
) -> Counter[str]:
    """Hand in, grade, kill, grade again, compare."""
    from corpus import Attack, read_attacks

    (selection,) = select(course, targets)
    works = itertools.cycle(list(_works(course, selection, mutants=not attacks)))
    hostile = itertools.cycle([a for a in read_attacks() if not a.lecture])
    known: dict[str, Work | Attack] = {}
    place = folder / "submissions"
    place.mkdir(parents=True)
    for number in range(people):
        who = f"student{number:05}"
        if attacks and number % EVERY == 0:
            attack = next(hostile)
            attack.hand_in(place / who)
            known[who] = attack
            continue
        work = next(works)
        (place / who).mkdir()
        for file, text in work.files.items():
            (place / who / file).write_text(text)
        known[who] = work
    start = time.perf_counter()
    marks = _graded_and_killed(folder, course, targets, people)
    seconds = time.perf_counter() - start
    print(f"  {people} of {selection.lecture.id} in {seconds:.0f} s", flush=True)
    wrong = [f"{who}: {words}" for who, one in known.items() for words in _wrong(one, marks[who])]
    if wrong or len(marks) != people:
        shown = "\n".join(wrong[:20])
        raise SystemExit(f"✗ {len(marks)} of {people} have marks, {len(wrong)} are wrong\n{shown}")
    return Counter(one.kind if isinstance(one, Work) else "attacks" for one in known.values())


def _works(course: Course, selection: Selection, mutants: bool) -> Iterator[Work]:
    """The solution, then one for each chaff and each mutant."""
    lecture = selection.lecture
    solutions = Solutions(course, lecture)
    texts = dict(solutions.texts)
    yield Work("solutions", texts, frozenset())
    for exercise in selection.exercises:
        file = exercise.file
        for chaff in solutions.chaffs[exercise.id]:
            changed = {**texts, file: solutions.changed_text(chaff)}
            yield Work("chaffs", changed, _with_dependents(lecture, exercise.id))
        for text in _mutants(course, lecture, exercise.id) if mutants else ():
            yield Work("mutants", {**texts, file: text}, _with_dependents(lecture, exercise.id))


def _mutants(course: Course, lecture: Lecture, name: str) -> Iterator[str]:
    """Those that a check can tell from the solution."""
    exercise = lecture.find(name)
    listed = read_equivalents(course.hidden(lecture) / "equivalents.toml")
    equal = {(e.exercise, e.was, e.becomes) for e in listed}
    text = (course.solutions(lecture) / exercise.file).read_text()
    for mutant in mutants_of(text, exercise):
        if (mutant.exercise, mutant.was, mutant.becomes) not in equal:
            yield mutant.text


def _with_dependents(lecture: Lecture, name: str) -> frozenset[str]:
    """An exercise and all that build on it: they may be blocked."""
    found = {name}
    for exercise in lecture.exercise:  # in the order of the lecture: needs come first
        if found & set(exercise.needs):
            found.add(exercise.id)
    return frozenset(found)


def _graded_and_killed(
    folder: Path, course: Course, targets: list[str], people: int
) -> dict[str, dict[str, Any]]:
    """The marks by learner and exercise, after a run that was killed half-way and one that went on."""
    store = folder / "grades.sqlite"
    words = ["grade", str(folder / "submissions"), *targets, "--store", str(store), "--json"]
    command = zth(*words, "--course", str(course.root))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
        while graded(store) < people // 2:
            if run.poll() is not None:
                raise SystemExit(f"zth grade ended with {run.returncode}")
            time.sleep(0.2)
        run.kill()
    before = graded(store)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    if said["graded"] != people - before:
        raise SystemExit(f"✗ {said['graded']} graded again; {people - before} were left")
    marks: dict[str, dict[str, Any]] = {}
    for mark in said["marks"]:
        marks.setdefault(mark["who"], {})[mark["exercise"]] = mark["result"]
    return marks


def _wrong(one: Any, marks: dict[str, Any]) -> Iterable[str]:
    """What is not as it must be."""
    if not isinstance(one, Work):
        return [f"{one.name}: {problem}" for problem in one.problems(marks)]
    return [
        f"{one.kind}: {name} is {mark['outcome']}, wrong are {sorted(one.wrong) or 'none'}"
        for name, mark in marks.items()
        if (mark["outcome"] == "PASS") is (name in one.wrong)
    ]


if __name__ == "__main__":
    main()

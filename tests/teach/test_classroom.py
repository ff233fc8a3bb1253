"""The class at a glance: every figure against a class that can be counted by hand."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from judging import TINY

from grader.course.manifest import Course, load_course
from grader.course.targets import select
from grader.judge.results import CheckResult, ExerciseResult, LectureResult, Misconception, Outcome
from grader.teach.classroom import Classroom, People, read_classrooms, without_names
from grader.teach.roster import Person
from grader.teach.store import HandIn, Store

COURSE = load_course(TINY)
(LECTURE,) = COURSE.lectures
ONCE = Misconception("once", "This is x itself.")
DUE = datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.UTC)


def result(exercise: str, outcome: Outcome, **more: object) -> ExerciseResult:
    points = LECTURE.find(exercise).points
    values = {
        **{"title": "", "file": "arrays.py", "path": "arrays.py", "bonus": False, "begun": True},
        **{"line": None, "points": points if outcome is Outcome.PASS else 0, "max_points": points},
    }
    return ExerciseResult(id=exercise, outcome=outcome, **{**values, **more})  # type: ignore[arg-type]


def record(book: Store, who: str, *others: ExerciseResult, hours_late: float = -1.0) -> None:
    """All right, but for the others."""
    own = {other.id: other for other in others}
    results = tuple(own.get(e.id) or result(e.id, Outcome.PASS) for e in LECTURE.exercise)
    at = DUE.timestamp() + hours_late * 3600
    hand_in = HandIn(who, "lecture1", f"/{who}.zip", at, "f", "s", recorded=True)
    run = book.begin(7, "bwrap", "1", "c")
    book.record(
        hand_in,
        LectureResult("lecture1", 7, "bwrap", results, 0),
        {r.id: "d" for r in results},
        run,
    )


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "grades.sqlite") as store:
        store.keep_people([Person(who) for who in ("ada", "bob", "cyd", "dan", "eve", "fay")])
        wrong = result("double", Outcome.FAIL, misconception=ONCE)
        waits = result("quadruple", Outcome.BLOCKED, blocked_by=("double",))
        record(store, "ada")
        record(store, "bob", wrong, waits, result("shift", Outcome.BLOCKED, blocked_by=("double",)))
        record(store, "cyd", wrong, waits, result("mean", Outcome.TODO), hours_late=25)
        record(store, "dan", result("mean", Outcome.PASS, flags=("equal in every bit",)))
        lost = CheckResult("judge", "", Outcome.ERROR, "gone")
        record(store, "eve", result("echo", Outcome.ERROR, checks=(lost,), flags=("gone",)))
        store.score("dan", "lecture1", "mean", 0.5, "")
        yield store


def seen(book: Store, course: Course = COURSE) -> Classroom:
    (classroom,) = read_classrooms(course, select(course, ["lecture1"]), book)
    return classroom


def test_who_is_there_and_who_is_not(book: Store) -> None:
    room = seen(book)
    assert room.handed_in == 5
    assert room.missing == People(1, ("fay",))
    assert room.by_hand == People(1, ("dan",))
    assert room.not_judged == People(1, ("eve",))
    assert room.late == People(0, ()), "nothing is due"
    lectures = (msgspec.structs.replace(LECTURE, due=DUE),)
    due = msgspec.structs.replace(COURSE.manifest, lecture=lectures)
    assert seen(book, msgspec.structs.replace(COURSE, manifest=due)).late == People(1, ("cyd",))


def test_points(book: Store) -> None:
    room = seen(book)
    # ada 9, bob 5, cyd 5, dan 8.5, eve 8, of 9
    assert (room.mean, room.median, room.max_points) == (7.1, 8, 9)
    counts = {bar.percent: bar.count for bar in room.distribution if bar.count}
    assert counts == {"50–59": 2, "80–89": 1, "90–99": 1, "100": 1}
    assert len(room.distribution) == 11


def test_exercises_count_what_the_judge_found(book: Store) -> None:
    stands = {stand.exercise: stand for stand in seen(book).exercises}
    assert stands["double"].counts[Outcome.PASS] == 3
    assert stands["double"].pass_rate == 0.6
    assert stands["mean"].counts[Outcome.TODO] == 1
    assert stands["echo"].judged == 4, "what no judge survived is nobody's mistake"


def test_mistakes_who_is_stuck_and_what_holds_up(book: Store) -> None:
    room = seen(book)
    (mistake,) = room.mistakes
    assert (mistake.exercise, mistake.says, mistake.count) == ("double", ONCE.says, 2)
    assert mistake.link.endswith("?t=1")
    stuck = {s.exercise: (s.people.who, s.not_started) for s in room.stuck}
    assert stuck == {"double": (("bob", "cyd"), 0), "mean": (("dan",), 0), "echo": (("eve",), 0)}
    (blocking,) = room.blocking
    assert (blocking.exercise, blocking.learners) == ("double", 2)
    assert blocking.waiting == ("quadruple", "shift")


def test_flags_are_listed_and_the_judges_own_end_is_none(book: Store) -> None:
    (flag,) = seen(book).flags
    assert (flag.exercise, flag.says, flag.people) == (
        "mean",
        "equal in every bit",
        People(1, ("dan",)),
    )


def test_without_names_nobody_is_named(book: Store) -> None:
    text = msgspec.json.encode(without_names(seen(book))).decode()
    for who in ("ada", "bob", "cyd", "dan", "eve", "fay"):
        assert f'"{who}"' not in text
    assert without_names(seen(book)).missing.count == 1
    assert "equal in every bit" not in text


def test_a_class_of_nobody(tmp_path: Path) -> None:
    with Store(tmp_path / "empty.sqlite") as store:
        store.keep_people([Person("ada")])
        room = seen(store)
    assert (room.handed_in, room.missing.count, room.mean) == (0, 1, 0)

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
from grader.failures import LimitReached, NotInstalled, Unreadable
from grader.grading.class_report import ClassReport, People, read_classrooms, without_names
from grader.grading.notices import NOT_REACHED, NoticeKind
from grader.grading.roster import Person
from grader.grading.store import Store, SubmissionRecord
from grader.results import (
    CheckResult,
    ExerciseResult,
    LectureResult,
    Misconception,
    Outcome,
    Remark,
)

COURSE = load_course(TINY)
(LECTURE,) = COURSE.lectures
ONCE = Misconception("once", "This is x itself.")
DUE = datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.UTC)


def result(exercise: str, outcome: Outcome, **more: object) -> ExerciseResult:
    points = LECTURE.find(exercise).points
    values = {
        **{"title": "", "file": "arrays.py", "path": "arrays.py", "bonus": False, "started": True},
        **{"line": None, "points": points if outcome is Outcome.PASS else 0, "max_points": points},
    }
    return ExerciseResult(id=exercise, outcome=outcome, **{**values, **more})  # type: ignore[arg-type]


def record(book: Store, who: str, *others: ExerciseResult, hours_late: float = -1.0) -> None:
    """All right, but for the others."""
    own = {other.id: other for other in others}
    results = tuple(own.get(e.id) or result(e.id, Outcome.PASS) for e in LECTURE.exercise)
    at = DUE.timestamp() + hours_late * 3600
    hand_in = SubmissionRecord(who, "lecture1", f"/{who}.zip", at, "f", "s", recorded=True)
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
        record(store, "dan", result("mean", Outcome.PASS, flags=(Remark("equal in every bit"),)))
        slow = CheckResult("t", "", Outcome.ERROR, LimitReached(kind="cpu", limit="10"))
        record(store, "eve", result("echo", Outcome.ERROR, checks=(slow,)))
        store.score("dan", "lecture1", "mean", 0.5, "")
        yield store


def seen(book: Store, course: Course = COURSE) -> ClassReport:
    (classroom,) = read_classrooms(course, select(course, ["lecture1"]), book)
    return classroom


def test_who_is_there_and_who_is_not(book: Store) -> None:
    room = seen(book)
    assert room.handed_in == 5
    assert room.missing == People(1, ("fay",))
    assert room.by_hand == People(1, ("dan",))
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
    assert stands["echo"].counts[Outcome.ERROR] == 1


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


def test_flags_are_listed(book: Store) -> None:
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


# what says nothing of an exercise


def unread(who: str, why: str) -> SubmissionRecord:
    return SubmissionRecord(
        *(who, "lecture1", f"/{who}.rar", DUE.timestamp(), "f", "s"),
        recorded=True,
        troubles={"arrays.py": why, "model.py": why},
        is_read=False,
    )


def broken(book: Store, who: str, why: str) -> None:
    """All exercises broke, as they do where nothing can be read."""
    check = CheckResult("source", "", Outcome.ERROR, Unreadable(why=why))
    results = tuple(result(e.id, Outcome.ERROR, checks=(check,)) for e in LECTURE.exercise)
    run = book.begin(7, "bwrap", "1", "c")
    judged = LectureResult("lecture1", 7, "bwrap", results, 0)
    book.record(unread(who, why), judged, {r.id: "d" for r in results}, run)


def test_what_cannot_be_read_counts_apart(book: Store) -> None:
    before = seen(book)
    broken(book, "rar", "rar.rar is a rar archive, which is not read: hand in a zip.")
    room = seen(book)
    assert room.unreadable == People(1, ("rar",))
    assert room.handed_in == before.handed_in + 1
    for same in ("mean", "median", "distribution", "exercises", "stuck", "blocking", "mistakes"):
        assert getattr(room, same) == getattr(before, same), same
    (notice,) = (n for n in room.look_at if n.kind is NoticeKind.UNREADABLE)
    assert (notice.who, notice.says[:25]) == (("rar",), "rar.rar is a rar archive,")


def test_who_is_not_graded_counts_apart(book: Store) -> None:
    """Whether a run was stopped, no judge survived it, or they handed in again."""
    before = seen(book)
    book.expect([SubmissionRecord("new", "lecture1", "/new.zip", DUE.timestamp(), "", "")])
    book.expect(
        [
            SubmissionRecord(
                "died", "lecture1", "/d.zip", None, "f", "s", ungraded="The judge ended."
            )
        ]
    )
    book.expect([SubmissionRecord("ada", "lecture1", "/ada.zip", DUE.timestamp(), "", "")])
    room = seen(book)
    assert set(room.waiting.who) == {"new", "died", "ada"}
    assert room.handed_in == before.handed_in + 2
    assert room.mean == round((5 + 5 + 8.5 + 8) / 4, 4), "ada's 9 of before is not what counts now"
    assert sum(bar.count for bar in room.distribution) == 4
    assert room.stuck == before.stuck
    notices = {n.says: set(n.who) for n in room.look_at if n.kind is NoticeKind.UNGRADED}
    assert notices == {NOT_REACHED: {"new", "ada"}, "The judge ended.": {"died"}}


def test_nobody_is_stuck_where_nobody_was_judged(tmp_path: Path) -> None:
    """`zth grade --exercise mean`: `double` comes first in the lecture, and is no obstacle."""
    with Store(tmp_path / "grades.sqlite") as store:
        run = store.begin(7, "bwrap", "1", "c")
        for who, outcome in (("ada", Outcome.PASS), ("bob", Outcome.FAIL)):
            only = LectureResult("lecture1", 7, "bwrap", (result("mean", outcome),), 0)
            store.record(
                SubmissionRecord(who, "lecture1", "/", None, "f", "s"), only, {"mean": "d"}, run
            )
        room = seen(store)
    assert {s.exercise: s.people.who for s in room.stuck} == {"mean": ("bob",)}


def test_what_to_look_at(book: Store) -> None:
    missing = CheckResult("source", "", Outcome.ERROR, NotInstalled(library="tqdm"))
    lacks = [result(e.id, Outcome.ERROR, checks=(missing,)) for e in LECTURE.exercise]
    for number in range(5):
        record(book, f"no{number}", *lacks)
    part = SubmissionRecord(
        *("half", "lecture1", "/half", None, "f", "s"),
        remarks=(
            "half.py may be of ada or bob: name it by the id.",
            "a.ipynb is not run: 3 "
            "statements outside of functions and classes (training, plots, prints) that no "
            "exercise refers to are left out.",
        ),
        troubles={"model.py": "model.py, line 10 is not valid Python."},
    )
    book.expect([part])
    notices = [(n.kind, n.says, len(n.who)) for n in seen(book).look_at]
    assert (NoticeKind.LIBRARY, "tqdm", 5) in notices
    assert (
        NoticeKind.PARTLY,
        "model.py, line 10 is not valid Python. Exercises in it: 3.",
        1,
    ) in notices
    assert (NoticeKind.REMARK, "half.py may be of ada or bob: name it by the id.", 1) in notices
    assert (NoticeKind.TIME, "echo: Stopped at the time limit of 10 s", 1) in notices
    assert not any("is not run" in says for _, says, _ in notices), "true of every notebook"
    kinds = [list(NoticeKind).index(kind) for kind, _, _ in notices]
    assert kinds == sorted(kinds), "the most pressing first"


def test_what_the_whole_class_has_wrong_may_be_wrong_itself(tmp_path: Path) -> None:
    with Store(tmp_path / "grades.sqlite") as store:
        for number in range(5):
            waits = result("quadruple", Outcome.BLOCKED, blocked_by=("double",))
            record(store, f"s{number}", result("double", Outcome.FAIL), waits)
        notices = {n.kind: n.says for n in seen(store).look_at}
    assert (
        notices[NoticeKind.CHECK]
        == "double is wrong in all 5 works that have it: is its check right?"
    )
    assert notices[NoticeKind.WAITING] == "5 wait for double."


def test_people_are_called_by_their_names(book: Store) -> None:
    book.keep_people(
        [Person("w1", "Wei Wang"), Person("w2", "Wei Wang"), Person("ada", "Ada"), Person("x")]
    )
    assert seen(book).names == {"w1": "Wei Wang (w1)", "w2": "Wei Wang (w2)", "ada": "Ada"}
    assert without_names(seen(book)).names == {}
    assert without_names(seen(book)).look_at == ()

"""What a learner gets: by the judge, by hand, with a bonus, late, or with nothing handed in."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from judging import TINY

from grader.course.manifest import Course, Late, load_course
from grader.course.targets import select
from grader.errors import UserError
from grader.failures import Location, Mismatch, Raised
from grader.grading.discovery import find_submissions
from grader.grading.gradebook import LectureGrade, find_learner, penalty, read_grades
from grader.grading.roster import Person
from grader.grading.run import Grading
from grader.grading.store import Store, SubmissionRecord
from grader.judge.worker import Job, JobResult
from grader.results import (
    CheckResult,
    ExerciseResult,
    LectureResult,
    Misconception,
    Outcome,
    Remark,
)
from grader.source.source_map import Origin

DUE = datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.UTC)
HOURS = 3600.0
RULE = "[late]\ngrace_minutes = 15\npercent_a_day = 10\ncap_percent = 25\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The tiny course with a late rule; `double` has 2 points, `echo` is a bonus."""
    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    text = (root / "course.toml").read_text().replace("[limits]", f"{RULE}\n[limits]", 1)
    text = text.replace('dir = "tiny"\n', f'dir = "tiny"\ndue = {DUE.isoformat()}\n')
    text = text.replace('title = "Say it again"\n', 'title = "Say it again"\nbonus = true\n')
    (root / "course.toml").write_text(text)
    return load_course(root)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "grades.sqlite") as book:
        yield book


def judged(outcomes: dict[str, Outcome], course: Course, **more: object) -> LectureResult:
    exercises = [
        ExerciseResult(
            id=e.id,
            title=e.title,
            outcome=outcomes[e.id],
            points=e.points if outcomes[e.id] is Outcome.PASS else 0,
            max_points=e.points,
            file=e.file,
            path=e.file,
            bonus=e.bonus,
            started=True,
            line=None,
            **more,  # type: ignore[arg-type] # what a test is about
        )
        for e in course.lectures[0].exercise
        if e.id in outcomes
    ]
    return LectureResult("lecture1", 7, "bwrap", tuple(exercises), 0.1)


def hand_in(
    book: Store,
    course: Course,
    who: str = "ada",
    after: float | None = 0.0,
    recorded: bool = True,
    outcomes: dict[str, Outcome] | None = None,
    **more: object,
) -> None:
    at = None if after is None else DUE.timestamp() + after
    of = SubmissionRecord(
        who, "lecture1", f"/{who}.zip", at, "f", "s", ("a remark",), recorded=recorded
    )
    run = book.begin(7, "bwrap", "1.0", "c")
    result = judged(
        outcomes or {e.id: Outcome.PASS for e in course.lectures[0].exercise}, course, **more
    )
    book.record(of, result, {e.id: "d" for e in result.exercises}, run)


def only(book: Store, course: Course, *targets: str) -> LectureGrade:
    (grade,) = read_grades(course, select(course, targets or ["lecture1"]), book)
    return grade


def test_a_bonus_comes_on_top(book: Store, course: Course) -> None:
    hand_in(book, course)
    grade = only(book, course)
    assert (grade.points, grade.max_points, grade.total) == (9, 8, 9)
    assert [g.exercise for g in grade.exercises if g.bonus] == ["echo"]
    assert only(book, course, "1.double", "1.echo").max_points == 2


def test_the_roster_in_its_order_then_strangers(book: Store, course: Course) -> None:
    book.keep_people([Person("zoe", "Zoe", "z@x.org", row={"id": "zoe"}), Person("bob", "Bob")])
    for who in ("eve", "bob", "ann"):
        hand_in(book, course, who)
    grades = read_grades(course, select(course, ["lecture1"]), book)
    assert [g.who for g in grades] == ["zoe", "bob", "ann", "eve"]
    zoe = grades[0]
    assert (zoe.total, zoe.max_points, zoe.handed_in) == (0, 8, False)
    assert zoe.remarks == ("Nothing was handed in.",)
    assert (zoe.email, zoe.row) == ("z@x.org", {"id": "zoe"})
    assert {g.outcome for g in zoe.exercises} == {None}
    assert zoe.not_judged == ()


def test_nobody_at_all(book: Store, course: Course) -> None:
    assert read_grades(course, select(course, ["lecture1"]), book) == []


def test_a_person_has_the_last_word(book: Store, course: Course) -> None:
    hand_in(book, course, outcomes={"double": Outcome.FAIL, "mean": Outcome.PASS})
    book.score("ada", "lecture1", "double", 1.5, "nearly")
    book.score("ada", "lecture1", "mean", None, "well done")
    grade = only(book, course, "1.double", "1.mean")
    double, mean = grade.exercises
    assert (double.points, double.by_hand, double.comment) == (1.5, True, "nearly")
    assert double.outcome is Outcome.FAIL
    assert (mean.points, mean.by_hand, mean.comment) == (1, False, "well done")
    assert grade.total == 2.5


def test_points_by_hand_for_who_handed_in_nothing(book: Store, course: Course) -> None:
    book.keep_people([Person("zoe")])
    book.score("zoe", "lecture1", "double", 2, "in person")
    assert only(book, course).total == 2


def test_what_is_not_graded_yet_is_said(book: Store, course: Course) -> None:
    hand_in(book, course, outcomes={"double": Outcome.PASS})
    grade = only(book, course, "1.double", "1.mean")
    assert grade.not_judged == ("mean",)
    assert grade.remarks == ("a remark", "Not graded yet: mean.")
    assert [g.points for g in grade.exercises] == [2, None]
    assert (grade.points, grade.penalty, grade.total) == (None, None, None)
    book.score("ada", "lecture1", "mean", 0.5, "")
    assert only(book, course, "1.double", "1.mean").total == 2.5, "a person's word is one"


def test_a_mark_of_an_older_work_is_not_one_of_what_counts_now(book: Store, course: Course) -> None:
    """They handed in again, and the run was stopped before it came to them."""
    hand_in(book, course)
    at = DUE.timestamp()
    book.expect([SubmissionRecord("ada", "lecture1", "/ada.zip", at, "", "", recorded=True)])
    grade = only(book, course)
    assert grade.handed_in
    assert {g.points for g in grade.exercises} == {None}
    assert (grade.total, grade.penalty) == (None, None)
    book.expect([SubmissionRecord("ada", "lecture1", "/ada.zip", at, "f", "s", recorded=True)])
    assert only(book, course).total == 9, "it was the same, and the mark stands"


def test_why_it_is_not_graded_is_said(book: Store, course: Course) -> None:
    book.expect(
        [SubmissionRecord("ada", "lecture1", "/a", None, "f", "s", ungraded="The judge ended.")]
    )
    grade = only(book, course, "1.double")
    assert grade.remarks == ("Not graded yet: double.", "The judge ended.")
    assert grade.total is None


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("w1", "w1"),
        ("W2", "w2"),
        ("wei.wang2@x.org", "w2"),
        ("Ada Lovelace", "ada"),
        ("ada  lovelace", "ada"),
        ("ada", "ada"),
        ("zoe", "zoe"),
    ],
)
def test_a_learner_is_found_by_id_email_and_a_name_of_their_own(text: str, who: str) -> None:
    assert find_learner(text, PEOPLE, "grades.sqlite") == who


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Wei Wang", "Name the id of one: w1, w2."),
        ("adda", "Did you mean ada?"),
        ("???", "There are: w1, w2, ada, zoe."),
    ],
)
def test_a_name_of_two_or_of_nobody_is_no_one(text: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        find_learner(text, PEOPLE, "grades.sqlite")
    assert says in refused.value.fix


def test_full_marks_by_hand_leave_no_0_to_what_builds_on_it(book: Store, course: Course) -> None:
    """The judge cannot go by a person's word: what waited for its own verdict waits for a person."""
    outcomes = {"double": Outcome.FAIL, "quadruple": Outcome.BLOCKED, "mean": Outcome.PASS}
    hand_in(book, course, outcomes=outcomes, blocked_by=("double",))
    targets = ("1.double", "1.mean", "1.quadruple")
    before = only(book, course, *targets)
    assert (before.total, before.to_decide) == (1, ())
    assert before.exercises[2].message == "It builds on double."
    book.score("ada", "lecture1", "double", 1.5, "nearly")
    assert only(book, course, *targets).total == 2.5, "not all of it: it stays wrong"
    book.score("ada", "lecture1", "double", 2, "")
    grade = only(book, course, *targets)
    assert (grade.to_decide, grade.total) == (("quadruple",), None)
    assert grade.exercises[2].message == ""
    assert "quadruple builds on has full marks by hand" in grade.remarks[-1]
    assert only(book, course, "1.quadruple").to_decide == ("quadruple",), "whatever is asked for"
    book.score("ada", "lecture1", "quadruple", 0.5, "")
    assert only(book, course, *targets).total == 3.5


def test_what_waits_for_another_as_well_goes_on_waiting(book: Store, course: Course) -> None:
    outcomes = {"double": Outcome.FAIL, "mean": Outcome.FAIL, "quadruple": Outcome.BLOCKED}
    hand_in(book, course, outcomes=outcomes, blocked_by=("double", "mean"))
    book.score("ada", "lecture1", "double", 2, "")
    grade = only(book, course, "1.double", "1.mean", "1.quadruple")
    assert (grade.total, grade.to_decide) == (2, ())
    assert grade.exercises[2].message == "It builds on mean."


def test_a_place_is_where_they_wrote_it(book: Store, course: Course) -> None:
    """In messages, in texts of known mistakes, in flags: cell and line, as every export has them."""
    raised = CheckResult(
        *("n", "", Outcome.ERROR),
        Raised(
            exception="ZeroDivisionError",
            message="oh.",
            location=Location("arrays.py", 7, "mean"),
        ),
    )
    more = {
        "checks": (raised,),
        "misconception": Misconception("m", "double is no function.", Location("arrays.py", 6)),
        "flags": (Remark("uses os, which no exercise needs.", Location("arrays.py", 5)),),
    }
    hand_in(book, course, outcomes={"double": Outcome.ERROR}, **more)
    origins = {"arrays.py": Origin("hw.ipynb", (1, 5))}
    of = book.hand_ins()["ada", "lecture1"]
    book.expect([msgspec.structs.replace(of, origins=origins)])
    (double,) = only(book, course, "1.double").exercises
    assert double.message == "ZeroDivisionError: oh. (hw.ipynb, cell 2, line 3, in mean)"
    assert double.misconception == "double is no function. (hw.ipynb, cell 2, line 2)"
    assert double.flags[0].startswith("hw.ipynb, cell 2, line 1 uses os")


PEOPLE = (
    Person("w1", "Wei Wang", "wei.wang@x.org"),
    Person("w2", "Wei Wang", "wei.wang2@x.org"),
    Person("ada", "Ada Lovelace"),
    Person("zoe", "ada"),
)


def test_points_are_what_the_course_gives_now(book: Store, course: Course) -> None:
    hand_in(book, course, outcomes={"double": Outcome.PASS})
    text = (course.root / "course.toml").read_text().replace("points = 2", "points = 6")
    (course.root / "course.toml").write_text(text)
    assert only(book, load_course(course.root), "1.double").total == 6


def test_what_was_expected_is_not_told(book: Store, course: Course) -> None:
    failing = CheckResult(
        name="n",
        description="Twice a tensor is twice as much.",
        outcome=Outcome.FAIL,
        failure=Mismatch(expected="42", actual="7"),
    )
    wrong = {"double": Outcome.FAIL}
    hand_in(book, course, outcomes=wrong, checks=(failing,), misconception=Misconception("m", "Hm"))
    (double,) = only(book, course, "1.double").exercises
    assert double.message == "Twice a tensor is twice as much."
    assert double.misconception == "Hm"
    raised = CheckResult("n", "It ends.", Outcome.ERROR, Raised(exception="x" * 1_000_000))
    hand_in(book, course, outcomes={"double": Outcome.ERROR}, checks=(raised,))
    (double,) = only(book, course, "1.double").exercises
    assert double.message.startswith("It ends.\nxxx")
    assert len(double.message) == 4_000


@pytest.mark.parametrize(
    ("after", "hours", "lost"),
    [
        (-HOURS, 0, 0),
        (0, 0, 0),  # exactly when it is due
        (60, 1 / 60, 0),
        (15 * 60, 0.25, 0),  # exactly the grace
        (15 * 60 + 1, 0.250278, 0.9),
        (24 * HOURS + 15 * 60, 24.25, 0.9),  # exactly a day
        (24 * HOURS + 15 * 60 + 1, 24.250278, 1.8),
        (72 * HOURS, 72, 2.25),  # 30 %, but for the cap
        (9_000 * HOURS, 9_000, 2.25),
    ],
)
def test_late(book: Store, course: Course, after: float, hours: float, lost: float) -> None:
    hand_in(book, course, after=after)
    grade = only(book, course)
    assert (grade.late_hours, grade.penalty, grade.total) == (
        pytest.approx(hours, abs=1e-6),
        lost,
        9 - lost,
    )


def test_who_has_more_time_is_late_later(book: Store, course: Course) -> None:
    book.keep_people([Person("ada", extension_hours=48)])
    hand_in(book, course, after=48 * HOURS + 15 * 60)
    assert (only(book, course).late_hours, only(book, course).penalty) == (0.25, 0)
    hand_in(book, course, after=48 * HOURS + 16 * 60)
    assert only(book, course).penalty == 0.9


@pytest.mark.parametrize("after", [100 * HOURS, -HOURS, None])
def test_a_time_that_nobody_recorded_costs_nothing(
    book: Store, course: Course, after: float | None
) -> None:
    hand_in(book, course, after=after, recorded=False)
    grade = only(book, course)
    assert (grade.late_hours, grade.penalty, grade.total) == (None, 0, 9)
    assert any("file dates are unreliable" in r for r in grade.remarks) == (after == 100 * HOURS)


def test_points_by_hand_are_late_as_well(book: Store, course: Course) -> None:
    hand_in(book, course, after=HOURS, outcomes={"double": Outcome.FAIL})
    book.score("ada", "lecture1", "double", 2, "")
    grade = only(book, course, "1.double")
    assert (grade.points, grade.penalty, grade.total) == (2, 0.2, 1.8)


def test_a_rule_of_all_and_of_nothing() -> None:
    assert penalty(Late(0, 100, 100), 8, 1) == 8
    assert penalty(Late(), 8, 10 * DAY) == 0
    assert penalty(Late(0, 50, 0), 8, 10 * DAY) == 0
    assert penalty(Late(0, 10, 100), 0.3, 1) == 0.03


DAY = 24 * HOURS


def test_whose_word_the_time_is_comes_from_the_submission(
    book: Store, course: Course, tmp_path: Path
) -> None:
    """nbgrader's timestamp.txt is a record; a folder's own time is not."""
    submitted = tmp_path / "submitted"
    for who, stamp in (("ada", "2026-10-03 12:00:00 UTC\n"), ("bob", "yesterday")):
        folder = submitted / who / "ps1"
        folder.mkdir(parents=True)
        (folder / "arrays.py").write_text("x = 1\n")
        (folder / "timestamp.txt").write_text(stamp)
    selections = select(course, ["lecture1"])
    grading = Grading(course, selections, book)

    def execute(jobs: Iterable[Job]) -> Iterator[JobResult]:
        for job in jobs:
            passed = dict.fromkeys(job.exercises, Outcome.PASS)
            yield JobResult(job.who, job.lecture, judged(passed, course))

    plan = grading.plan(find_submissions(submitted))
    assert len(list(grading.run(plan, book.begin(7, "bwrap", "1", "c"), execute, ()))) == 2
    ada, bob = read_grades(course, selections, book)
    assert (ada.who, ada.late_hours, ada.penalty) == ("ada", 48, 1.8)
    assert (bob.who, bob.late_hours, bob.penalty) == ("bob", None, 0)

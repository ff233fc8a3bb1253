"""A watch in a pack, where nobody judges some exercises."""

from __future__ import annotations

from pathlib import Path

from releasing import own_course

from grader.authoring.release import release_course
from grader.course.manifest import Course, Exercise, load_course
from grader.results import ExerciseResult, LectureResult, Outcome
from grader.workspace.init import make_workspace
from grader.workspace.judge_server import Order, Response
from grader.workspace.progress import Progress
from grader.workspace.watch import Watch


def watch_of(tmp_path: Path) -> tuple[Course, Watch]:
    whole = load_course(own_course(tmp_path / "own"))
    course = release_course(whole, whole.lectures, tmp_path / "pack").course
    workspace = make_workspace(tmp_path / "work", course)
    (lecture,) = course.lectures
    return course, Watch(course, workspace, Progress(workspace), (lecture, lecture.find("slope")))


def verdict(order: Order, *results: ExerciseResult) -> Response:
    return Response(order.number, LectureResult("lecture1", 1, "fork", results, 0.0), ())


def result(exercise: Exercise) -> ExerciseResult:
    where = {"file": exercise.file, "path": exercise.file, "bonus": False, "started": False}
    return ExerciseResult(exercise.id, "", Outcome.TODO, 0, 1, line=None, **where)  # type: ignore[arg-type]


def test_what_nobody_judges_is_asked_for_once_and_not_for_ever(tmp_path: Path) -> None:
    _, watch = watch_of(tmp_path)
    order = watch.begin()
    assert order.exercises == ("slope",)
    assert watch.heard(verdict(order, result(watch.exercise))) is None
    assert watch.result is not None, "a stub is to do, whoever judges it"
    order = watch.saved()
    while order:
        asked = order
        assert asked.number < 5
        order = watch.heard(verdict(asked))  # it is written now, and nothing is said of it
    assert watch.result is None
    assert not watch.passed


def test_the_next_exercise_is_one_that_is_judged(tmp_path: Path) -> None:
    course, watch = watch_of(tmp_path)
    assert {e.id for e in course.lectures[0].exercise if e.judged} == {
        *("double", "mean", "Tally", "quadruple")
    }
    following = watch._next()
    assert following is not None
    assert following[1].id == "double"

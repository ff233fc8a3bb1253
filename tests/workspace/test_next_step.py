"""Which exercise comes next, for learners who go straight on, skip, fail and come back."""

from __future__ import annotations

import pytest

from grader.course.manifest import Course, bundled_course, load_course
from grader.errors import UserError
from grader.results import Outcome
from grader.workspace.next_exercise import Statuses, exercise_meant, next_exercise
from grader.workspace.progress import ExerciseStatus


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(bundled_course())


def stood(*tried: tuple[str, str, Outcome, float]) -> Statuses:
    return {
        (lecture, exercise): ExerciseStatus(
            outcome, outcome is Outcome.PASS, outcome is Outcome.PASS, 1, at
        )
        for lecture, exercise, outcome, at in tried
    }


def following(course: Course, standings: Statuses) -> str:
    found = next_exercise(course, standings)
    return f"{found[0].id}.{found[1].id}" if found else "nothing"


def whole(course: Course, lecture_id: str, at: float) -> Statuses:
    lecture = next(lecture for lecture in course.lectures if lecture.id == lecture_id)
    return stood(*((lecture_id, e.id, Outcome.PASS, at) for e in lecture.exercise if not e.bonus))


def test_a_newcomer_begins_at_the_beginning(course: Course) -> None:
    assert following(course, {}) == "lecture1.numerical_grad"


def test_what_was_tried_last_and_is_wrong_comes_again(course: Course) -> None:
    tried = stood(("lecture5", "cross_entropy_backward", Outcome.FAIL, 2.0))
    assert following(course, tried) == "lecture5.cross_entropy_backward"


def test_after_a_pass_the_first_that_is_left_of_that_lecture(course: Course) -> None:
    tried = stood(
        ("lecture1", "numerical_grad", Outcome.PASS, 1.0), ("lecture1", "gradf", Outcome.PASS, 2.0)
    )
    assert following(course, tried) == "lecture1.symmetric_grad"


def test_the_lecture_that_was_worked_on_last_counts(course: Course) -> None:
    tried = stood(
        ("lecture1", "numerical_grad", Outcome.FAIL, 1.0),
        ("lecture5", "dlogprobs", Outcome.PASS, 2.0),
    )
    assert following(course, tried).startswith("lecture5.")


def test_after_a_lecture_the_next_and_then_what_was_skipped(course: Course) -> None:
    ids = [lecture.id for lecture in course.lectures]
    second = dict(whole(course, ids[1], 2.0))
    assert following(course, second).startswith(f"{ids[2]}.")
    last = dict(whole(course, ids[-1], 2.0))
    assert following(course, last) == "lecture1.numerical_grad"


def test_a_bonus_is_never_next_and_all_the_rest_is_the_end(course: Course) -> None:
    done: dict[tuple[str, str], ExerciseStatus] = {}
    for lecture in course.lectures:
        done |= whole(course, lecture.id, 1.0)
    assert following(course, done) == "nothing"
    with pytest.raises(UserError, match="passed everything"):
        exercise_meant(course, "", done)
    assert exercise_meant(course, "1", done)[1].id == "numerical_grad"
    assert exercise_meant(course, "topo_sort_iterative", done)[1].bonus


def test_what_a_course_has_no_more_is_passed_over(course: Course) -> None:
    tried = stood(("lecture99", "gone", Outcome.FAIL, 9.0))
    assert following(course, tried) == "lecture1.numerical_grad"

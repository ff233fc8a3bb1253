"""What is written below a graded cell, read by nbgrader's own rule."""

from __future__ import annotations

from typing import Any

import pytest

from grader.course.manifest import Exercise
from grader.grading.feedback import ExerciseFeedback
from grader.grading.gradebook import ExerciseScore
from grader.nbgrader.judging import share
from grader.nbgrader.outputs import by_hand, outputs_of
from grader.results import ExerciseResult, Outcome


def told(outcome: Outcome, **more: Any) -> ExerciseFeedback:
    graded = ExerciseScore("double", outcome, 0, 0)
    return ExerciseFeedback(graded, link="https://youtu.be/x?t=1", at="0:00:01", again="", **more)


def seen_by_nbgrader(outputs: list[dict[str, Any]], worth: float) -> float:
    """The score that nbgrader gives a cell with these outputs."""
    from nbformat.notebooknode import from_dict
    from nbgrader.utils import determine_grade

    about = {"grade": True, "solution": False, "points": worth, "grade_id": "a"}
    cell = {"cell_type": "code", "metadata": {"nbgrader": about}, "outputs": outputs}
    score: float = determine_grade(from_dict(cell))[0]
    return score


@pytest.mark.parametrize("points", [0, 0.1, 1 / 3, 1, 2.5, 4])
def test_nbgrader_reads_the_points_that_were_given(points: float) -> None:
    """None first. Partial credit is a number, whole or not."""
    outcome = Outcome.PASS if points == 4 else Outcome.FAIL
    assert seen_by_nbgrader(outputs_of("l.double", told(outcome), points, 4), 4) == points


def test_a_cell_that_is_worth_nothing_shows_no_error() -> None:
    for outcome in Outcome:
        outputs = outputs_of("l.double", told(outcome), 0, 0)
        assert [output["output_type"] for output in outputs] == ["display_data"]


def test_what_nobody_has_run_has_no_points() -> None:
    assert seen_by_nbgrader(by_hand(), 3) == 0


def test_a_learner_s_words_are_only_text() -> None:
    words = "<script>\x1b[31m\ud800\u202e[link](javascript:1)"
    shown = outputs_of("l.double", told(Outcome.ERROR, message=words, printed=words), 0, 1)[0]
    page, text = shown["data"]["text/html"], shown["data"]["text/plain"]
    assert "<script" not in page
    for bad in ("\x1b", "\ud800", "\u202e"):
        assert bad not in page + text
    assert page.count("<a ") == 1, "the video's"


def result(outcome: Outcome, points: int, full: int) -> ExerciseResult:
    return ExerciseResult(
        id="double",
        title="",
        outcome=outcome,
        points=points,
        max_points=full,
        file="a.py",
        path="a.py",
        bonus=False,
        started=True,
        line=None,
    )


@pytest.mark.parametrize(
    ("outcome", "points", "worth", "bonus", "gives"),
    [
        (Outcome.FAIL, 0, 5, False, 0),
        (Outcome.PASS, 2, 2, False, 2),
        (Outcome.PASS, 2, 5, False, 5),  # an instructor has made more of it
        (Outcome.FAIL, 1, 5, False, 2.5),
        (Outcome.PASS, 2, 0, False, 0),  # and here nothing
        (Outcome.PASS, 2, 0, True, 2),
        (Outcome.FAIL, 0, 0, True, 0),
    ],
)
def test_what_a_cell_gives(
    outcome: Outcome, points: int, worth: float, bonus: bool, gives: float
) -> None:
    exercise = Exercise("double", "a.py", "", "", ("", "", ""), points=2, bonus=bonus)
    assert share(exercise, result(outcome, points, 2), worth) == gives


def test_an_exercise_without_points_gives_the_cell_s_where_it_is_right() -> None:
    exercise = Exercise("double", "a.py", "", "", ("", "", ""), points=0)
    assert share(exercise, result(Outcome.PASS, 0, 0), 3) == 3
    assert share(exercise, result(Outcome.ERROR, 0, 0), 3) == 0

"""Stubs from solutions: what is left to the learner, and markers that are wrong."""

from __future__ import annotations

import pytest
from judging import TINY

from grader.course.manifest import Course
from grader.course.stubs import marked_exercises, strip_solution, stubs_of
from grader.errors import UserError

BROKEN = {
    "never closed": (
        "x = 1\n### BEGIN SOLUTION one: do it.\ny = 2\n",
        "name, line 2: the solution marker is never closed.",
    ),
    "never opened": (
        "x = 1\n### END SOLUTION\n",
        "name, line 2: the solution marker closes what was never opened.",
    ),
    "one inside another": (
        "### BEGIN SOLUTION one: a.\n### BEGIN SOLUTION two: b.\n### END SOLUTION\n",
        "name, line 2: the solution marker opens inside the region of line 1.",
    ),
    "without a goal": (
        "### BEGIN SOLUTION one\n### END SOLUTION\n",
        "name, line 1: the solution marker is not `### BEGIN SOLUTION id: goal`",
    ),
    "without an exercise": (
        "### BEGIN SOLUTION\n### END SOLUTION\n",
        "name, line 1: the solution marker is not `### BEGIN SOLUTION id: goal`",
    ),
    "with two signs": (
        "## BEGIN SOLUTION one: do it.\n## END SOLUTION\n",
        "name, line 1: the solution marker is not `### BEGIN SOLUTION id: goal`",
    ),
    "after code": (
        "x = 1  ### BEGIN SOLUTION one: do it.\n### END SOLUTION\n",
        "name, line 1: the solution marker is not `### BEGIN SOLUTION id: goal`",
    ),
    "in lower case": (
        "### begin solution one: do it.\nx = 1\n### end solution\n",
        "name, line 1: the solution marker is not `### BEGIN SOLUTION id: goal`",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_wrong_marker_is_refused_with_its_line(how: str) -> None:
    source, said = BROKEN[how]
    with pytest.raises(UserError) as caught:
        strip_solution(source, "name")
    assert caught.value.message.startswith(said)
    assert "### BEGIN SOLUTION id: goal" in caught.value.fix


def test_nothing_of_a_solution_is_left(tiny: Course) -> None:
    stubs = stubs_of(tiny, tiny.lectures[0])
    everything = "\n".join(stubs.values())
    for secret in (
        "x + x",
        "len(values)",
        "+=",
        "double(double",
        "x**2",
        "tiny-marker",
        "SOLUTION",
    ):
        assert secret not in everything.replace("x**3", "")


def test_the_stubs_of_the_tiny_course_are_up_to_date(tiny: Course) -> None:
    for path, stub in stubs_of(tiny, tiny.lectures[0]).items():
        assert path.read_text(encoding="utf-8") == stub


def test_two_regions_of_one_exercise_and_what_is_between() -> None:
    source = """
class A:
    ### BEGIN SOLUTION A: the first half.
    x = 1
    ### END SOLUTION
    kept = True

    def f(self):
        if self.kept:
            ### BEGIN SOLUTION A: the second half.
            return 1

        return 2
            ### END SOLUTION
"""
    assert marked_exercises(source) == ["A", "A"]
    assert (
        strip_solution(source)
        == """
class A:
    # TODO: the first half.
    raise NotImplementedError("A")
    kept = True

    def f(self):
        if self.kept:
            # TODO: the second half.
            raise NotImplementedError("A")
"""
    )


def test_a_file_without_markers_stays_as_it_is() -> None:
    source = (TINY / "tests" / "hidden" / "tiny" / "wheats" / "arrays.py").read_text()
    assert strip_solution(source) == source

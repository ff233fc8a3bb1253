"""The call that a failing check shows: what the learner can type, no function of the hidden checks."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import pytest

from grader.course.manifest import bundled_course, load_course
from grader.course.targets import Selection
from grader.judge.call_text import source_of
from grader.judge.judge import open_judge
from grader.judge.pytest_plugin import HiddenChecks
from grader.results import CheckResult, Outcome
from grader.sandbox.sandbox import Sandbox
from grader.source.files import submission_of


def helper(*_: object) -> Any:
    """As the hidden checks have them."""


def plain(arrays: Any, x: float) -> object:
    twice = arrays.double(x)
    return {
        "twice": twice,
        "root": math.sqrt(twice),
    }


def around(arrays: Any, x: float) -> object:
    return helper(arrays.double(x), arrays.double(x), arrays.mean(arrays.double(arrays.double(x))))


def inside(arrays: Any, x: float) -> object:
    return arrays.double(helper(x))


def in_a_comprehension(arrays: Any, x: float) -> object:
    return [helper(arrays.mean([x])) for _ in range(3)]


def only(arrays: Any, x: float) -> object:
    return helper(arrays, "double", x)


def given_one(convert: Callable[..., object]) -> Callable[..., object]:
    """A probe that a fixture gave a function."""

    def probe(arrays: Any, x: float) -> object:
        return convert(arrays.double(x))

    return probe


def of_its_own(arrays: Any, x: float) -> object:
    def helper(y: float) -> object:
        return arrays.double(y)

    return helper(x)


SHOWN = {
    plain: 'twice = double(x)\n{\n    "twice": twice,\n    "root": math.sqrt(twice),\n}',
    around: "double(x)\ndouble(double(x))",
    inside: "",
    in_a_comprehension: "",
    only: "",
    given_one(helper): "double(x)",
    of_its_own: "def helper(y: float) -> object:\n    return double(y)\n\nhelper(x)",
}


@pytest.mark.parametrize("probe", SHOWN, ids=lambda probe: probe.__name__)
def test_only_what_the_learner_can_type_is_shown(probe: Callable[..., object]) -> None:
    assert source_of(probe, {"x": 1.0}, ["double"]) == SHOWN[probe]


def test_no_check_of_the_course_shows_a_function_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each check is run on the solution, and asked what it would show."""
    shown: list[str] = []
    run = HiddenChecks.run

    def asked(checks: HiddenChecks, item: Any, trial: Any, seed: int) -> CheckResult:
        result = run(checks, item, trial, seed)
        theirs = {name for name, value in vars(item.module).items() if callable(value)} - learners
        code = "\n".join(line for line in trial.ran.splitlines() if not line.startswith("…"))
        for node in _nodes(code):
            if isinstance(node, ast.Name) and node.id in theirs:
                shown.append(f"{item.nodeid}: {node.id}")
        asked_of.append(item.nodeid)
        return result

    asked_of: list[str] = []
    monkeypatch.setattr(HiddenChecks, "run", asked)
    course = load_course(bundled_course())
    learners = {name for le in course.lectures for e in le.exercise for name in e.names}
    with (
        Sandbox(forbids=course.forbids) as sandbox,
        open_judge(course, course.lectures, sandbox) as judge,
    ):
        for lecture in course.lectures:
            texts = judge.solutions(lecture).texts
            submission = submission_of(texts, lecture, course.solutions(lecture))
            whole = Selection(lecture, lecture.exercise)
            result = judge.judge(whole, submission, on_data=False)
            assert {e.outcome for e in result.exercises} == {Outcome.PASS}
    assert len(asked_of) >= sum(len(lecture.exercise) for lecture in course.lectures)
    assert shown == []


def _nodes(code: str) -> list[ast.AST]:
    """The nodes of a code; of one that is cut off, of the lines that are whole."""
    lines = code.splitlines()
    for end in range(len(lines), 0, -1):
        try:
            return [*ast.walk(ast.parse("\n".join(lines[:end])))]
        except SyntaxError:
            continue
    return []

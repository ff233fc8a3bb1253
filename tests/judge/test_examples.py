"""A pack's examples as a check: what is typed, what counts as the same, what is said of the rest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import Judged, WarmJudge, words
from releasing import own_course

from grader.authoring.release import release_course
from grader.course.manifest import Course, bundled_course, load_course
from grader.course.targets import Selection
from grader.judge.doctests import examples_of, same_value
from grader.judge.judge import VISIBLE_ONLY, Judge, open_judge
from grader.results import Outcome
from grader.sandbox.isolation import Isolation
from grader.sandbox.sandbox import Sandbox
from grader.source.files import submission_of

DOUBLE = "def double(x):\n    return x + x"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return load_course(own_course(tmp_path_factory.mktemp("own") / "course"))


@pytest.fixture(scope="module")
def pack(whole: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmJudge]:
    folder = tmp_path_factory.mktemp("pack") / "course"
    released = release_course(whole, whole.lectures, folder).course
    with WarmJudge(released, Isolation.FORK) as judge:
        yield judge


@pytest.fixture
def student(pack: WarmJudge, whole: Course, tmp_path: Path) -> Judged:
    """Judges by the pack; what is not written is as in the solutions."""
    student = Judged(pack, tmp_path)
    shutil.copytree(whole.solutions(whole.lectures[0]), tmp_path, dirs_exist_ok=True)
    student.worked = lambda name: (  # type: ignore[method-assign] # a pack has no solutions to copy
        whole.solutions(whole.lectures[0]) / name
    ).read_text()
    return student


def test_examples_are_in_what_an_exercise_defines_and_nowhere_else(whole: Course) -> None:
    (lecture,) = whole.lectures
    stub = (whole.solutions(lecture) / "arrays.py").read_text()
    sources = {
        e.id: [x.source for group in examples_of(stub, lecture, e) for x in group]
        for e in lecture.exercise
        if e.file == "arrays.py"
    }
    assert sources["double"] == ["double(torch.tensor([1.0, 2.5]))\n"]
    assert sources["quadruple"] == ["x = 3\n", "quadruple(x)\n"]
    assert sources["Tally"][-1] == "tally.total()\n"
    assert sources["mean"] == sources["slope"] == []


def test_a_wrong_example_fails_with_what_was_typed_and_what_came(student: Judged) -> None:
    result = student.one("def double(x):\n    return x", "double")
    assert result.outcome is Outcome.FAIL
    assert words(result) == "expected tensor([2., 5.]), got tensor([1.0000, 2.5000])."
    (check,) = result.checks
    assert check.call == ">>> double(torch.tensor([1.0, 2.5]))"
    assert check.description == "The examples of its docstring come out as they are written."
    assert result.misconception is None


def test_the_solution_passes_and_it_is_said_that_this_is_not_all(student: Judged) -> None:
    results = student.files({})
    assert {r.outcome for r in results.values()} == {Outcome.PASS}
    assert set(results) == {"double", "mean", "Tally", "quadruple"}
    assert student.last is not None
    assert student.last.notes == (
        "Judged by your instructor only: slope, shift, echo, secret.",
        VISIBLE_ONLY,
    )


def test_nothing_visible_is_never_a_pass(student: Judged) -> None:
    """A stub is to do, a file that is no Python is an error; what is written is not judged."""
    stub = 'def slope(x):\n    raise NotImplementedError("slope")'
    assert student.one(stub, "slope").outcome is Outcome.TODO
    assert student.files({"arrays.py": "def slope(:"}, "slope")["slope"].outcome is Outcome.ERROR
    assert student.code("def slope(x):\n    return 1", "slope") == {}
    assert student.last is not None
    assert not student.last.passed


@pytest.mark.parametrize(
    ("code", "outcome", "says"),
    [
        ("def double(x):\n    pass", Outcome.FAIL, "got nothing. Is a `return` missing?"),
        ("def double(x):\n    return x.nowhere", Outcome.ERROR, "has no attribute 'nowhere'"),
        ("def double(x):\n    while True: pass", Outcome.ERROR, "time limit"),
        ("def double(x):\n    raise SystemExit(0)", Outcome.ERROR, "called exit"),
        ("import os\ndef double(x):\n    os._exit(0)", Outcome.ERROR, "ended the Python process"),
    ],
)
def test_what_else_may_come_of_an_example(
    student: Judged, code: str, outcome: Outcome, says: str
) -> None:
    result = student.one(code, "double")
    assert (result.outcome, says in words(result)) == (outcome, True), words(result)


@pytest.mark.parametrize(
    "code",
    [
        "def double(x):\n    print('a', x)\n    return x + x",
        "def double(x):\n    return (x.double() * 2).requires_grad_()",
        "from torch import tensor\ndel torch\ndef double(x):\n    return x + x",
        "import builtins\nbuiltins.print = None\ndef double(x):\n    return x + x",
    ],
    ids=["prints", "another precision", "without what the stub imports", "tampers"],
)
def test_a_right_answer_passes_however_it_is_written(student: Judged, code: str) -> None:
    result = student.one(code, "double")
    assert result.outcome is Outcome.PASS, words(result)


def test_an_exercise_that_another_needs_is_done_first(student: Judged) -> None:
    stub = 'def double(x):\n    raise NotImplementedError("double")'
    result = student.one(stub, "quadruple")
    assert (result.outcome, result.blocked_by) == (Outcome.BLOCKED, ("double",))


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        ("0.3", "0.30000001192092896", True),
        ("0.3", "0.31", False),
        ("0.125", "0.126", False),
        ("tensor([[0.0312]])", "tensor([[0.0313]])", True),
        ("tensor([[-2.,  0.]])", "tensor([[-2.0000e+00, -1.0000e-09]])", True),
        ("tensor([1, 2])", "tensor([1., 2.])", False),
        ("tensor([1, 2], dtype=torch.int32)", "tensor([1, 2])", True),
        ("tensor([[1., 2.]])", "tensor([1., 2.])", True),
        ("tensor([[1.], [2.]])", "tensor([1., 2.])", False),
        ("{'a': 1, '.': 0}", "{'.': 0, 'a': 1}", True),
        ("{'a': 1, '.': 0}", "{'.': 0, 'b': 1}", False),
        ("(1, 2)", "[1, 2]", True),
        ("[1, 2]", "[1, 2, 3]", False),
        ("2", "2.0", True),
        ("2", "3", False),
        ("True", "1", False),
        ("True", "tensor(True)", True),
        ("nan", "nan", True),
        ("'a1'", "'a2'", False),
        ("Value(data=4.0)", "Value(data=np.float64(4.0000001))", True),
        ("Value(data=4.0)", "Value(data=4.0, grad=1.0)", False),
        ("loss 2.5 after 10", "loss  2.50000001 after 10", True),
        ("h1 is 2", "h2 is 2", False),
        ("", "1", False),
    ],
)
def test_what_counts_as_the_same(want: str, got: str, same: bool) -> None:
    assert same_value(want, got) is same


IN_ANOTHER_WAY = {
    ("arrays", "neuron"): "its weights have another name",
    ("own_sort", "value_pow"): "one operation is several",
    ("own_sort", "value_activations"): "one operation is several",
    ("relu_modules", "neuron"): "another activation",
    ("as_in_the_video", "sample_name"): "the full stop is part of the name",
    ("as_in_the_video", "train_bigram_nn"): "more steps would be needed",
    ("modules", "train_bigram_nn"): "more steps would be needed",
    ("vectorised", "build_vocab"): "a list in the place of a dict",
    ("in_place_on_copies", "manual_backward"): "one gradient more",
}
"""What the hidden checks take, though the docstring shows something else."""


def test_right_ways_that_differ_pass_the_examples_but_for_these(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Solutions, and every wheat of the course but what is listed; and what is listed does not."""
    course = load_course(bundled_course())
    folder = tmp_path_factory.mktemp("whole") / "course"
    released = release_course(course, course.lectures, folder).course
    assert not any(lecture.exercise[0].judged is False for lecture in released.lectures)

    def failing(judge: Judge) -> dict[tuple[str, str], str]:
        found = {}
        for lecture in released.lectures:
            solved = {p.name: p.read_text() for p in course.solutions(lecture).glob("*.py")}
            wheats = sorted(p for p in (course.hidden(lecture) / "wheats").iterdir() if p.is_dir())
            for wheat in [None, *wheats]:
                texts = {p.name: p.read_text() for p in wheat.glob("*.py")} if wheat else {}
                submission = submission_of({**solved, **texts}, lecture, folder)
                own = tuple(e for e in lecture.exercise if not wheat or e.file in texts)
                for result in judge.judge(
                    Selection(lecture, own), submission, brief=True
                ).exercises:
                    if result.outcome is not Outcome.PASS:
                        found[wheat.name if wheat else "", result.id] = words(result)
        return found

    with (
        Sandbox(forbids=released.forbids) as sandbox,
        open_judge(released, released.lectures, sandbox) as judge,
    ):
        found = failing(judge)
    assert found.keys() == IN_ANOTHER_WAY.keys(), found

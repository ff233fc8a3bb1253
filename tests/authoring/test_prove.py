"""The proof must find what is broken in a course: each test breaks one thing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from authoring import Dev

from grader.authoring.mutants import mutants_of
from grader.authoring.prove import Proof, prove
from grader.authoring.stub_files import write_stubs
from grader.course.manifest import Course, load_course
from grader.course.targets import select
from grader.errors import UserError

Edit = Callable[[str], str]


def edit(path: Path, change: Edit) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def proof_of(course: Path, mutation: bool = False, workers: int = 1) -> Proof:
    loaded = load_course(course)
    selections = select(loaded, [lecture.id for lecture in loaded.lectures])
    (proof,) = prove(loaded, selections, lambda *_: None, mutation, workers)
    return proof


def breaches(course: Path, mutation: bool = False) -> str:
    return "\n".join(f"{b.where}: {b.what}" for b in proof_of(course, mutation).breaches)


BREAKS = {
    "stale stub": (
        "exercises/tiny/arrays.py",
        lambda text: text + "# changed by hand\n",
        "is not what the solution gives",
    ),
    "wrong solution": (
        "solutions/tiny/arrays.py",
        lambda text: text.replace("return x + x", "return x + x + 1"),
        "the solution is not PASS but FAIL",
    ),
    "example that is not so": (
        "solutions/tiny/arrays.py",
        lambda text: text.replace(
            '"""Twice x."""', '"""Twice x.\n\n    >>> double(1)\n    3\n    """'
        ),
        "an example is not so",
    ),
    "chaff that passes": (
        "tests/hidden/tiny/chaffs.toml",
        lambda text: text + CHAFF.format(name="harmless", with_="x + x + 0"),
        "no check sees it",
    ),
    "two chaffs alike": (
        "tests/hidden/tiny/chaffs.toml",
        lambda text: (
            text + CHAFF.format(name="a", with_="x * 7") + CHAFF.format(name="b", with_="7 * x")
        ),
        "fails and is named as nothing",
    ),
    "hint not written": (
        "course.toml",
        lambda text: text.replace("What is x + x?", "FIXME(double): a question."),
        "course.toml, line 24: to be written: a question.",
    ),
}
CHAFF = """
[[chaff]]
exercise = "double"
name = "{name}"
replace = "x + x"
with = "{with_}"
says = "So."
"""


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_course_is_found_out(course: Path, name: str) -> None:
    file, change, says = BREAKS[name]
    edit(course / file, change)
    assert says in breaches(course)


def test_one_exercise_holds_whatever_is_wrong_in_others(course: Path, dev: Dev) -> None:
    edit(
        course / "solutions/tiny/arrays.py",
        lambda text: text.replace("len(values)", "len(values) + 1"),
    )
    write_stubs(load_course(course), load_course(course).lectures[0])
    done = dev(course, "check", "lecture1.double", "Tally")
    assert done.exit_code == 0, done.output
    counts = done.output.splitlines()[1].split()
    assert counts[1:6] == ["2/2", "4/4", "0/0", "6/6", "4/4"]
    assert "✓ lecture1.double lecture1.Tally holds" in done.output


EXERCISE_BREAKS = {
    "a check that passes the stub": (
        "solutions/tiny/arrays.py",
        lambda text: text.replace("    ### BEGIN SOLUTION double: add it to itself.\n", "").replace(
            "    return x + x\n    ### END SOLUTION\n", "    return x + x\n"
        ),
        "✗ lecture1.double: the stub is not TODO but PASS",
    ),
    "a wheat that fails": (
        "tests/hidden/tiny/wheats/other_ways/arrays.py",
        lambda text: text.replace("torch.stack([x, x])", "torch.stack([x, x, x])"),
        "✗ lecture1.double: the wheat other_ways is not PASS but FAIL",
    ),
    "no wheat": (
        "tests/hidden/tiny/wheats/other_ways/arrays.py",
        lambda text: text.replace("def double", "def twice"),
        "✗ lecture1.double: no wheat has it",
    ),
    "a chaff that is not named": (
        "tests/hidden/tiny/chaffs.toml",
        lambda text: text.replace(
            'says = "This is x itself', 'only_where = "nowhere"\nsays = "This is x itself'
        ),
        "✗ lecture1.double, chaff once: fails and is named as nothing",
    ),
    "a mutant that survives": (
        "tests/hidden/tiny/test_arrays.py",
        lambda text: _without(text, "double") + CHECK_OF_TWO,
        "✗ lecture1.double, line 9: the mutant 'return x * x' for 'return x + x' passes",
    ),
    "a check that breaks": (
        "tests/hidden/tiny/test_arrays.py",
        lambda text: text.replace("is_close(2 * x)", "is_close(two * x)"),
        "✗ lecture1.double: A check of the course breaks, whatever it is given: "
        "tests/hidden/tiny/test_arrays.py, line 15: NameError: name 'two' is not defined.",
    ),
}
CHECK_OF_TWO = """

@exercise("double")
def test_double_of_two(observe):
    \"""double(2) is 4.\"""
    def probe(arrays):
        return arrays.double(torch.ones(1) * 2).item()
    observe(probe).equals(4.0)
"""


def test_a_wrong_solution_is_said_once(course: Path, dev: Dev) -> None:
    """Not with each seed, and not beside each mistake in another exercise."""
    edit(
        course / "solutions/tiny/arrays.py",
        lambda text: text.replace(
            '"""Four times x."""', '"""Four times x.\n\n    >>> quadruple(1)\n    4\n    """'
        ).replace("return double(double(x))", "return double(double(x)) + 1 // 0"),
    )
    write_stubs(load_course(course), load_course(course).lectures[0])
    done = dev(course, "check", "quadruple", "--no-mutants")
    assert done.exit_code == 1
    assert done.output.count("the solution is not PASS but ERROR: ZeroDivisionError") == 1
    assert "beside" not in done.output
    assert "Traceback" not in done.output
    assert (
        "    quadruple(1)\n    ZeroDivisionError: integer division or modulo by zero" in done.output
    )


@pytest.mark.parametrize("name", EXERCISE_BREAKS)
def test_what_is_wrong_with_one_exercise_is_said(course: Path, dev: Dev, name: str) -> None:
    file, change, says = EXERCISE_BREAKS[name]
    edit(course / file, change)
    write_stubs(load_course(course), load_course(course).lectures[0])
    done = dev(course, "check", "double")
    assert done.exit_code == 1, done.output
    assert says in done.output
    assert "lecture1.mean" not in done.output


def test_without_mutants_none_is_judged(course: Path, dev: Dev) -> None:
    edit(course / "tests/hidden/tiny/test_arrays.py", EXERCISE_BREAKS["a mutant that survives"][1])
    edit(
        course / "tests/hidden/tiny/chaffs.toml",
        lambda text: text.replace('with = "x * x"', 'with = "x * x * x"'),
    )
    done = dev(course, "check", "double", "--no-mutants")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[1].split()[6] == "0/0"


def test_several_judges_find_what_one_finds(course: Path) -> None:
    file, change, _ = BREAKS["wrong solution"]
    edit(course / file, change)
    one, several = proof_of(course), proof_of(course, workers=2)
    assert several.breaches
    for name in ("stubs", "solutions", "examples", "chaffs", "wheats", "breaches"):
        assert getattr(several, name) == getattr(one, name), name


@pytest.mark.parametrize("workers", [1, 2])
def test_a_chaff_whose_place_is_not_there_is_refused(course: Path, workers: int) -> None:
    chaff = CHAFF.format(name="lost", with_="x").replace('"x + x"', '"no such text"')
    edit(course / "tests/hidden/tiny/chaffs.toml", lambda text: text + chaff)
    with pytest.raises(UserError, match="0 times"):
        proof_of(course, workers=workers)


def test_a_weak_check_lets_mutants_live(course: Path) -> None:
    checks = course / "tests/hidden/tiny/test_arrays.py"
    edit(checks, lambda text: _without(text, "double") + WEAK)
    proof = proof_of(course, mutation=True)
    assert proof.mutants.good < proof.mutants.of
    lived = [b.what for b in proof.breaches if b.where.startswith("lecture1.double")]
    assert any(what.startswith("the mutant") for what in lived)


WEAK = '''

@exercise("double")
def test_double_gives_something(observe):
    """double gives a number."""
    def probe(arrays):
        return float(arrays.double(1.0))
    observe(probe).number()
'''


def _without(text: str, exercise_id: str) -> str:
    head, *checks = text.split("\n@exercise(")
    kept = [check for check in checks if not check.startswith(f'"{exercise_id}"')]
    return "\n@exercise(".join([head, *kept])


def test_mutants_stay_inside_the_solution(tiny: Course) -> None:
    lecture = tiny.lectures[0]
    text = (tiny.solutions(lecture) / "arrays.py").read_text(encoding="utf-8")
    mutants = list(mutants_of(text, lecture.find("double")))
    assert mutants
    for mutant in mutants:
        assert mutant.was in text
        assert mutant.text.count("\n") == text.count("\n")
        assert mutant.text != text


def test_mutants_without_cosmic_ray_are_refused_at_once(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cosmic_ray", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UserError, match="not installed"):
        proof_of(course, mutation=True)


def test_stubs_keep_a_copy_of_work(course: Path) -> None:
    loaded = load_course(course)
    stub = course / "exercises/tiny/arrays.py"
    work = (course / "solutions/tiny/arrays.py").read_text(encoding="utf-8")
    stub.write_text(work, encoding="utf-8")
    (written,) = write_stubs(loaded, loaded.lectures[0])
    assert written.kept is not None
    assert written.kept.read_text(encoding="utf-8") == work
    edit(stub, lambda text: text + "# a stub, only out of date\n")
    (again,) = write_stubs(loaded, loaded.lectures[0])
    assert again.kept is None

"""Verdicts on whole submissions: what is wrong, unfinished, missing, right."""

from __future__ import annotations

import pytest
from judging import TINY, Judged, words

from grader.results import Outcome


def outcomes(results: object) -> set[Outcome]:
    assert isinstance(results, dict)
    return {result.outcome for result in results.values()}


def test_a_wrong_answer_fails_alone(judged: Judged) -> None:
    results = judged.code("def mean(values):\n    return sum(values)  # here\n")
    assert results["mean"].outcome is Outcome.FAIL
    assert results["mean"].points == 0
    assert outcomes({k: v for k, v in results.items() if k != "mean"}) == {Outcome.PASS}


def test_broken_files_in_place_of_worked_ones_never_pass(judged: Judged) -> None:
    broken = "raise SystemExit('nothing works')\n"
    results = judged.files({"arrays.py": broken, "model.py": broken})
    assert outcomes(results) == {Outcome.ERROR, Outcome.BLOCKED}
    assert [k for k, r in results.items() if r.outcome is Outcome.BLOCKED] == ["shift"]
    nothing = "raise RuntimeError('nothing works')\n"
    results = judged.files({"arrays.py": nothing, "model.py": nothing})
    assert outcomes(results) == {Outcome.TODO}
    assert words(results["double"]) == "arrays.py does not define double."


def test_stubs_are_not_started(judged: Judged) -> None:
    results = judged.warm.judge(judged.warm.course.stubs(judged.lecture))
    assert {r.outcome for r in results.exercises} == {Outcome.TODO}
    assert results.points == 0
    assert not results.passed


def test_no_files_are_not_started(judged: Judged) -> None:
    results = judged.files({"arrays.py": None, "model.py": None})
    assert outcomes(results) == {Outcome.TODO}
    assert words(results["double"]) == "arrays.py is not there."


def test_a_folder_that_is_not_there(judged: Judged) -> None:
    result = judged.warm.judge(judged.folder / "nowhere")
    assert {r.outcome for r in result.exercises} == {Outcome.TODO}


def test_a_name_that_is_not_defined(judged: Judged) -> None:
    results = judged.files({"arrays.py": "x = 1\n"}, "double", "Tally")
    assert outcomes(results) == {Outcome.TODO}
    assert words(results["double"]) == "arrays.py does not define double."


def test_a_method_that_is_not_defined(judged: Judged) -> None:
    without = "class Tally:\n    def __init__(self):\n        self.sum = 0.0\n"
    result = judged.one(without, "Tally")
    assert result.outcome is Outcome.TODO
    assert "does not define Tally.add and Tally.total" in words(result)


@pytest.mark.parametrize("body", ["pass", "...", "return", "return None", '"""Later."""'])
def test_a_function_that_gives_nothing_is_wrong(judged: Judged, body: str) -> None:
    result = judged.one(f'def double(x):\n    """Twice x."""\n    {body}\n', "double")
    assert result.outcome is Outcome.FAIL
    assert words(result).endswith("got None. Is a `return` missing?")


def test_part_of_it_is_begun_and_not_finished(judged: Judged) -> None:
    stub = 'raise NotImplementedError("Tally")'
    part = "class Tally:\n    def add(self, value): self.sum = value\n"
    untouched = f"class Tally:\n    def add(self, value): {stub}\n    def total(self): {stub}\n"
    for code, begun in ((part, True), (untouched, False)):
        result = judged.one(code, "Tally")
        assert (result.outcome, result.started) == (Outcome.TODO, begun)


def test_a_method_indented_too_far_or_too_little_is_found(judged: Judged) -> None:
    inside = """
class Tally:
    def __init__(self):
        self.sum = 0.0
        def add(self, value): self.sum += value
        def total(self): return self.sum
"""
    result = judged.one(inside, "Tally")
    assert result.outcome is Outcome.TODO
    assert words(result).endswith(
        f"There is add in arrays.py, line {result.line}, but inside Tally.__init__: "
        "is it indented too far?"
    )
    outside = "class Tally:\n    sum = 0.0\ndef add(self, value): self.sum += value\n"
    assert words(judged.one(outside, "Tally")).endswith(
        "but outside of Tally: is it indented too little?"
    )


def test_a_stub_below_blocks(judged: Judged) -> None:
    stub = 'def double(x):\n    raise NotImplementedError("double")\n'
    results = judged.code(stub, "double", "quadruple", "shift")
    assert results["double"].outcome is Outcome.TODO
    for result in (results["quadruple"], results["shift"]):
        assert result.outcome is Outcome.BLOCKED
        assert result.blocked_by == ("double",)
        assert result.points == 0


def test_a_wrong_answer_below_blocks(judged: Judged) -> None:
    results = judged.code("def double(x):\n    return x\n", "double", "quadruple")
    assert results["double"].outcome is Outcome.FAIL
    assert results["quadruple"].outcome is Outcome.BLOCKED
    assert results["quadruple"].misconception is None


def test_right_files_pass(judged: Judged) -> None:
    results = judged.files({})
    assert outcomes(results) == {Outcome.PASS}
    assert judged.last is not None
    assert judged.last.points == judged.last.max_points == 9
    assert results["double"].line == judged.line("def double")


def test_right_in_other_ways_passes(judged: Judged) -> None:
    wheat = TINY / "tests" / "hidden" / "tiny" / "wheats" / "arrays.py"
    assert outcomes(judged.files({"arrays.py": wheat.read_text()})) == {Outcome.PASS}


def test_the_seed_draws_the_inputs(judged: Judged) -> None:
    printing = "def mean(values):\n    print(values)\n    return sum(values) / len(values)\n"
    first, again, other = (judged.one(printing, "mean", seed=seed) for seed in (1, 1, 2))
    assert first.output == again.output != other.output


def test_what_a_check_drew_at_random_is_not_to_be_typed_in(judged: Judged) -> None:
    printing = "def mean(values):\n    print(sum(values) / len(values))\n    return 0.0\n"
    learned = judged.one(printing, "mean", seed=1).output.split()[0]
    typed_in = f"def mean(values):\n    return {learned}\n"
    assert judged.one(typed_in, "mean", seed=1).outcome is Outcome.PASS
    assert judged.one(typed_in, "mean", seed=2).outcome is Outcome.FAIL

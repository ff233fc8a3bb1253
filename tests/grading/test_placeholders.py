"""nbgrader's `raise NotImplementedError()` as the stub it stands for."""

from __future__ import annotations

import json

import pytest
from judging import WarmJudge

from grader.course.manifest import Course, Exercise
from grader.course.targets import select
from grader.grading.placeholders import with_ids
from grader.grading.source_matching import submission_from
from grader.grading.submitted_files import SubmittedFiles
from grader.results import Outcome


def exercise(name: str, *defines: str) -> Exercise:
    return Exercise(id=name, file="a.py", title="", at="", hints=("", "", ""), defines=defines)


CLASS = """\
class Value:
    def __add__(self, other):
        # YOUR CODE HERE
        raise NotImplementedError()

    def backward(self):
        raise NotImplementedError()

    def given(self):
        raise NotImplementedError()


def helper():
    raise NotImplementedError()
"""


def test_each_placeholder_has_the_id_of_its_own_exercise() -> None:
    exercises = [exercise("add", "Value.__add__"), exercise("backward", "Value.backward")]
    text = with_ids(CLASS, exercises)
    assert text.splitlines()[3] == '        raise NotImplementedError("add")'
    assert text.splitlines()[6] == '        raise NotImplementedError("backward")'
    assert text.count("raise NotImplementedError()") == 2, "what is no exercise's stays"
    assert len(text.splitlines()) == len(CLASS.splitlines())


def test_a_method_is_its_own_exercises_before_its_classs() -> None:
    text = with_ids(CLASS, [exercise("Value"), exercise("add", "Value.__add__")])
    assert text.count('NotImplementedError("add")') == 1
    assert text.count('NotImplementedError("Value")') == 2


@pytest.mark.parametrize(
    "line",
    [
        'raise NotImplementedError("I will do it later")',
        "raise NotImplementedError",
        "raise ValueError()",
        "return NotImplementedError()",
    ],
)
def test_what_is_no_placeholder_stays(line: str) -> None:
    text = f"def twice(x):\n    {line}\n"
    assert with_ids(text, [exercise("twice")]) == text


def test_a_line_with_letters_of_many_bytes_is_cut_where_it_should_be() -> None:
    text = "def twice(x): é = 'größe'; raise NotImplementedError()  # später"
    assert with_ids(text, [exercise("twice")]) == (
        "def twice(x): é = 'größe'; raise NotImplementedError(\"twice\")  # später"
    )


def test_what_is_not_python_stays() -> None:
    assert with_ids("def twice(:", [exercise("twice")]) == "def twice(:"


def test_a_notebook_that_was_handed_in_as_it_was_given_is_not_begun(
    tiny: Course, warm: WarmJudge
) -> None:
    lecture = tiny.lectures[0]
    source = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    raw = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}
    sources = submission_from(SubmittedFiles({"arrays.ipynb": json.dumps(raw).encode()}), lecture)
    (selection,) = select(tiny, ["double"])
    (result,) = warm.opened.judge(selection, sources.submission).exercises
    assert result.outcome is Outcome.TODO

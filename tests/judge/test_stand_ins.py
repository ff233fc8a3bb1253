"""Files from the videos import drawing libraries that need not be there."""

from __future__ import annotations

import pytest

from grader.sandbox.modules import ModuleSet

DRAWS = """
from graphviz_not_here import Digraph
import matplotlib_not_here.pyplot as plt
fig, ax = plt.subplots(1, 2)
dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
with plt.style.context("dark"):
    ax.plot([1, 2])
    ax.texts[0] = dot.node(name="a")
answer = 42
"""


def modules(source: str, *stand_ins: str) -> ModuleSet:
    return ModuleSet({"drawn": compile(source, "drawn.py", "exec")}, stand_ins=stand_ins)


def test_a_missing_library_that_nobody_named_is_still_missing() -> None:
    with pytest.raises(ModuleNotFoundError, match="graphviz_not_here"):
        modules(DRAWS, "matplotlib_not_here").module("drawn")


def test_a_missing_drawing_library_draws_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    made = modules(DRAWS, "graphviz_not_here", "matplotlib_not_here").module("drawn")
    assert made.answer == 42
    told = capsys.readouterr().err
    assert told.count("is not installed: its drawings are left out") == 2


def test_a_library_that_is_there_is_itself() -> None:
    assert modules("import json", "json").module("drawn").json.dumps([1]) == "[1]"


def test_a_missing_part_of_a_library_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        modules("import json.drawing", "json").module("drawn")

"""A result's file and line as a notebook's cell and line."""

from __future__ import annotations

import msgspec

from grader.judge.results import CheckResult, ExerciseResult, Outcome, Step
from grader.teach.places import Place
from grader.teach.placing import Placing

PLACES = {
    "nn.py": Place("nn.ipynb", (2, 5, 9)),
    "bigram_nn.py": Place("hw (2).ipynb", (2,)),
    "engine.py": Place("engine.py"),
}
RESULT = ExerciseResult(
    id="neuron",
    title="",
    outcome=Outcome.ERROR,
    points=0,
    max_points=2,
    file="nn.py",
    path="nn.ipynb (nn.py)",
    bonus=False,
    begun=True,
    line=6,
    checks=(
        CheckResult(
            "test_x",
            "It works.",
            Outcome.ERROR,
            "NameError: m (nn.py line 6, in Neuron); bigram_nn.py line 3, engine.py line 4",
            steps=(Step("nn.py", 6, "", "x"), Step("engine.py", 4, "", "y")),
        ),
    ),
)


def test_what_was_handed_in_is_named_by_notebook_and_cell() -> None:
    placed = Placing(PLACES).placed(RESULT)
    assert (placed.path, placed.line) == ("nn.ipynb, cell 2, line 2", None)
    (check,) = placed.checks
    assert check.message == (
        "NameError: m (nn.ipynb, cell 2, line 2, in Neuron); hw (2).ipynb, cell 1, line 2, "
        "engine.py line 4"
    )
    assert [(s.file, s.line) for s in check.steps] == [("nn.ipynb, cell 2", 2), ("engine.py", 4)]


def test_the_notebook_somebody_is_in_has_the_numbers_it_shows() -> None:
    placing = Placing(PLACES, "nn.ipynb", [3, 7, 12])
    assert placing.placed(RESULT).path == "In [7], line 2"
    said = placing.spoken("nn.ipynb, cell 3, line 1 is not valid Python; hw (2).ipynb, cell 3 is.")
    assert said == "In [12], line 1 is not valid Python; hw (2).ipynb, cell 3 is."


def test_a_file_is_called_what_stands_for_it() -> None:
    placing = Placing(PLACES)
    assert placing.spoken("nn.py does not define Neuron.") == "nn.ipynb does not define Neuron."
    assert placing.spoken("`nn.ipynb (nn.py)` is that") == "`nn.ipynb (nn.py)` is that"
    without_line = placing.placed(msgspec.structs.replace(RESULT, line=None))
    assert without_line.path == "nn.ipynb"

"""A result's files and lines as a notebook's cells and lines."""

from __future__ import annotations

import msgspec

from grader.failures import Location, NotDefined, Raised, Unreadable
from grader.results import CheckResult, ExerciseResult, Misconception, Outcome, Remark, Step
from grader.source.source_map import Origin, SourceMap

ORIGINS = {
    "nn.py": Origin("nn.ipynb", (2, 5, 9)),
    "bigram_nn.py": Origin("hw (2).ipynb", (2,)),
    "engine.py": Origin("engine.py"),
    "train.py": Origin("hw/train.py"),
}
RAISED = Raised(
    exception="NameError",
    message="nn.py, line 6 is what the learner says",
    location=Location("nn.py", 6, "Neuron"),
)
RESULT = ExerciseResult(
    id="neuron",
    title="",
    outcome=Outcome.ERROR,
    points=0,
    max_points=2,
    file="nn.py",
    path="nn.ipynb (nn.py)",
    bonus=False,
    started=True,
    line=6,
    checks=(
        CheckResult(
            "test_x",
            "It works.",
            Outcome.ERROR,
            RAISED,
            steps=(
                Step(Location("nn.py", 6), "x"),
                Step(Location("engine.py", 4, "f"), "y"),
                Step(Location("train.py", 3), "z"),
            ),
        ),
    ),
    misconception=Misconception("m", "It is no function", Location("bigram_nn.py", 3)),
    flags=(Remark("uses gc: look at it.", Location("nn.py", 2)), Remark("It is equal.")),
)


def test_every_place_of_a_result_is_moved_and_no_word() -> None:
    moved = SourceMap(ORIGINS).result(RESULT)
    assert (moved.path, moved.line) == ("nn.ipynb, cell 2, line 2", None)
    (check,) = moved.checks
    assert check.message == (
        "NameError: nn.py, line 6 is what the learner says (nn.ipynb, cell 2, line 2, in Neuron)"
    )
    assert [str(step.location) for step in check.steps] == [
        "nn.ipynb, cell 2, line 2",
        "engine.py, line 4, in f",
        "hw/train.py, line 3",
    ]
    assert moved.misconception
    assert moved.misconception.sentence == "It is no function (hw (2).ipynb, cell 1, line 2)"
    assert [flag.sentence for flag in moved.flags] == [
        "nn.ipynb, cell 1, line 1 uses gc: look at it.",
        "It is equal.",
    ]


def test_the_open_notebook_has_the_numbers_that_it_shows() -> None:
    source_map = SourceMap(ORIGINS, "nn.ipynb", [3, 7, 12])
    assert source_map.result(RESULT).path == "In [7], line 2"
    broken = Unreadable(location=Location("nn.py", 9), why="is not valid Python")
    assert source_map.failure(broken).sentence == "In [12], line 1 is not valid Python"
    assert source_map.place("bigram_nn.py", 2) == "hw (2).ipynb, cell 1, line 1"


def test_a_file_is_called_what_stands_for_it() -> None:
    source_map = SourceMap(ORIGINS)
    absent = NotDefined(names=("Neuron",), file=Location("nn.py"))
    assert source_map.failure(absent).sentence == "nn.ipynb does not define Neuron."
    assert SourceMap({}).failure(absent).sentence == "nn.py does not define Neuron."
    without_line = source_map.result(msgspec.structs.replace(RESULT, line=None))
    assert without_line.path == "nn.ipynb"
    assert source_map.place("nn.py", 1) == "nn.ipynb", "a line above the first cell"

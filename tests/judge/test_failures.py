"""Failures as data: every kind has words, survives JSON, and stands in docs/results.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from grader import failures
from grader.failures import AnyFailure, Failure, Hint, Location, Mismatch

DOCS = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
AT = Location("engine.py", 7, "tanh")
ABSENT = failures.Unreadable(location=Location("nn.py"), why="is not there.", absent=True)
EACH: tuple[AnyFailure, ...] = (
    Mismatch(path="dW", expected="1", actual="2", differing=1, total=4, worst=(0, 1)),
    failures.Incomparable(error="KeyError: 0"),
    failures.ChangedInput(names=("x", "y"), copy=".clone()"),
    failures.CheckMessage(text="The loss is 3."),
    failures.Forbidden(name="torch.relu", why="By hand.", called=True, location=AT),
    failures.MissingAttribute(owner="Value", name="grad", there=("data",)),
    failures.ReturnedNone(attribute="data"),
    failures.Raised(exception="FileNotFoundError", message="no", file="names.txt", location=AT),
    failures.NotInstalled(library="seaborn"),
    failures.LimitReached(kind="memory", limit="512"),
    failures.Crashed(signal="SIGSEGV"),
    failures.Exited(status=3),
    failures.ChannelClosed(),
    failures.ProtocolBroken(),
    failures.NotWritten(location=AT),
    failures.NotDefined(names=("tanh",), file=Location("engine.py")),
    ABSENT,
    failures.NeedsUnwritten(exercise="value_mul"),
    failures.NeedsUndefined(
        name="Value.exp", file=Location("engine.py"), exercise="value_exp", lecture="lecture1"
    ),
    failures.NeedsUnreadable(importer=Location("train.py"), needed="nn", why=ABSENT),
)


def test_there_is_one_of_each_kind() -> None:
    assert {type(failure) for failure in EACH} == set(get_args(AnyFailure))


@pytest.mark.parametrize("failure", EACH, ids=lambda failure: type(failure).__name__)
def test_a_failure_has_words_and_comes_back_from_json(failure: AnyFailure) -> None:
    assert re.fullmatch(r"\S.*[^\s]", failure.sentence)
    assert "None" not in failure.sentence.replace("returned None", "").replace("asked None", "")
    assert msgspec.json.decode(msgspec.json.encode(failure), type=AnyFailure) == failure


@pytest.mark.parametrize("failure", EACH, ids=lambda failure: type(failure).__name__)
def test_the_docs_name_every_field(failure: Failure) -> None:
    (row,) = [line for line in DOCS.splitlines() if f"`{type(failure).__name__}`" in line]
    told = set(re.findall(r"`(\w+)`", row.split("|")[2]))
    assert told == {*failure.__struct_fields__} - {"location"}


def test_every_location_is_moved() -> None:
    def locate(at: Location) -> Location:
        return Location(f"moved/{at.file}", at.line)

    for failure in EACH:
        text = failure.moved(locate).sentence
        for name in ("engine.py", "nn.py", "train.py"):
            assert name not in text.replace(f"moved/{name}", "")


def test_a_mismatch_in_words() -> None:
    """What was expected and what came, then the rest; a question of its own at the end."""
    assert EACH[0].sentence == ("dW: 1 of 4 values differ; worst at [0, 1]: expected 1, got 2.")
    none = Mismatch(
        aspect="type", expected="a tensor", actual="None", hints=(Hint("missing return"),)
    )
    assert none.sentence == "expected a tensor, got None. Is a `return` missing?"
    keys = Mismatch(path="stoi", aspect="keys", missing=("a", "b"))
    assert keys.sentence == "stoi: a, b missing."
    part = Mismatch(path="dW", aspect="part", actual="the number 3")
    assert part.sentence == "dW: nothing there; got the number 3."
    shape = Mismatch(aspect="shape", expected="(3,)", actual="(1, 3)")
    assert shape.sentence == "expected shape (3,), got (1, 3)."
    said = Mismatch(intro="With w = 1:", expected="2", actual="4", hints=(Hint("factor", "2"),))
    assert said.sentence == "With w = 1: expected 2, got 4; yours is 2 times too large."

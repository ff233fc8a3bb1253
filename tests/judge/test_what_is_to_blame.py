"""A right exercise is never called wrong because another is: what is to blame is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from judging import Judged, WarmJudge, words

from grader.course.manifest import load_course
from grader.judge.missing_names import names_asked_for
from grader.results import ExerciseResult, Outcome
from grader.sandbox.isolation import Isolation
from grader.sandbox.protocol import RaisedReply

ROOT = Path(__file__).parents[2]
ENGINE = (ROOT / "solutions/lecture01_micrograd/engine.py").read_text(encoding="utf-8")
NINJA = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "solutions/lecture05_backprop").glob("*.py")
}
TRAIN = (ROOT / "solutions/lecture05_backprop/train.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def real() -> Iterator[WarmJudge]:
    with WarmJudge(load_course(ROOT), Isolation.FORK) as judge:
        yield judge


def without(text: str, method: str) -> str:
    """A source without one method of Value."""
    cut, count = re.subn(
        rf"    def {method}\(.*?(?=\n    def |\n    # ---)", "", text, flags=re.DOTALL
    )
    assert count == 1
    return cut


def micrograd(
    real: WarmJudge, folder: Path, files: Mapping[str, str], *targets: str
) -> dict[str, ExerciseResult]:
    return Judged(real, folder).files(files, *(f"lecture1.{target}" for target in targets))


ABSENT = {
    "__mul__": ("value_mul", ["value_backward", "value_sub", "value_div", "neuron"]),
    "__add__": ("value_add", ["value_backward", "neuron", "softmax_nll"]),
    "__pow__": ("value_pow", ["value_div", "train_step"]),
    "exp": ("value_activations", ["softmax_nll"]),
}


@pytest.mark.parametrize("method", ABSENT)
@pytest.mark.parametrize("how", ["not there", "misspelt"])
def test_what_needs_an_absent_method_is_blocked_by_it(
    real: WarmJudge, tmp_path: Path, method: str, how: str
) -> None:
    owner, others = ABSENT[method]
    slip = f"_{method.strip('_')}_"
    if how == "not there":
        text = without(ENGINE, method)
    else:
        text = ENGINE.replace(f"def {method}(", f"def {slip}(")
    results = micrograd(real, tmp_path, {"engine.py": text}, owner, *others)
    assert results[owner].outcome is Outcome.TODO
    for other in others:
        assert results[other].outcome is Outcome.BLOCKED, words(results[other])
        assert owner in results[other].blocked_by
    if how == "misspelt":
        assert f"There is {slip} in engine.py, line" in words(results[owner])
        assert f"should it be called {method}?" in words(results[owner])


def test_a_partly_written_group_is_judged_on_what_is_there(real: WarmJudge, tmp_path: Path) -> None:
    part = without(ENGINE, "__rsub__")
    results = micrograd(real, tmp_path, {"engine.py": part}, "value_sub", "neuron")
    assert results["value_sub"].outcome is Outcome.TODO
    assert results["value_sub"].started
    assert results["value_sub"].points == 0
    assert "does not define Value.__rsub__" in words(results["value_sub"])
    assert results["neuron"].outcome is Outcome.PASS
    wrong = part.replace(
        "        ### BEGIN SOLUTION value_sub: a plain number plus a Value.\n        return self + other",
        "        return self * other",
    )
    assert wrong != part
    results = micrograd(real, tmp_path, {"engine.py": wrong}, "value_sub")
    assert results["value_sub"].outcome is Outcome.FAIL
    assert results["value_sub"].misconception is not None
    assert results["value_sub"].misconception.name == "radd-multiplies"


WRONG = {
    "value_mul": ("self.data * other.data", "self.data * other.data + 1", ["zero_grad"]),
    "value_pow": ("self.data**other", "self.data**other + 1", ["value_sub", "topo_sort"]),
}


@pytest.mark.parametrize("owner", WRONG)
def test_what_needs_none_of_it_passes(real: WarmJudge, tmp_path: Path, owner: str) -> None:
    right, wrong, others = WRONG[owner]
    text = ENGINE.replace(right, wrong)
    assert text != ENGINE
    results = micrograd(real, tmp_path, {"engine.py": text}, owner, *others)
    assert results[owner].outcome is Outcome.FAIL
    assert {results[other].outcome for other in others} == {Outcome.PASS}


def test_what_a_need_needs_blocks_as_well(real: WarmJudge, tmp_path: Path) -> None:
    wrong = ENGINE.replace("self.data + other.data", "self.data - other.data")
    assert wrong != ENGINE
    results = micrograd(real, tmp_path, {"engine.py": wrong}, "softmax_nll", "train_step")
    for result in results.values():
        assert result.outcome is Outcome.BLOCKED
        assert "value_add" in result.blocked_by


def test_given_code_that_was_changed_is_said(real: WarmJudge, tmp_path: Path) -> None:
    changed = ENGINE.replace(
        "self.grad = 0.0\n        self._prev", "self.grad = 0.5\n        self._prev"
    )
    assert changed != ENGINE
    results = micrograd(real, tmp_path, {"engine.py": changed}, "value_add", "value_backward")
    noted = [result for result in results.values() if result.outcome is not Outcome.PASS]
    assert noted
    for result in noted:
        assert any("has another Value.__init__" in note.sentence for note in result.notes)
    # one that was written along with the video may have any __init__
    own = changed.replace('"""', '"""Mine. ', 1)
    for result in micrograd(real, tmp_path, {"engine.py": own}, "value_add").values():
        assert not result.notes


def test_another_comment_or_docstring_is_no_change(real: WarmJudge, tmp_path: Path) -> None:
    same = ENGINE.replace("self._op = _op", "self._op = _op  # for drawing").replace(
        "self.data + other.data", "self.data - other.data"
    )
    result = micrograd(real, tmp_path, {"engine.py": same}, "value_add")["value_add"]
    assert result.outcome is Outcome.FAIL
    assert not result.notes


OWN_BACKWARD = '''

class Linear:
    """A layer that knows its way back."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        return atomic.linear_backward(dy, self.x, self.W)
'''


def test_a_method_of_ones_own_called_backward(real: WarmJudge, tmp_path: Path) -> None:
    text = TRAIN.replace("\ndef train_by_hand(", f"{OWN_BACKWARD}\n\ndef train_by_hand(")
    text = text.replace(
        "dh, dW2, db2 = atomic.linear_backward(dlogits, f.h, f.W2)",
        "layer = Linear(f.W2, f.b2); layer.forward(f.h); dh, dW2, db2 = layer.backward(dlogits)",
    )
    assert "layer.backward" in text
    result = Judged(real, tmp_path).files({**NINJA, "train.py": text}, "lecture5.train_by_hand")
    assert result["train_by_hand"].outcome is Outcome.PASS, words(result["train_by_hand"])


def test_torchs_backward_is_found_behind_ones_own(real: WarmJudge, tmp_path: Path) -> None:
    text = TRAIN.replace("\ndef train_by_hand(", f"{OWN_BACKWARD}\n\ndef train_by_hand(")
    text = text.replace(
        "f = atomic.forward(Xb, Yb, parameters)\n        losses",
        "f = atomic.forward(Xb, Yb, parameters)\n        f.loss.backward()\n        losses",
    )
    assert "f.loss.backward()" in text
    result = Judged(real, tmp_path).files({**NINJA, "train.py": text}, "lecture5.train_by_hand")
    assert result["train_by_hand"].outcome is Outcome.FAIL
    assert "It calls Tensor.backward" in words(result["train_by_hand"])


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_an_optimizer_that_is_given_its_gradients(
    real: WarmJudge, tmp_path: Path, name: str
) -> None:
    """SGD takes the step that is asked for; Adam takes another, and neither is forbidden."""
    text = TRAIN.replace("p.data += -lr * grad", "p.grad = grad").replace(
        "    return losses\n    ### END", "    return losses\n    ### END"
    )
    text = text.replace(
        "        for p, grad in zip(parameters, grads):\n            p.grad = grad\n",
        "        for p, grad in zip(parameters, grads):\n            p.grad = grad\n"
        f"        torch.optim.{name}(parameters, lr).step()\n",
    )
    assert "torch.optim" in text
    result = Judged(real, tmp_path).files({**NINJA, "train.py": text}, "lecture5.train_by_hand")
    said = result["train_by_hand"]
    if name == "SGD":
        assert said.outcome is Outcome.PASS, words(said)
    else:
        assert said.outcome is Outcome.FAIL
        assert "torch" not in words(said)


@pytest.mark.parametrize(
    "line", ["torch.vmap(torch.exp)(logits)", "torch.compile(torch.exp)(logits)"]
)
def test_what_does_not_differentiate_is_not_told_that_it_does(
    real: WarmJudge, tmp_path: Path, line: str
) -> None:
    code = (ROOT / "solutions/lecture05_backprop/backprop.py").read_text(encoding="utf-8")
    start = code.index("    ### BEGIN SOLUTION cross_entropy_backward")
    text = f"{code[:start]}    {line}\n{code[start:]}"
    result = Judged(real, tmp_path).files({"backprop.py": text}, "lecture5.cross_entropy_backward")[
        "cross_entropy_backward"
    ]
    assert result.outcome is Outcome.FAIL
    assert "cannot be followed" in words(result)
    assert "differentiate" not in words(result)


MESSAGES = {
    ("TypeError", "unsupported operand type(s) for *: 'Value' and 'int'"): [
        "Value.__mul__",
        "int.__rmul__",
    ],
    ("TypeError", "unsupported operand type(s) for ** or pow(): 'Value' and 'float'"): [
        "Value.__pow__",
        "float.__rpow__",
    ],
    ("TypeError", "unsupported operand type(s) for +=: 'int' and 'Value'"): [
        "int.__add__",
        "Value.__radd__",
    ],
    ("TypeError", "bad operand type for unary -: 'Value'"): ["Value.__neg__"],
    ("TypeError", "bad operand type for abs(): 'Value'"): ["Value.__abs__"],
    ("TypeError", "'Neuron' object is not callable"): ["Neuron.__call__"],
    ("TypeError", "'<' not supported between instances of 'Value' and 'int'"): [
        "Value.__lt__",
        "int.__gt__",
    ],
    ("AttributeError", "'Value' object has no attribute 'tanh'"): ["Value.tanh"],
    ("AttributeError", "module 'engine' has no attribute 'topo_sort'"): ["topo_sort"],
    ("NameError", "name 'nll' is not defined"): ["nll"],
    ("ImportError", "cannot import name 'Value' from 'engine' (/x/engine.py)"): ["Value"],
    ("ValueError", "name 'nll' is not defined"): [],
    ("TypeError", "f() missing 1 required positional argument: 'x'"): [],
}


@pytest.mark.parametrize(("kind", "message"), MESSAGES)
def test_what_python_looked_for(kind: str, message: str) -> None:
    assert names_asked_for(RaisedReply(kind, message, [])) == MESSAGES[kind, message]

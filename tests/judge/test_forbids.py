"""Names the exercise forbids: found in the source, however spelled, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import Judged, WarmJudge, words

from grader.course.manifest import bundled_course, load_course
from grader.course.targets import select
from grader.results import Outcome
from grader.sandbox.forbidden_calls import ForbiddenCall, Tripwire
from grader.sandbox.isolation import Isolation

WHY = "The derivative is the exercise: write it by hand."
GRAD = "torch.autograd.grad((x**3).sum(), x)[0]"

# what stands at the top of the file, the body of slope(x)
SPELLED = {
    "direct": ("", f"return {GRAD}  # here"),
    "alias of the module": (
        "import torch as t",
        "return t.autograd.grad((x**3).sum(), x)[0]  # here",
    ),
    "alias of the function": (
        "derive = torch.autograd.grad  # here",
        "return derive((x**3).sum(), x)[0]",
    ),
    "alias of the submodule": (
        "import torch.autograd as ag",
        "return ag.grad((x**3).sum(), x)[0]  # here",
    ),
    "from import": (
        "from torch.autograd import grad",
        "return grad((x**3).sum(), x)[0]  # here",
    ),
    "from import of the module": (
        "from torch import autograd",
        "return autograd.grad((x**3).sum(), x)[0]  # here",
    ),
    "from import with an alias": (
        "from torch.autograd import grad as derive",
        "return derive((x**3).sum(), x)[0]  # here",
    ),
    "star import": (
        "from torch.autograd import *  # here",
        "return grad((x**3).sum(), x)[0]",
    ),
    "import inside": (
        "",
        "from torch.autograd import grad  # here\n    return grad((x**3).sum(), x)[0]",
    ),
    "local alias": (
        "",
        "a = torch.autograd  # here\n    return a.grad((x**3).sum(), x)[0]",
    ),
    "getattr": (
        "",
        "return getattr(torch, 'autograd').grad((x**3).sum(), x)[0]  # here",
    ),
    "importlib": (
        "import importlib",
        "return importlib.import_module('torch.autograd').grad((x**3).sum(), x)[0]  # here",
    ),
    "__import__": (
        "",
        "return __import__('torch').autograd.grad((x**3).sum(), x)[0]  # here",
    ),
    "backward": ("", "(x**3).sum().backward()  # here\n    return x.grad"),
    "backward of a name": ("", "y = (x**3).sum()\n    y.backward()  # here\n    return x.grad"),
    "getattr of backward": (
        "",
        "getattr((x**3).sum(), 'backward')()  # here\n    return x.grad",
    ),
    "requires_grad": ("", "x.requires_grad = True  # here\n    return x"),
    "requires_grad by setattr": ("", "setattr(x, 'requires_grad', True)  # here\n    return x"),
    "requires_grad as a keyword": (
        "",
        "w = torch.ones(1, requires_grad=True)  # here\n    return 3 * x**2 * w",
    ),
    "a helper in the file": (
        "def helper(x):\n    return torch.autograd.grad((x**3).sum(), x)[0]  # here",
        "return helper(x)",
    ),
    "a helper's helper": (
        "def below(y):\n    y.backward()  # here\n\n\ndef helper(x):\n    below(x.sum())",
        "helper(x)\n    return 3 * x**2",
    ),
    "a class of helpers": (
        "class Helper:\n    def run(self, y):\n        y.backward()  # here",
        "Helper().run(x.sum())\n    return 3 * x**2",
    ),
    "a lambda": ("helper = lambda y: y.backward()  # here", "helper(x.sum())\n    return x"),
    "a function inside": (
        "",
        "def inner(y):\n        y.backward()  # here\n    inner(x.sum())\n    return x",
    ),
    "in a default": ("", "return (lambda g=torch.autograd.grad: g(x.sum(), x)[0])()  # here"),
    "a decorator": (
        "def with_grad(f):\n    return lambda x: torch.autograd.grad(f(x), x)[0]  # here",
        "@with_grad\n    def cube(x):\n        return (x**3).sum()\n    return cube(x)",
    ),
}


@pytest.mark.parametrize("how", SPELLED)
def test_forbidden_however_it_is_spelled(judged: Judged, how: str) -> None:
    top, body = SPELLED[how]
    results = judged.code(f"{top}\n\n\ndef slope(x):\n    {body}\n", "slope", "double")
    result = results["slope"]
    assert result.outcome is Outcome.FAIL
    assert result.line == judged.line("# here")
    assert words(result).startswith(f"arrays.py, line {result.line} uses ")
    assert words(result).endswith(WHY)
    assert results["double"].outcome is Outcome.PASS


def test_the_answer_it_gives_does_not_matter(judged: Judged) -> None:
    code = "def slope(x):\n    x = x.clone().requires_grad_()\n    (x**3).sum().backward()\n"
    assert judged.one(code + "    return x.grad\n", "slope").outcome is Outcome.FAIL


# what the source does not show: the tripwire in the child finds it
HIDDEN = {
    "a name put together": "getattr(torch, 'auto' + 'grad').grad((x**3).sum(), x)",
    "a method put together": "getattr((x**3).sum(), 'back' + 'ward')()",
    "eval": "eval('(x**3).sum().' + 'backward()')",
    "vars": "vars(torch)['autograd'].grad((x**3).sum(), x)",
    "an attribute put together": "setattr(x, 'requires_' + 'grad', True)",
    "caught": "try_all(lambda: getattr((x**3).sum(), 'back' + 'ward')())",
}


@pytest.mark.parametrize("how", HIDDEN)
def test_forbidden_in_disguise(judged: Judged, how: str) -> None:
    code = f"""
def try_all(function):
    try:
        function()
    except Exception:
        pass

def slope(x):
    x = x.clone().requires_grad_()
    {HIDDEN[how]}  # here
    return 3 * x**2
"""
    results = judged.code(code, "slope", "double")
    result = results["slope"]
    assert result.outcome is Outcome.FAIL
    assert words(result).startswith("It calls ")
    assert WHY in words(result)
    assert f"arrays.py, line {judged.line('# here')}" in words(result)
    assert results["double"].outcome is Outcome.PASS


@pytest.mark.parametrize("file", ["model.py", "my_helpers.py"])
def test_a_helper_in_another_file(judged: Judged, file: str) -> None:
    helper = "def derive(x):\n    x = x.clone().requires_grad_()\n    y = (x**3).sum()\n"
    helper += "    y.backward()\n    return x.grad\n"
    stem = file.removesuffix(".py")
    arrays = judged.worked("arrays.py")
    arrays += f"\n\ndef slope(x):\n    from {stem} import derive\n    return derive(x)\n"
    result = judged.files({"arrays.py": arrays, file: helper}, "slope")["slope"]
    assert result.outcome is Outcome.FAIL
    assert words(result) == f"{file}, line 4 uses .backward. {WHY}"


ELSEWHERE = {
    "a function that is not called": "def other(x):\n    x.sum().backward()\n",
    "a main block": "if __name__ == '__main__':\n    torch.autograd.grad\n",
    "a comment": "# torch.autograd.grad and x.backward()\n",
    "a string": "NOTE = 'torch.autograd.grad and x.backward()'\n",
    "a docstring": "def other():\n    '''Not torch.autograd.grad.'''\n",
    "a name of one's own": "def backward(x):\n    return x\n",
    "a demonstration with the same names": (
        "x = torch.ones(3, requires_grad=True)\ny = (x**3).sum()\ny.backward()\n"
    ),
    "the top of the file": "w = torch.ones(1, requires_grad=True)\nw.sum().backward()\n",
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_elsewhere_in_the_file_it_is_free(judged: Judged, where: str) -> None:
    code = f"{ELSEWHERE[where]}\n\ndef slope(x):\n    'No torch.autograd.'\n"
    code += "    y = x * x\n    return 3 * y\n"
    result = judged.one(code, "slope")
    assert result.outcome is Outcome.PASS, words(result)


def test_names_that_only_look_alike(judged: Judged) -> None:
    code = """
def slope(x):
    class Node:
        def backward_pass(self, requires_gradient=False):
            return 3 * x**2
    autograd = Node()
    return autograd.backward_pass(requires_gradient=True)
"""
    result = judged.one(code, "slope")
    assert result.outcome is Outcome.PASS, words(result)


def test_what_one_exercise_forbids_another_may_use(judged: Judged) -> None:
    code = """
def double(x):
    y = x.clone().requires_grad_()
    y.pow(2).sum().backward()
    return y.grad
"""
    assert judged.one(code, "double").outcome is Outcome.PASS


REAL = load_course(bundled_course())
(BACKPROP,) = select(REAL, ["lecture5.cross_entropy_backward"])
PRINTS = "print(logits, repr(logits.sum()), f'{targets}'); str(logits.grad)"


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (PRINTS, Outcome.PASS),
        ("import torch._ops as o; o.mode_stack_state_for_pre_dispatch()", Outcome.FAIL),
        ("torch._tensor_str._str = lambda *_, **__: 1", Outcome.PASS),
        (
            "class Sly(torch.Tensor):\n"
            "        def __torch_function__(self, f, types, args=(), kwargs=None):\n"
            "            m = vars(torch.autograd)['forward' + '_ad']\n"
            "            vars(m)['unpack' + '_dual'](torch.ones(1))\n"
            "            return torch.Tensor.__torch_function__(f, types, args, kwargs)\n"
            "    repr(torch.ones(2).as_subclass(Sly))",
            Outcome.FAIL,
        ),
    ],
)
def test_a_tensor_may_be_printed_where_torch_s_plumbing_is_forbidden(
    real: WarmJudge, tmp_path: Path, first: str, outcome: Outcome
) -> None:
    """To write one out torch asks for modes and dual numbers; whoever else does is found."""
    for file in REAL.solutions(BACKPROP.lecture).glob("*.py"):
        text = file.read_text()
        begin = "    n = logits.shape[0]\n    # every class"
        (tmp_path / file.name).write_text(text.replace(begin, f"    {first}\n{begin}"))
    (result,) = real.judge(tmp_path, "lecture5.cross_entropy_backward").exercises
    assert result.outcome is outcome, words(result)
    assert (first != PRINTS) or "tensor(" in result.output


@pytest.fixture(scope="module")
def real() -> Iterator[WarmJudge]:
    with WarmJudge(REAL, Isolation.FORK) as judge:
        yield judge


def test_a_function_that_looks_at_its_caller_is_left_alone() -> None:
    """torch.fx.wrap does, and torch.optim calls it: a wrapper would stand between."""
    code = """
import torch
from grader.sandbox.forbidden_calls import TRIPWIRE
TRIPWIRE.guard(["torch.fx"])
weight = torch.ones(2, requires_grad=True)
optimizer = torch.optim.SGD([weight], lr=0.1)
weight.sum().backward()
optimizer.step()
print(weight.tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "0.89" in done.stdout, done.stderr


def test_what_a_library_calls_while_it_is_imported_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch.optim imports parts of torch when it is first used, and they call torch.fx.wrap."""
    guarded = types.ModuleType("guarded")
    vars(guarded)["forbidden"] = lambda: 42
    monkeypatch.setitem(sys.modules, "guarded", guarded)
    (tmp_path / "lazily.py").write_text("import guarded\nseen = guarded.forbidden()\n")
    monkeypatch.syspath_prepend(tmp_path)
    tripwire = Tripwire()
    tripwire.guard(["guarded.forbidden"])
    with tripwire.armed(["guarded.forbidden"]):
        with pytest.raises(ForbiddenCall):
            guarded.forbidden()
        import lazily

        assert lazily.seen == 42
    assert guarded.forbidden() == 42


BESIDE = {
    "from import": ("from helper import f", "return f(x)"),
    "module": ("import helper", "return helper.f(x)"),
    "another name": ("import helper as h", "return h.f(x)"),
    "star": ("from helper import *", "return f(x)"),
    "package": ("from tinypack.helper import f", "return f(x)"),
    "relative": ("from .helper import f", "return f(x)"),
    "through a third": ("from third import f", "return f(x)"),
}
HELPER = """
import torch

def f(x):
    return g(x)

def g(x):
    return torch.autograd.grad((x**3).sum(), x)[0]

def train(w):
    w.sum().backward()

def fine(x):
    return 3 * x**2
"""


@pytest.mark.parametrize("how", BESIDE)
def test_a_forbidden_name_in_a_file_beside(judged: Judged, how: str) -> None:
    top, body = BESIDE[how]
    arrays = f"{judged.worked('arrays.py')}\n{top}\n\n\ndef slope(x):\n    {body}\n"
    files = {"arrays.py": arrays, "helper.py": HELPER, "third.py": "from helper import g as f\n"}
    result = judged.files(files, "slope")["slope"]
    assert result.outcome is Outcome.FAIL
    assert words(result) == f"helper.py, line 8 uses torch.autograd.grad. {WHY}"
    assert result.line != 8, "a line of another file"


def test_what_is_not_reached_in_a_file_beside_is_welcome(judged: Judged) -> None:
    arrays = judged.worked("arrays.py")
    arrays += "\nimport helper\n\n\ndef slope(x):\n    return helper.fine(x)\n"
    result = judged.files({"arrays.py": arrays, "helper.py": HELPER}, "slope")["slope"]
    assert result.outcome is Outcome.PASS

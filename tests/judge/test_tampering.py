"""Code that changes the tools it is judged with, in its own process: the verdict stays."""

from __future__ import annotations

import pytest
from judging import Judged

from grader.results import Outcome

YES = "lambda *args, **kwargs: True"
REPLACED = {
    "torch.allclose": f"torch.allclose = torch.equal = torch.isclose = {YES}",
    "torch.testing": f"import torch.testing\ntorch.testing.assert_close = {YES}",
    "the comparisons of tensors": f"""
torch.Tensor.__eq__ = torch.Tensor.__ne__ = torch.Tensor.__le__ = lambda self, other: True
torch.Tensor.equal = torch.Tensor.allclose = {YES}
torch.Tensor.__torch_function__ = classmethod({YES})
""",
    "torch.Tensor.backward": "torch.Tensor.backward = torch.autograd.grad = lambda *a, **k: None",
    "builtins": f"""
import builtins
builtins.isinstance = builtins.issubclass = builtins.all = {YES}
builtins.len = builtins.abs = lambda x: 0
builtins.type = builtins.getattr = builtins.repr = {YES}
""",
    "AssertionError": """
import builtins
class AssertionError(Exception):
    pass
builtins.AssertionError = builtins.Exception = AssertionError
""",
    "the encoder": """
import msgspec
msgspec.msgpack.encode = lambda value, **kwargs: b"\\xc3"
import grader.sandbox.serialization as wire
wire._plain = wire.encode = lambda *args: b"\\xc3"
""",
    "the messages": """
import grader.sandbox.child as child
from grader.sandbox.protocol import Ready, Seen
child._Learner.run = lambda self, run: Ready()
""",
    "the comparison": f"""
import grader.judge.comparison as compare, grader.judge.checks as checks
compare.difference = lambda *args, **kwargs: ""
checks.Observation.is_close = checks.Observation.equals = {YES}
checks.CheckFailed = BaseException
""",
    "the results": """
from grader.results import Outcome
import grader.results as results
Outcome._member_map_["FAIL"] = Outcome.PASS
results.Outcome.FAIL = Outcome.PASS
""",
    "pytest": f"""
import pytest, _pytest.runner
_pytest.runner.check_interactive_exception = _pytest.runner.call_and_report = {YES}
pytest.fail = {YES}
""",
    "math": "import math\nmath.isclose = math.isnan = math.isinf = lambda *a, **k: True",
    "the random numbers": """
import random
torch.manual_seed = random.seed = lambda seed: None
torch.randn = lambda *args, **kwargs: torch.zeros(3, 2, dtype=torch.float64)
""",
    "pickle": """
import pickle, cloudpickle
pickle.loads = cloudpickle.loads = lambda data: (lambda **kwargs: None)
""",
    "tracing": """
import sys
def trace(frame, event, argument):
    for name in ("expected", "value", "got"):
        if name in frame.f_locals:
            frame.f_locals[name] = None
    return trace
sys.settrace(trace)
sys.setprofile(trace)
""",
    "audit hooks": "import sys\nsys.addaudithook(lambda *args: None)",
}


@pytest.mark.parametrize("what", REPLACED)
def test_a_wrong_answer_stays_wrong(judged: Judged, what: str) -> None:
    code = (
        f"{REPLACED[what]}\n\ndef double(x):\n    return x\n\n\ndef mean(values):\n    return 0.0\n"
    )
    results = judged.code(code, "double", "mean", "secret")
    for exercise in ("double", "mean"):
        assert results[exercise].outcome in (Outcome.FAIL, Outcome.ERROR)
        assert results[exercise].points == 0
    # and nothing of it reaches the next exercise, in a file that does not import this one
    assert judged.files({}, "double", "mean")["double"].outcome is Outcome.PASS

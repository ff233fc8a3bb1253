"""The course's own code, run beside a learner's answer, harms neither the judge nor the next verdict."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
import torch
from judging import TINY, Judged, WarmJudge

from grader.course.manifest import Limits, load_course
from grader.judge.forked import CAN_FORK, QuestionFailed, Say, ask, more_time
from grader.judge.process_state import restored
from grader.results import Outcome
from grader.sandbox import serialization
from grader.sandbox.isolation import Isolation

ROOT = Path(__file__).parents[2]
LIMITS = Limits(seconds=1, memory_mb=512)
ENDS = {
    "crashes": "import ctypes; ctypes.string_at(0)",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "leaves": "import os; os._exit(0)",
    "loops": "while True: pass",
    "aborts": "import os; os.abort()",
    "closes everything": "import os; os.closerange(3, 4096); os._exit(0)",
}
LEAVES_BEHIND = {
    "recursion limit": "import sys; sys.setrecursionlimit(1_000_000)",
    "default dtype": "import torch; torch.set_default_dtype(torch.float64)",
    "no gradients": "import torch; torch.set_grad_enabled(False)",
    "seeds": "import torch, random; torch.manual_seed(1); random.seed(1)",
    "environment": "import os; os.environ['LEFT'] = '1'; os.chdir('/')",
    "modules": "import sys, types; sys.modules['engine'] = types.ModuleType('engine')",
    "torch itself": "import torch; torch.Tensor.__add__ = lambda self, other: other",
    "builtins": "import builtins; builtins.len = lambda _: 7",
    "signals": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "exit hook": "import atexit, os; atexit.register(lambda: os.abort())",
    "threads": "import threading, time; threading.Thread(target=time.sleep, args=[99]).start()",
    "a process": "import os, time; os.fork() or time.sleep(99)",
}
CHAFF = """
[[chaff]]
exercise = "double"
name = "harms"
replace = "return x + x"
with = {code}
says = "It harms."
"""


def _course_with(tmp_path: Path, harm: str) -> Path:
    """The tiny course, whose first known mistake in `double` does harm before it answers."""
    copy = tmp_path / "course"
    shutil.copytree(TINY, copy)
    chaffs = copy / "tests" / "hidden" / "tiny" / "chaffs.toml"
    code = json.dumps(f"exec({harm!r}, {{}}); return x * 0")
    chaffs.write_text(CHAFF.format(code=code) + chaffs.read_text())
    return copy


@pytest.mark.parametrize("harm", ENDS | LEAVES_BEHIND)
def test_a_known_mistake_that_does_harm(tmp_path: Path, harm: str) -> None:
    """The next mistake is named and the next verdicts are as they are in a judge that is alone."""
    code = (ENDS | LEAVES_BEHIND)[harm]
    before = os.getcwd(), sys.getrecursionlimit(), signal.getsignal(signal.SIGINT)  # noqa: PTH109
    with WarmJudge(load_course(_course_with(tmp_path, code)), Isolation.FORK) as warm:
        judged = Judged(warm, tmp_path)
        pid = os.getpid()
        wrong = judged.one("def double(x):\n    return x * x\n", "double")
        assert wrong.outcome is Outcome.FAIL
        assert wrong.misconception is not None
        assert wrong.misconception.name == "square"
        deep = judged.one("def double(x):\n    return double(x)\n", "double")
        assert deep.outcome is Outcome.ERROR
        assert "RecursionError" in deep.failing[0].message
        right = judged.one("def double(x):\n    return 2 * x\n", "double")
        assert right.outcome is Outcome.PASS
        assert os.getpid() == pid
    assert before == (os.getcwd(), sys.getrecursionlimit(), signal.getsignal(signal.SIGINT))  # noqa: PTH109


@pytest.mark.parametrize(
    "harm", sorted(LEAVES_BEHIND.keys() - {"builtins"})
)  # it spoils its own answer
def test_a_mistake_that_leaves_something_behind_is_still_named(tmp_path: Path, harm: str) -> None:
    course = load_course(_course_with(tmp_path, LEAVES_BEHIND[harm]))
    with WarmJudge(course, Isolation.FORK) as warm:
        wrong = Judged(warm, tmp_path).one("def double(x):\n    return x * 0\n", "double")
    assert wrong.misconception is not None
    assert wrong.misconception.name == "harms"


def test_a_raised_recursion_limit_and_then_a_recursion_without_end(tmp_path: Path) -> None:
    """One learner's wrong topological sort, then another's wrong power: both had one judge."""
    engine = (ROOT / "solutions/lecture01_micrograd/engine.py").read_text(encoding="utf-8")
    sorts_nothing = f"{engine}\n\ndef topo_sort_iterative(root):\n    return []\n"
    wrong_power = engine.replace("Value(self.data**other,", "Value(self.data*other,")
    assert wrong_power != engine
    limit = sys.getrecursionlimit()
    with WarmJudge(load_course(ROOT), Isolation.FORK) as warm:
        first = Judged(warm, tmp_path).files(
            {"engine.py": sorts_nothing}, "lecture1.topo_sort_iterative"
        )
        assert first["topo_sort_iterative"].outcome is Outcome.FAIL
        assert sys.getrecursionlimit() == limit
        second = Judged(warm, tmp_path).files({"engine.py": wrong_power}, "lecture1.value_pow")
        assert second["value_pow"].outcome is Outcome.FAIL
        endless = engine.replace("Value(self.data**other,", "Value(self**other,")
        third = Judged(warm, tmp_path).files({"engine.py": endless}, "lecture1.value_pow")
        assert third["value_pow"].misconception is not None
        assert third["value_pow"].misconception.name == "calls-itself"


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_a_question_that_does_not_come_to_its_end(code: str) -> None:
    def question(say: Say) -> None:
        say(b"begun")
        exec(code, {})
        say(b"done")

    assert CAN_FORK
    answers = ask(question, LIMITS)
    assert answers.said == (b"begun",)
    assert not answers.finished


def test_a_question_that_is_answered() -> None:
    def question(say: Say) -> None:
        for part in (b"", b"one", b"x" * 3_000_000):
            say(part)

    answers = ask(question, LIMITS)
    assert [len(part) for part in answers.said] == [0, 3, 3_000_000]
    assert answers.finished


def test_a_question_that_raises_is_a_fault_of_ours() -> None:
    def question(say: Say) -> None:
        say(b"begun")
        raise ZeroDivisionError("not a learner's")

    with pytest.raises(QuestionFailed, match="ZeroDivisionError: not a learner's"):
        ask(question, LIMITS)


def test_time_is_counted_anew_for_each_part() -> None:
    def question(say: Say) -> None:
        for _ in range(3):
            more_time(0.4)
            start = time.process_time()
            while time.process_time() - start < 0.2:
                pass
            say(b"")

    assert ask(question, Limits(seconds=0.5)).finished


def test_what_a_question_prints_is_not_heard(capfd: pytest.CaptureFixture[str]) -> None:
    def question(say: Say) -> None:
        print("HEARD")
        os.write(2, b"HEARD")
        say(b"")

    assert ask(question, LIMITS).finished
    assert "HEARD" not in "".join(capfd.readouterr())


def test_everything_is_put_back() -> None:
    drawn = random.getstate()
    with restored():
        sys.setrecursionlimit(5_000)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.manual_seed(7)
        random.seed(7)
        os.environ["ZTH_LEFT_BEHIND"] = "1"
        sys.path.insert(0, "/nowhere")
        os.chdir("/")
    assert sys.getrecursionlimit() != 5_000
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()
    assert random.getstate() == drawn
    assert "ZTH_LEFT_BEHIND" not in os.environ
    assert sys.path[0] != "/nowhere"
    assert Path.cwd() != Path("/")


def test_the_worked_solution_is_asked_once_and_answers_anew_each_time(tmp_path: Path) -> None:
    """In `mean` of the tiny course's model the reference is asked: the same probe, the same answer."""
    with WarmJudge(load_course(TINY), Isolation.FORK) as warm:
        judged = Judged(warm, tmp_path)
        for _ in range(2):
            assert {r.outcome for r in judged.files({}).values()} == {Outcome.PASS}
        (reference,) = warm.opened._references.values()
        assert reference._kept
        call = next(iter(reference._kept))
        one, other = reference.answer(call), reference.answer(call)
        assert serialization.encode(one) == serialization.encode(other)
        assert one is not other

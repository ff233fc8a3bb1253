"""What the learner's code may use: time, memory, processes, output. Each limit hit is named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from judging import Judged, children_of, resident_mb, words

from grader.results import ExerciseResult, Outcome

TIME = "Stopped at the time limit of 1 s"


def stopped(judged: Judged, code: str, target: str = "double") -> ExerciseResult:
    """The verdict on code that has to be stopped, once the exercise beside it is seen to pass."""
    results = judged.code(code, target, "mean")
    assert results[target].outcome is Outcome.ERROR
    assert results[target].points == 0
    assert results["mean"].outcome is Outcome.PASS
    return results[target]


def test_an_endless_loop_is_stopped_where_it_is(judged: Judged) -> None:
    code = "def spin(x):\n    while True:\n        x = x  # here\n\ndef double(x):\n    spin(x)\n"
    result = stopped(judged, code)
    assert words(result).startswith(TIME)
    line = judged.line("# here")
    assert result.line in (line, line - 1)
    assert f"(arrays.py, line {result.line}, in spin)" in words(result)


def test_a_loop_that_ignores_every_signal(judged: Judged) -> None:
    code = """
def double(x):
    import faulthandler, signal
    faulthandler.disable()
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
    assert words(stopped(judged, code)).startswith(TIME)


def test_a_loop_inside_torch(judged: Judged) -> None:
    code = """
def double(x):
    import torch
    a = torch.randn(3000, 3000)
    for _ in range(10_000):
        a = a @ a  # here
"""
    result = stopped(judged, code)
    assert words(result).startswith(TIME)
    assert result.line == judged.line("# here")


def test_sleep(judged: Judged) -> None:
    result = stopped(judged, "def double(x):\n    import time\n    time.sleep(60)  # here\n")
    assert words(result).startswith(
        "Stopped after 4 s of waiting: what it waits for does not come."
    )
    assert result.line == judged.line("# here")


SLOW_TO_IMPORT = {
    "an optimizer": "torch.optim.SGD([torch.nn.Parameter(x.clone())], lr=1.0).step()",
    "an optimizer by name": "from torch.optim import AdamW; AdamW([torch.nn.Parameter(x.clone())])",
    "a functional transform": "torch.func.grad(lambda y: y.sum())(x)",
    "vmap": "torch.vmap(lambda row: row.sum())(x)",
    "a functional call": "torch.func.functional_call(torch.nn.ReLU(), {}, (x,))",
    "a scheduler": "from torch import optim as o; "
    "o.lr_scheduler.StepLR(o.Adam([torch.nn.Parameter(x.clone())]), 1)",
}


@pytest.mark.parametrize("line", SLOW_TO_IMPORT.values(), ids=SLOW_TO_IMPORT)
def test_what_torch_imports_late_costs_no_time_of_the_exercise(judged: Judged, line: str) -> None:
    """The import alone takes longer than the second that the exercise has."""
    code = f"def double(x):\n    import torch\n    x = x.clone()\n    {line}\n    return x * 2\n"
    result = judged.one(code, "double")
    assert result.outcome is Outcome.PASS, words(result)


def test_a_busy_machine_stops_nothing(judged: Judged) -> None:
    """With a dozen others at work, half a second of work takes longer than any wait may."""
    code = """
def double(x):
    import time
    end = time.process_time() + 0.7
    while time.process_time() < end:
        pass
    return x + x
"""
    burn = [
        sys.executable,
        "-c",
        "import time\nend = time.time() + 60\nwhile time.time() < end: pass",
    ]
    others = [subprocess.Popen(burn) for _ in range(12 * len(os.sched_getaffinity(0)))]
    try:
        result = judged.one(code, "double")
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert result.outcome is Outcome.PASS, words(result)


AT_THE_TOP = {
    "a loop": "while True:\n    pass",
    "a loop over steps": "for step in iter(int, 1):\n    double(1)",
    "a call": "def train():\n    while True:\n        double(1)\n\ntrain()",
    "a call that gives a name": "def train():\n    while True:\n        double(1)\n\nlosses = train()",
    "a block": "with open(__file__) as f:\n    while True:\n        pass",
    "in a library": "import time\ntime.sleep(60)",
    "an if": "if double(1) == 2:\n    while True:\n        pass",
    "two loops": "while True:\n    pass\nwhile True:\n    pass",
}
"""What stands outside of functions and does not end."""


def test_what_needs_a_statement_that_takes_too_long_is_told_which(judged: Judged) -> None:
    """Broken first: a name that such a statement gives is missed."""
    slow = "def slow():\n    while True: pass\n\ntwo = slow()  # here\n\n"
    results = judged.code(f"{slow}def double(x):\n    return x * two\n", "double", "mean")
    assert results["double"].outcome is Outcome.ERROR
    assert "longer than 1 s" in words(results["double"])
    assert results["double"].failing[0].failure.line == judged.line("# here")
    assert results["mean"].outcome is Outcome.PASS


def test_a_function_that_does_not_end_is_wrong_though_the_file_calls_it(judged: Judged) -> None:
    code = "def double(x):\n    while True:\n        pass  # here\n\ndouble(1)\n"
    results = judged.code(code, "double", "mean")
    assert results["double"].outcome is Outcome.ERROR
    assert words(results["double"]).startswith(TIME)
    assert results["double"].line in (judged.line("# here"), judged.line("# here") - 1)
    assert results["mean"].outcome is Outcome.PASS


def test_a_class_that_takes_too_long_is_not_there(judged: Judged) -> None:
    worked = judged.worked("arrays.py").replace("class Tally", "class Sum")
    code = f"{worked}\n\nclass Tally:\n    while True:\n        pass\n"
    result = judged.files({"arrays.py": code}, "Tally")["Tally"]
    assert result.outcome is Outcome.ERROR
    assert "longer than 1 s" in words(result)


@pytest.mark.parametrize("what", AT_THE_TOP)
def test_a_statement_outside_of_functions_that_takes_too_long_is_left_out(
    judged: Judged, what: str
) -> None:
    results = judged.code(f"# here\n{AT_THE_TOP[what]}\n")
    wrong = {name: words(r) for name, r in results.items() if r.outcome is not Outcome.PASS}
    assert not wrong
    notes = [note.sentence for result in results.values() for note in result.notes]
    assert len(notes) == (2 if what == "two loops" else 1)  # once a file, not once an exercise
    at = int(re.findall(r"arrays.py, line (\d+)", notes[0])[0])
    assert judged.line("# here") < at
    assert all('if __name__ == "__main__":' in note for note in notes)


def test_an_endless_print_is_stopped(judged: Judged) -> None:
    result = stopped(judged, "def double(x):\n    while True:\n        print('x' * 65536)\n")
    assert words(result).startswith(TIME)
    assert result.output_dropped > 0


def test_a_thread_that_prints_on_does_not_hold_the_judge(judged: Judged) -> None:
    code = """
def double(x):
    import os, threading
    def chatter():
        while True:
            os.write(1, b"x" * 65536)
    threading.Thread(target=chatter, daemon=True).start()
    return x + x
"""
    start = time.monotonic()
    assert judged.one(code, "double").outcome is Outcome.PASS
    assert time.monotonic() - start < 10


def test_a_timer_that_goes_off_between_two_probes(judged: Judged) -> None:
    code = """
def forever(*_):
    while True:
        pass

def shift(x):
    import signal
    signal.signal(signal.SIGALRM, forever)
    signal.setitimer(signal.ITIMER_REAL, 0.0005)
    return double(x) + 1
"""
    start = time.monotonic()
    result = judged.one(code, "shift", file="model.py")
    assert time.monotonic() - start < 20
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith(TIME)


def test_a_list_that_grows_without_end(judged: Judged) -> None:
    code = "def double(x):\n    hog = []\n    while True:\n        hog.append(bytearray(1 << 20))\n"
    assert words(stopped(judged, code)).startswith("Stopped at the memory limit of 256 MB")


@pytest.mark.parametrize("make", ["empty", "zeros", "ones"])
def test_a_tensor_too_large(judged: Judged, make: str) -> None:
    code = f"def double(x):\n    import torch\n    return torch.{make}(1 << 30)  # here\n"
    result = stopped(judged, code)
    assert words(result).startswith("Stopped at the memory limit of 256 MB")
    assert result.line == judged.line("# here")


def test_tensors_that_pile_up(judged: Judged) -> None:
    code = """
def double(x):
    import torch
    hog = []
    while True:
        hog.append(torch.ones(1 << 20))
"""
    assert words(stopped(judged, code)).startswith("Stopped at the memory limit of 256 MB")


def test_an_answer_too_large(judged: Judged) -> None:
    code = (
        "def double(x):\n    import torch\n    return torch.zeros(2 << 20, dtype=torch.float32)\n"
    )
    assert words(stopped(judged, code)) == "It returned more than 4 MB."


FORKS = {
    "fork": "import os\n    while True:\n        os.fork()",
    "subprocess": "import subprocess\n    subprocess.run(['sleep', '61'])",
    "popen": "import os\n    os.posix_spawn('/bin/sleep', ['sleep', '61'], {})",
    "multiprocessing": "import multiprocessing as m\n    m.Process(target=print).start()",
    "exec": "import os\n    os.execv('/bin/sleep', ['sleep', '61'])",
}


@pytest.mark.parametrize("how", FORKS)
def test_no_process_is_started(judged: Judged, proc: Path, how: str) -> None:
    result = stopped(judged, f"def double(x):\n    {FORKS[how]}  # here\n")
    assert words(result).startswith("Stopped at the process limit")
    assert result.line == judged.line("# here")
    assert "sleep" not in children_of(int((proc / "self").resolve().name)).values()


def test_a_fork_bomb_that_does_not_take_no(judged: Judged, proc: Path) -> None:
    code = """
def double(x):
    import os
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""
    judged.files({}, "mean")
    us = int((proc / "self").resolve().name)
    before = set(children_of(us))
    assert words(stopped(judged, code)).startswith(TIME)
    end = time.monotonic() + 5  # those killed take a moment to go
    while (left := set(children_of(us)) - before) and time.monotonic() < end:
        if len(left) == 1:  # the zygote's next spare child
            break
        time.sleep(0.05)
    assert len(left) <= 1


def test_threads_are_bounded(judged: Judged) -> None:
    code = """
def double(x):
    import threading, time
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
"""
    assert words(stopped(judged, code)).startswith("Stopped at the memory limit")


@pytest.mark.usefixtures("proc")
def test_200_megabytes_of_print(judged: Judged) -> None:
    code = """
def double(x):
    line = "x" * 999
    for _ in range(200_000):
        print(line)
    return x + x
"""
    judged.files({}, "double")
    before, start = resident_mb(), time.monotonic()
    result = judged.one(code, "double", file="arrays.py")
    assert time.monotonic() - start < 4  # two checks: 400 MB
    assert resident_mb() - before < 4
    assert result.outcome in (Outcome.PASS, Outcome.ERROR)
    assert len(result.output) == 8 << 10
    assert result.output_dropped > 100_000_000


def test_output_warnings_and_stderr_cost_nothing(judged: Judged) -> None:
    code = """
def double(x):
    import sys, warnings
    print("a print")
    print("an error", file=sys.stderr)
    warnings.warn("a warning")
    warnings.warn("old", DeprecationWarning)
    return x + x
"""
    result = judged.one(code, "double")
    assert result.outcome is Outcome.PASS
    for text in ("a print", "an error", "a warning"):
        assert text in result.output
    assert result.output_dropped == 0


@pytest.mark.parametrize(
    "end", ["import ctypes; ctypes.string_at(0)", "import os; os._exit(0)", "while True: pass"]
)
def test_output_before_the_end_is_kept(judged: Judged, end: str) -> None:
    result = stopped(judged, f"def double(x):\n    print('so far')\n    {end}\n")
    assert result.output == "so far\n"


def test_a_window_is_not_waited_for(judged: Judged) -> None:
    """plt.show(), copied along with the video, draws nowhere and returns."""
    code = "import os\ndef double(x):\n    print(os.environ['MPLBACKEND'])\n    return x + x\n"
    assert judged.one(code, "double").output.startswith("Agg\n")


def test_output_that_is_not_text(judged: Judged) -> None:
    code = "def double(x):\n    import os\n    os.write(1, b'\\xff\\x00')\n    return x + x\n"
    result = judged.one(code, "double")
    assert result.outcome is Outcome.PASS
    assert "�" in result.output


def test_closed_streams(judged: Judged) -> None:
    code = """
def double(x):
    import os, sys
    sys.stdout.close()
    sys.stderr = None
    os.closerange(0, 3)
    return x + x
"""
    assert judged.one(code, "double").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("limit", "value"), [("FSIZE", 20_000 << 10), ("CPU", 10), ("AS", 8 << 30), ("CORE", 0)]
)
def test_what_ulimit_left_is_enough(tmp_path: Path, limit: str, value: int) -> None:
    """A limit of the shell's that is lower than ours is kept, and costs no points."""
    script = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_{limit}, ({value}, {value}))
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from pathlib import Path
from judging import TINY, Judged, WarmJudge
from grader.course.manifest import load_course
from grader.sandbox.isolation import Isolation
with WarmJudge(load_course(TINY), Isolation.FORK) as warm:
    results = Judged(warm, Path({str(tmp_path)!r})).files({{}})
    print({{result.outcome.value for result in results.values()}})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{'PASS'}\n", "")

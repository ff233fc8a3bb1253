"""Processes: what a child may do to others, what is left when it is gone, the other isolation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from judging import Judged, WarmJudge, children_of, words

from grader.course.manifest import Course, Exercise
from grader.course.targets import select
from grader.judge.judge import open_judge
from grader.judge.pytest_plugin import CourseFault
from grader.results import Outcome
from grader.sandbox.isolation import Isolation
from grader.sandbox.sandbox import Sandbox
from grader.source.files import read_submission


def settled(pid: int) -> dict[int, str]:
    """What runs below a process once those that were killed are gone."""
    before = children_of(pid)
    for _ in range(100):
        time.sleep(0.05)
        if children_of(pid) == before:
            break
        before = children_of(pid)
    return before


def test_a_wrong_answer_fails_when_spawned(judged_spawn: Judged) -> None:
    results = judged_spawn.code("def mean(values):\n    return sum(values)\n", "mean", "echo")
    assert results["mean"].outcome is Outcome.FAIL
    assert results["mean"].misconception is not None
    assert results["echo"].outcome is Outcome.PASS
    assert judged_spawn.last is not None
    assert judged_spawn.last.isolation == "spawn"


SPAWNED = {
    "while True:\n        pass": "Stopped at the time limit of 1 s",
    "import os; os._exit(0)": "Your code ended the Python process itself, with status 0",
    "import ctypes; ctypes.string_at(0)": "Your code crashed Python: SIGSEGV",
    "import torch; return torch.empty(1 << 40)": "Stopped at the memory limit of 256 MB",
    "import os; os.fork()": "Stopped at the process limit",
}


def test_limits_hold_when_spawned(judged_spawn: Judged, proc: Path) -> None:  # noqa: ARG001
    """One submission with a failure an exercise: a new Python costs a second."""
    names = ["double", "mean", "quadruple", "slope", "echo"]
    code = {"arrays.py": judged_spawn.worked("arrays.py"), "model.py": "x = 1\n"}
    bodies = list(SPAWNED.items())
    for name, (body, _) in zip(names, bodies, strict=True):
        file = "model.py" if name == "echo" else "arrays.py"
        code[file] += f"\n\ndef {name}(x):\n    {body}\n"
    results = judged_spawn.files(dict(code), *names)
    for name, (_, sentence) in zip(names, bodies, strict=True):
        assert results[name].outcome in (Outcome.ERROR, Outcome.BLOCKED)
        assert words(results[name]).startswith(sentence)
        assert results[name].points == 0
    assert "sleep" not in settled(os.getpid()).values()


def test_nothing_is_left_running(tiny: Course, tmp_path: Path, proc: Path) -> None:  # noqa: ARG001
    before = settled(os.getpid())
    with WarmJudge(tiny, Isolation.FORK) as warm:
        judged = Judged(warm, tmp_path)
        judged.code("def double(x):\n    while True:\n        pass\n", "double", "mean")
        judged.code("def double(x):\n    import os\n    os._exit(0)\n", "double", "mean")
        judged.files({})
        zygote = warm.sandbox._zygote
        assert zygote is not None
        idle = settled(zygote.pid)
        assert len(idle) == 1, "one spare child waits, and no other is left"
    assert settled(os.getpid()).keys() <= before.keys()
    assert not (Path("/proc") / str(zygote.pid)).exists()
    assert not any((Path("/proc") / str(pid)).exists() for pid in idle)


def test_children_die_with_the_judge(tmp_path: Path, proc: Path) -> None:
    """Even where the judge is killed, and has no time to end anything."""
    (tmp_path / "arrays.py").write_text("import time\ntime.sleep(60)\n")
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from pathlib import Path
from judging import TINY, WarmJudge
from grader.course.manifest import load_course
from grader.sandbox.sandbox import Isolation
with WarmJudge(load_course(TINY), Isolation.FORK) as warm:
    print("ready", flush=True)
    while True:
        warm.judge(Path({str(tmp_path)!r}), "double")
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as judge:
        assert judge.stdout is not None
        judge.stdout.readline()
        deadline = time.monotonic() + 30
        while len(below := children_of(judge.pid)) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(below) >= 3, "the zygote, the child, the spare"
        judge.kill()
    deadline = time.monotonic() + 10
    while any((proc / str(pid)).exists() for pid in below) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in below if (proc / str(pid)).exists()]


def test_a_zygote_that_is_gone_is_started_again(judged: Judged) -> None:
    judged.files({}, "mean")
    zygote = judged.warm.sandbox._zygote
    assert zygote is not None
    zygote.kill()
    zygote.wait()
    results = judged.code("def double(x):\n    return x\n", "double", "mean")
    assert results["double"].outcome is Outcome.FAIL
    assert results["mean"].outcome is Outcome.PASS
    assert judged.warm.sandbox._zygote is not zygote


def kill_zygote(judged: Judged) -> None:
    zygote = judged.warm.sandbox._zygote
    assert zygote is not None
    os.kill(zygote.pid, signal.SIGKILL)


def test_a_zygote_that_is_killed_between_exercises_harms_nobody(judged: Judged) -> None:
    """The next exercise's child has loaded its files by then, and goes with its zygote."""
    left = ["mean", "Tally", "slope"]

    def kill_at(exercise: Exercise) -> None:
        if exercise.id in left:
            left.remove(exercise.id)
            time.sleep(0.2)
            kill_zygote(judged)

    results = judged.files({}, on_start=kill_at)
    assert left == []
    assert {result.outcome for result in results.values()} == {Outcome.PASS}


@pytest.mark.parametrize("after", [0.0, 0.05, 0.3])
def test_a_zygote_that_is_killed_during_a_probe_harms_nobody(judged: Judged, after: float) -> None:
    """The probe is sent once more, to a child of the next zygote."""
    timers = []

    def kill_soon(exercise: Exercise) -> None:
        if exercise.id in ("double", "Tally", "echo"):
            timers.append(threading.Timer(after, kill_zygote, [judged]))
            timers[-1].start()

    slow = "import time\n\ndef double(x):\n    time.sleep(0.3)\n    return x + x\n"
    results = judged.code(slow, on_start=kill_soon)
    for timer in timers:
        timer.join()
    assert len(timers) == 3
    assert {result.outcome for result in results.values()} == {Outcome.PASS}


def test_a_zygote_that_is_killed_again_and_again_is_not_started_for_ever(judged: Judged) -> None:
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.1):
            kill_zygote(judged)

    kill_zygote(judged)  # one that is warm might have answered before the first
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(CourseFault, match="does not start"):
            judged.files({}, "mean")
    finally:
        over.set()
        killer.join()
    assert judged.files({}, "mean")["mean"].outcome is Outcome.PASS


def test_a_zygote_forgets_a_child_it_does_not_know(judged: Judged) -> None:
    judged.files({}, "mean")
    sandbox = judged.warm.sandbox
    zygote = sandbox._zygote
    assert sandbox._end_forked(10**9, 0.0).status == signal.SIGKILL
    assert judged.files({}, "mean")["mean"].outcome is Outcome.PASS
    assert sandbox._zygote is zygote


def test_no_descriptors_are_lost(judged: Judged, proc: Path) -> None:
    def open_files() -> int:
        return len(list((proc / "self" / "fd").iterdir()))

    crash = "def double(x):\n    import os\n    os._exit(0)\n"
    judged.code(crash, "double", "mean")
    before = open_files()
    for _ in range(3):
        judged.code(crash, "double", "mean")
    assert open_files() <= before


def test_a_child_holds_its_own_three_descriptors(judged: Judged, proc: Path) -> None:  # noqa: ARG001
    code = (
        "def double(x):\n    import os\n    print(sorted(map(int, os.listdir('/proc/self/fd'))))\n"
    )
    output = judged.one(code, "double").output
    listed = [int(n) for n in output.splitlines()[0].strip("[]").split(",")]
    assert [n for n in listed if n < 3] == [0, 1, 2]
    assert len(listed) <= 3 + 3 + 2, "channel, output, trace; the listing itself, torch's own"


def test_what_a_child_reads_of_the_terminal_is_nothing(judged: Judged) -> None:
    code = "def double(x):\n    import sys\n    print(repr(sys.stdin.read()))\n    return x + x\n"
    result = judged.one(code, "double")
    assert result.outcome is Outcome.PASS
    assert result.output.startswith("''")


@pytest.mark.parametrize("isolation", Isolation)
def test_a_sandbox_that_does_not_start_is_our_fault(
    tiny: Course, monkeypatch: pytest.MonkeyPatch, isolation: Isolation
) -> None:
    (selection,) = select(tiny, ["double"])
    submission = read_submission(tiny.solutions(selection.lecture), selection.lecture)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with (
        Sandbox(isolation) as sandbox,
        pytest.raises(CourseFault, match="does not start"),
        open_judge(tiny, tiny.lectures, sandbox) as judge,
    ):
        judge.judge(selection, submission)

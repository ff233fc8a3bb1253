"""No expected value, check or solution is in a process that runs the learner's code, nor in its
parent: a submission that searches both for a marker which all three hold finds nothing.
"""

from __future__ import annotations

import os
import pickletools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from judging import TINY, Judged, WarmJudge

from grader.course.manifest import bundled_course, load_course
from grader.course.targets import Selection, select
from grader.judge import checks
from grader.judge.exercise_run import ExerciseRun
from grader.judge.judge import Judge, open_judge
from grader.results import ExerciseResult, Outcome
from grader.sandbox.protocol import LoadFiles, RaisedReply, ReturnedReply, RunProbe
from grader.sandbox.sandbox import Child, ChildExit
from grader.source.files import read_submission

SEARCHER = Path(__file__).parent.parent / "submissions" / "searcher.py"
SEARCHES = {"objects", "frames", "modules", "descriptors", "environment", "own memory"}
MARKER = "tiny-marker-5e8d41c07b"


@pytest.fixture(params=["fork", "spawn"])
def search(request: pytest.FixtureRequest, proc: Path) -> Judged:  # noqa: ARG001
    found: Judged = request.getfixturevalue("judged" if request.param == "fork" else "judged_spawn")
    return found


def found(result: ExerciseResult) -> dict[str, str]:
    """What each search says: where it found the marker, or nothing."""
    lines = [line for line in result.output.splitlines() if not line.endswith("is closed")]
    names = [*SEARCHES, "parent's memory"]
    return {
        name: line[len(name) + 1 :] for line in lines for name in names if line.startswith(name)
    }


def test_a_searcher_finds_what_it_was_given_and_nothing_else(search: Judged) -> None:
    """`echo` is handed the marker, so there the searcher shows that it can find it; the check,
    the solution and the expected value of `secret` hold it, and there is nothing to find."""
    judged = search
    results = judged.files({"model.py": SEARCHER.read_text()}, "echo", "secret")
    given, secret = found(results["echo"]), found(results["secret"])
    assert results["echo"].outcome is Outcome.PASS, results["echo"]
    for where in ("objects", "frames", "own memory"):
        assert given[where].startswith("FOUND"), given
    assert results["secret"].outcome is Outcome.FAIL
    assert secret.keys() >= SEARCHES, results["secret"].output
    if judged.warm.sandbox.isolation == "fork":  # a spawned child's parent is the judge itself
        assert secret["parent's memory"] == "nothing"
    assert {name: where for name, where in secret.items() if name in SEARCHES} == dict.fromkeys(
        SEARCHES, "nothing"
    )


def test_the_marker_is_where_it_is_said_to_be() -> None:
    hidden = TINY / "tests" / "hidden" / "tiny"
    for path in (
        TINY / "solutions" / "tiny" / "model.py",
        hidden / "test_model.py",
        hidden / "chaffs.toml",
    ):
        assert MARKER in path.read_text(), path
    assert MARKER not in SEARCHER.read_text()


def test_the_zygote_never_held_it(judged: Judged, proc: Path) -> None:
    results = judged.files({}, "secret", "echo", "slope")
    assert {r.outcome for r in results.values()} == {Outcome.PASS}
    wrong = judged.code("def slope(x):\n    return x * x\n", "slope")["slope"]
    assert wrong.misconception is not None
    assert MARKER in wrong.misconception.says
    zygote = judged.warm.sandbox._zygote
    assert zygote is not None
    searcher: dict[str, object] = {}
    exec(compile(SEARCHER.read_text(), str(SEARCHER), "exec"), searcher)
    search_memory = searcher["search_memory"]
    assert callable(search_memory)
    assert list(search_memory(os.getpid())), "the judge holds it, and the search has to see that"
    with (proc / str(zygote.pid) / "mem").open("rb"):  # it is there, and may be read
        assert list(search_memory(zygote.pid)) == []


def test_probes_of_the_real_course_carry_nothing_of_a_check(
    warm: WarmJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A probe is pickled with what it mentions; that may not be what the check compares with."""
    course = load_course(bundled_course())
    carried: list[bytes] = []
    tell = Child.tell

    def listen(child: Child, message: LoadFiles | RunProbe) -> None:
        if isinstance(message, RunProbe):
            carried.extend([message.call.probe, message.call.inputs])
        tell(child, message)

    monkeypatch.setattr(Child, "tell", listen)
    with open_judge(course, course.lectures, warm.sandbox) as judge:
        results = [
            judge.judge(s, read_submission(course.solutions(s.lecture), s.lecture))
            for s in select(course, [lecture.id for lecture in course.lectures])
        ]
    assert all(result.passed for result in results)
    texts = {
        text for data in carried for _, text, _ in pickletools.genops(data) if isinstance(text, str)
    }
    assert "observe" not in texts
    words = ("expected", "reference", "gradient_of", "is_close", "solution", "chaff")
    assert not [text for text in texts if any(word in text.lower() for word in words)]
    assert any("probe" in text for text in texts), "the probes themselves are there to be seen"


RESHAPED = {"demb"}
"""Exercises whose answer is their input in another shape: it is theirs to be given."""


def traces_of(value: Any) -> Iterator[bytes]:
    """The bytes by which a value that nobody guesses is found again, pickled or in a tensor."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point() and len(set(value.flatten().tolist())) > 1:
            for dtype in (torch.float64, torch.float32):
                yield value.to(dtype).contiguous().numpy().tobytes()
    elif isinstance(value, float) and value == value and 1000 * value % 1 not in (0.0,):
        yield from (struct.pack(">d", value), struct.pack("<d", value))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from traces_of(one)
    elif isinstance(value, dict):
        yield from traces_of(list(value.values()))


def test_no_expected_value_is_sent_along(warm: WarmJudge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value that a check of the real course expects is looked for in all its child was sent."""
    course = load_course(bundled_course())
    sent: dict[str, bytes] = {}
    now: list[str] = []
    looked_for: set[str] = set()
    found: set[str] = set()
    tell, observe, difference = Child.tell, ExerciseRun.observe, checks.difference

    def listen(child: Child, message: LoadFiles | RunProbe) -> None:
        if isinstance(message, RunProbe):
            call = message.call
            sent[now[-1]] = b"|".join([sent.get(now[-1], b""), call.probe, call.inputs])
        tell(child, message)

    def follow(trial: ExerciseRun, *arguments: Any, **inputs: Any) -> Any:
        now.append(trial.exercise.id)
        return observe(trial, *arguments, **inputs)

    def search(expected: Any, *others: Any) -> Any:
        for trace in traces_of(expected):
            looked_for.add(now[-1])
            if trace in sent[now[-1]]:
                found.add(now[-1])
        return difference(expected, *others)

    monkeypatch.setattr(Child, "tell", listen)
    monkeypatch.setattr(ExerciseRun, "observe", follow)
    monkeypatch.setattr(checks, "difference", search)
    with open_judge(course, course.lectures, warm.sandbox) as judge:
        results = [
            judge.judge(
                s, read_submission(course.solutions(s.lecture), s.lecture), seed=77, on_data=False
            )
            for s in select(course, [lecture.id for lecture in course.lectures])
        ]
    assert all(result.passed for result in results)
    assert len(looked_for) > 30
    assert found == RESHAPED


def test_what_was_right_once_is_wrong_with_another_seed(
    warm: WarmJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every exercise, answered with what the solution answered under the course's own seed."""
    course = load_course(bundled_course())
    ask = ExerciseRun._ask
    said: list[ReturnedReply | RaisedReply | ChildExit | Any] = []
    parrot: list[str] = []

    def answer(trial: ExerciseRun, *question: Any) -> Any:
        if trial.exercise.id not in parrot:
            reply = ask(trial, *question)
            said.append(reply)
            return reply
        return said.pop(0) if len(said) > 1 else said[0]

    def fooled_by(judge: Judge) -> list[str]:
        fooled = []
        for lecture in course.lectures:
            solutions = read_submission(course.solutions(lecture), lecture)
            for exercise in lecture.exercise:
                alone = Selection(lecture, (exercise,))
                said.clear()
                parrot.clear()
                assert judge.judge(alone, solutions, on_data=False).passed
                parrot.append(exercise.id)
                result = judge.judge(alone, solutions, seed=987_654, brief=True)
                if result.exercises[0].outcome is Outcome.PASS:
                    fooled.append(f"{lecture.id}.{exercise.id}")
        return fooled

    monkeypatch.setattr(ExerciseRun, "_ask", answer)
    with open_judge(course, course.lectures, warm.sandbox) as judge:
        assert fooled_by(judge) == []

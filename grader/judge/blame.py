"""Which of an exercise's several definitions a failing check is about."""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Sequence
from typing import Any

import msgspec

from grader.course.manifest import Exercise, Limits
from grader.judge.forked import Say, ask
from grader.judge.solutions import Solutions
from grader.sandbox.probes import ProbeCall, run_probe

_names = msgspec.msgpack.Decoder(list[list[str]])


def likely_place(
    solutions: Solutions,
    exercise: Exercise,
    failing: Sequence[ProbeCall],
    passing: Sequence[ProbeCall],
    limits: Limits,
) -> str:
    """The one of the exercise's names that the failing probes call and the passing ones do not.

    What they call is seen on the worked solution, in a fork. Where no name is theirs alone, the
    first that they call; empty if they call none, or it cannot be seen.
    """

    def question(say: Say) -> None:
        said = [sorted(_called(solutions, exercise, calls)) for calls in (failing, passing)]
        say(msgspec.msgpack.encode(said))

    answers = ask(question, limits)
    if not answers.finished:
        return ""
    by_failing, by_passing = _names.decode(answers.said[0])
    called = [name for name in exercise.names if name in by_failing]
    alone = [name for name in called if name not in by_passing]
    return (alone or called or [""])[0]


def _called(solutions: Solutions, exercise: Exercise, calls: Sequence[ProbeCall]) -> set[str]:
    """The exercise's names, dotted, that are called while the worked solution runs the probes."""
    seen: set[str] = set()
    file = f"/{exercise.file}"

    def note(frame: types.FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.endswith(file):
            seen.add(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        for call in calls:
            with contextlib.suppress(Exception):  # what was called until then is seen
                run_probe(call, solutions.modules)
    finally:
        sys.setprofile(None)
    # a class is an exercise as a whole where its name is asked for: any of its methods is it
    return {
        name
        for name in exercise.names
        if any(one == name or one.startswith(f"{name}.") for one in seen)
    }

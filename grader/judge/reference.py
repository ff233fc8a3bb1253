"""What the worked solution answers to a probe."""

from __future__ import annotations

from typing import Any

from grader.course.manifest import Limits
from grader.judge.forked import Say, ask
from grader.sandbox import serialization
from grader.sandbox.modules import ModuleSet
from grader.sandbox.probes import ProbeCall, run_probe

MOST_KEPT = 512
MOST_BYTES_KEPT = 1 << 20
"""Size of one answer that is kept; a larger one is computed anew."""


class Reference:
    """A lecture's worked solution, asked in a fork of the judge: an answer changes nothing here.

    A class is graded with the same inputs, so an answer is kept and given again.
    """

    def __init__(self, modules: ModuleSet, limits: Limits) -> None:
        self._modules = modules
        self._limits = limits
        self._kept: dict[ProbeCall, bytes] = {}

    def answer(self, call: ProbeCall) -> Any:
        """The probe's value: new objects each time, and plain data, as an observation is.

        Raises RuntimeError where the solution raises, dies, or is stopped at a limit.
        """
        data = self._kept.get(call)
        if data is None:
            data = self._ask(call)
            if len(data) <= MOST_BYTES_KEPT and len(self._kept) < MOST_KEPT:
                self._kept[call] = data
        return serialization.decode(data)

    def _ask(self, call: ProbeCall) -> bytes:
        def question(say: Say) -> None:
            value, _ = run_probe(call, self._modules)
            say(serialization.encode(value))

        answers = ask(question, self._limits)
        if not answers.finished:
            raise RuntimeError("the worked solution was stopped at a limit, or crashed")
        return answers.said[0]

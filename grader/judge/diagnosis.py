"""The misconception behind a failing exercise: the chaff that gives what the learner's code gave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from grader.judge import wire
from grader.judge.compare import as_float
from grader.judge.modules import ModuleSet
from grader.judge.probes import run_probe
from grader.judge.results import Misconception
from grader.judge.solutions import Solutions
from grader.judge.trial import Record, Saw, Threw


def diagnose(
    solutions: Solutions, exercise_id: str, failing: Sequence[Record], others: Sequence[Record]
) -> Misconception | None:
    """The one chaff that answers the probes of the first failing check as the learner's code did.

    Where several do, the probes of the exercise's other checks decide. Chaffs run here: they are
    our own code, and the learner's is long gone.
    """
    if not failing:
        return None
    chaffs = solutions.chaffs[exercise_id]
    found = _that_answer_alike(solutions, chaffs, failing, others, same)
    if not found:
        # the same mistake in float32, or without keepdim=True; a chaff that is wrong in nothing but
        # shape or precision has no part in this
        right = [c for c in chaffs if _answers_alike(solutions.variant(c), failing, same)]
        found = _that_answer_alike(solutions, chaffs, failing, others, nearly_same)
    if len(found) != 1:
        return None
    return Misconception(found[0].name, found[0].says)


def _answers_alike(modules: ModuleSet, records: Sequence[Record]) -> bool:
    return all(_alike(record.outcome, _answer(modules, record)) for record in records)


def _answer(modules: ModuleSet, record: Record) -> Saw | Threw:
    try:
        value, changed = run_probe(record.call, modules)
    except Exception as error:
        return Threw(type(error).__name__, str(error))
    return Saw(wire.decode(wire.encode(value)), tuple(changed))


def _alike(learner: Saw | Threw, chaff: Saw | Threw) -> bool:
    if isinstance(learner, Saw) and isinstance(chaff, Saw):
        return learner.changed == chaff.changed and same(learner.value, chaff.value)
    return learner == chaff


def same(one: Any, other: Any) -> bool:
    """Equal but for rounding: two formulas for one number."""
    import torch

    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if not one.dtype.is_floating_point:
            return bool((one == other).all())
        # float64 formulas agree to 1e-12 or so; a chaff may be no more than 1e-5 from another
        rtol, atol = (1e-8, 1e-11) if one.dtype == torch.float64 else (1e-4, 1e-6)
        return torch.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True)
    if isinstance(one, (list, tuple)) and type(one) is type(other):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, float) or isinstance(other, float):
        if not (isinstance(one, (int, float)) and isinstance(other, (int, float))):
            return False
        one, other = as_float(one), as_float(other)
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return math.isclose(one, other, rel_tol=1e-8, abs_tol=1e-11)
    return bool(type(one) is type(other) and one == other)

"""The misconception behind a failing exercise: the chaff that gives what the learner's code gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from grader.judge import wire
from grader.judge.compare import as_float
from grader.judge.modules import ModuleSet
from grader.judge.probes import run_unheard
from grader.judge.results import Misconception
from grader.judge.solutions import Chaff, Solutions
from grader.judge.trial import Record, Saw, Threw


def diagnose(
    solutions: Solutions,
    exercise_id: str,
    failing: Sequence[Record],
    before: Sequence[Record],
    after: Sequence[Record],
) -> Misconception | None:
    """The one chaff that answers the probes of the first failing check as the learner's code did.

    It must also answer those `before` alike, of checks that passed. Where several chaffs do, the
    probes of the checks `after` decide. Where none does, it may be one of them in another
    precision, or without `keepdim=True`. Chaffs run here: they are our own code, and the learner's
    is long gone.
    """
    if not failing:
        return None
    chaffs = [(chaff, solutions.variant(chaff)) for chaff in solutions.chaffs[exercise_id]]
    found = [one for one in chaffs if _answers_alike(one[1], [*failing, *before])]
    if len(found) > 1:
        found = [one for one in found if _answers_alike(one[1], after)]
    elif not found:
        found = _nearly(solutions, chaffs, failing, before)
    if len(found) != 1:
        return None
    (chaff, _), *_ = found
    return Misconception(chaff.name, chaff.says)


def _nearly(
    solutions: Solutions,
    chaffs: list[tuple[Chaff, ModuleSet]],
    failing: Sequence[Record],
    before: Sequence[Record],
) -> list[tuple[Chaff, ModuleSet]]:
    """The chaffs that differ from the answers in nothing but precision and dimensions of size 1."""
    # an exception after which the check asked again is not what it failed for
    asked = [r for r in failing if isinstance(r.outcome, Saw) or r is failing[-1]]
    seen = [record.outcome for record in asked]
    right = [_answer(solutions.modules, record) for record in asked]

    def fits(modules: ModuleSet) -> bool:
        given = [record.outcome for record in before]
        if not _all_alike(given, [_answer(modules, r) for r in before], same_but_for_shape):
            return False
        answers = [_answer(modules, record) for record in asked]
        if _all_alike(seen, answers, same_but_for_precision):
            return True
        # a chaff that is the solution but for its shape says nothing of another shape
        return _all_alike(seen, answers, same_but_for_shape) and not _all_alike(
            right, answers, same_but_for_shape
        )

    return [one for one in chaffs if fits(one[1])]


def _all_alike(
    some: Sequence[Saw | Threw], others: Sequence[Saw | Threw], equal: Callable[[Any, Any], bool]
) -> bool:
    return all(_alike(one, other, equal) for one, other in zip(some, others, strict=True))


def _answers_alike(modules: ModuleSet, records: Sequence[Record]) -> bool:
    return all(_alike(record.outcome, _answer(modules, record), same) for record in records)


def _answer(modules: ModuleSet, record: Record) -> Saw | Threw:
    try:
        value, changed = run_unheard(record.call, modules)
    except Exception as error:  # a chaff breaks the way the learner's code did
        return Threw(type(error).__name__, str(error))
    return Saw(wire.decode(wire.encode(value)), tuple(changed))


def _alike(learner: Saw | Threw, chaff: Saw | Threw, equal: Callable[[Any, Any], bool]) -> bool:
    if isinstance(learner, Saw) and isinstance(chaff, Saw):
        return learner.changed == chaff.changed and equal(learner.value, chaff.value)
    return learner == chaff


def same_but_for_precision(one: Any, other: Any) -> bool:
    """The same, in the coarser of two floating point types."""
    import torch

    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        if not (one.is_floating_point() and other.is_floating_point()):
            return same(one, other)
        coarser = min(one.dtype, other.dtype, key=lambda dtype: dtype.itemsize)
        return same(one.to(coarser), other.to(coarser))
    return _same_parts(one, other, same_but_for_precision)


def same_but_for_shape(one: Any, other: Any) -> bool:
    """The same, but for precision and dimensions of size 1: without `keepdim=True`, say."""
    import torch

    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return same_but_for_precision(one.squeeze(), other.squeeze())
    return _same_parts(one, other, same_but_for_shape)


def _same_parts(one: Any, other: Any, equal: Callable[[Any, Any], bool]) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    return same(one, other)


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

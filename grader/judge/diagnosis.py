"""The misconception behind a failing exercise: the chaff that gives what the learner's code gave."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from grader.course.manifest import Limits
from grader.judge.comparison import as_float
from grader.judge.exercise_run import ProbeRecord, Returned, Threw
from grader.judge.forked import Question, Say, ask, more_time
from grader.judge.process_state import restored
from grader.judge.solutions import Solutions
from grader.results import Misconception
from grader.sandbox import serialization
from grader.sandbox.modules import ModuleSet
from grader.sandbox.probes import run_probe

MOST_DEATHS = 5
"""How many known mistakes may end the process they are tried in before nothing more is tried."""


def diagnose(
    solutions: Solutions,
    exercise_id: str,
    failing: Sequence[ProbeRecord],
    before: Sequence[ProbeRecord],
    after: Sequence[ProbeRecord],
    limits: Limits,
    code: str,
) -> Misconception | None:
    """The one chaff that answers the probes of the first failing check as the learner's code did.

    It must also answer those `before` alike, of checks that passed. Where several chaffs do, the
    probes of the checks `after` decide. Where none does, it may be one of them in another
    precision, or without `keepdim=True`. `code` is the learner's: a chaff may say which code it
    cannot be about. Chaffs run in a fork of the judge, each within `limits`:
    one of them may do to its process what the learner's code did.
    """
    if not failing:
        return None
    chaffs = {chaff.name: chaff for chaff in solutions.chaffs[exercise_id]}
    # compiled here, once for all submissions; what is run is gone with the fork
    variants = {name: solutions.variant(chaff) for name, chaff in chaffs.items()}

    def answers_as_seen(name: str) -> bool:
        # patterns, too, are tried where they can be stopped: the learner's code is what they read
        return chaffs[name].can_be(code) and _answers_alike(variants[name], [*failing, *before])

    found = _fitting([*chaffs], answers_as_seen, limits)
    if len(found) > 1:
        found = _fitting(found, lambda name: _answers_alike(variants[name], after), limits)
    elif not found:
        nearly = _Nearly(solutions.modules, failing, before)
        found = _fitting(
            [*chaffs], lambda n: chaffs[n].can_be(code) and nearly.fits(variants[n]), limits
        )
    if len(found) != 1:
        return None
    return Misconception(found[0], chaffs[found[0]].says)


def _fitting(names: Sequence[str], fits: Callable[[str], bool], limits: Limits) -> list[str]:
    """The names that fit. One that ends the process it is tried in does not; the next are tried anew."""
    left, found = [*names], list[str]()
    for _ in range(MOST_DEATHS):
        answers = ask(_try_each(left, fits, limits.seconds), limits)
        found += [name for name, answer in zip(left, answers.said, strict=False) if answer == _YES]
        if answers.finished:
            return found
        left = left[len(answers.said) + 1 :]
    return []


def _try_each(names: Sequence[str], fits: Callable[[str], bool], seconds: float) -> Question:
    def question(say: Say) -> None:
        for name in names:
            more_time(seconds)
            with restored():
                answer = fits(name)
            say(_YES if answer else _NO)

    return question


class _Nearly:
    """Whether a chaff differs from the answers in nothing but precision and dimensions of size 1."""

    def __init__(
        self, right: ModuleSet, failing: Sequence[ProbeRecord], before: Sequence[ProbeRecord]
    ) -> None:
        # an exception after which the check asked again is not what it failed for
        self._asked = [r for r in failing if isinstance(r.outcome, Returned) or r is failing[-1]]
        self._seen = [record.outcome for record in self._asked]
        self._before = before
        self._modules = right

    @cached_property
    def _right(self) -> list[Returned | Threw]:
        """What the solution answers; asked in the fork, where the chaffs are."""
        return [_answer(self._modules, record) for record in self._asked]

    def fits(self, modules: ModuleSet) -> bool:
        given = [record.outcome for record in self._before]
        if not _all_alike(given, [_answer(modules, r) for r in self._before], same_but_for_shape):
            return False
        answers = [_answer(modules, record) for record in self._asked]
        if _all_alike(self._seen, answers, same_but_for_precision):
            return True
        # a chaff that is the solution but for its shape says nothing of another shape
        return _all_alike(self._seen, answers, same_but_for_shape) and not _all_alike(
            self._right, answers, same_but_for_shape
        )


_YES, _NO = b"1", b"0"


def _all_alike(
    some: Sequence[Returned | Threw],
    others: Sequence[Returned | Threw],
    equal: Callable[[Any, Any], bool],
) -> bool:
    return all(_alike(one, other, equal) for one, other in zip(some, others, strict=True))


def _answers_alike(modules: ModuleSet, records: Sequence[ProbeRecord]) -> bool:
    return all(_alike(record.outcome, _answer(modules, record), same) for record in records)


def _answer(modules: ModuleSet, record: ProbeRecord) -> Returned | Threw:
    try:
        value, changed = run_probe(record.call, modules)
    except Exception as error:  # a chaff breaks the way the learner's code did
        return Threw(type(error).__name__, str(error))
    return Returned(serialization.decode(serialization.encode(value)), tuple(changed))


def _alike(
    learner: Returned | Threw, chaff: Returned | Threw, equal: Callable[[Any, Any], bool]
) -> bool:
    if isinstance(learner, Returned) and isinstance(chaff, Returned):
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

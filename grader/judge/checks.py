"""What hidden checks are written with: `exercise`, `fail`, `gradient_of`, and what `observe` returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.failures import (
    AnyFailure,
    CheckMessage,
    Mismatch,
    NeedsUndefined,
    NeedsUnreadable,
    NeedsUnwritten,
)
from grader.judge.comparison import Tolerance, describe, difference, missing_return
from grader.results import Outcome, Remark, Step

if TYPE_CHECKING:
    import torch

ATOL, RTOL = 1e-9, 1e-7
MARK = "exercise"


class CheckFailed(AssertionError):
    """What the learner's code gave is not what the check asks for."""

    def __init__(self, failure: AnyFailure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


class NoObservation(Exception):
    """The learner's code gave no observation: why, as the outcome of the check."""

    def __init__(self, outcome: Outcome, failure: AnyFailure, steps: tuple[Step, ...] = ()) -> None:
        super().__init__(failure.sentence)
        self.outcome = outcome
        self.failure = failure
        self.steps = steps

    @property
    def needed(self) -> str:
        """The other exercise that has to be done first; empty if there is none."""
        match self.failure:
            case NeedsUnwritten() | NeedsUndefined() | NeedsUnreadable():
                return self.failure.exercise
        return ""

    def line_in(self, file: str) -> int | None:
        """The line where it was, if it was in that file."""
        at = self.failure.location
        return at.line if at and at.file == file else None


class Remarks:
    """What a check has to say besides its verdict, for the learner and for the instructor."""

    def __init__(self) -> None:
        self.notes: list[Remark] = []
        self.flags: list[Remark] = []


class Observation:
    """What a probe saw: plain data, never an object of the learner's."""

    def __init__(self, value: Any, label: str = "", remarks: Remarks | None = None) -> None:
        self.value = value
        self._label = label
        self._remarks = remarks or Remarks()

    def __getitem__(self, key: str | int) -> Observation:
        """A part of it; a part that is not there fails the check."""
        label = f"{self._label}[{key!r}]" if self._label else str(key)
        try:
            if isinstance(key, str) != isinstance(self.value, dict):
                raise KeyError(key)
            return Observation(self.value[key], label, self._remarks)
        except (KeyError, IndexError, TypeError):
            raise CheckFailed(
                Mismatch(
                    path=label,
                    aspect="part",
                    actual=describe(self.value),
                    hints=missing_return(self.value, self._label),
                )
            ) from None

    def is_close(
        self,
        expected: Any,
        *,
        atol: float = ATOL,
        rtol: float = RTOL,
        loose_shape: bool = False,
        says: str = "",
    ) -> None:
        """Fails the check unless type, shape, dtype and values agree with `expected`.

        `loose_shape` accepts (H,) for (1, H) and the other way round, and says so in a note.
        """
        tolerance = Tolerance(atol, rtol, loose_shape)
        if found := difference(expected, self.value, tolerance, self._label):
            raise CheckFailed(msgspec.structs.replace(found, intro=says))
        self._remarks.notes += map(Remark, tolerance.notes)

    def equals(self, expected: Any, says: str = "") -> None:
        """Fails the check unless it is `expected` exactly."""
        self.is_close(expected, atol=0.0, rtol=0.0, says=says)

    def number(self) -> float:
        """The value, which must be a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self._unexpected("a number")
        return self.value

    def tensor(
        self, shape: tuple[int, ...] | None = None, dtype: torch.dtype | None = None
    ) -> torch.Tensor:
        """The value, which must be a tensor, of that shape and dtype where they are given."""
        import torch

        if not isinstance(self.value, torch.Tensor):
            raise self._unexpected("a tensor" + (f" of shape {shape}" if shape is not None else ""))
        if shape is not None and tuple(self.value.shape) != shape:
            raise self._unexpected(f"a tensor of shape {shape}")
        if dtype is not None and self.value.dtype != dtype:
            raise self._unexpected(f"a tensor of dtype {str(dtype).removeprefix('torch.')}")
        return self.value

    def sequence(self, length: int | None = None) -> list[Any]:
        """The value, which must be a list or a tuple, of that length where it is given."""
        if not isinstance(self.value, (list, tuple)):
            raise self._unexpected("a list")
        if length is not None and len(self.value) != length:
            raise self._unexpected(f"a list of {length}")
        return list(self.value)

    def note(self, text: str) -> None:
        """A remark that costs nothing, shown with the result."""
        self._remarks.notes.append(Remark(text))

    def flag_if_identical(self, fused: torch.Tensor, says: str) -> None:
        """A remark for the instructor where the value is `fused` in every bit.

        A formula written by hand rounds differently from torch's own fused function in most
        elements; a call of that function, however it was hidden, in none.
        """
        import torch

        if isinstance(self.value, torch.Tensor) and torch.equal(self.value, fused):
            self._remarks.flags.append(Remark(says))

    def _unexpected(self, wanted: str) -> CheckFailed:
        return CheckFailed(
            Mismatch(
                path=self._label,
                aspect="type",
                expected=wanted,
                actual=describe(self.value),
                hints=missing_return(self.value, self._label),
            )
        )


def exercise(exercise_id: str, data: str = "") -> pytest.MarkDecorator:
    """Says which exercise a check belongs to, and the data set it is run on.

    With `data` the check runs where that data set is there, after all others and only if they
    passed; its text comes by the fixture `data_text`.
    """
    return getattr(pytest.mark, MARK)(exercise_id, data=data)  # type: ignore[no-any-return] # pytest.mark gives Any


def fail(message: str) -> None:
    """Fails the check with a sentence to the learner."""
    raise CheckFailed(CheckMessage(text=message))


def gradient_of(function: Callable[..., torch.Tensor], *tensors: torch.Tensor) -> Any:
    """torch's own gradient of a scalar function of `tensors`, in float64.

    One tensor for one tensor, a tuple for more. The function's result has to be a scalar: autograd
    with an upstream gradient would import sympy, a third of a second.
    """
    import torch

    leaves = [t.detach().double().requires_grad_() for t in tensors]
    result = function(*leaves)
    gradients = torch.autograd.grad(result, leaves, materialize_grads=True)
    return gradients[0] if len(gradients) == 1 else gradients


__all__ = [
    *("CheckFailed", "Observation", "NoObservation"),
    *("exercise", "fail", "gradient_of"),
]

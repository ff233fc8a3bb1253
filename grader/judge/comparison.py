"""How two values differ, in the learner's words: type, then shape, then dtype, then the worst element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from grader.failures import Hint, Mismatch
from grader.sandbox.serialization import OpaqueValue

if TYPE_CHECKING:
    import torch


class Tolerance:
    """What counts as equal: |got − expected| ≤ atol + rtol·|expected|."""

    def __init__(self, atol: float, rtol: float, loose_shape: bool = False) -> None:
        self.atol = atol
        self.rtol = rtol
        self.loose_shape = loose_shape
        self.notes: list[str] = []


def difference(expected: Any, got: Any, tolerance: Tolerance, label: str = "") -> Mismatch | None:
    """How `got` misses `expected`, None if it does not. `label` says which part it is."""
    import torch

    if isinstance(expected, torch.Tensor):
        if not isinstance(got, torch.Tensor):
            return _another_kind(describe(expected), got, label)
        return _tensor_difference(expected, got, tolerance, label)
    if isinstance(expected, (list, tuple)):
        return _sequence_difference(expected, got, tolerance, label)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return _another_kind(describe(expected), got, label)
        return _dict_difference(expected, got, tolerance, label)
    if _is_number(expected):
        return _number_difference(expected, got, tolerance, label)
    if type(expected) is not type(got) or expected != got:
        return Mismatch(path=label, expected=describe(expected), actual=describe(got))
    return None


def _another_kind(expected: str, got: Any, label: str) -> Mismatch:
    return Mismatch(
        path=label,
        aspect="type",
        expected=expected,
        actual=describe(got),
        hints=missing_return(got, label),
    )


def missing_return(got: Any, label: str = "") -> tuple[Hint, ...]:
    """A hint if a function gave None, the whole of its result."""
    return (Hint("missing return"),) if got is None and not label else ()


def describe(value: Any) -> str:
    """A value in a few words: what it is, its shape and dtype or the value where it is short."""
    import torch

    if isinstance(value, OpaqueValue):
        short = value.glimpse if len(value.glimpse) <= 60 else ""
        return f"{value.kind} ({short})" if short else value.kind
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}, {dtype_name(value)}"
    if isinstance(value, (list, tuple)):
        kind = type(value).__name__
        text = repr(value) if len(value) <= 30 else ""  # a million values take a second to write
        return f"the {kind} {text}" if 0 < len(text) <= 60 else f"a {kind} of {len(value)}"
    if isinstance(value, dict):
        return f"a dict with {_keys(value)}" if value else "an empty dict"
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, (int, float)):
        return f"the number {number(value)}"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


def number(value: float) -> str:
    """Six digits, and as many as it takes to see a small or a large value."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:6]}… ({len(text.lstrip('-'))} digits)"


def _keys(value: dict[object, object]) -> str:
    texts = [str(key) for key in value]
    texts = [text if len(text) <= 40 else f"{text[:40]}…" for text in texts]
    return ", ".join(texts if len(texts) <= 8 else [*texts[:8], f"{len(texts) - 8} more"])


def dtype_name(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number_difference(
    expected: float, got: Any, tolerance: Tolerance, label: str
) -> Mismatch | None:
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        return _another_kind(f"a number ({number(expected)})", got, label)
    one, other = as_float(expected), as_float(got)
    if _near(one, other, tolerance):
        return None
    wanted, came = _both(expected, got)
    return Mismatch(path=label, expected=wanted, actual=came, hints=_factor(one, other))


def _both(expected: float, got: float) -> tuple[str, str]:
    """The two numbers, with as many digits as it takes to see that they differ."""
    one, other = number(expected), number(got)
    if one == other and isinstance(expected, float) and isinstance(got, float):
        one, other = f"{expected:.12g}", f"{got:.12g}"
        if one == other:
            one, other = repr(expected), repr(got)
    return one, other


def as_float(value: float) -> float:
    """A number as a float, infinite where it is too large for one."""
    try:
        return float(value)
    except OverflowError:  # an integer of more than 308 digits
        return math.inf if value > 0 else -math.inf


def _near(expected: float, got: float, tolerance: Tolerance) -> bool:
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    if math.isinf(expected) or math.isinf(got):
        return expected == got
    return abs(expected - got) <= tolerance.atol + tolerance.rtol * abs(expected)


def _factor(expected: float, got: float) -> tuple[Hint, ...]:
    """The relation that a learner can use, if there is a simple one."""
    if not (math.isfinite(expected) and math.isfinite(got)) or abs(expected) < 1e-12 or got == 0:
        return ()
    ratio = got / expected
    for simple, hint in RELATIONS.items():
        if math.isclose(ratio, simple, rel_tol=1e-6):
            return (hint,)
    return ()


def _sequence_difference(
    expected: Any, got: Any, tolerance: Tolerance, label: str
) -> Mismatch | None:
    if not isinstance(got, (list, tuple)):
        return _another_kind(describe(expected), got, label)
    if len(got) != len(expected):
        wanted, came = str(len(expected)), str(len(got))
        return Mismatch(path=label, aspect="length", expected=wanted, actual=came)
    for index, (one, other) in enumerate(zip(expected, got, strict=True)):
        part = f"{label}[{index}]" if label else f"number {index}"
        if found := difference(one, other, tolerance, part):
            return found
    return None


def _dict_difference(
    expected: dict[str, Any], got: dict[str, Any], tolerance: Tolerance, label: str
) -> Mismatch | None:
    if missing := tuple(key for key in expected if key not in got):
        return Mismatch(path=label, aspect="keys", missing=missing)
    for key, value in expected.items():
        if found := difference(value, got[key], tolerance, _part(label, key)):
            return found
    return None


def _part(label: str, key: str) -> str:
    """`stoi`, `stoi.a`, `stoi['.']`."""
    if not label:
        return key
    return f"{label}.{key}" if key.isidentifier() else f"{label}[{key!r}]"


def _tensor_difference(
    expected: torch.Tensor, got: torch.Tensor, tolerance: Tolerance, label: str
) -> Mismatch | None:
    if expected.shape != got.shape:
        if not (tolerance.loose_shape and same_rows(expected, got)):
            squeezed = [n for n in expected.shape if n != 1] == [n for n in got.shape if n != 1]
            return Mismatch(
                path=label,
                aspect="shape",
                expected=str(tuple(expected.shape)),
                actual=str(tuple(got.shape)),
                hints=(Hint("extra dimension"),) if squeezed else (),
            )
        at = f"{label}: " if label else ""
        tolerance.notes.append(
            f"{at}shape {tuple(got.shape)} is accepted, though {tuple(expected.shape)} was asked for."
        )
        got = got.reshape(expected.shape)
    if expected.dtype != got.dtype:
        wanted = dtype_name(expected)
        if expected.is_floating_point() and not got.is_floating_point():
            wanted = "a float dtype"  # which one is the check's choice, and not what is wrong
        return Mismatch(path=label, aspect="dtype", expected=wanted, actual=dtype_name(got))
    return _value_difference(expected, got, tolerance, label)


def same_rows(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether the shapes differ by dimensions of size 1 in front only: broadcasting puts them there.

    (H,) stands for (1, H). (H, 1) does not: it would be taken for a column.
    """
    shapes = [list(tensor.shape) for tensor in (one, other)]
    for shape in shapes:
        while shape and shape[0] == 1:
            del shape[0]
    return shapes[0] == shapes[1]


def _value_difference(
    expected: torch.Tensor, got: torch.Tensor, tolerance: Tolerance, label: str
) -> Mismatch | None:
    import torch

    if expected.numel() == 0:
        return None
    if not expected.dtype.is_floating_point and not expected.dtype.is_complex:
        wrong = expected != got
        gap = wrong.to(torch.float64)
    else:
        one, other = expected.double(), got.double()
        gap = (one - other).abs()
        equal = (one == other) | (one.isnan() & other.isnan())
        gap = torch.where(equal, 0.0, gap.nan_to_num(nan=math.inf, posinf=math.inf))
        # an infinite gap is one, though a share of an expected infinity is infinite, too
        wrong = ~equal & ~(gap.isfinite() & (gap <= tolerance.atol + tolerance.rtol * one.abs()))
    if not bool(wrong.any()):
        return None
    worst = int(torch.where(wrong, gap, -1.0).argmax())
    index = tuple(int(i) for i in torch.unravel_index(torch.tensor(worst), expected.shape))
    hints: tuple[Hint, ...] = ()
    if expected.dtype.is_floating_point:
        compared = Hint("comparison", _lecture_words(expected, got, float(gap.max())))
        hints = (compared, *_tensor_relation(expected, got))
    wanted, came = _both(expected[index].item(), got[index].item())
    return Mismatch(
        path=label,
        expected=wanted,
        actual=came,
        differing=int(wrong.sum()),
        total=expected.numel(),
        worst=index,
        hints=hints,
    )


def _lecture_words(expected: torch.Tensor, got: torch.Tensor, maxdiff: float) -> str:
    """The lecture's own comparison (lecture 5, 0:13:01): exact, approximate, maxdiff."""
    exact = bool((expected == got).all())
    approximate = got.allclose(expected)
    return f"exact: {exact}, approximate: {approximate}, maxdiff: {number(maxdiff)}"


def _tensor_relation(expected: torch.Tensor, got: torch.Tensor) -> tuple[Hint, ...]:
    """The simple relation between two tensors that a learner can use, if there is one."""
    import torch

    one, other = expected.double().flatten(), got.double().flatten()
    if bool(other.isnan().any()):
        return (Hint("nan", str(int(other.isnan().sum()))),)
    if not bool(torch.isfinite(other).all()):
        return (Hint("infinite", str(int((~torch.isfinite(other)).sum()))),)
    if not bool(other.any()):
        return (Hint("zeros"),)
    scale = float(one.dot(one))
    if one.numel() < 2 or scale < 1e-300:
        return ()
    factor = float(one.dot(other)) / scale
    if float(other.abs().max()) < 1e-12 * float(one.abs().max()):
        return (Hint("almost zero"),)
    if abs(factor - 1) > 1e-6 and torch.allclose(other, factor * one, rtol=1e-6, atol=1e-12):
        if abs(factor + 1) < 1e-6:
            return (Hint("opposite sign"),)
        return (Hint("factor", f"{factor:.6g}"),)
    return ()


RELATIONS = {
    -1.0: Hint("opposite sign"),
    2.0: Hint("factor", "2"),
    0.5: Hint("factor", "0.5"),
}

"""How two values differ, in the learner's words: type, then shape, then dtype, then the worst element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from grader.judge.results import Gap
from grader.judge.wire import Foreign

if TYPE_CHECKING:
    import torch


class Tolerance:
    """What counts as equal: |got − expected| ≤ atol + rtol·|expected|."""

    def __init__(self, atol: float, rtol: float, loose_shape: bool = False) -> None:
        self.atol = atol
        self.rtol = rtol
        self.loose_shape = loose_shape
        self.notes: list[str] = []


def difference(expected: Any, got: Any, tolerance: Tolerance, label: str = "") -> Gap | None:
    """How `got` misses `expected`, None where it does not. `label` says which part it is."""
    import torch

    at = f"{label}: " if label else ""
    if isinstance(expected, torch.Tensor):
        if not isinstance(got, torch.Tensor):
            return _another_kind(describe(expected), got, at)
        return _tensor_difference(expected, got, tolerance, at)
    if isinstance(expected, (list, tuple)):
        return _sequence_difference(expected, got, tolerance, label)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return _another_kind(describe(expected), got, at)
        return _dict_difference(expected, got, tolerance, label)
    if _is_number(expected):
        return _number_difference(expected, got, tolerance, at)
    if type(expected) is not type(got) or expected != got:
        return Gap(at, "", describe(expected), describe(got))
    return None


def sentence(gap: Gap) -> str:
    """The gap on one line."""
    parts = [gap.says] if gap.says else []
    if gap.expected:
        parts.append(f"expected {gap.kind}{gap.expected}, got {gap.got}")
    text = f"{gap.at}{': '.join(parts)}"
    text = gap.joint.join([text, *gap.more])
    return text if text.endswith("?") else f"{text}."


def _another_kind(expected: str, got: Any, at: str) -> Gap:
    more = ("Is a `return` missing?",) if got is None and not at else ()
    return Gap(at, "", expected, describe(got), more=more, joint=". ")


def describe(value: Any) -> str:
    """A value in a few words: what it is, its shape and dtype or the value where it is short."""
    import torch

    if isinstance(value, Foreign):
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


def _number_difference(expected: float, got: Any, tolerance: Tolerance, at: str) -> Gap | None:
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        return _another_kind(f"a number ({number(expected)})", got, at)
    one, other = as_float(expected), as_float(got)
    if _near(one, other, tolerance):
        return None
    return Gap(at, "", *_both(expected, got), more=_factor(one, other), joint=": ")


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


def _factor(expected: float, got: float) -> tuple[str, ...]:
    """`twice that`: the relation a learner can use, where there is a simple one."""
    if not (math.isfinite(expected) and math.isfinite(got)) or abs(expected) < 1e-12 or got == 0:
        return ()
    ratio = got / expected
    for simple, says in RELATIONS.items():
        if math.isclose(ratio, simple, rel_tol=1e-6):
            return (says,)
    return ()


def _sequence_difference(expected: Any, got: Any, tolerance: Tolerance, label: str) -> Gap | None:
    at = f"{label}: " if label else ""
    if not isinstance(got, (list, tuple)):
        return _another_kind(describe(expected), got, at)
    if len(got) != len(expected):
        return Gap(at, "", f"{len(expected)} values", str(len(got)))
    for index, (one, other) in enumerate(zip(expected, got, strict=True)):
        part = f"{label}[{index}]" if label else f"number {index}"
        if found := difference(one, other, tolerance, part):
            return found
    return None


def _dict_difference(
    expected: dict[str, Any], got: dict[str, Any], tolerance: Tolerance, label: str
) -> Gap | None:
    at = f"{label}: " if label else ""
    if missing := [key for key in expected if key not in got]:
        return Gap(at, f"{', '.join(missing)} missing")
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
    expected: torch.Tensor, got: torch.Tensor, tolerance: Tolerance, at: str
) -> Gap | None:
    if expected.shape != got.shape:
        if not (tolerance.loose_shape and same_rows(expected, got)):
            squeezed = [n for n in expected.shape if n != 1] == [n for n in got.shape if n != 1]
            more = (
                ("(the values may be right: the dimension of size 1 is not)",) if squeezed else ()
            )
            shapes = str(tuple(expected.shape)), str(tuple(got.shape))
            return Gap(at, "", *shapes, kind="shape ", more=more, joint=" ")
        tolerance.notes.append(
            f"{at}shape {tuple(got.shape)} is accepted for {tuple(expected.shape)}."
        )
        got = got.reshape(expected.shape)
    if expected.dtype != got.dtype:
        wanted = dtype_name(expected)
        if expected.is_floating_point() and not got.is_floating_point():
            wanted = "a float dtype"  # which one is the check's choice, and not what is wrong
        return Gap(at, "", wanted, dtype_name(got), kind="dtype ")
    return _value_difference(expected, got, tolerance, at)


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
    expected: torch.Tensor, got: torch.Tensor, tolerance: Tolerance, at: str
) -> Gap | None:
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
    says = "the value differs"
    if expected.numel() > 1:
        says = f"{int(wrong.sum())} of {expected.numel()} values differ"
    if index:
        says += f"; worst at [{', '.join(map(str, index))}]"
    more: list[str] = []
    if expected.dtype.is_floating_point:
        more.append(_lecture_words(expected, got, float(gap.max())))
        if relation := _tensor_relation(expected, got):
            more.append(relation)
    both = _both(expected[index].item(), got[index].item())
    return Gap(at, says, *both, more=tuple(more))


def _lecture_words(expected: torch.Tensor, got: torch.Tensor, maxdiff: float) -> str:
    """The lecture's own comparison (lecture 5, 0:13:01): exact, approximate, maxdiff."""
    exact = bool((expected == got).all())
    approximate = got.allclose(expected)
    return f"exact: {exact}, approximate: {approximate}, maxdiff: {number(maxdiff)}"


def _tensor_relation(expected: torch.Tensor, got: torch.Tensor) -> str:
    """The simple relation between two tensors that a learner can use, if there is one."""
    import torch

    one, other = expected.double().flatten(), got.double().flatten()
    if bool(other.isnan().any()):
        return f"{int(other.isnan().sum())} of yours are nan"
    if not bool(torch.isfinite(other).all()):
        return f"{int((~torch.isfinite(other)).sum())} of yours are infinite"
    if not bool(other.any()):
        return "yours is all zeros"
    scale = float(one.dot(one))
    if one.numel() < 2 or scale < 1e-300:
        return ""
    factor = float(one.dot(other)) / scale
    if float(other.abs().max()) < 1e-12 * float(one.abs().max()):
        return "yours is zero but for rounding"
    if abs(factor - 1) > 1e-6 and torch.allclose(other, factor * one, rtol=1e-6, atol=1e-12):
        if abs(factor + 1) < 1e-6:
            return "yours is the expected one with the sign the other way round"
        return f"yours is the expected one times {factor:.6g}"
    return ""


RELATIONS = {-1.0: "the sign is the other way round", 2.0: "twice that", 0.5: "half of that"}

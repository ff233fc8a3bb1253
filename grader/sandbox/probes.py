"""Running a probe beside a set of modules: in the sandbox on the learner's, here on the solution's."""

from __future__ import annotations

import hashlib
import inspect
import random
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from grader.sandbox import serialization
from grader.sandbox.modules import ModuleSet

Probe = Callable[..., object]


class ProbeCall(msgspec.Struct, frozen=True):
    """A probe and all it needs to give the same answer again."""

    probe: bytes
    """The function, pickled."""
    inputs: bytes
    """Its inputs by name, pickled: each run gets copies of its own."""
    seed: int
    default_dtype: str | None = None
    may_change: tuple[str, ...] = ()


def probe_seed(check_seed: int) -> int:
    """What a probe's random numbers start from: with the check's own seed its inputs could be drawn
    anew, and whatever else it draws and keeps to itself."""
    digest = hashlib.blake2s(f"probe {check_seed}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


def run_probe(call: ProbeCall, modules: ModuleSet) -> tuple[object, list[str]]:
    """What the probe saw, and the names of the inputs that were changed in place."""
    import torch

    probe = serialization.unpickle_trusted(call.probe)
    inputs = serialization.unpickle_trusted(call.inputs)
    given: dict[str, Any] = {
        name: inputs[name] if name in inputs else modules.module(name)
        for name in inspect.signature(probe).parameters
    }
    seed_everything(call.seed)
    before = torch.get_default_dtype()
    if call.default_dtype:
        torch.set_default_dtype(getattr(torch, call.default_dtype))
    try:
        seen = probe(**given)
    finally:
        torch.set_default_dtype(before)
    fresh = serialization.unpickle_trusted(call.inputs)
    changed = [
        name
        for name in inputs
        if name not in call.may_change and not _unchanged(inputs[name], fresh[name])
    ]
    return seen, changed


def modules_wanted(probe: Probe, inputs: dict[str, object]) -> list[str]:
    """The stems of the learner's files that a probe takes."""
    return [name for name in inspect.signature(probe).parameters if name not in inputs]


def seed_everything(seed: int) -> None:
    """Let all random numbers that are drawn from no generator of their own start from `seed`."""
    import torch

    random.seed(seed)
    # not torch.manual_seed: it looks for every accelerator there is, 1.5 ms in a fresh child
    torch.default_generator.manual_seed(seed)
    # not `numpy.random`: numpy imports it when it is first named, 7 ms
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed(seed % 2**32)


def _unchanged(value: Any, fresh: Any) -> bool:
    """Whether an input still is, to the bit, what was handed in."""
    import torch

    if isinstance(fresh, torch.Tensor):
        return (
            isinstance(value, torch.Tensor)
            and value.shape == fresh.shape
            and value.dtype == fresh.dtype
            and bool(((value == fresh) | ((value != value) & (fresh != fresh))).all())
        )
    if isinstance(fresh, (list, tuple)):
        return len(value) == len(fresh) and all(map(_unchanged, value, fresh))
    if isinstance(fresh, dict):
        return value.keys() == fresh.keys() and all(_unchanged(value[k], fresh[k]) for k in fresh)
    if isinstance(fresh, (int, float, str, bool, type(None))):
        return bool(value == fresh or (value != value and fresh != fresh))
    return True

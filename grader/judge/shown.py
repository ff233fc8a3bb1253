"""What was run, as a learner would type it: a probe without its scaffolding."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import types
from collections.abc import Callable
from typing import Any

from grader.judge.compare import dtype_name
from grader.judge.probes import modules_wanted

SHOWN_LINES = 8


def source_of(probe: Callable[..., object], inputs: dict[str, Any]) -> str:
    """What is run, as the learner would type it: the probe's body without `engine.` before names.

    Empty where it cannot be typed: it uses functions that are only in the checks.
    """
    try:
        source = textwrap.dedent(inspect.getsource(probe))
        function = ast.parse(source).body[0]
    except (OSError, SyntaxError, TypeError):
        return ""
    if not isinstance(function, ast.FunctionDef):
        return ""
    if _uses_helpers(probe):
        return ""
    modules = modules_wanted(probe, inputs)
    shown = [n for n in function.body if not _is_docstring(n) and not _is_alias(n, modules)]
    body = textwrap.dedent("\n".join(source.splitlines()[shown[0].lineno - 1 :]))
    if modules:
        body = re.sub(rf"\b(?:{'|'.join(modules)})\.", "", body)
    lines = body.splitlines()
    if len(lines) > SHOWN_LINES:
        lines = [*lines[: SHOWN_LINES - 1], f"… {len(lines) - SHOWN_LINES + 1} more lines"]
    lines[-1] = lines[-1].removeprefix("return ")
    return "\n".join(lines)


def shapes_of(inputs: dict[str, Any]) -> str:
    """`# logits (32, 27) float64, targets (32,) int64`; empty without tensors."""
    import torch

    tensors = [
        f"{name} {tuple(value.shape)} {dtype_name(value)}"
        for name, value in inputs.items()
        if isinstance(value, torch.Tensor)
    ]
    return f"# {', '.join(tensors)}" if tensors else ""


def _uses_helpers(probe: Callable[..., object]) -> bool:
    """Whether a probe calls functions of the hidden checks, which a learner cannot type."""
    used = inspect.getclosurevars(probe)
    return any(
        isinstance(value, types.FunctionType) and value.__module__ == probe.__module__
        for value in (*used.globals.values(), *used.nonlocals.values())
    )


def _is_alias(node: ast.stmt, modules: list[str]) -> bool:
    """Whether it is `Value = engine.Value`: without the module it says nothing."""
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Attribute)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id in modules
        and [getattr(target, "id", "") for target in node.targets] == [node.value.attr]
    )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

"""What was run, as a learner would type it: a probe without its scaffolding."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Collection
from typing import Any

from grader.judge.comparison import dtype_name
from grader.sandbox.probes import modules_wanted

SHOWN_LINES = 8


def source_of(probe: Callable[..., object], inputs: dict[str, Any], names: Collection[str]) -> str:
    """What is run, as the learner would type it: the probe's body without `engine.` before names.

    Where the probe calls functions that are only in the checks, nobody else can type it: then it is
    the calls in it of the exercise's own functions, by their `names`; empty if there are none.
    """
    try:
        source = textwrap.dedent(inspect.getsource(probe))
        function = ast.parse(source).body[0]
    except (OSError, SyntaxError, TypeError):
        return ""
    if not isinstance(function, ast.FunctionDef):
        return ""
    modules = modules_wanted(probe, inputs)
    if helpers := _helpers(probe, function):
        lines = [ast.unparse(call) for call in _own_calls(function, modules, names, helpers)]
    else:
        lines = _body(source.splitlines(), function, modules)
    if modules:
        lines = [re.sub(rf"\b(?:{'|'.join(modules)})\.", "", line) for line in lines]
    if len(lines) > SHOWN_LINES:
        lines = [*lines[: SHOWN_LINES - 1], f"… {len(lines) - SHOWN_LINES + 1} more lines"]
    return "\n".join(lines)


def _body(source: list[str], function: ast.FunctionDef, modules: list[str]) -> list[str]:
    """The lines of a probe, what it returns as an expression."""
    shown = [n for n in function.body if not _is_docstring(n) and not _is_alias(n, modules)]
    first, last = shown[0].lineno - 1, shown[-1]
    lines = textwrap.dedent("\n".join(source[first:])).splitlines()
    if isinstance(last, ast.Return):
        at = last.lineno - 1 - first
        lines[at] = lines[at].removeprefix("return ")
    return lines


def _own_calls(
    function: ast.FunctionDef, modules: list[str], names: Collection[str], helpers: Collection[str]
) -> list[ast.Call]:
    """The calls of an exercise's own functions with nothing in them that is only in the checks."""
    calls: dict[str, ast.Call] = {}
    within: set[ast.AST] = set()
    for node in ast.walk(function):  # from the outside in
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in modules
            and node.func.attr in names
            and node not in within
            and not any(isinstance(n, ast.Name) and n.id in helpers for n in ast.walk(node))
        ):
            calls.setdefault(ast.unparse(node), node)
            within.update(ast.walk(node))
    return [*calls.values()]


def shapes_of(inputs: dict[str, Any]) -> str:
    """`# logits (32, 27) float64, targets (32,) int64`; empty without tensors."""
    import torch

    tensors = [
        f"{name} {tuple(value.shape)} {dtype_name(value)}"
        for name, value in inputs.items()
        if isinstance(value, torch.Tensor)
    ]
    return f"# {', '.join(tensors)}" if tensors else ""


def _helpers(probe: Callable[..., object], function: ast.FunctionDef) -> set[str]:
    """The functions and classes that a probe takes from the hidden checks, or that they import."""
    nodes = [n for statement in function.body for n in ast.walk(statement)]
    used = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    own |= {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    own |= {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    there = {**probe.__globals__, **inspect.getclosurevars(probe).nonlocals}
    return {name for name in used - own if callable(there.get(name))}


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

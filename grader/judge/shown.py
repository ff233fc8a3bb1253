"""What was run, as a learner would type it: a probe without its scaffolding."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from grader.judge.compare import dtype_name
from grader.judge.probes import modules_wanted

SHOWN_LINES = 8


def source_of(probe: Callable[..., object], inputs: dict[str, Any]) -> str:
    """What is run, as the learner would type it: the probe's body without `engine.` before names."""
    modules = modules_wanted(probe, inputs)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(probe)))
    except (OSError, SyntaxError, TypeError):
        return ""
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef):
        return ""
    body = [node for node in function.body if not _is_docstring(node)]
    lines = "\n".join(ast.unparse(_Unprefixed(modules).visit(node)) for node in body).splitlines()
    if len(lines) > SHOWN_LINES:
        lines = [*lines[: SHOWN_LINES - 1], f"… {len(lines) - SHOWN_LINES + 1} more lines"]
    if lines:
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


class _Unprefixed(ast.NodeTransformer):
    def __init__(self, modules: list[str]) -> None:
        self._modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in self._modules:
            return ast.Name(node.attr, node.ctx)
        return node


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

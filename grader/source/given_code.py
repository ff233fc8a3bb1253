"""What of the code that comes with an exercise a learner has changed."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from grader.course.stubs import marked_exercises
from grader.source.files import parse


def changed_given(text: str, solution: str) -> list[str]:
    """The functions and methods that were given whole, are there, and do something else now.

    Comments, docstrings and annotations do not count. A file that does not begin as the stub does was
    written along with the video: all of it is the learner's own.
    """
    if ast.get_docstring(parse(text)) != ast.get_docstring(parse(solution)):
        return []
    given, there = _given(solution), dict(_functions(parse(text).body, ""))
    return [name for name in given if name in there and _bare(there[name]) != given[name]]


@functools.lru_cache(maxsize=64)
def _given(solution: str) -> dict[str, str]:
    """What a solution's functions do, by dotted name, of those that no exercise is in."""
    lines = solution.splitlines()
    return {
        name: _bare(node)
        for name, node in _functions(parse(solution).body, "")
        if not marked_exercises("\n".join(lines[node.lineno - 1 : node.end_lineno]))
    }


def _functions(body: list[ast.stmt], holder: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield f"{holder}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{holder}{node.name}.")


def _bare(function: ast.FunctionDef) -> str:
    """What a function does, without what is only for who reads it."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    names = [argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)]
    defaults = [ast.dump(default) for default in function.args.defaults]
    return "\n".join([*names, *defaults, *(ast.dump(node) for node in body)])

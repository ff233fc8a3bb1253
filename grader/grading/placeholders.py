"""nbgrader's placeholder as the stub it stands for: what nobody has written is not begun, and not broken.

nbgrader puts `raise NotImplementedError()` where a solution was; a stub says which exercise it is of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from grader.course.manifest import Exercise
from grader.source.files import find_definition, parse


def with_ids(text: str, exercises: Iterable[Exercise]) -> str:
    """A source, each placeholder in an exercise's definitions with the exercise's id.

    >>> from grader.course.manifest import Exercise
    >>> twice = Exercise(id="twice", file="a.py", title="", at="", hints=("", "", ""))
    >>> print(with_ids("def twice(x):\\n    raise NotImplementedError()", [twice]))
    def twice(x):
        raise NotImplementedError("twice")
    """
    try:
        parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return text  # the compiler says so
    named = [(name, exercise) for exercise in exercises for name in exercise.names]
    ids: dict[tuple[int, int, int], str] = {}
    for name, exercise in sorted(
        named, key=lambda pair: -pair[0].count(".")
    ):  # a method, its class
        if definition := find_definition(text, name):
            for node in ast.walk(definition):
                if isinstance(node, ast.Raise) and (at := _placeholder(node)):
                    ids.setdefault(at, exercise.id)
    lines = text.encode().split(b"\n")
    for (line, begin, end), exercise_id in sorted(ids.items(), reverse=True):
        written = f'NotImplementedError("{exercise_id}")'.encode()
        lines[line - 1] = lines[line - 1][:begin] + written + lines[line - 1][end:]
    return b"\n".join(lines).decode()


def _placeholder(node: ast.Raise) -> tuple[int, int, int] | None:
    """Where the exception of a bare `raise NotImplementedError()` stands."""
    call = node.exc
    if (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "NotImplementedError"
        and not call.args
        and not call.keywords
        and call.end_lineno == call.lineno
        and call.end_col_offset is not None
    ):
        return call.lineno, call.col_offset, call.end_col_offset
    return None

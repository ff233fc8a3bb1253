"""Parameters in another order or number than the exercise's: a mistake no chaff can have."""

from __future__ import annotations

import ast
import re

from grader.course.manifest import Exercise
from grader.failures import AnyFailure, Location, Raised
from grader.results import Misconception
from grader.source.files import find_definition


def other_parameters(
    text: str, solution: str, exercise: Exercise, failure: AnyFailure | None
) -> Misconception | None:
    """What to say of the learner's parameters, if they explain the failure.

    Names may be the learner's own. What counts is a name that stands in another place than in the
    solution, and a number of arguments over which Python has complained.
    """
    is_type_error = isinstance(failure, Raised) and failure.exception == "TypeError"
    message = failure.message if isinstance(failure, Raised) and is_type_error else ""
    for dotted in exercise.names:
        asked = _parameters(find_definition(solution, dotted))
        node = find_definition(text, dotted)
        got = _parameters(node)
        name = dotted.rpartition(".")[2]
        if asked is None or node is None:
            continue
        if got is None:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and NOT_CALLABLE.match(message):
                says = NO_FUNCTION.format(name=name, asked=", ".join(asked))
                return Misconception("no-function", says, Location(exercise.file, node.lineno))
            continue
        moved = [n for i, n in enumerate(got) if n in asked and asked.index(n) != i]
        complained = f"{name}() " in message
        if moved or (complained and "argument" in message):
            says = OTHERS.format(name=name, got=", ".join(got), asked=", ".join(asked))
            says += ", in this order." if moved else "."
            return Misconception("other-parameters", says)
    return None


def _parameters(node: ast.stmt | None) -> list[str] | None:
    """The names of a function's parameters; nothing if it takes any, or is no function."""
    value = getattr(node, "value", None)
    function = value if isinstance(value, ast.Lambda) else node
    if not isinstance(function, (ast.FunctionDef, ast.Lambda)) or function.args.vararg:
        return None
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args)]


NOT_CALLABLE = re.compile(r"'\w+' object is not callable")
NO_FUNCTION = (
    "{name} is not a function in your file: the name is given a value. Write `def {name}({asked}):`, "
    "and give the value another name."
)
OTHERS = "Your {name} takes ({got}), and it is called with ({asked})"

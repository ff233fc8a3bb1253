"""A file's statements, made so that one which fails takes no other along, and no value takes a name.

Python ends a file at the first exception. Here a statement that raises one is left out, and the next
is run: a plot that cannot be drawn or a library that is not installed costs what needs it, and nothing
else. An exercise's name stays the function or class that was defined, though a later line gives it a
value: `dprobs = dprobs(dlogprobs, probs)`.

What is added calls two functions that `grader.sandbox.modules` puts beside the built-in ones.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.sandbox.modules import BOUND, LEFT_OUT

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)

Roots = Mapping[str, bool]
"""The names that exercises ask for at the top of a file → whether it must be a class."""


def guarded(
    body: Sequence[ast.stmt], roots: Roots, too_long: Mapping[int, str] = types.MappingProxyType({})
) -> ast.Module:
    """The statements of a file as the module that is run.

    A statement that spans a line of `too_long` is not run: it raises TimeoutError with that text.
    """
    made: list[ast.stmt] = []
    known = defined(body)
    for number, node in enumerate(body):
        if _must_come_first(node, number):
            made.append(node)
            continue
        for part in _parts(node):
            names = sorted(bound(part))
            told = [
                _call(part, BOUND, name, _sure(part, name, roots[name], known))
                for name in names
                if name in roots
            ]
            failed = ast.copy_location(ast.Name("Exception", ast.Load()), part)
            star = isinstance(part, ast.ImportFrom) and part.names[0].name == "*"
            handler = ast.ExceptHandler(failed, None, [_call(part, LEFT_OUT, *names, *"*" * star)])
            # the call stands in the else: what it raises is ours
            why = next((w for at, w in too_long.items() if _spans(part, at)), None)
            run = part if why is None else ast.copy_location(_raises(why), part)
            guard = ast.Try([run], [ast.copy_location(handler, part)], told, [])
            made.append(ast.copy_location(guard, part))
    return ast.fix_missing_locations(ast.Module(made, []))


class Body:
    """The statements of a file, asked for those that give a name. Each is looked through once."""

    def __init__(self, body: Sequence[ast.stmt]) -> None:
        self._known = defined(body)
        self._giving: dict[str, list[ast.stmt]] = {}
        for node in body:
            for name in bound(node):
                self._giving.setdefault(name, []).append(node)

    def givers(self, name: str) -> list[ast.stmt]:
        """One of them gives the name what is judged: the last definition, and what comes after it and
        may be a function as well. Every statement that gives it where there is no definition."""
        giving = self._giving.get(name, [])
        for number in range(len(giving) - 1, -1, -1):
            if is_definition(giving[number], name):
                later = giving[number + 1 :]
                return [giving[number], *(n for n in later if may_define(n, name, self._known))]
        return giving

    def values(self, name: str) -> list[ast.stmt]:
        """Those that give it something else."""
        meant = set(map(id, self.givers(name)))
        return [node for node in self._giving.get(name, []) if id(node) not in meant]


def is_definition(node: ast.stmt, name: str) -> bool:
    """Whether a statement surely gives a name a function or a class."""
    if isinstance(node, DEFINITIONS):
        return node.name == name
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return isinstance(node.value, ast.Lambda) and name in bound(node)
    return any(isinstance(n, DEFINITIONS) and n.name == name for n in _outside_of_functions(node))


def may_define(node: ast.stmt, name: str, known: Iterable[str]) -> bool:
    """Whether a statement may give a function: `f = g`, `f = lru_cache(f)`, `f = torch.tanh`.

    `known` are the names of the file's functions, classes and imports. `f = f(x)` gives a value.
    """
    if name not in bound(node):
        return False
    if isinstance(node, IMPORTS) or is_definition(node, name):
        return True
    if not isinstance(node, (ast.Assign, ast.AnnAssign)):
        return False
    value = node.value
    if isinstance(value, ast.Call):
        called = value.func
        handed = [a for a in value.args if isinstance(a, ast.Name)]
        by_itself = isinstance(called, ast.Name) and called.id == name
        return not by_itself and any(a.id in known for a in handed)
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(value, ast.Name) and value.id in known


def defined(body: Iterable[ast.stmt]) -> frozenset[str]:
    """The names of a file's functions, classes and imports."""
    return frozenset(
        name
        for node in body
        if not isinstance(node, _ASSIGNMENTS) or isinstance(node.value, ast.Lambda)
        for name in bound(node)
        if isinstance(node, IMPORTS) or is_definition(node, name)
    )


def bound(node: ast.stmt) -> set[str]:
    """The names that a statement of a file gives a value, or takes it from."""
    names: set[str] = set()
    for inner in (node, *_outside_of_functions(node)):
        if isinstance(inner, DEFINITIONS):
            names.add(inner.name)
        elif isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            names.add(inner.id)
        elif isinstance(inner, ast.alias) and inner.name != "*":
            names.add((inner.asname or inner.name).split(".")[0])
    return names


def _outside_of_functions(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a statement, but in no function, class or comprehension within it."""
    waiting = [node]
    for outer in waiting:
        if isinstance(outer, (*DEFINITIONS, ast.Lambda, *_COMPREHENSIONS)):
            continue
        for inner in ast.iter_child_nodes(outer):
            yield inner
            waiting.append(inner)


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _raises(why: str) -> ast.stmt:
    error = ast.Call(ast.Name("TimeoutError", ast.Load()), [ast.Constant(why)], [])
    return ast.Raise(error)


def _must_come_first(node: ast.stmt, number: int) -> bool:
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return True
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text and number == 0  # the docstring


def _parts(node: ast.stmt) -> Iterator[ast.stmt]:
    """`import torch, seaborn` as two imports: one may be there and the other not."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield ast.copy_location(ast.Import([alias]), node)
    else:
        yield node


def _sure(node: ast.stmt, name: str, is_class: bool, known: frozenset[str]) -> str:
    """How sure it is that a name is what is asked for: `yes`, `maybe` or `no`."""
    if is_definition(node, name):
        return "maybe" if is_class and isinstance(node, _FUNCTIONS) else "yes"
    return "maybe" if may_define(node, name, known) else "no"


def _call(node: ast.stmt, function: str, *words: str) -> ast.stmt:
    call = ast.Call(ast.Name(function, ast.Load()), [ast.Constant(word) for word in words], [])
    return ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node))


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

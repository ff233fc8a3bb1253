"""Forbidden names in the source of an exercise: by alias, `from` import, star import, getattr.

Looked for only in what the exercise's code reaches: a training loop elsewhere in the file may call
`loss.backward()` as the video does.
"""

from __future__ import annotations

import ast
import functools
import symtable
from collections.abc import Iterable, Iterator

import msgspec

from grader.source.files import SourceFile, body_of, find_definition, parse


class Use(msgspec.Struct, frozen=True):
    """A forbidden name and where it stands."""

    name: str
    file: str
    path: str
    line: int


class Beside(msgspec.Struct, frozen=True):
    """The learner's other files, into which a definition may lead."""

    sources: tuple[SourceFile, ...] = ()
    package: str = ""
    """A name under which they may be imported as well."""
    judged: frozenset[tuple[str, str]] = frozenset()
    """(stem, name) of what is an exercise of its own."""


@functools.lru_cache(maxsize=1024)
def find_forbidden(
    source: SourceFile,
    names: tuple[str, ...],
    forbids: tuple[str, ...],
    beside: Beside | None = None,
) -> Use | None:
    """The first use of a forbidden name in the definitions `names` and in what they call, here first."""
    if not source.code or not forbids:
        return None
    beside = beside or Beside()
    rules = _decidable(forbids, (source, *beside.sources))
    try:
        uses = [
            Use(name, reached.name, reached.path, line)
            for reached, dotted, line in _dotted_everywhere(source, names, beside)
            if (name := _match(dotted, rules))
        ]
    except RecursionError:  # a chain of hundreds of calls: the tripwire has to do
        return None
    return min(uses, key=lambda use: (use.file != source.name, use.line), default=None)


def _dotted_everywhere(
    source: SourceFile, names: tuple[str, ...], beside: Beside
) -> Iterator[tuple[SourceFile, str, int]]:
    """Every dotted name that the definitions use, in whichever of the learner's files."""
    sources = {s.name.removesuffix(".py"): s for s in (*beside.sources, source) if s.code}
    stem = source.name.removesuffix(".py")
    waiting = [(stem, names)]
    seen = {(stem, name) for name in names}
    for here, wanted in waiting:
        for dotted, line, star in _used(sources[here].text, wanted):
            yield sources[here], dotted, line
            path = dotted.split(".")
            path = path[1:] if path[0] == beside.package else path
            there = path[0] if path else ""
            if there not in sources or there == here:
                continue
            for name in path[1:2] or (_at_top(sources[there].text) if star else ()):
                if (there, name) not in seen and (there, name) not in beside.judged:
                    seen.add((there, name))
                    waiting.append((there, (name,)))


def _used(text: str, names: tuple[str, ...]) -> Iterator[tuple[str, int, bool]]:
    """Each dotted name that the definitions use, its line, and whether it is a module's star import."""
    aliases = _aliases(text)
    yield from ((aliases[name], 1, False) for name in names if name in aliases)
    for node in _reached(text, names):
        star = isinstance(node, ast.ImportFrom)
        yield from ((dotted, line, star) for dotted, line in _dotted_names(node, aliases))


def _decidable(forbids: tuple[str, ...], sources: Iterable[SourceFile]) -> tuple[str, ...]:
    """The rules that the source alone can decide.

    Where a class of the learner's has a method `backward`, `thing.backward()` may be that one:
    whose it is shows when it is called, and the tripwire sees that.
    """
    own = {f".{name}" for source in sources if source.code for name in _methods(source.text)}
    return tuple(rule for rule in forbids if rule not in own)


@functools.lru_cache(maxsize=64)
def _methods(text: str) -> frozenset[str]:
    """The names of the methods of all classes in a source."""
    return frozenset(
        node.name
        for holder in ast.walk(parse(text))
        if isinstance(holder, ast.ClassDef)
        for node in holder.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def _match(dotted: str, forbids: tuple[str, ...]) -> str:
    for rule in forbids:
        if rule.startswith("."):
            if f"{dotted}.".find(f"{rule}.") > 0:
                return rule
        elif dotted == rule or dotted.startswith(f"{rule}."):
            return dotted
    return ""


@functools.lru_cache(maxsize=64)
def _aliases(text: str) -> dict[str, str]:
    """Local name → what it stands for: `import torch as t`, `from torch import autograd as ag`,
    `grad = torch.autograd.grad`."""
    tree = parse(text)
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                aliases[name.asname or name.name.split(".")[0]] = (
                    name.name if name.asname else name.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                aliases[name.asname or name.name] = f"{node.module}.{name.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, dotted = node.targets[0], _dotted(node.value, aliases)
            if isinstance(target, ast.Name) and dotted and "." in dotted:
                aliases[target.id] = dotted
    return aliases


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str:
    """`t.autograd.grad` as `torch.autograd.grad`; `` where the node is no chain of names."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, aliases) or '?'}.{node.attr}"
    return _dotted_call(node, aliases) if isinstance(node, ast.Call) else ""


def _dotted_call(call: ast.Call, aliases: dict[str, str]) -> str:
    """`getattr(torch, "autograd")`, `importlib.import_module("torch.autograd")`, `__import__`."""
    function = _dotted(call.func, aliases)
    words = [a.value if isinstance(a, ast.Constant) else None for a in call.args]
    if function in ("getattr", "setattr") and len(words) >= 2 and isinstance(words[1], str):
        return f"{_dotted(call.args[0], aliases) or '?'}.{words[1]}"
    if words and isinstance(words[0], str):
        if function == "importlib.import_module":
            return words[0]
        if function == "__import__":  # gives the package, whatever follows the first dot
            return words[0].split(".")[0]
    return ""


def _dotted_names(node: ast.AST, aliases: dict[str, str]) -> Iterator[tuple[str, int]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from ((name.name, inner.lineno) for name in inner.names)
        elif isinstance(inner, ast.ImportFrom) and inner.module:
            # a star import gives every name of the module
            names = [a.name for a in inner.names]
            yield from (
                (inner.module if name == "*" else f"{inner.module}.{name}", inner.lineno)
                for name in names
            )
        elif isinstance(inner, (ast.Name, ast.Attribute, ast.Call)):
            if dotted := _dotted(inner, aliases):
                yield dotted, inner.lineno
            if isinstance(inner, ast.Call):
                # F.one_hot(x, requires_grad=True) and the like: a keyword is a use, too
                yield from ((f"?.{k.arg}", inner.lineno) for k in inner.keywords if k.arg)


def _reached(text: str, names: tuple[str, ...]) -> list[ast.stmt]:
    """The definitions of `names`, and every top-level definition they mention, and so on."""
    tree, at_top = parse(text), _at_top(text)
    mentions = _global_names(text)
    start = [find_definition(text, name) for name in names]
    start += [node for name in names for node in body_of(text).givers(name)]
    reached: list[ast.stmt] = []
    waiting = [node for node in start if node is not None]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node.lineno in seen:
            continue
        seen.add(node.lineno)
        reached.append(node)
        mentioned = mentions.get(node.lineno)
        if mentioned is None:  # not a function or a class: each name in it is the module's
            mentioned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        waiting += [at_top[name] for name in sorted(mentioned) if name in at_top]
    stars = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
    return [*reached, *stars]


@functools.lru_cache(maxsize=64)
def _at_top(text: str) -> dict[str, ast.stmt]:
    """What gives each name of the module its value."""
    return {
        name: node
        for node in parse(text).body
        for name in _given(node)
        if not isinstance(node, (ast.Import, ast.ImportFrom))
    }


@functools.lru_cache(maxsize=64)
def _global_names(text: str) -> dict[int, set[str]]:
    """The module's names that each function and class uses, by the line of its `def`.

    A local `x` is not the `x` of a demonstration at the end of the file.
    """
    lines: dict[int, set[str]] = {}

    def walk(table: symtable.SymbolTable) -> set[str]:
        used = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        for inner in table.get_children():
            used |= walk(inner)
        lines[table.get_lineno()] = lines.get(table.get_lineno(), set()) | used
        return used

    for top in symtable.symtable(text, "", "exec").get_children():
        walk(top)
    return lines


def _given(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }

"""Which statements of a notebook the exercises need, by what gives which name its value.

What an exercise asks for is followed backwards: a function needs the names that it uses as they are in
the end, a statement those that it uses as they are where it stands. An assignment that a later one
replaces takes nothing along.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import functools
import symtable
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from grader.source.toplevel import DEFINITIONS, Body, bound, is_definition

ALWAYS_THERE = sys.stdlib_module_names | {"torch", "numpy"}


class _Statement(msgspec.Struct, frozen=True):
    node: ast.stmt
    gives: frozenset[str]
    """Names that it binds, or whose value it changes."""
    replaces: frozenset[str]
    """Those of them whose value before does not matter any more."""
    at_once: frozenset[str]
    """Names that it needs where it stands."""
    later: frozenset[str]
    """Names that it needs where it is called."""


class Choice:
    """Which statements of a text the exercises need."""

    def __init__(self, text: str, roots: set[str], elsewhere: Mapping[str, str]) -> None:
        """`roots` are the names asked for; all functions and classes where there are none."""
        self.lines = text.encode().split(b"\n")
        self.added: list[int] = []
        """The lines that are ours: what another file gives is imported."""
        self._statements = _statements(text)
        self._elsewhere = {n: m for n, m in elsewhere.items() if n not in roots}
        self.defined = {s.node.name for s in self._statements if isinstance(s.node, DEFINITIONS)}
        self._imported: set[str] = set()
        kept = self._reach(roots or self.defined)
        self._add_definitions(kept)
        self._blank_the_rest(kept)

    def _reach(self, roots: set[str]) -> set[int]:
        """The statements that give these names, what those use, and so on."""
        body = Body([statement.node for statement in self._statements])
        giving: dict[str, list[int]] = {}
        kept: set[int] = set()
        for number, statement in enumerate(self._statements):
            node = statement.node
            if isinstance(node, ast.ImportFrom) and (
                node.names[0].name == "*" or node.module == "__future__"
            ):
                kept.add(number)
            for name in statement.gives:
                giving.setdefault(name, []).append(number)
        end = len(self._statements)
        defined = {
            name: {n for n in giving.get(name, ()) if is_definition(self._statements[n].node, name)}
            for name in roots
        }
        values = {(id(node), name) for name in roots if defined[name] for node in body.values(name)}
        waiting = [_Want(name, end) for name in sorted(roots)]
        seen: set[tuple[str, int, bool, bool]] = set()
        for want in waiting:
            if want.name in self._elsewhere:
                self._imported.add(want.name)
                continue
            before = giving.get(want.name, [])
            left = bisect.bisect_left(before, want.at)
            while left and (step := (want.name, left, want.at == end, want.all)) not in seen:
                seen.add(step)
                left -= 1
                number = before[left]
                statement = self._statements[number]
                if statement.gives & self._elsewhere.keys():
                    continue
                if want.at == end and (id(statement.node), want.name) in values:
                    continue
                kept.add(number)
                waiting += [_Want(name, number) for name in sorted(statement.at_once)]
                # what is called in between may need what is replaced later on
                called = want.at != end or want.all
                waiting += [_Want(name, end, called) for name in sorted(statement.later)]
                if want.all or want.name not in statement.replaces:
                    continue
                if want.at < end or not defined.get(want.name) or number in defined[want.name]:
                    break
        return kept

    def _add_definitions(self, kept: set[int]) -> None:
        """Functions and classes that nothing refers to, where they do no harm, and what these need.

        Another file, or a check, may call them all the same. Of what they need, nothing is run but
        imports that cannot fail and plain values.
        """
        there = set(dir(builtins)) | self._imported
        given = set().union(*(self._statements[number].gives for number in kept))
        harmless: dict[str, list[int]] = {}
        for number, statement in enumerate(self._statements):
            if number not in kept and _is_harmless(statement.node):
                for name in statement.gives - self._elsewhere.keys():
                    harmless.setdefault(name, []).append(number)
        for number, statement in enumerate(self._statements):
            if number in kept:
                there |= statement.gives
            elif (
                isinstance(statement.node, DEFINITIONS)
                and not statement.gives & (self._elsewhere.keys() | given)
                and statement.at_once <= there | harmless.keys()
            ):
                kept.add(number)
                there |= statement.gives
                for name in (statement.at_once | statement.later) & harmless.keys():
                    kept |= set(harmless[name])

    def _blank_the_rest(self, kept: set[int]) -> None:
        rest = [s for number, s in enumerate(self._statements) if number not in kept]
        blank(self.lines, [s.node for s in rest], [s.node for s in self._statements])
        done: set[str] = set()
        for statement in rest:
            names = statement.gives & self._imported - done
            first = _first_line(statement.node) - 1
            if names and isinstance(statement.node, DEFINITIONS) and not self.lines[first].strip():
                done |= names
                name = min(names)
                self.lines[first] = f"from {self._elsewhere[name]} import {name}".encode()
                self.added.append(first + 1)
        self.left_out = sum(
            not isinstance(s.node, (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Pass))
            and not (isinstance(s.node, ast.Expr) and isinstance(s.node.value, ast.Constant))
            for s in rest
        )


class _Want(msgspec.Struct, frozen=True):
    """A name that is needed, as it is before the statement of that number."""

    name: str
    at: int
    all: bool = False
    """Whether every value that it ever has may be needed."""


@functools.lru_cache(maxsize=4)
def _statements(text: str) -> tuple[_Statement, ...]:
    """The statements of a text. Each of a lecture's files asks for the same ones."""
    tables = _tables(text)
    return tuple(_describe(node, tables) for node in parsed(text).body)


@functools.lru_cache(maxsize=4)
def parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _describe(node: ast.stmt, tables: dict[int, tuple[set[str], set[str]]]) -> _Statement:
    nothing: frozenset[str] = frozenset()
    if isinstance(node, DEFINITIONS):
        heads = [*node.decorator_list, *_heads(node)]
        head = {n.id for part in heads for n in ast.walk(part) if isinstance(n, ast.Name)}
        own, below = tables.get(node.lineno, (set(), set()))
        if not isinstance(node, ast.ClassDef):
            own, below = set(), own | below
        name = frozenset({node.name})
        return _Statement(node, name, name, frozenset(head | own), frozenset(below))
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = frozenset((a.asname or a.name).split(".")[0] for a in node.names)
        # of a file of the lecture's it may give what the notebook itself defines
        return _Statement(node, names, nothing, nothing, nothing)
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        gives = frozenset(name for target in targets for name in _roots(target))
        changed = isinstance(node, ast.AugAssign) or node.value is None
        replaces = nothing if changed else frozenset(gives & bound(node))
        needed = gives if changed else nothing
    elif isinstance(node, (ast.If, ast.Try, ast.With)) and not any(
        isinstance(inner, (ast.For, ast.While)) for inner in ast.walk(node)
    ):
        gives, replaces, needed = frozenset(_bound(node)), nothing, nothing
    else:
        return _Statement(node, nothing, nothing, nothing, nothing)
    read = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return _Statement(node, gives, replaces, needed | {n.id for n in read}, nothing)


def _heads(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.AST]:
    """What of a definition is evaluated where it stands, its decorators aside."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *node.keywords]
    return [node.args, *([node.returns] if node.returns else [])]


def _is_harmless(node: ast.stmt) -> bool:
    """An import of what is always there, or a plain value."""
    if isinstance(node, ast.Import):
        return all(alias.name.split(".")[0] in ALWAYS_THERE for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return not node.level and (node.module or "").split(".")[0] in ALWAYS_THERE
    if not isinstance(node, ast.Assign) or not all(isinstance(t, ast.Name) for t in node.targets):
        return False
    plain = (
        ast.Constant,
        ast.Tuple,
        ast.List,
        ast.Set,
        ast.Dict,
        ast.UnaryOp,
        ast.unaryop,
        ast.Load,
    )
    return all(isinstance(inner, plain) for inner in ast.walk(node.value))


def _roots(target: ast.AST) -> Iterator[str]:
    """`stoi` of `stoi["."] = 0`, of `stoi.x = 0`, and of `stoi, itos = …`."""
    while isinstance(target, (ast.Subscript, ast.Attribute, ast.Starred)):
        target = target.value
    if isinstance(target, (ast.Tuple, ast.List)):
        for inner in target.elts:
            yield from _roots(inner)
    elif isinstance(target, ast.Name):
        yield target.id


def _bound(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, DEFINITIONS):
            yield inner.name
        elif isinstance(inner, ast.alias):
            yield (inner.asname or inner.name).split(".")[0]


def _tables(text: str) -> dict[int, tuple[set[str], set[str]]]:
    """By the line of each `def` and `class`: the module's names it uses itself, and those below it."""
    tables: dict[int, tuple[set[str], set[str]]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = symtable.symtable(text, "notebook", "exec")
    for child in top.get_children():
        own = _globals(child)
        below: set[str] = set()
        waiting = list(child.get_children())
        for table in waiting:
            below |= _globals(table)
            waiting += table.get_children()
        if child.get_type() != "class":
            own, below = set(), own | below
        before = tables.get(child.get_lineno(), (set(), set()))
        tables[child.get_lineno()] = (before[0] | own, before[1] | below)
    return tables


def _globals(table: symtable.SymbolTable) -> set[str]:
    symbols = table.get_symbols()
    return {
        s.get_name() for s in symbols if s.is_global() and (s.is_referenced() or s.is_assigned())
    }


def blank(lines: list[bytes], nodes: Iterable[ast.stmt], body: Iterable[ast.stmt]) -> None:
    """Spaces where the nodes stand; a 0 if the line holds another statement as well."""
    nodes = list(nodes)
    if not nodes:
        return
    shared: dict[int, int] = {}
    for node in body:
        for line in {_first_line(node), node.end_lineno or node.lineno}:
            shared[line] = shared.get(line, 0) + 1
    for node in nodes:
        first, last = _first_line(node), node.end_lineno or node.lineno
        begins = node.col_offset if first == node.lineno else 0
        ends = node.end_col_offset or 0
        is_shared = shared[first] > 1 or shared[last] > 1
        if first == last:
            text = lines[first - 1]
            filler = (b"0" if is_shared else b" ").ljust(ends - begins)
            lines[first - 1] = text[:begins] + filler + text[ends:]
        else:
            after = lines[last - 1][ends:]
            lines[first - 1] = lines[first - 1][:begins] + (b"0" if shared[first] > 1 else b"")
            for number in range(first, last - 1):
                lines[number] = b""
            lines[last - 1] = b" " * ends + after if after.strip().startswith(b"#") else b""
            if shared[last] > 1:
                lines[last - 1] = b"0".ljust(ends) + after
        if not is_shared and not lines[first - 1].strip(b" ;"):
            lines[first - 1] = b""
        if not is_shared and not lines[last - 1].strip(b" ;"):
            lines[last - 1] = b""


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])

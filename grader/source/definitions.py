"""Puts one definition into a source file and leaves the rest of it alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from grader.source.files import find_definition, parse, split_lines


class Tangled(Exception):
    """The definition cannot be put in without touching code beside it, on line `line`."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def put(text: str, source: str, dotted: str) -> str:
    """`text` with a definition as `source` has it: in its place, or where `source` has it.

    Everything else stays as it is; indentation and line ends are those of `text`. What `source`
    does not define is left alone. Both must be valid Python. Raises Tangled.
    """
    wanted = find_definition(source, dotted)
    if wanted is None:
        return text
    there = find_definition(text, dotted)
    parent = dotted.rpartition(".")[0]
    if there is None and parent and not isinstance(find_definition(text, parent), ast.ClassDef):
        return put(text, source, parent)
    lines = split_lines(text)
    if there is not None:
        first, last = span(text, there)
        block = _block(source, wanted, _indent(lines, there), newline_of(text))
        if last == len(lines) and not lines[-1].endswith(("\r", "\n")):
            block[-1] = block[-1].rstrip("\r\n")
    else:
        first, indent, above = _gap(text, source, dotted)
        last = first
        block = _block(source, wanted, indent, newline_of(text))
        empty = [newline_of(text)] * (1 if parent else 2)
        block = [*empty, *block] if above else [*block, *empty]
        if first and not lines[first - 1].endswith(("\r", "\n")):
            lines[first - 1] += newline_of(text)
    made = "".join([*lines[:first], *block, *lines[last:]])
    try:
        found = find_definition(made, dotted)
    except SyntaxError:
        found = None
    if found is None:
        raise Tangled(first + 1)
    return made


def with_imports(text: str, source: str, names: Iterable[str]) -> str:
    """`text` with the imports of `source` that these definitions of it need, and `text` lacks.

    A file that was not made from the stubs knows neither `Tensor` nor that annotations wait.
    """
    nodes = [node for name in names if (node := find_definition(source, name))]
    used = {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
    known = _bound(text)
    lines = split_lines(source)
    future, ordinary = [], []
    for node in parse(source).body:
        line = "".join(lines[node.lineno - 1 : node.end_lineno]).strip()
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            if line not in text:
                future.append(line)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            given = {_name_given(alias) for alias in node.names}
            if given & used - known:
                ordinary.append(line)
    text = _insert(text, _after_docstring(text), future)
    return _insert(text, _after_futures(text), ordinary)


def definition(text: str, dotted: str) -> str:
    """The lines of a definition, at the left margin; empty if there is none."""
    node = find_definition(text, dotted)
    return "".join(_block(text, node, "", "\n")).rstrip() + "\n" if node else ""


def span(text: str, node: ast.stmt) -> tuple[int, int]:
    """Where a definition's lines begin and end, from 0: its decorators and last comments included.

    Raises Tangled where other code stands on its first or last line.
    """
    lines = split_lines(text)
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)]) - 1
    last = node.end_lineno or node.lineno
    before = lines[node.lineno - 1].encode()[: node.col_offset]
    after = lines[last - 1].encode()[node.end_col_offset :].decode().strip()
    if before.strip() or (after and not after.startswith("#")):
        raise Tangled(node.lineno)
    for number in range(last, len(lines)):
        line = lines[number].strip()
        if line and not (line.startswith("#") and _width(lines[number]) > node.col_offset):
            break
        if line:
            last = number + 1
    return first, last


def _block(text: str, node: ast.stmt, indent: str, newline: str) -> list[str]:
    """A definition's lines with another indentation and other line ends."""
    lines = split_lines(text)
    first, last = span(text, node)
    was = _indent(lines, node)
    block = (line.rstrip("\r\n") for line in lines[first:last])
    return [(indent + line.removeprefix(was) if line.strip() else line) + newline for line in block]


def _gap(text: str, source: str, dotted: str) -> tuple[int, str, bool]:
    """Where a missing definition goes: the line, its indentation, whether a neighbour is above.

    It stands below what is above it in `source`, or else above what is below it there, or last.
    """
    parent, _, name = dotted.rpartition(".")
    lines = split_lines(text)
    siblings = [getattr(node, "name", "") for node in _body(source, parent)]
    at = len(siblings) - 1 - siblings[::-1].index(name) if name in siblings else len(siblings)
    inside = f"{parent}." if parent else ""
    for sibling in reversed(siblings[:at]):
        if sibling and (node := find_definition(text, inside + sibling)):
            return span(text, node)[1], _indent(lines, node), True
    for sibling in siblings[at + 1 :]:
        if sibling and (node := find_definition(text, inside + sibling)):
            first = span(text, node)[0]
            while first and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            return first, _indent(lines, node), False
    body = _body(text, parent)
    if not body:
        return len(lines), "", bool(lines)
    if not parent and isinstance(body[-1], ast.If):  # what is run when the file is
        return body[-1].lineno - 1, "", False
    return span(text, body[-1])[1], _indent(lines, body[-1]), True


def _name_given(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _bound(text: str) -> set[str]:
    """The names that the top of a file gives a value, wherever in it."""
    bound: set[str] = set()
    for node in parse(text).body:
        for inner in ast.walk(node) if not isinstance(node, _SCOPES) else [node]:
            if isinstance(inner, ast.alias):
                bound.add(_name_given(inner))
            elif isinstance(inner, _SCOPES):
                bound.add(inner.name)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                bound.add(inner.id)
    return bound


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _after_docstring(text: str) -> int:
    """The number of lines up to the first statement that is no docstring."""
    body = parse(text).body
    if not body:
        return len(split_lines(text))
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.end_lineno or first.lineno
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    return min([first.lineno, *(d.lineno for d in decorators)]) - 1


def _after_futures(text: str) -> int:
    last = _after_docstring(text)
    for node in parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            last = node.end_lineno or node.lineno
    return last


def _insert(text: str, at: int, added: Sequence[str]) -> str:
    """The lines put in after so many of the text's own."""
    if not added:
        return text
    lines, newline = split_lines(text), newline_of(text)
    if at and not lines[at - 1].endswith(("\r", "\n")):
        lines[at - 1] += newline
    return "".join([*lines[:at], *(line + newline for line in added), *lines[at:]])


def _body(text: str, parent: str) -> list[ast.stmt]:
    return getattr(find_definition(text, parent), "body", []) if parent else parse(text).body


def _indent(lines: list[str], node: ast.stmt) -> str:
    return lines[node.lineno - 1][: node.col_offset]


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def newline_of(text: str) -> str:
    """What most lines of a text end with."""
    ends = {end: text.count(end) for end in ("\n", "\r\n")}
    if ends["\n"] == 0 and "\r" in text:
        return "\r"
    return "\r\n" if ends["\r\n"] * 2 > ends["\n"] else "\n"

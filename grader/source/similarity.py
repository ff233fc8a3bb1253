"""Sources that are nearly the same, whatever their names and layout: pairs to look at, never a verdict.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003), with the nodes of the syntax tree for
letters: comments, docstrings, annotations, formatting and names of one's own are not in it. Each
definition is winnowed by itself, so their order does not matter. What the course itself holds, and
what many of a class have in common, is how the exercise is done, and tells nothing.
"""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from grader.failures import Location
from grader.source.files import SourceFile, parse

VERSION = 1
"""Of the fingerprints; to be raised where what follows changes them."""
GRAM = 12
"""Nodes in a row that are one fingerprint: two or three lines."""
WINDOW = 4
"""Of so many fingerprints in a row at least one is kept."""
MOST_NODES = 40_000
"""Of a submission that are looked at."""
FEWEST = 12
"""Fingerprints that two must share, some seven lines: less is chance in a large class."""
LEAST_SHARE = 0.5
"""Of the smaller one's own fingerprints."""
MANY, MANY_IN = 10, 100
"""What more than ten of a class have, and more than one in a hundred, is common knowledge."""


class Fragment(msgspec.Struct, frozen=True, array_like=True):
    """The fingerprints of one function, method, or run of other statements."""

    file: str
    name: str
    line: int
    prints: bytes

    @property
    def location(self) -> Location:
        return Location(self.file, self.line, self.name)

    def among(self, some: Collection[int]) -> frozenset[int]:
        """Its fingerprints that are among some."""
        return frozenset(_unpack(self.prints)).intersection(some)


class _Shape(msgspec.Struct, frozen=True, array_like=True):
    version: int
    parts: list[Fragment]


class SimilarPlaces(msgspec.Struct, frozen=True):
    """A place in one source, and the one in the other that is like it."""

    one: Location
    other: Location
    common: int


class Alike(msgspec.Struct, frozen=True):
    """Two learners whose sources have more in common than the exercise explains."""

    one: str
    other: str
    share: float
    """Of the fingerprints that are the smaller one's own."""
    common: int
    where: tuple[SimilarPlaces, ...]


def shape_of(files: Iterable[SourceFile]) -> bytes:
    """The fingerprints of sources, to be kept; nothing of a file that is not valid Python."""
    parts: list[Fragment] = []
    left = MOST_NODES
    for file in files:
        if not file.code:
            continue
        for name, line, nodes in _units(parse(file.text).body):
            tokens = list(itertools.islice(_tokens(nodes), left))
            left -= len(tokens)
            if prints := _winnow(tokens):
                parts.append(Fragment(file.name, name, line, _pack(prints)))
    return _encode(_Shape(VERSION, parts)) if parts else b""


def prints_of(shape: bytes) -> frozenset[int]:
    """All the fingerprints in a shape."""
    return frozenset(itertools.chain.from_iterable(_unpack(part.prints) for part in _parts(shape)))


def find_alike(shapes: Mapping[str, bytes], known: Collection[int]) -> list[Alike]:
    """The pairs that are nearly the same, the most alike first. `known` is what the course holds."""
    prints = {who: prints_of(shape).difference(known) for who, shape in shapes.items()}
    holders = Counter(itertools.chain.from_iterable(prints.values()))
    most = max(MANY, len(shapes) // MANY_IN)
    own = {who: {p for p in some if holders[p] <= most} for who, some in prints.items()}
    seen: dict[int, list[str]] = {}
    found: list[Alike] = []
    for who, mine in own.items():
        met = Counter(itertools.chain.from_iterable(seen.get(p, ()) for p in mine))
        for other, count in met.items():
            share = count / min(len(mine), len(own[other]))
            if count >= FEWEST and share >= LEAST_SHARE:
                where = _where(shapes[other], shapes[who], mine & own[other])
                found.append(Alike(other, who, round(share, 4), count, where))
        for p in mine:
            if holders[p] > 1:
                seen.setdefault(p, []).append(who)
    return sorted(found, key=lambda pair: (-pair.share, -pair.common, pair.one, pair.other))


def is_readable(shape: bytes) -> bool:
    """Whether it is of this zth's making: another's fingerprints cannot be compared with ours."""
    return bool(_parts(shape))


def _where(shape: bytes, other: bytes, common: Collection[int]) -> tuple[SimilarPlaces, ...]:
    """Which part is most like which, the longest first."""
    theirs = [(part, part.among(common)) for part in _parts(other)]
    matches = []
    for part in _parts(shape):
        mine = part.among(common)
        counts = [len(mine & prints) for _, prints in theirs]
        if any(counts):
            best = counts.index(max(counts))
            matches.append(SimilarPlaces(part.location, theirs[best][0].location, counts[best]))
    return tuple(sorted(matches, key=lambda match: -match.common))


def _units(body: list[ast.stmt]) -> Iterator[tuple[str, int, list[ast.stmt]]]:
    """Each function, each method, and each run of other statements between them."""
    loose: list[ast.stmt] = []
    for node in body:
        if not isinstance(node, _DEFINITIONS):
            loose.append(node)
            continue
        if loose:
            yield "", loose[0].lineno, loose
            loose = []
        if isinstance(node, ast.ClassDef):
            for name, line, nodes in _units(node.body):
                yield f"{node.name}.{name}".rstrip("."), line, nodes
        else:
            yield node.name, node.lineno, [node]
    if loose:
        yield "", loose[0].lineno, loose


def _tokens(nodes: list[ast.stmt]) -> Iterator[bytes]:
    """The nodes from above, without what a person may change and nothing comes of it."""
    waiting: list[ast.AST] = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind in _NOTHING or (
            kind is ast.Expr and isinstance(node.value, ast.Constant)  # type: ignore[attr-defined]
        ):
            continue
        yield _token(_word(node))
        children: list[ast.AST] = []
        for field in kind._fields:
            value = None if field in _LEFT_OUT else getattr(node, field, None)
            if isinstance(value, list):
                children += [child for child in value if isinstance(child, ast.AST)]
            elif isinstance(value, ast.AST):
                children.append(value)
        waiting += reversed(children)


def _word(node: ast.AST) -> str:
    """What a node counts as: its kind, and the names that are Python's or the libraries'."""
    kind = type(node).__name__
    if isinstance(node, ast.Name):
        return node.id if node.id in _BUILTINS else kind
    if isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        return kind if own else f".{node.attr}"
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    if isinstance(node, ast.keyword):
        return f"{node.arg}="
    return kind


def _winnow(tokens: list[bytes]) -> set[int]:
    """The least hash of every window of grams; of fewer grams than a window the least of all."""
    text = b"".join(tokens)
    size = len(_token(""))
    hashes = [
        zlib.crc32(text[start * size : (start + GRAM) * size])
        for start in range(len(tokens) - GRAM + 1)
    ]
    return {
        min(hashes[start : start + WINDOW])
        for start in range(max(1, len(hashes) - WINDOW + 1))
        if hashes
    }


@functools.lru_cache(maxsize=4096)
def _token(word: str) -> bytes:
    return zlib.crc32(word.encode("utf-8", "surrogatepass")).to_bytes(4, "little")


def _pack(prints: set[int]) -> bytes:
    return struct.pack(f"<{len(prints)}I", *sorted(prints))


def _unpack(prints: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(prints) // 4}I", prints)


def _parts(shape: bytes) -> list[Fragment]:
    kept = _decode(shape) if shape else None
    return kept.parts if kept and kept.version == VERSION else []


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Shape).decode
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NOTHING = frozenset(
    {ast.Load, ast.Store, ast.Del, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass}
)
_LEFT_OUT = frozenset({"annotation", "returns", "type_comment", "type_params", "ctx"})
_BUILTINS = frozenset(dir(builtins))

"""The code cells in a notebook's file, of format 3 or 4: pictures and outputs are never built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

NOT_READ = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What `read_cells` raises for what is no notebook."""


class NotebookCells(msgspec.Struct, frozen=True):
    """What is wanted of a notebook."""

    texts: list[str]
    """Of its code cells."""
    language: str
    """What it says that it is in; empty if it does not say."""


Kinds = Mapping[str, str]
"""nbgrader's name of a cell → its type, `code` or `markdown`, whatever a learner has made of it."""


def read_cells(data: bytes, kinds: Kinds = MappingProxyType({})) -> NotebookCells:
    """The code in a notebook's bytes. Raises one of NOT_READ where they are none.

    `kinds` is what a gradebook says; a notebook that none knows says it itself, of its solutions.
    """
    raw = _decode(data)
    return NotebookCells(_texts(raw, kinds), _language(raw))


def code_of(data: bytes) -> str:
    """All the code in a notebook, as it stands there; empty if it is none."""
    try:
        return "\n".join(read_cells(data).texts)
    except NOT_READ:
        return ""


class _Nbgrader(msgspec.Struct, frozen=True):
    grade_id: str = ""
    cell_type: str = ""
    """What the cell was when the assignment was made."""
    solution: bool = False


class _About(msgspec.Struct, frozen=True):
    nbgrader: _Nbgrader


class _Cell(msgspec.Struct, frozen=True):
    cell_type: str = ""
    source: str | list[str] = ""
    input: str | list[str] = ""
    """Of format 3."""
    language: str = ""
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    """Anything, as people and programs leave it."""


class _Sheet(msgspec.Struct, frozen=True):
    cells: list[_Cell] = []


class _Kernel(msgspec.Struct, frozen=True):
    language: str | None = None
    name: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    kernelspec: _Kernel | None = None
    language_info: _Kernel | None = None


class _Raw(msgspec.Struct, frozen=True):
    """What is wanted of the file; the rest, pictures above all, is skipped and never built."""

    nbformat: int
    cells: list[_Cell] = []
    worksheets: list[_Sheet] = []
    metadata: _Metadata = _Metadata()


def _decode(data: bytes) -> _Raw:
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(data, type=_Raw)
    except msgspec.DecodeError:
        if b"NaN" not in data and b"Infinity" not in data:
            raise
        return msgspec.json.decode(_without_nan(data), type=_Raw)


def _without_nan(data: bytes) -> bytes:
    """Python writes NaN into JSON, though JSON has none: null instead, strings left alone."""
    pieces: list[bytes] = []
    at = 0
    while match := _UP_TO_NAN.match(data, at):
        pieces += [match[1], b"null"]
        at = match.end()
        if len(pieces) > 200_000:
            break
    return b"".join([*pieces, data[at:]])


def _language(raw: _Raw) -> str:
    """What the notebook says its language is; empty if it does not say."""
    languages = [c.language for sheet in raw.worksheets for c in sheet.cells if c.language]
    kernel, info = raw.metadata.kernelspec, raw.metadata.language_info
    return (
        (info.name if info else "")
        or (kernel.language if kernel else "")
        or next(iter(languages), "")
        or ""
    )


def _texts(raw: _Raw, kinds: Kinds) -> list[str]:
    sheets = [raw.cells, *(sheet.cells for sheet in raw.worksheets)]
    cells = [cell for cells in sheets for cell in cells]
    meant = {name: n for n, cell in enumerate(cells) if (name := _about(cell).grade_id)}
    return [
        _text(cell)
        for n, cell in enumerate(cells)
        if _kind(cell, kinds, meant.get(_about(cell).grade_id) == n) == "code"
    ]


def _kind(cell: _Cell, kinds: Kinds, is_meant: bool) -> str:
    """The type that a cell has for nbgrader: a solution in code that was turned into text is code again.

    Of two with one name the later one is meant.
    """
    about = _about(cell)
    if not is_meant:
        return cell.cell_type
    of_a_solution = about.cell_type if about.solution else ""
    return kinds.get(about.grade_id) or of_a_solution or cell.cell_type


def _about(cell: _Cell) -> _Nbgrader:
    """What nbgrader has written about a cell, as far as it can be read."""
    if b"nbgrader" not in bytes(cell.metadata):
        return _NOTHING
    try:
        return msgspec.json.decode(cell.metadata, type=_About).nbgrader
    except NOT_READ:
        return _NOTHING


def _text(cell: _Cell) -> str:
    source = cell.source or cell.input
    text = source if isinstance(source, str) else "".join(source)
    return text.replace("\r\n", "\n").replace("\r", "\n")


_UP_TO_NAN = re.compile(
    rb'((?:[^"NI-]++|"(?:[^"\\]++|\\.)*+"|-(?!I))*+)(?:NaN|-?Infinity)', re.DOTALL
)
_NOTHING = _Nbgrader()

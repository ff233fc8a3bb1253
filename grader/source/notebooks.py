"""A notebook's code as one source: the cells in order, without what only IPython understands.

A notebook is not run. Of what stands outside of functions and classes, only what the exercises need is
kept; training, plots and prints are left out. What is left out leaves its lines blank, so that a line
of the source is still a line of a cell.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Mapping
from types import MappingProxyType

import msgspec

from grader.failures import Location, Unreadable
from grader.source.files import MAGICS, listed_magics
from grader.source.magics import without_magics
from grader.source.notebook_files import NOT_READ, Kinds, read_cells
from grader.source.slicing import Choice, blank, parsed
from grader.source.toplevel import DEFINITIONS

MAX_CODE = 1 << 19
"""Characters of code in a notebook; its pictures do not count."""
MAX_CELLS = 5_000
MAX_STATEMENTS = 10_000
"""Outside of functions and classes."""


class NotebookSource(msgspec.Struct, frozen=True):
    """A notebook as the judge can take it, and what was left out of it."""

    text: str
    remarks: tuple[str, ...] = ()
    trouble: str = ""
    """Why there is no source, in a sentence."""
    starts: tuple[int, ...] = ()
    """The line of the text on which each code cell begins."""
    broken: dict[str, Unreadable] = {}
    """Names, each with what is wrong with the cell that would define it."""
    added: tuple[int, ...] = ()
    """Lines of the text that stand in no cell."""


class Notebook(msgspec.Struct, frozen=True):
    """A notebook's code cells, those that are valid Python, as one text."""

    name: str
    text: str = ""
    starts: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    trouble: str = ""
    future: str = ""
    """The `from __future__` imports: they must come first, so they stand in line 1."""
    broken: dict[str, Unreadable] = {}
    """Names, each with what is wrong with the cell that would define it."""
    written: dict[str, str] = {}
    """What `%%writefile` writes: files of the learner's own."""

    @property
    def defines(self) -> set[str]:
        """The names of its functions and classes."""
        try:
            nodes = parsed(self.text).body
        except TOO_MUCH:
            return set()
        return {node.name for node in nodes if isinstance(node, DEFINITIONS)}

    def asked_of(self, module: str) -> set[str]:
        """What the notebook takes from a module of that name, and defines: `atomic.forward`."""
        asked: set[str] = set()
        try:
            nodes = list(ast.walk(parsed(self.text)))
        except TOO_MUCH:
            return asked
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                asked |= {node.attr} if node.value.id == module else set()
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[-1] == module:
                asked |= {alias.name for alias in node.names}
        return asked & self.defines

    def source(
        self, names: Collection[str] = (), elsewhere: Mapping[str, str] | None = None
    ) -> NotebookSource:
        """The source for the exercises' `names` (dotted for methods); for every definition without.

        `elsewhere` says which names another file of the lecture defines: they are imported from it, so
        that a class is the same class in both.
        """
        if self.trouble:
            return NotebookSource("", trouble=self.trouble)
        roots = {name.split(".")[0] for name in names}
        try:
            chosen = Choice(self.text, roots, elsewhere or {})
        except TOO_MUCH as error:  # each cell is valid by itself, but not one after the other
            trouble = NOT_TOGETHER.format(name=self.name, why=str(error)[:100])
            return NotebookSource("", trouble=trouble)
        lines = chosen.lines
        if self.future:
            lines[0] = self.future.encode()
        remarks = list(self.remarks)
        if chosen.left_out:
            some = chosen.left_out > 1
            remarks.append((NOT_RUN if some else ONE_NOT_RUN).format(self.name, chosen.left_out))
        return NotebookSource(
            text=b"\n".join(lines).decode(),
            remarks=tuple(remarks),
            starts=self.starts,
            broken={n: t for n, t in self.broken.items() if n not in chosen.defined},
            added=tuple(chosen.added),
        )


def notebook_source(data: bytes, names: Collection[str] = ()) -> NotebookSource:
    """The source that a notebook's bytes hold for the exercises' names."""
    return read_notebook(data).source(names)


def read_notebook(
    data: bytes, name: str = "the notebook", kinds: Kinds = MappingProxyType({})
) -> Notebook:
    """A notebook of format 3 or 4. Never raises for what is in it: `trouble` says what is wrong."""
    try:
        cells = read_cells(data, kinds)
    except NOT_READ as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Notebook(name, trouble=NO_NOTEBOOK.format(name=name, why=why.rstrip(".")))
    language, texts = cells.language, cells.texts
    if language and not language.lower().startswith(("python", "ipython")):
        return Notebook(name, trouble=ANOTHER_LANGUAGE.format(name=name, language=language[:40]))
    if len(texts) > MAX_CELLS or sum(map(len, texts)) > MAX_CODE:
        limits = f"{MAX_CELLS:,} cells and {MAX_CODE >> 10} kB of code"
        return Notebook(name, trouble=f"{name} has more than {limits}: it is not read.")
    reading = _Reading(name)
    for text in texts:
        reading.add(text)
    return reading.notebook()


def notebook_of(text: str, name: str) -> Notebook:
    """A .py that holds several of a lecture's files, as if it were one cell. `text` is valid Python."""
    return Notebook(name, text, starts=(1,))


# the cells


class _Reading:
    """The cells one after the other, as they are screened."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: list[str] = [""]  # for the __future__
        self._starts: list[int] = []
        self._future: list[str] = []
        self._magic: list[str] = []
        self._remarks: list[str] = []
        self._broken: dict[str, Unreadable] = {}
        self._written: dict[str, str] = {}

    def add(self, text: str) -> None:
        number = len(self._starts) + 1
        start = len(self._lines) + 1
        self._starts.append(start)
        lines = text.split("\n")
        kept = self._screen(lines, number)
        if kept is not None:
            code = "\n".join(kept)
            try:
                kept = self._checked(code, number)
            except TOO_MUCH as error:
                if isinstance(error, SyntaxError):
                    line, why = error.lineno, error.msg
                else:
                    line, why = None, str(error) or "it is nested too deeply"
                self._break(lines, number, start, line, why)
                kept = None
        self._lines += kept if kept is not None else [""] * len(lines)

    def notebook(self) -> Notebook:
        remarks = self._remarks
        if self._magic:
            lines = listed_magics(self._magic)
            remarks = [*remarks, MAGICS.format(name=self._name, lines=lines)]
        if len(remarks) > MOST_SAID:
            remarks = [*remarks[:MOST_SAID], f"And {len(remarks) - MOST_SAID} remarks more."]
        text = "\n".join(self._lines)
        if self._lines and text.count(";") + len(self._lines) > MAX_STATEMENTS:
            tree = parsed(text)
            if len(tree.body) > MAX_STATEMENTS:
                trouble = (
                    f"{self._name} has more than {MAX_STATEMENTS:,} statements: it is not read."
                )
                return Notebook(self._name, trouble=trouble)
        return Notebook(
            name=self._name,
            text=text,
            starts=tuple(self._starts),
            remarks=tuple(remarks),
            future="; ".join(dict.fromkeys(self._future)),
            broken=self._broken,
            written=self._written,
        )

    def _screen(self, lines: list[str], number: int) -> list[str] | None:
        """A cell without its magics; None if it is no Python at all."""
        first = next((i for i, line in enumerate(lines) if line.strip()), None)
        if first is None:
            return lines
        magic = _CELL_MAGIC.match(lines[first])
        if magic is None:
            return lines
        if magic[1] in TRANSPARENT:
            return ["" if i <= first else line for i, line in enumerate(lines)]
        path = magic[2].strip().strip("\"'").split("/")[-1]
        if magic[1] in ("writefile", "file") and re.fullmatch(r"\w+\.py", path):
            self._written[path] = "\n".join(lines[first + 1 :]) + "\n"
            return None
        self._remarks.append(CELL_MAGIC.format(name=self._name, cell=number, magic=magic[1][:30]))
        return None

    def _checked(self, code: str, number: int) -> list[str]:
        """The lines of a cell that compiles, its magics and its awaits blanked. Raises SyntaxError."""
        try:
            tree = _compiled(code)
        except SyntaxError:
            code, magics = without_magics(code)
            if not magics:
                raise
            tree = _compiled(code)
            self._magic += [f"`{text}` (cell {number}, line {line})" for line, text in magics]
        futures = [
            n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"
        ]
        self._future += [ast.unparse(node) for node in futures]
        # a cell may say `global x` though an earlier one has set it; one source may not
        globals_ = [n for n in tree.body if isinstance(n, ast.Global) or _holds(n, (ast.Global,))]
        awaits = [node for node in tree.body if _holds(node, _WAITING)]
        if awaits:
            line = awaits[0].lineno
            self._remarks.append(AWAIT.format(name=self._name, cell=number, line=line))
        lines = code.encode().split(b"\n")
        blank(lines, {id(n): n for n in [*futures, *globals_, *awaits]}.values(), tree.body)
        return b"\n".join(lines).decode().split("\n")

    def _break(self, lines: list[str], number: int, start: int, line: int | None, why: str) -> None:
        where = Location(self._name, line or None, cell=f"cell {number}")
        shown = lines[line - 1].strip()[:80] if line and line <= len(lines) else ""
        detail = f": {shown}" if shown else ""
        wrong = f"is not valid Python ({why[:100]}){detail}"
        self._remarks.append(f"{where} {wrong}. The cell is left out.")
        # in the source that is made of the notebook: `SourceMap` finds the cell again
        broken = Unreadable(location=Location("", start + (line or 1) - 1), why=wrong)
        for text in lines:
            if (match := _DEFINES.match(text)) and len(self._broken) < MAX_CELLS:
                self._broken[match[1]] = broken


def _compiled(code: str) -> ast.Module:
    """The syntax tree of a cell. Raises SyntaxError, and what a compiler raises when it is too much."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(code)
        compile(code, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return tree


def _holds(node: ast.AST, kinds: tuple[type[ast.AST], ...]) -> bool:
    """Whether something of these kinds is in it and outside of its functions and classes."""
    waiting = [node]
    for inner in waiting:
        if isinstance(inner, kinds) or (
            isinstance(inner, ast.comprehension) and inner.is_async and kinds is _WAITING
        ):
            return True
        if not isinstance(inner, (*DEFINITIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(inner)
    return False


_WAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
TOO_MUCH = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What Python's compiler raises for a text that it does not take."""
TRANSPARENT = {"time", "timeit", "capture", "prun", "python", "python3"}
"""Cell magics whose cell is Python all the same."""
MOST_SAID = 20
_CELL_MAGIC = re.compile(r"\s*%%(\w+)(.*)")
_DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
NO_NOTEBOOK = "{name} is not a notebook: {why}."
ANOTHER_LANGUAGE = "{name} is a notebook in {language}; one in Python is expected."
NOT_TOGETHER = "The cells of {name} are not valid Python one after the other ({why})."
CELL_MAGIC = "{name}, cell {cell} is left out: it is for `%%{magic}`."
AWAIT = "{name}, cell {cell}, line {line} waits (`await`) outside of a function, and is left out."
NOT_RUN = (
    "{} is not run: {} statements outside of functions and classes (training, plots, prints) that no "
    "exercise refers to are left out."
)
ONE_NOT_RUN = (
    "{} is not run: {} statement outside of functions and classes that no exercise refers to is "
    "left out."
)

"""A notebook's code as one source: the cells in order, without what only IPython understands.

A notebook is not run. Of what stands outside of functions and classes, only what the exercises refer
to is kept; training, plots and prints are left out. What is left out leaves its lines blank, so that a
line of the source is still a line of a cell.
"""

from __future__ import annotations

import ast
import bisect
import builtins
import functools
import re
import symtable
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

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

    def place(self, line: int) -> tuple[int, int]:
        """The code cell, counted from the top, and the line in it; (0, 0) where it is in none."""
        cell = bisect.bisect_right(self.starts, line)
        return (cell, line - self.starts[cell - 1] + 1) if cell else (0, 0)


class Notebook(msgspec.Struct, frozen=True):
    """A notebook's code cells, those that are valid Python, as one text."""

    name: str
    text: str = ""
    starts: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()
    trouble: str = ""
    future: str = ""
    """The `from __future__` imports: they must come first, so they stand in line 1."""
    broken: dict[str, tuple[int, str]] = {}
    """Name → the line of the first line of the cell that would define it, and what is wrong with it."""
    written: dict[str, str] = {}
    """What `%%writefile` writes: files of the learner's own."""

    @property
    def defines(self) -> set[str]:
        """The names of its functions and classes."""
        try:
            nodes = _parse(self.text).body
        except TOO_MUCH:
            return set()
        return {node.name for node in nodes if isinstance(node, _DEFINITIONS)}

    def asked_of(self, module: str) -> set[str]:
        """What the notebook takes from a module of that name, and defines: `atomic.forward`."""
        asked: set[str] = set()
        try:
            nodes = list(ast.walk(_parse(self.text)))
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
            chosen = _Choice(self.text, roots, elsewhere or {})
        except TOO_MUCH as error:  # each cell is valid by itself, but not one after the other
            trouble = NOT_TOGETHER.format(name=self.name, why=str(error)[:100])
            return NotebookSource("", trouble=trouble)
        lines = chosen.lines
        if self.future:
            lines[0] = self.future.encode()
        for name, (line, message) in self.broken.items():
            if name in roots and name not in chosen.defined and not lines[line - 1].strip():
                raises = f"def {name}(*args, **kwargs): raise SyntaxError({message!r})"
                lines[line - 1] = raises.encode()
        remarks = list(self.remarks)
        if chosen.left_out:
            some = chosen.left_out > 1
            remarks.append((NOT_RUN if some else ONE_NOT_RUN).format(self.name, chosen.left_out))
        text = b"\n".join(lines).decode()
        return NotebookSource(text, tuple(remarks), "", self.starts)


def notebook_source(data: bytes, names: Collection[str] = ()) -> NotebookSource:
    """The source that a notebook's bytes hold for the exercises' names."""
    return read_notebook(data).source(names)


def read_notebook(data: bytes, name: str = "the notebook") -> Notebook:
    """A notebook of format 3 or 4. Never raises for what is in it: `trouble` says what is wrong."""
    try:
        raw = _decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Notebook(name, trouble=NO_NOTEBOOK.format(name=name, why=why.rstrip(".")))
    language = _language(raw)
    if language and not language.lower().startswith(("python", "ipython")):
        return Notebook(name, trouble=ANOTHER_LANGUAGE.format(name=name, language=language[:40]))
    texts = _texts(raw)
    if len(texts) > MAX_CELLS or sum(map(len, texts)) > MAX_CODE:
        limits = f"{MAX_CELLS:,} cells and {MAX_CODE >> 10} kB of code"
        return Notebook(name, trouble=f"{name} has more than {limits}: it is not read.")
    reading = _Reading(name)
    for text in texts:
        reading.add(text)
    return reading.notebook()


def code_of(data: bytes) -> str:
    """All the code in a notebook, as it stands there; empty where it is none."""
    try:
        return "\n".join(_texts(_decode(data)))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""


def notebook_of(text: str, name: str) -> Notebook:
    """A .py that holds several of a lecture's files, as if it were one cell. `text` is valid Python."""
    return Notebook(name, text, starts=(1,))


# the file


class _Cell(msgspec.Struct, frozen=True):
    cell_type: str = ""
    source: str | list[str] = ""
    input: str | list[str] = ""
    """Of format 3."""
    language: str = ""


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
    """What the notebook says its language is; empty where it does not say."""
    languages = [c.language for sheet in raw.worksheets for c in sheet.cells if c.language]
    kernel, info = raw.metadata.kernelspec, raw.metadata.language_info
    return (
        (info.name if info else "")
        or (kernel.language if kernel else "")
        or next(iter(languages), "")
        or ""
    )


def _texts(raw: _Raw) -> list[str]:
    sheets = [raw.cells, *(sheet.cells for sheet in raw.worksheets)]
    return [_text(cell) for cells in sheets for cell in cells if cell.cell_type == "code"]


def _text(cell: _Cell) -> str:
    source = cell.source or cell.input
    text = source if isinstance(source, str) else "".join(source)
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
        self._broken: dict[str, tuple[int, str]] = {}
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
            shown = ", ".join(self._magic[:4])
            more = f" and {len(self._magic) - 4} more" if len(self._magic) > 4 else ""
            remarks = [*remarks, MAGICS.format(name=self._name, lines=f"{shown}{more}")]
        if len(remarks) > MOST_SAID:
            remarks = [*remarks[:MOST_SAID], f"And {len(remarks) - MOST_SAID} remarks more."]
        text = "\n".join(self._lines)
        if self._lines and text.count(";") + len(self._lines) > MAX_STATEMENTS:
            tree = _parse(text)
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
        """A cell without its magics; None where it is no Python at all."""
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
            code, magics = _without_magics(code)
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
        _blank(lines, {id(n): n for n in [*futures, *globals_, *awaits]}.values(), tree.body)
        return b"\n".join(lines).decode().split("\n")

    def _break(self, lines: list[str], number: int, start: int, line: int | None, why: str) -> None:
        where = f"cell {number}, line {line}" if line else f"cell {number}"
        shown = lines[line - 1].strip()[:80] if line and line <= len(lines) else ""
        detail = f": {shown}" if shown else ""
        message = f"{self._name}, {where} is not valid Python ({why[:100]}){detail}"
        self._remarks.append(f"{message}. The cell is left out.")
        for text in lines:
            if (match := _DEFINES.match(text)) and len(self._broken) < MAX_CELLS:
                self._broken[match[1]] = (start, message)
                start += 1  # a line for each


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
        if not isinstance(inner, (*_DEFINITIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(inner)
    return False


def _without_magics(code: str) -> tuple[str, list[tuple[int, str]]]:
    """The cell with IPython's lines blanked, and which they were. Strings and brackets are minded."""
    magics: list[tuple[int, str]] = []
    kept: list[str] = []
    depth = 0
    within = ""  # the quotation marks of a string that goes on
    goes_on = False  # after a backslash
    for number, line in enumerate(code.split("\n"), 1):
        if not depth and not within and not goes_on and (match := _LINE_MAGIC.match(line)):
            magics.append((number, line.strip()[:60]))
            timed = match["timed"]
            blank = f"{match['indent']}pass" if match["indent"] else ""
            kept.append(f"{match['indent']}{timed}" if timed else blank)
            continue
        kept.append(line)
        goes_on = not within and line.endswith("\\")
        at = 0
        while token := (_CLOSE[within] if within else _TOKEN).search(line, at):
            at = token.end()
            text = token[0]
            if within:
                within = "" if text == within else within
            elif text in _CLOSE:
                within = text
            elif text in "([{":
                depth += 1
            elif text in ")]}":
                depth = max(0, depth - 1)
            elif text.startswith("#"):
                goes_on = False
                break
    return "\n".join(kept), magics


# what is kept


class _Statement(msgspec.Struct, frozen=True):
    node: ast.stmt
    gives: set[str]
    """Names that it binds, or whose value it changes."""
    uses: set[str]
    at_once: set[str]
    """Those that it needs where it stands, not only where it is called."""


class _Choice:
    """Which statements of a text the exercises need."""

    def __init__(self, text: str, roots: set[str], elsewhere: Mapping[str, str]) -> None:
        self.lines = text.encode().split(b"\n")
        self._statements = _statements(text)
        self._elsewhere = {n: m for n, m in elsewhere.items() if n not in roots}
        self.defined = {s.node.name for s in self._statements if isinstance(s.node, _DEFINITIONS)}
        self._imported: set[str] = set()
        kept = self._reach(roots or self.defined)
        self._add_definitions(kept)
        self._blank_the_rest(kept)

    def _reach(self, roots: set[str]) -> set[int]:
        """The statements that give these names, what those use, and so on."""
        giving: dict[str, list[int]] = {}
        kept: set[int] = set()
        waiting = sorted(roots)
        for number, statement in enumerate(self._statements):
            node = statement.node
            if isinstance(node, ast.ImportFrom) and (
                node.names[0].name == "*" or node.module == "__future__"
            ):
                kept.add(number)
            for name in statement.gives:
                giving.setdefault(name, []).append(number)
        seen = set(waiting)
        for name in waiting:
            if name in self._elsewhere:
                self._imported.add(name)
                continue
            for number in giving.get(name, ()):
                statement = self._statements[number]
                if number not in kept and not statement.gives & self._elsewhere.keys():
                    kept.add(number)
                    waiting += sorted(statement.uses - seen)
                    seen |= statement.uses
        return kept

    def _add_definitions(self, kept: set[int]) -> None:
        """Functions and classes that nothing refers to, where they do no harm, and what these need.

        Another file, or a check, may call them all the same. Of what they need, nothing is run but
        imports that cannot fail and plain values.
        """
        there = set(dir(builtins)) | self._imported
        harmless: dict[str, list[int]] = {}
        for number, statement in enumerate(self._statements):
            if number not in kept and _is_harmless(statement.node):
                for name in statement.gives - self._elsewhere.keys():
                    harmless.setdefault(name, []).append(number)
        for number, statement in enumerate(self._statements):
            if number in kept:
                there |= statement.gives
            elif (
                isinstance(statement.node, _DEFINITIONS)
                and not statement.gives & self._elsewhere.keys()
                and statement.at_once <= there | harmless.keys()
            ):
                kept.add(number)
                there |= statement.gives
                for name in statement.uses & harmless.keys():
                    kept |= set(harmless[name])

    def _blank_the_rest(self, kept: set[int]) -> None:
        rest = [s for number, s in enumerate(self._statements) if number not in kept]
        _blank(self.lines, [s.node for s in rest], [s.node for s in self._statements])
        done: set[str] = set()
        for statement in rest:
            names = statement.gives & self._imported - done
            first = _first_line(statement.node) - 1
            if names and isinstance(statement.node, _DEFINITIONS) and not self.lines[first].strip():
                done |= names
                name = min(names)
                self.lines[first] = f"from {self._elsewhere[name]} import {name}".encode()
        self.left_out = sum(
            not isinstance(s.node, (*_DEFINITIONS, ast.Import, ast.ImportFrom, ast.Pass))
            and not (isinstance(s.node, ast.Expr) and isinstance(s.node.value, ast.Constant))
            for s in rest
        )


@functools.lru_cache(maxsize=4)
def _statements(text: str) -> tuple[_Statement, ...]:
    """The statements of a text. Each of a lecture's files asks for the same ones."""
    tables = _tables(text)
    return tuple(_describe(node, tables) for node in _parse(text).body)


@functools.lru_cache(maxsize=4)
def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _describe(node: ast.stmt, tables: dict[int, tuple[set[str], set[str]]]) -> _Statement:
    if isinstance(node, _DEFINITIONS):
        heads = [*node.decorator_list, *_heads(node)]
        head = {n.id for part in heads for n in ast.walk(part) if isinstance(n, ast.Name)}
        own, below = tables.get(node.lineno, (set(), set()))
        if not isinstance(node, ast.ClassDef):
            own = set()
        return _Statement(node, {node.name}, head | own | below, head | own)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _Statement(
            node, {(a.asname or a.name).split(".")[0] for a in node.names}, set(), set()
        )
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        gives = {name for target in targets for name in _roots(target)}
    elif isinstance(node, (ast.If, ast.Try, ast.With)) and not any(
        isinstance(inner, (ast.For, ast.While)) for inner in ast.walk(node)
    ):
        gives = set(_bound(node))
    else:
        return _Statement(node, set(), set(), set())
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return _Statement(node, gives, used, used)


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
        elif isinstance(inner, _DEFINITIONS):
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


def _blank(lines: list[bytes], nodes: Iterable[ast.stmt], body: Iterable[ast.stmt]) -> None:
    """Spaces where the nodes stand; a 0 where the line holds another statement as well."""
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
    decorators = node.decorator_list if isinstance(node, _DEFINITIONS) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_WAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith)
TOO_MUCH = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
"""What Python's compiler raises for a text that it does not take."""
ALWAYS_THERE = sys.stdlib_module_names | {"torch", "numpy"}
TRANSPARENT = {"time", "timeit", "capture", "prun", "python", "python3"}
"""Cell magics whose cell is Python all the same."""
MOST_SAID = 20
_UP_TO_NAN = re.compile(
    rb'((?:[^"NI-]++|"(?:[^"\\]++|\\.)*+"|-(?!I))*+)(?:NaN|-?Infinity)', re.DOTALL
)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)(.*)")
_LINE_MAGIC = re.compile(
    r"(?P<indent>\s*)(?:%(?:time|timeit)\s+(?P<timed>[^-\s].*)"
    r"|(?:%|!|\?)\S?.*|(?:[\w.]+\s*(?:,\s*\w+\s*)*=\s*)[%!].*|%?[\w.]+\?{1,2}\s*)$"
)
_TOKEN = re.compile(r'"""|' r"'''|" r'"(?:[^"\\]|\\.)*"?|' r"'(?:[^'\\]|\\.)*'?|" r"#.*|[()\[\]{}]")
_CLOSE = {mark: re.compile(rf"\\.|{mark}") for mark in ('"""', "'''")}
_DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
NO_NOTEBOOK = "{name} is not a notebook: {why}."
ANOTHER_LANGUAGE = "{name} is a notebook in {language}; one in Python is expected."
NOT_TOGETHER = "The cells of {name} are not valid Python one after the other ({why})."
CELL_MAGIC = "{name}, cell {cell} is left out: it is for `%%{magic}`."
MAGICS = "Lines of {name} that only IPython understands are left out: {lines}."
AWAIT = "{name}, cell {cell}, line {line} waits (`await`) outside of a function, and is left out."
NOT_RUN = (
    "{} is not run: {} statements outside of functions and classes (training, plots, prints) that no "
    "exercise refers to are left out."
)
ONE_NOT_RUN = (
    "{} is not run: {} statement outside of functions and classes that no exercise refers to is "
    "left out."
)

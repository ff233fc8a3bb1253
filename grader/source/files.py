"""The learner's files as bytes, screened before anything runs: one clear sentence for a bad one."""

from __future__ import annotations

import ast
import difflib
import functools
import io
import marshal
import re
import tokenize
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Exercise, Lecture
from grader.failures import Location, Unreadable
from grader.sandbox.modules import MAX_PATH, CodeFile, sendable
from grader.source.magics import without_magics
from grader.source.toplevel import DEFINITIONS, Body, Roots, guarded, is_definition

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""As Python counts lines: str.splitlines would also split at a form feed."""
MAX_BYTES = 1 << 20
SHOWN_CHARACTERS = 80
"""Of a line that is not Python."""


class SourceFile(msgspec.Struct, frozen=True):
    """One file of a submission: readable and compiled, or in trouble."""

    name: str
    path: str
    """As it is sent and shown, which of a name in no alphabet is not quite what it is on the disk."""
    text: str = ""
    code: bytes = b""
    trouble: Unreadable | None = None
    broken: tuple[tuple[str, Unreadable], ...] = ()
    """Names, each with what is wrong with the cell of a notebook that would define it."""
    added: tuple[int, ...] = ()
    """Lines of the text that the learner did not write."""
    remark: str = ""
    """What was left out of it, in a sentence."""
    too_long: tuple[tuple[int, str], ...] = ()
    """Lines of statements that are not run because they take too long, each with the reason."""
    given: str = ""
    """The stub that stands in where there is trouble: other files may need what it gives."""

    def why_broken(self, exercise: Exercise) -> Unreadable | None:
        """What is wrong with the cell that would define an exercise, where the rest can be judged."""
        wanted = {name.split(".")[0] for name in exercise.names}
        return next((trouble for name, trouble in self.broken if name in wanted), None)

    def definition_line(self, dotted: str) -> int | None:
        node = find_definition(self.text, dotted) if self.code else None
        return node.lineno if node else None


class Submission(msgspec.Struct, frozen=True):
    """A learner's files for one lecture."""

    folder: str
    files: dict[str, SourceFile]
    """The lecture's own files, by name; every one of them, there or not."""
    others: dict[str, SourceFile]
    """Other Python files in the folder, importable where no library has the name."""

    def code(self) -> dict[str, CodeFile]:
        return _code(self.files.values())

    def other_code(self) -> dict[str, CodeFile]:
        return _code(self.others.values())

    def without(self, name: str, line: int, why: str, roots: Roots) -> Submission | None:
        """The same, where the statement at a line of a file is not run; None if it cannot be left out.

        `name` is the file's and `roots` are its own, as in `compile_source`. What asks in vain for a
        name that the statement would give is told `why`.
        """
        source = self.files.get(name) or self.others[name]
        if line in dict(source.too_long):  # what takes its time is not that statement
            return None
        too_long = (*source.too_long, (line, why))
        try:
            code = _code_of(source.text, source.path, roots, dict(source.broken), dict(too_long))
        except (SyntaxError, ValueError, RecursionError):
            return None
        shorter = msgspec.structs.replace(source, code=marshal.dumps(code), too_long=too_long)
        if name in self.files:
            return msgspec.structs.replace(self, files={**self.files, name: shorter})
        return msgspec.structs.replace(self, others={**self.others, name: shorter})


def read_submission(folder: Path, lecture: Lecture) -> Submission:
    """What lies in a lecture's folder of a workspace. Never raises for what a learner did."""
    names = set(lecture.files)
    try:
        beside = [p for p in files_in(folder) if p.name not in names]
    except OSError:
        beside = []
    return Submission(
        folder=str(folder),
        files={name: read_source(folder / name, roots_of(lecture, name)) for name in lecture.files},
        others={p.name: read_source(p) for p in beside if p.stem.isidentifier()},
    )


def submission_of(texts: Mapping[str, str], lecture: Lecture, folder: Path) -> Submission:
    """A submission from sources in memory, as if they lay in `folder`."""
    made = {
        name: compile_source(name, str(folder / name), text.encode(), roots_of(lecture, name))
        for name, text in texts.items()
    }
    return Submission(
        folder=str(folder),
        files={name: made.get(name) or read_source(folder / name) for name in lecture.files},
        others={name: source for name, source in made.items() if name not in lecture.files},
    )


def with_stubs(submission: Submission, stubs: Mapping[str, str]) -> Submission:
    """The submission, with the stub of each of the lecture's files that is missing or no Python.

    What is in trouble stays so; but a file that imports it finds what everybody was given.
    """
    files = {
        name: source
        if source.code or name not in stubs
        else msgspec.structs.replace(
            source,
            code=marshal.dumps(compile(stubs[name], source.path, "exec", dont_inherit=True)),
            given=stubs[name],
        )
        for name, source in submission.files.items()
    }
    return msgspec.structs.replace(submission, files=files)


def roots_of(lecture: Lecture, file: str) -> dict[str, bool]:
    """The names that a lecture's exercises ask for in a file, and whether each must be a class."""
    names = [name for e in lecture.exercise if e.file == file for name in e.names]
    return {
        root: any(name.startswith(f"{root}.") for name in names)
        for root in dict.fromkeys(name.split(".")[0] for name in names)
    }


def read_source(path: Path, roots: Roots = types.MappingProxyType({})) -> SourceFile:
    """The file at `path`, whatever it is; `roots` as in `compile_source`."""
    absent = False
    try:
        if path.is_dir():
            why = "is a folder; a file of that name is expected."
        elif not path.is_file() and path.exists():
            why = "is not a regular file."
        elif path.exists() and path.stat().st_size > MAX_BYTES:
            size = path.stat().st_size / (1 << 20)
            why = (
                f"is {size:.0f} MB of source; at most 1 MB is read. "
                "Data belongs in a file of its own."
            )
        else:
            return compile_source(path.name, str(path), path.read_bytes(), roots)
    except FileNotFoundError:
        why, absent = "is not there.", True
    except OSError as error:
        why = f"cannot be read: {error.strerror}."
    trouble = Unreadable(location=Location(path.name), why=why, absent=absent)
    return SourceFile(path.name, sendable(str(path), MAX_PATH), trouble=trouble)


def compile_source(
    name: str,
    path: str,
    data: bytes,
    roots: Roots = types.MappingProxyType({}),
    broken: Mapping[str, Unreadable] = types.MappingProxyType({}),
    added: Sequence[int] = (),
) -> SourceFile:
    """A source file from its bytes; `path` is what tracebacks will show.

    `roots` are the names that exercises ask for in it, and whether each must be a class. Who calls one
    that is `broken` is told what is wrong. `added` are the lines that the learner did not write.
    """
    shown_path = sendable(path, MAX_PATH)
    broken = {n: trouble.moved(lambda at: Location(name, at.line)) for n, trouble in broken.items()}

    def bad(why: str, line: int | None = None, absent: bool = False) -> SourceFile:
        trouble = Unreadable(location=Location(name, line), why=why, absent=absent)
        return SourceFile(name, shown_path, trouble=trouble)

    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        return bad("holds a NUL byte: this is not a text file.", line)
    try:
        text = _decoded(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        return bad(_misread(error.encoding, byte), line)
    except SyntaxError as error:  # of its first lines, which say how it is written
        return bad(f"cannot be read: {error.msg}. Save it as UTF-8.")
    if not text.strip() and not broken:
        return bad("is empty.", absent=True)
    try:
        text, code, magics = _compiled(text, path, roots, broken)
    except SyntaxError as error:
        shown = (error.text or "").strip()[:SHOWN_CHARACTERS]
        detail = f": {shown}" if shown else ""
        return bad(f"is not valid Python ({error.msg}){detail}", error.lineno)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return bad(f"cannot be compiled: {error or 'it is nested too deeply'}.")
    remark = MAGICS.format(name=name, lines=listed_magics(magics)) if magics else ""
    return SourceFile(
        name,
        shown_path,
        text,
        marshal.dumps(code),
        None,
        tuple(broken.items()),
        tuple(added),
        remark,
    )


def _decoded(data: bytes) -> str:
    """The text, in the encoding that its first lines say (PEP 263), or UTF-8."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _misread(encoding: str, byte: int) -> str:
    if encoding.startswith("utf-8"):
        return f"is not UTF-8 (byte 0x{byte:02x}): save it as UTF-8."
    return f"is not {encoding} (byte 0x{byte:02x}), as its first lines say: save it as UTF-8."


def _compiled(
    text: str, path: str, roots: Roots, broken: Mapping[str, Unreadable]
) -> tuple[str, types.CodeType, list[str]]:
    """A text as it is run, its code, and the lines that were left out, for only IPython knows them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return text, _code_of(text, path, roots, broken), []
        except SyntaxError:
            without, magics = without_magics(text)
            if not magics:
                raise
            try:
                code = _code_of(without, path, roots, broken)
            except SyntaxError as error:
                raise error from None
            return without, code, [f"`{line}` (line {number})" for number, line in magics]


def _code_of(
    text: str,
    path: str,
    roots: Roots,
    broken: Mapping[str, Unreadable],
    too_long: Mapping[int, str] = types.MappingProxyType({}),
) -> types.CodeType:
    try:
        # nested deeper than compile minds may be too deep for a tree of objects
        body = [*map(_broken, broken, broken.values()), *parse(text).body]
        first = len(broken)
        while first < len(body) and _is_future(body[first]):
            body.insert(0, body.pop(first))
            first += 1
        return compile(guarded(body, roots, too_long), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        compile(text, path, "exec", dont_inherit=True)  # says it better, where it is no Python
        if broken or too_long:
            raise
        parse(text)
        return compile(text, path, "exec", dont_inherit=True)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _broken(name: str, trouble: Unreadable) -> ast.stmt:
    """A function that tells who calls it why it is not there. Nobody wrote it, so it is in no text."""
    raises = ast.parse(f"def {name}(*_, **__): raise SyntaxError({trouble.sentence!r})").body[0]
    for node in ast.walk(raises):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = trouble.line or 1  # type: ignore[attr-defined]
    return raises


def listed_magics(lines: Sequence[str]) -> str:
    """Some of the lines that were left out, and how many more."""
    more = f" and {len(lines) - MAGICS_SHOWN} more" if len(lines) > MAGICS_SHOWN else ""
    return f"{', '.join(lines[:MAGICS_SHOWN])}{more}"


def split_lines(text: str) -> list[str]:
    """The lines with their ends, as Python counts them."""
    return _LINE.findall(text)


@functools.lru_cache(maxsize=64)
def parse(text: str) -> ast.Module:
    """The syntax tree of a source that compiles. Shared: look, do not touch."""
    return ast.parse(text)


@functools.lru_cache(maxsize=64)
def body_of(text: str) -> Body:
    """The statements of a source that compiles."""
    return Body(parse(text).body)


def find_definition(text: str, dotted: str) -> ast.stmt | None:
    """The statement that gives a dotted name what is judged, if there is one.

    The last `def`, `class` or assignment; at the top of the file a value that comes after the last
    function or class of the name does not count.
    """
    root, *rest = dotted.split(".")
    giving = [node for node in body_of(text).givers(root) if root in _names_given(node)]
    found = next((node for node in giving if is_definition(node, root)), None)
    found = found or (giving[-1] if giving else None)
    for name in rest:
        body = getattr(found, "body", [])
        found = next((node for node in reversed(body) if name in _names_given(node)), None)
        if found is None:
            return None
    return found


def find_anywhere(text: str, name: str) -> Iterator[tuple[int, str]]:
    """The line of each function or class of that name, however deep, and what it stands in."""
    waiting: list[tuple[ast.AST, str]] = [(parse(text), "")]
    for node, within in waiting:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, DEFINITIONS):
                if child.name == name:
                    yield child.lineno, within
                waiting.append((child, f"{within}.{child.name}" if within else child.name))
            else:
                waiting.append((child, within))


def find_alike(text: str, holder: str, name: str) -> tuple[str, int] | None:
    """A definition in `holder`, a class or "" for the top, whose name is nearly `name`; and its line."""
    home = find_definition(text, holder) if holder else parse(text)
    body: list[ast.stmt] = getattr(home, "body", [])
    lines = {node.name: node.lineno for node in body if isinstance(node, DEFINITIONS)}
    plain = name.strip("_").lower()
    alike = [other for other in lines if other.strip("_").lower() == plain and other != name]
    if not name.startswith("__"):  # `__add__` and `__radd__` are no slips of one another
        alike += difflib.get_close_matches(name, lines, n=1, cutoff=0.8)
    return (alike[0], lines[alike[0]]) if alike else None


def definitions(text: str, exercise: Exercise) -> str:
    """An exercise's definitions as ast writes them: without comments, all in one style."""
    try:
        return "\n\n".join(ast.unparse(root) for root in _roots(text, exercise))
    except RecursionError:  # nested too deeply for ast: it is no other's than its own
        return text


def count_stubs(text: str, exercise: Exercise) -> int:
    """How many of an exercise's definitions still raise the stub's NotImplementedError."""
    nodes = {node for root in _roots(text, exercise) for node in ast.walk(root)}
    return sum(_is_stub(node, exercise.id) for node in nodes)


def is_begun(text: str, exercise: Exercise) -> bool:
    """Whether one of an exercise's definitions is there and is no stub any more."""
    return any(
        not any(_is_stub(node, exercise.id) for node in ast.walk(root))
        for root in _roots(text, exercise)
    )


def _roots(text: str, exercise: Exercise) -> list[ast.stmt]:
    return [node for name in exercise.names if (node := find_definition(text, name))]


def _is_stub(node: ast.AST, exercise_id: str) -> bool:
    if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
        return False
    call = node.exc
    return (
        isinstance(call.func, ast.Name)
        and call.func.id == "NotImplementedError"
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value == exercise_id
    )


def _names_given(node: ast.stmt) -> set[str]:
    if isinstance(node, DEFINITIONS):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _code(files: Iterable[SourceFile]) -> dict[str, CodeFile]:
    return {f.name.removesuffix(".py"): CodeFile(f.path, f.code) for f in files if f.code}


MAGICS_SHOWN = 4
MAGICS = "Lines of {name} that only IPython understands are left out: {lines}."

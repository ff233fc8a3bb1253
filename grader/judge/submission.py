"""The learner's files as bytes, screened before anything runs: one clear sentence for a bad one."""

from __future__ import annotations

import ast
import difflib
import functools
import marshal
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Exercise, Lecture
from grader.judge.modules import MAX_PATH, CodeFile, sendable

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""As Python counts lines: str.splitlines would also split at a form feed."""
MAX_BYTES = 1 << 20
SHOWN_CHARACTERS = 80
"""Of a line that is not Python."""


class Trouble(msgspec.Struct, frozen=True):
    """Why a file cannot be judged, in a sentence, and where."""

    message: str
    line: int | None = None
    absent: bool = False
    """Not there or empty: the work has not begun, which is not an error."""


class SourceFile(msgspec.Struct, frozen=True):
    """One file of a submission: readable and compiled, or in trouble."""

    name: str
    path: str
    """As it is sent and shown, which of a name in no alphabet is not quite what it is on the disk."""
    text: str = ""
    code: bytes = b""
    trouble: Trouble | None = None

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


def read_submission(folder: Path, lecture: Lecture) -> Submission:
    """What lies in a lecture's folder of a workspace. Never raises for what a learner did."""
    names = set(lecture.files)
    try:
        beside = [p for p in files_in(folder) if p.name not in names]
    except OSError:
        beside = []
    return Submission(
        folder=str(folder),
        files={name: read_source(folder / name) for name in lecture.files},
        others={p.name: read_source(p) for p in beside if p.stem.isidentifier()},
    )


def submission_of(texts: Mapping[str, str], lecture: Lecture, folder: Path) -> Submission:
    """A submission from sources in memory, as if they lay in `folder`."""
    made = {
        name: compile_source(name, str(folder / name), text.encode())
        for name, text in texts.items()
    }
    return Submission(
        folder=str(folder),
        files={name: made.get(name) or read_source(folder / name) for name in lecture.files},
        others={name: source for name, source in made.items() if name not in lecture.files},
    )


def read_source(path: Path) -> SourceFile:
    """The file at `path`, whatever it is."""
    trouble = None
    try:
        if path.is_dir():
            trouble = Trouble(f"{path.name} is a folder; a file of that name is expected.")
        elif not path.is_file() and path.exists():
            trouble = Trouble(f"{path.name} is not a regular file.")
        elif path.exists() and path.stat().st_size > MAX_BYTES:
            size = path.stat().st_size / (1 << 20)
            trouble = Trouble(
                f"{path.name} is {size:.0f} MB of source; at most 1 MB is read. "
                "Data belongs in a file of its own."
            )
        else:
            return compile_source(path.name, str(path), path.read_bytes())
    except FileNotFoundError:
        trouble = Trouble(f"{path.name} is not there.", absent=True)
    except OSError as error:
        trouble = Trouble(f"{path.name} cannot be read: {error.strerror}.")
    return SourceFile(path.name, sendable(str(path), MAX_PATH), trouble=trouble)


def compile_source(name: str, path: str, data: bytes) -> SourceFile:
    """A source file from its bytes; `path` is what tracebacks will show."""

    shown_path = sendable(path, MAX_PATH)

    def bad(message: str, line: int | None = None, absent: bool = False) -> SourceFile:
        return SourceFile(name, shown_path, trouble=Trouble(message, line, absent))

    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        return bad(f"{name}, line {line} holds a NUL byte: this is not a text file.", line)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        return bad(f"{name}, line {line} is not UTF-8 (byte 0x{byte:02x}): save it as UTF-8.", line)
    if not text.strip():
        return bad(f"{name} is empty.", absent=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(text, path, "exec", dont_inherit=True)
            parse(text)  # nested deeper than compile minds, but not too deep for a tree of objects
    except SyntaxError as error:
        shown = (error.text or "").strip()[:SHOWN_CHARACTERS]
        detail = f": {shown}" if shown else ""
        if shown.startswith(("%", "!")):
            detail += "  It is a notebook's: take the line out."
        return bad(
            f"{name}, line {error.lineno} is not valid Python ({error.msg}){detail}", error.lineno
        )
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return bad(f"{name} cannot be compiled: {error or 'it is nested too deeply'}.")
    return SourceFile(name, shown_path, text, marshal.dumps(code))


def split_lines(text: str) -> list[str]:
    """The lines with their ends, as Python counts them."""
    return _LINE.findall(text)


@functools.lru_cache(maxsize=64)
def parse(text: str) -> ast.Module:
    """The syntax tree of a source that compiles. Shared: look, do not touch."""
    return ast.parse(text)


def find_definition(text: str, dotted: str) -> ast.stmt | None:
    """The last `def`, `class` or assignment that gives a dotted name its value, if there is one."""
    body = parse(text).body
    found: ast.stmt | None = None
    for name in dotted.split("."):
        found = next((node for node in reversed(body) if name in _names_given(node)), None)
        if found is None:
            return None
        body = getattr(found, "body", [])
    return found


def find_anywhere(text: str, name: str) -> Iterator[tuple[int, str]]:
    """The line of each function or class of that name, however deep, and what it stands in."""
    waiting: list[tuple[ast.AST, str]] = [(parse(text), "")]
    for node, within in waiting:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _DEFINITIONS):
                if child.name == name:
                    yield child.lineno, within
                waiting.append((child, f"{within}.{child.name}" if within else child.name))
            else:
                waiting.append((child, within))


def find_alike(text: str, holder: str, name: str) -> tuple[str, int] | None:
    """A definition in `holder`, a class or "" for the top, whose name is nearly `name`; and its line."""
    home = find_definition(text, holder) if holder else parse(text)
    body: list[ast.stmt] = getattr(home, "body", [])
    lines = {node.name: node.lineno for node in body if isinstance(node, _DEFINITIONS)}
    plain = name.strip("_").lower()
    alike = [other for other in lines if other.strip("_").lower() == plain and other != name]
    if not name.startswith("__"):  # `__add__` and `__radd__` are no slips of one another
        alike += difflib.get_close_matches(name, lines, n=1, cutoff=0.8)
    return (alike[0], lines[alike[0]]) if alike else None


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definitions(text: str, exercise: Exercise) -> str:
    """An exercise's definitions as ast writes them: without comments, all in one style."""
    return "\n\n".join(ast.unparse(root) for root in _roots(text, exercise))


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
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _code(files: Iterable[SourceFile]) -> dict[str, CodeFile]:
    return {f.name.removesuffix(".py"): CodeFile(f.path, f.code) for f in files if f.code}

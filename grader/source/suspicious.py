"""What an exercise has no need of and tricks are made of: said to the instructor, never a verdict.

A forbidden call that is really hidden can be seen neither in the source nor, where the tripwire was
taken out of its way, when it runs. To hide it takes one of these.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping

from grader.failures import Location
from grader.results import Remark
from grader.source.files import Submission, parse, split_lines

MODULES = frozenset(
    "ctypes _ctypes cffi gc inspect importlib imp runpy pkgutil zipimport marshal pickle cloudpickle "
    "dill builtins grader pytest _pytest msgspec base64 binascii codecs zlib lzma bz2 dis codeop code "
    "signal socket subprocess multiprocessing threading _thread concurrent atexit weakref tracemalloc "
    "faulthandler mmap resource fcntl pty shutil tempfile".split()
)
CALLS = frozenset("exec eval compile __import__ globals vars breakpoint attrgetter".split())
COMPUTED = frozenset("getattr setattr delattr hasattr".split())
"""Unusual where the name is not written out."""
ATTRIBUTES = frozenset(
    "__globals__ __closure__ __code__ __builtins__ __subclasses__ __reduce__ __reduce_ex__ "
    "__wrapped__ __defaults__ __loader__ __spec__ __import__ __getattribute__ __torch_function__ "
    "__torch_dispatch__ cell_contents f_back f_globals f_locals tb_frame gi_frame _getframe "
    "_current_frames settrace setprofile addaudithook meta_path attrgetter methodcaller _C _ops "
    "_exit fork kill dup2 fdopen memmove string_at".split()
)
OF_SYS = frozenset("modules monitoring".split())
"""A model has modules, too."""
MOST = 3
"""Said of one exercise; the rest are counted."""


def find_unusual(submission: Submission, file: str, given: Mapping[str, str]) -> tuple[Remark, ...]:
    """What is unusual in an exercise's file and in those that it imports, each with its place.

    `given` are the lecture's own texts by name: a line of theirs is not unusual.
    """
    sources = {**submission.others, **submission.files}
    waiting = [file]
    found: list[Remark] = []
    usual = {(what, line) for text in given.values() for _, what, line in _in(text)}
    for name in waiting:
        source = sources[name]
        if not source.code:
            continue
        found += [
            Remark(SAYS.format(what=what), Location(name, line))
            for line, what, text in _in(source.text)
            if (what, text) not in usual
        ]
        imported = (f"{stem}.py" for stem in sorted(_imported(source.text)))
        waiting += [other for other in imported if other in sources and other not in waiting]
    rest = len(found) - MOST
    return (*found[:MOST], *([Remark(MORE.format(count=rest))] if rest > 0 else []))


@functools.lru_cache(maxsize=64)
def _imported(text: str) -> frozenset[str]:
    """Every part of every name that is imported."""
    names: list[str] = []
    for node in ast.walk(parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module or "", *(alias.name for alias in node.names)]
    return frozenset(part for name in names for part in name.split("."))


@functools.lru_cache(maxsize=64)
def _in(text: str) -> tuple[tuple[int, str, str], ...]:
    """(line, what, the line itself), each what once, in order."""
    if not _HINT.search(text):
        return ()
    first: dict[str, int] = {}
    for node in ast.walk(parse(text)):
        for what in _unusual(node):
            line = getattr(node, "lineno", 1)
            first[what] = min(line, first.get(what, line))
    lines = split_lines(text)
    return tuple(sorted((line, what, lines[line - 1].strip()) for what, line in first.items()))


def _unusual(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (a.name for a in node.names if a.name.split(".")[0] in MODULES)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        if node.module.split(".")[0] in MODULES:
            yield node.module
        elif node.module == "sys":
            yield from (f"sys.{a.name}" for a in node.names if a.name in OF_SYS | ATTRIBUTES)
    elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
        yield f".{node.attr}"
    elif isinstance(node, ast.Attribute) and node.attr in OF_SYS:
        if isinstance(node.value, ast.Name) and node.value.id.strip("_").endswith("sys"):
            yield f".{node.attr}"
    elif isinstance(node, ast.Name) and (node.id in CALLS or node.id in ATTRIBUTES):
        yield node.id
    elif isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in COMPUTED and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant):
            yield f"{name} with a computed name"
        if any(k.arg is None and _is_computed(k.value) for k in node.keywords):
            yield "an argument with a computed name"


def _is_computed(mapping: ast.expr) -> bool:
    return isinstance(mapping, ast.Dict) and not all(
        isinstance(key, ast.Constant) for key in mapping.keys
    )


_WORDS = sorted({*MODULES, *CALLS, *COMPUTED, *ATTRIBUTES, *OF_SYS})
_HINT = re.compile(rf"\b(?:{'|'.join(map(re.escape, _WORDS))})\b|\*\*\s*\{{")
SAYS = "uses {what}, which no exercise needs: look at it."
MORE = "And {count} more things that no exercise needs."

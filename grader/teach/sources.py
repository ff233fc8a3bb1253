"""Which text of a submission stands for which of a lecture's files.

Python's compiler takes minutes for a megabyte that is made for it (an f-string of many names, a
thousand times the same function), and cannot be interrupted: what is large is compiled by a process
that can be stopped.
"""

from __future__ import annotations

import ast
import contextlib
import math
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

import msgspec

from grader.course.manifest import Lecture
from grader.judge.submission import (
    SourceFile,
    Submission,
    Trouble,
    compile_source,
    roots_of,
)
from grader.teach.bundle import Bundle, shown
from grader.teach.notebook_files import Kinds, code_of
from grader.teach.notebooks import Notebook, notebook_of, read_notebook
from grader.teach.placeholders import with_ids
from grader.teach.places import Place
from grader.teach.similar import shape_of


class Sources(msgspec.Struct, frozen=True):
    """A submission for one lecture, and what there is to say of how it was put together."""

    submission: Submission
    remarks: tuple[str, ...]
    taken: dict[str, str]
    """The lecture's file → the path within the submission that stands for it."""
    starts: dict[str, tuple[int, ...]] = {}
    """Of a file that comes from a notebook: the line on which each of its code cells begins."""
    shape: bytes = b""
    """Its fingerprints."""
    timed_out: str = ""
    """Why reading came to no end in time, where that is no fault of the learner's: it is not graded."""

    @property
    def places(self) -> dict[str, Place]:
        """What stands for each of the lecture's files, where it is there."""
        return {
            file: Place(
                shown(path), () if path.lower().endswith(".py") else self.starts.get(file, ())
            )
            for file, path in self.taken.items()
        }

    def place(self, file: str, line: int) -> str:
        """Where a line of a lecture's file stands in what was handed in: `hw5.ipynb, cell 7, line 3`."""
        return self.places.get(file, Place(file)).line(line)


def submission_from(
    bundle: Bundle,
    lecture: Lecture,
    other_folders: Collection[str] = (),
    notebooks: Mapping[str, str] = MappingProxyType({}),
    kinds: Mapping[str, Kinds] = MappingProxyType({}),
) -> Sources:
    """The submission that a bundle holds for a lecture. Never raises for what is in it.

    A file counts by its name, wherever it lies: in the lecture's folder rather than elsewhere, then
    the one that lies highest. Where there is none of that name, a .py that defines the exercises; and
    then a notebook. `other_folders` are those of the course's other lectures, where a file of the same
    name is another's. `notebooks` says by its path which one stands for a file ahead of all that, as
    soon as it defines something of it, and `kinds` what a gradebook says of a notebook's cells.
    """
    others = frozenset(other_folders) - {lecture.dir}
    known = {path: dict(cells) for path, cells in kinds.items()}
    order = _Order(bundle, lecture, others, dict(notebooks), known)
    return _stoppable(order) if _is_large(bundle) else _Matching(order).sources()


def _is_large(bundle: Bundle) -> bool:
    weights = [
        _weight(data if path.lower().endswith(".py") else code_of(data).encode())
        for path, data in bundle.files.items()
    ]
    return max(weights, default=0) > LARGE_FILE or sum(weights) > LARGE_BUNDLE


def _weight(code: bytes) -> int:
    """Its size; more where there are thousands of what the compiler is slow with."""
    functions = code.count(b"def") + code.count(b"lambda")
    return max(len(code), 12 * code.count(b"{"), 24 * functions)


def _stoppable(order: _Order) -> Sources:
    """The same in a process of its own, which may take so much processor time.

    One that takes more, or crashes the compiler, is in trouble. Where the machine did not let it end,
    it is tried once more, and then it is not graded.
    """
    lecture = order.lecture
    why = ""
    for _ in range(TRIES):
        try:
            return _apart(order)
        except _TooMuch as error:
            files = {
                file: SourceFile(file, file, trouble=Trouble(str(error))) for file in lecture.files
            }
            return Sources(Submission(lecture.dir, files, {}), order.bundle.remarks, {})
        except (subprocess.SubprocessError, msgspec.DecodeError) as error:
            why = f"it took longer than {WAIT_SECONDS:g} s" if _is_late(error) else "it was stopped"
    nothing = {file: SourceFile(file, file) for file in lecture.files}
    empty = Submission(lecture.dir, nothing, {})
    return Sources(empty, order.bundle.remarks, {}, timed_out=NOT_READ.format(why=why))


class _TooMuch(Exception):
    """What was handed in takes too much of the compiler."""


def _is_late(error: Exception) -> bool:
    return isinstance(error, subprocess.TimeoutExpired)


def _apart(order: _Order) -> Sources:
    """What another process makes of it. Raises _TooMuch, SubprocessError, DecodeError."""
    done = subprocess.run(
        [sys.executable, "-I", "-m", _MODULE],
        input=msgspec.msgpack.encode(order),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=WAIT_SECONDS,
    )
    if done.returncode == -signal.SIGXCPU:
        raise _TooMuch(TOO_SLOW.format(seconds=MOST_SECONDS))
    if -done.returncode in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
        raise _TooMuch(CRASHES)
    done.check_returncode()
    return msgspec.msgpack.decode(done.stdout, type=Sources)


class _Order(msgspec.Struct, frozen=True):
    bundle: Bundle
    lecture: Lecture
    other_folders: frozenset[str]
    notebooks: dict[str, str]
    kinds: dict[str, dict[str, str]]


def serve() -> None:
    """What the process of its own does: an order comes in, sources go out."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        # from here on: what it took to start is not the learner's
        most = math.ceil(time.process_time() + MOST_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Order)
    sources = _Matching(order).sources()
    sys.stdout.buffer.write(msgspec.msgpack.encode(sources))


class _Matching:
    def __init__(self, order: _Order) -> None:
        bundle, lecture, other_folders = order.bundle, order.lecture, order.other_folders
        self._lecture = lecture
        self._bundle = bundle
        self._stands = order.notebooks
        self._kinds = order.kinds
        self._remarks = list(bundle.remarks)
        self._texts = {
            path: data
            for path, data in bundle.files.items()
            if path.lower().endswith(".py") and not other_folders & set(_folders(path))
        }
        self._notebooks: dict[str, Notebook] = {}
        for path in sorted(set(bundle.files) - set(self._texts), key=_height):
            if path.lower().endswith(".ipynb") and not other_folders & set(_folders(path)):
                self._add_notebook(path, bundle.files[path])
        self._names = {
            file: tuple(n for e in lecture.exercise if e.file == file for n in e.names)
            for file in lecture.files
        }
        self._taken: dict[str, str] = {}
        self._starts: dict[str, tuple[int, ...]] = {}

    def sources(self) -> Sources:
        self._match_names()
        self._match_definitions()
        files = {file: self._file(file) for file in self._lecture.files}
        for file, path in self._taken.items():
            if path in self._notebooks:
                files[file] = self._from_notebook(file, self._notebooks[path])
        others = self._others()
        return Sources(
            submission=Submission(self._lecture.dir, files, others),
            remarks=tuple(dict.fromkeys(self._remarks)),
            taken=self._taken,
            starts=self._starts,
            shape=shape_of([*files.values(), *others.values()]),
        )

    def _add_notebook(self, path: str, data: bytes) -> None:
        notebook = read_notebook(data, shown(path), self._kinds.get(path, {}))
        self._notebooks[path] = notebook
        if notebook.trouble:
            self._remarks.append(notebook.trouble)
        for name, text in notebook.written.items():
            # what a cell writes is a file beside the notebook, unless one lies there
            written = str(PurePosixPath(path).with_name(name))
            self._texts.setdefault(written, text.encode())

    def _match_names(self) -> None:
        for file in self._lecture.files:
            named = [p for p in self._texts if _base(p) == file]
            named = named or [p for p in self._texts if _base(p).casefold() == file.casefold()]
            own = [path for path in named if self._lecture.dir in _folders(path)]
            candidates = sorted(own or named, key=_height)
            path = self._stands.get(file, "")
            if path in self._notebooks and self._defines(file, self._notebooks[path]):
                self._taken[file] = path
                self._remarks += [
                    BOTH.format(file=file, path=shown(path), other=shown(other))
                    for other in candidates[:1]
                ]
                continue
            if not candidates:
                continue
            self._taken[file] = candidates[0]
            if len(named) > 1:
                others = [path for path in sorted(named, key=_height) if path != candidates[0]]
                self._remarks.append(
                    SEVERAL.format(file=file, path=shown(candidates[0]), others=_some(others))
                )

    def _match_definitions(self) -> None:
        """For the files that are not there by name: another .py, or a notebook, that defines them."""
        for file in self._taken:
            for path, notebook in self._notebooks.items():
                is_other = path != self._taken[file] and not notebook.trouble
                if is_other and self._count(file, notebook.defines):
                    text = BOTH.format(file=file, path=shown(self._taken[file]), other=shown(path))
                    self._remarks.append(text)
        wanted = [file for file in self._lecture.files if file not in self._taken]
        if not wanted:
            return
        free = {
            path: data for path, data in self._texts.items() if path not in self._taken.values()
        }
        defined = {path: _defined(data) for path, data in free.items()}
        for file in wanted:
            count = {path: self._count(file, names) for path, names in defined.items()}
            if path := _best(count, file):
                self._taken[file] = path
                self._remarks.append(RENAMED.format(file=file, path=shown(path)))
                self._mention(file, path, count)
        for path in {path for path in self._taken.values() if path in free}:
            if list(self._taken.values()).count(path) > 1:
                source = compile_source("", "", free[path])
                if source.code:
                    self._notebooks[path] = notebook_of(source.text, shown(path))
        usable = {
            path: n for path, n in self._notebooks.items() if path not in free and not n.trouble
        }
        for file in wanted:
            if file in self._taken:
                continue
            count = {path: self._defines(file, notebook) for path, notebook in usable.items()}
            if path := _best(count, file):
                self._taken[file] = path
                self._remarks.append(NOTEBOOK.format(file=file, path=shown(path)))
                self._mention(file, path, count)

    def _defines(self, file: str, notebook: Notebook) -> int:
        return self._count(file, notebook.defines | notebook.broken.keys())

    def _count(self, file: str, defined: Collection[str]) -> int:
        return sum(name.split(".")[0] in defined for name in self._names[file])

    def _mention(self, file: str, path: str, count: Mapping[str, int]) -> None:
        others = [p for p in sorted(count, key=_height) if p != path and count[p] == count[path]]
        if others:
            self._remarks.append(AS_GOOD.format(file=file, others=_some(others), path=shown(path)))

    def _file(self, file: str) -> SourceFile:
        path = self._taken.get(file)
        if path in self._texts:
            source = compile_source(
                file, shown(path), self._texts[path], roots_of(self._lecture, file)
            )
            if source.remark:
                self._remarks.append(source.remark)
            return source
        stands = self._stands.get(file)
        trouble = next(
            (why for p, why in self._bundle.left_out.items() if _base(p) == file or p == stands),
            None,
        ) or (self._bundle.trouble)
        if trouble:
            return SourceFile(file, file, trouble=Trouble(trouble))
        if unread := next((n.trouble for n in self._notebooks.values() if n.trouble), ""):
            return SourceFile(file, file, trouble=Trouble(unread))
        if stands in self._notebooks:
            message = NONE_OF_IT.format(path=shown(stands))
            return SourceFile(file, file, trouble=Trouble(message, absent=True))
        return SourceFile(file, file, trouble=Trouble(f"{file} is not there.", absent=True))

    def _from_notebook(self, file: str, notebook: Notebook) -> SourceFile:
        elsewhere = {
            name.split(".")[0]: other.removesuffix(".py")
            for other in self._lecture.files
            if other != file and self._taken.get(other) == self._taken[file]
            for name in self._names[other]
        }
        # the last cells may use one file as a module: what they take from it must be in it
        names = {
            *self._names[file],
            *notebook.asked_of(file.removesuffix(".py")) - elsewhere.keys(),
        }
        if self._needs_each_other(file, elsewhere, notebook):
            elsewhere = {}
        source = notebook.source(names, elsewhere)
        self._remarks += source.remarks
        self._starts[file] = source.starts
        path = f"{self._taken[file]} ({file})"  # one path for each file: a traceback names the path
        if not source.text.strip() and not source.broken:
            return SourceFile(
                file, path, trouble=Trouble(f"{notebook.name} has no code.", absent=True)
            )
        exercises = [e for e in self._lecture.exercise if e.file == file]
        return compile_source(
            file,
            shown(path),
            with_ids(source.text, exercises).encode(),
            roots_of(self._lecture, file),
            source.broken,
            source.added,
        )

    def _needs_each_other(
        self, file: str, elsewhere: Mapping[str, str], notebook: Notebook
    ) -> bool:
        """Whether two files would import each other: then the later one has a copy of its own."""
        order = list(self._lecture.files)
        mine = {name.split(".")[0] for name in self._names[file]}
        for other in dict.fromkeys(elsewhere.values()):
            if order.index(f"{other}.py") < order.index(file):
                continue
            back = notebook.source(
                self._names[f"{other}.py"], dict.fromkeys(mine, file.removesuffix(".py"))
            )
            forth = notebook.source(self._names[file], elsewhere)
            if f"from {file.removesuffix('.py')} import" in back.text and (
                f"from {other} import" in forth.text
            ):
                return True
        return False

    def _others(self) -> dict[str, SourceFile]:
        """Their other Python files, the highest of each name."""
        others: dict[str, SourceFile] = {}
        for path in sorted(self._texts, key=_height):
            name = _base(path)
            if (
                path not in self._taken.values()
                and name not in others
                and name not in self._lecture.files
                and name.removesuffix(".py").isidentifier()
            ):
                others[name] = compile_source(name, shown(path), self._texts[path])
        return others


def _best(count: Mapping[str, int], file: str) -> str:
    """The path that defines most of a file's exercises; of several, the one that is named like it."""
    stem = file.removesuffix(".py").casefold()
    found = [path for path, defined in count.items() if defined]
    if not found:
        return ""
    return min(
        found, key=lambda path: (-count[path], stem not in _base(path).casefold(), _height(path))
    )


def _defined(data: bytes) -> set[str]:
    """The names that a source gives at its top; none where it is not valid."""
    source = compile_source("", "", data)
    if not source.code:  # what it would give, so that the learner is told what is wrong with it
        return set(_DEFINES.findall(data.decode("utf-8", "replace")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = ast.parse(source.text).body
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, definitions)}


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _folders(path: str) -> list[str]:
    return path.split("/")[:-1]


def _height(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _some(paths: Iterable[str]) -> str:
    names = [shown(path) for path in paths]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


LARGE_FILE = 48 << 10
"""Of source. Up to here the worst that is known takes a few tenths of a second."""
LARGE_BUNDLE = 1 << 20
MOST_SECONDS = 3.0
"""Of processor time: the machine may be busy with others."""
WAIT_SECONDS = 120.0
TRIES = 2
MOST_MEMORY = 2 << 30
_MODULE = "grader.teach.sources"
_DEFINES = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
SEVERAL = "{file} is there more than once: {path} counts, not {others}."
RENAMED = "{file} is not there; {path} defines its exercises and is taken for it."
NOTEBOOK = "{file} is not there; the notebook {path} is taken for it."
BOTH = "{path} is taken for {file}; what {other} defines of it does not count."
NONE_OF_IT = "None of its exercises is in {path}."
AS_GOOD = "{others} would do for {file} as well; {path} is taken."
TOO_SLOW = "Compiling what was handed in takes longer than {seconds:g} s: it is not judged."
CRASHES = "Compiling what was handed in crashes Python: it is not judged."
NOT_READ = "It could not be read on this machine, twice: {why}."

if __name__ == "__main__":
    serve()

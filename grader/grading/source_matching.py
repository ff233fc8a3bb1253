"""Which text of a submission stands for which of a lecture's files.

Python's compiler takes minutes for a megabyte that is made for it (an f-string of many names, a
thousand times the same function), and cannot be interrupted: what is large is compiled by a process
that can be stopped.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import math
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

import msgspec

from grader.course.manifest import Course, Lecture
from grader.course.stubs import stubs_of
from grader.failures import Location, Unreadable
from grader.grading.gathering import shown
from grader.grading.placeholders import with_ids
from grader.grading.submitted_files import SubmittedFiles
from grader.source.files import (
    SourceFile,
    Submission,
    compile_source,
    roots_of,
)
from grader.source.notebook_files import Kinds, code_of
from grader.source.notebooks import Notebook, notebook_of, read_notebook
from grader.source.similarity import shape_of
from grader.source.source_map import Origin, SourceMap


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
    def origins(self) -> dict[str, Origin]:
        """What stands for each of the lecture's files, if something does."""
        return {
            file: Origin(
                shown(path), () if path.lower().endswith(".py") else self.starts.get(file, ())
            )
            for file, path in self.taken.items()
        }

    def place(self, file: str, line: int) -> str:
        """Where a line of a lecture's file stands in what was handed in: `hw5.ipynb, cell 7, line 3`."""
        return SourceMap(self.origins).place(file, line)


def submission_from(
    bundle: SubmittedFiles,
    lecture: Lecture,
    other_folders: Collection[str] = (),
    notebooks: Mapping[str, str] = MappingProxyType({}),
    given: Mapping[str, frozenset[str]] = MappingProxyType({}),
    kinds: Mapping[str, Kinds] = MappingProxyType({}),
) -> Sources:
    """The submission that a bundle holds for a lecture. Never raises for what is in it.

    What has most of a file's exercises written counts, of two that have as much the newest: an untouched
    stub never hides work. Where that decides nothing, a file counts by its name, wherever it lies: in the
    lecture's folder rather than elsewhere, then the one that lies highest. Then a .py that defines the
    exercises, and then a notebook. `other_folders` are those of the course's other lectures, where a file
    of the same name is another's. `notebooks` says by its path which one stands for a file ahead of all
    that, as soon as it defines something of it. `given` says what everybody is given of a file, as
    `given_names` has it: it is nobody's work. `kinds` is what a gradebook says of a notebook's cells.
    """
    others = frozenset(other_folders) - {lecture.dir}
    known = {path: dict(cells) for path, cells in kinds.items()}
    order = _Order(bundle, lecture, others, dict(notebooks), dict(given), known)
    return _stoppable(order) if _is_large(bundle) else _Matching(order).sources()


def _is_large(bundle: SubmittedFiles) -> bool:
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
                file: SourceFile(file, file, trouble=Unreadable(why=str(error)))
                for file in lecture.files
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
    bundle: SubmittedFiles
    lecture: Lecture
    other_folders: frozenset[str]
    notebooks: dict[str, str]
    given: dict[str, frozenset[str]]
    kinds: dict[str, dict[str, str]]


def given_names(course: Course, lecture: Lecture) -> dict[str, frozenset[str]]:
    """By file: the names that are written in what learners are given, dotted for methods."""
    stubs = stubs_of(course, lecture)
    return {path.name: _given(text) for path, text in stubs.items()}


@functools.lru_cache(maxsize=100)
def _given(stub: str) -> frozenset[str]:
    return _gives(stub.encode()).written


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
        self._given = order.given
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
        self._gives: dict[str, _Gives] = {}
        """By path, for each that was looked at."""
        self._taken: dict[str, str] = {}
        self._starts: dict[str, tuple[int, ...]] = {}

    def sources(self) -> Sources:
        self._match()
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

    def _match(self) -> None:
        """What stands for each of the lecture's files."""
        for file in self._lecture.files:
            candidates = self._candidates(file)
            if candidates:
                self._taken[file] = self._chosen(file, candidates)
                self._mention(file, candidates)
        for path in {path for path in self._taken.values() if path in self._texts}:
            if list(self._taken.values()).count(path) > 1:
                source = compile_source("", "", self._texts[path])
                if source.code:
                    self._notebooks[path] = notebook_of(source.text, shown(path))

    def _candidates(self, file: str) -> list[str]:
        """What may stand for a file, in the order in which it would where nothing else decides.

        By name: in the lecture's folder rather than elsewhere, then what lies highest. Then a .py that
        defines the exercises, and then a notebook; of these what defines more of them first.
        """
        named = [p for p in self._texts if _base(p) == file]
        named = named or [p for p in self._texts if _base(p).casefold() == file.casefold()]
        named.sort(key=lambda path: (self._lecture.dir not in _folders(path), _height(path)))
        others = [
            path for path in self._texts if path not in named and self._may_define(file, path)
        ]
        count = {path: self._count(file, self._given_by(path).defined) for path in others}
        usable = {path: n for path, n in self._notebooks.items() if not n.trouble}
        in_notebooks = {path: self._defines(file, notebook) for path, notebook in usable.items()}
        stands = [p for p in (self._stands.get(file, ""),) if in_notebooks.get(p)]
        found = [*stands, *named, *_ranked(count, file), *_ranked(in_notebooks, file)]
        return list(dict.fromkeys(found))

    def _may_define(self, file: str, path: str) -> bool:
        """Whether a name of the file's exercises is in a text at all: to compile each takes long."""
        names = {name.partition(".")[0] for name in self._names[file]}
        return any(name.encode() in self._texts[path] for name in names)

    def _chosen(self, file: str, candidates: list[str]) -> str:
        """What has most work in it and is Python; of two that are alike the newest; and else the first.

        A stub that nobody has touched is no work. Where a notebook is meant to stand for the file, only
        another notebook may do so in its place: .py files are what everybody is given.
        """
        if self._stands.get(file) == candidates[0]:
            candidates = [path for path in candidates if path in self._notebooks]
        if len(candidates) == 1:
            return candidates[0]
        work = {path: self._work(file, path) for path in candidates}
        rank = {
            p: (len(names), bool(names) and self._given_by(p).is_python)
            for p, names in work.items()
        }
        best = [path for path in candidates if rank[path] == max(rank.values())]
        times = [self._bundle.times.get(path, 0.0) for path in best]
        if work[best[0]] and all(times):
            newest = max(times) - SAME_TIME_SECONDS
            return next(path for path, at in zip(best, times, strict=True) if at >= newest)
        return best[0]

    def _mention(self, file: str, candidates: list[str]) -> None:
        """Say what counts, and what does not, where there is more than one or it is called otherwise."""
        path = self._taken[file]
        others = [other for other in candidates if other != path]
        named = [other for other in others if _base(other).casefold() == file.casefold()]
        working = [other for other in others if self._work(file, other)]
        say = self._remarks.append
        is_named = _base(path).casefold() == file.casefold()
        if path in self._texts and is_named:
            if named:
                say(SEVERAL.format(file=file, path=shown(path), others=_some(named)))
            working = [other for other in working if other not in named]
        elif self._stands.get(file) == path:
            working = [*working, *(other for other in named[:1] if other not in working)]
        elif not named:
            text = RENAMED if path in self._texts else NOTEBOOK
            say(text.format(file=file, path=shown(path)))
            same = [p for p in working if (p in self._texts) == (path in self._texts)]
            if same and len(self._work(file, same[0])) == len(self._work(file, path)):
                say(AS_GOOD.format(file=file, others=_some(same), path=shown(path)))
                working = [other for other in working if other not in same]
        elif not set(named) & set(working):
            say(UNTOUCHED.format(file=file, path=shown(path), stub=_some(named)))
        for other in working[:MOST_MENTIONED]:
            say(BOTH.format(file=file, path=shown(path), other=shown(other)))

    def _work(self, file: str, path: str) -> frozenset[str]:
        """The exercises' names of a file that are written there, and not as they were given."""
        given = self._given.get(file, frozenset())
        written = self._given_by(path).written - given
        return frozenset(
            exercise
            for exercise in self._names[file]
            if exercise not in given and any(_is_of(name, exercise) for name in written)
        )

    def _given_by(self, path: str) -> _Gives:
        """What a text or a notebook gives; each is looked at once."""
        if path not in self._gives:
            if path in self._texts:
                self._gives[path] = _gives(self._texts[path])
            else:
                notebook = self._notebooks[path]
                broken = {name for one in notebook.broken for name in (one, f"{one}.*")}
                gives = _gives(notebook.text.encode())
                self._gives[path] = msgspec.structs.replace(gives, written=gives.written | broken)
        return self._gives[path]

    def _defines(self, file: str, notebook: Notebook) -> int:
        return self._count(file, notebook.defines | notebook.broken.keys())

    def _count(self, file: str, defined: Collection[str]) -> int:
        return sum(name.split(".")[0] in defined for name in self._names[file])

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
            return SourceFile(file, file, trouble=Unreadable(why=trouble))
        if unread := next((n.trouble for n in self._notebooks.values() if n.trouble), ""):
            return SourceFile(file, file, trouble=Unreadable(why=unread))
        if stands in self._notebooks:
            message = NONE_OF_IT.format(path=shown(stands))
            return SourceFile(file, file, trouble=Unreadable(why=message, absent=True))
        absent = Unreadable(location=Location(file), why="is not there.", absent=True)
        return SourceFile(file, file, trouble=absent)

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
            at = Location(notebook.name)
            empty = Unreadable(location=at, why="has no code.", absent=True)
            return SourceFile(file, path, trouble=empty)
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


def _ranked(count: Mapping[str, int], file: str) -> list[str]:
    """The paths that define something of a file's exercises: most first, then what is named like it."""
    stem = file.removesuffix(".py").casefold()
    return sorted(
        (path for path, defined in count.items() if defined),
        key=lambda path: (-count[path], stem not in _base(path).casefold(), _height(path)),
    )


class _Gives(msgspec.Struct, frozen=True):
    """The names that a source gives."""

    defined: frozenset[str] = frozenset()
    """Its functions and classes."""
    written: frozenset[str] = frozenset()
    """Dotted for methods, without those whose body is only a stub.

    Where it is not valid Python nobody can tell: all of it counts as written, `Value.*` for a class.
    """
    is_python: bool = True


def _gives(data: bytes) -> _Gives:
    source = compile_source("", "", data)
    if not source.code:  # what it would give, so that the learner is told what is wrong with it
        names = frozenset(_DEFINES.findall(data.decode("utf-8", "replace")))
        return _Gives(names, names | {f"{name}.*" for name in names}, is_python=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = ast.parse(source.text).body
    found: dict[str, bool] = {}
    for node in body:
        if isinstance(node, _FUNCTIONS):
            found[node.name] = not _is_stub(node)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}": is_work for name, is_work in _methods(node)}
        elif isinstance(node, ast.Assign):
            found |= {name: True for name in map(_assigned, node.targets) if name}
    defined = frozenset(n.name for n in body if isinstance(n, (*_FUNCTIONS, ast.ClassDef)))
    return _Gives(defined, frozenset(name for name, is_work in found.items() if is_work))


def _is_of(name: str, exercise: str) -> bool:
    """Whether a name that is written is an exercise's, or a part of the class that is one."""
    whole = exercise.partition(".")[0]
    return name == exercise or name.startswith(f"{exercise}.") or name == f"{whole}.*"


def _methods(node: ast.ClassDef) -> Iterator[tuple[str, bool]]:
    """A class's methods, and whether each is more than a stub."""
    for inner in node.body:
        if isinstance(inner, _FUNCTIONS):
            yield inner.name, not _is_stub(inner)
        elif isinstance(inner, ast.Assign):  # __radd__ = __add__
            yield from ((t.id, True) for t in inner.targets if isinstance(t, ast.Name))


def _assigned(target: ast.expr) -> str:
    """Value.__radd__ of `Value.__radd__ = …`; a plain name is a value of the lecture's, and no answer."""
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return f"{target.value.id}.{target.attr}"
    return ""


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether it says itself that it is not written, or has nothing in it but words."""
    if any(isinstance(line, ast.Raise) and _NOT_YET in ast.dump(line) for line in node.body):
        return True
    return all(
        isinstance(line, ast.Pass)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in node.body
    )


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


SAME_TIME_SECONDS = 60.0
"""Between files that were copied or unpacked together: which is newer says nothing."""
MOST_MENTIONED = 3
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NOT_YET = "NotImplementedError"
LARGE_FILE = 48 << 10
"""Of source. Up to here the worst that is known takes a few tenths of a second."""
LARGE_BUNDLE = 1 << 20
MOST_SECONDS = 3.0
"""Of processor time: the machine may be busy with others."""
WAIT_SECONDS = 120.0
TRIES = 2
MOST_MEMORY = 2 << 30
_MODULE = "grader.grading.source_matching"
_DEFINES = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
SEVERAL = "{file} is there more than once: {path} counts, not {others}."
RENAMED = "{file} is not there; {path} defines its exercises and is taken for it."
NOTEBOOK = "{file} is not there; the notebook {path} is taken for it."
BOTH = "{path} is taken for {file}; what {other} defines of it does not count."
NONE_OF_IT = "None of its exercises is in {path}."
UNTOUCHED = "{path} is taken for {file}: nothing is written in {stub}."
AS_GOOD = "{others} would do for {file} as well; {path} is taken."
TOO_SLOW = "Compiling what was handed in takes longer than {seconds:g} s: it is not judged."
CRASHES = "Compiling what was handed in crashes Python: it is not judged."
NOT_READ = "It could not be read on this machine, twice: {why}."

if __name__ == "__main__":
    serve()

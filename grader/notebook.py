"""For notebooks: `from grader.notebook import check`, then `check("lecture5.dprobs")` in a cell.

What is judged is what was run in this notebook, cell by cell, and what is saved in the notebooks beside
it. It is judged as source, in a process of its own which stays as long as the notebook's.

After this import the notebooks beside can be imported, too: `from engine import Value` finds
engine.ipynb where there is no engine.py.
"""

from __future__ import annotations

import atexit
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import json
import linecache
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from grader.course.manifest import Course, Lecture
from grader.course.targets import Selection, select
from grader.errors import UserError
from grader.grading.gathering import LIMITS
from grader.grading.source_matching import Sources, submission_from
from grader.grading.submitted_files import SubmittedFiles
from grader.judge.pool import Pool
from grader.judge.worker import Job, JudgeConfig
from grader.nbgrader.pack import course_beside
from grader.results import ExerciseResult, LectureResult, Outcome, Remark
from grader.sandbox.isolation import default_isolation
from grader.source.files import MAX_BYTES
from grader.source.notebook_files import code_of
from grader.source.notebooks import read_notebook
from grader.source.source_map import Origin, SourceMap
from grader.workspace.progress import Progress
from grader.workspace.workspace import Workspace, course_at, find_workspace

if TYPE_CHECKING:
    from rich.console import RenderableType

CARDS = 3
"""Exercises that are explained at once."""


class NotPassed(Exception):
    """An exercise that had to pass has not. What it says is the card."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: a traceback through zth would tell nobody anything."""
        return [str(self)]


def check(target: str | int, must_pass: bool = False) -> None:
    """Check an exercise or a lecture as it was last run here, and show what is wrong and why.

    What no cell defines is taken from the workspace's own files, if the notebook is in one; then the
    attempt counts there, too. `target` is what `zth check` takes: `5`, `"dprobs"`, `"lecture5.dprobs"`.
    `must_pass` raises NotPassed where it is not right; so does nbgrader's validation. Where nbgrader
    itself would grade, it raises whatever was written: points that this process gave, anybody could
    give themselves. What only the instructor judges is not judged here.
    """
    session = _session()
    execution = os.environ.get("NBGRADER_EXECUTION", "")
    if execution == "autograde":
        if must_pass:
            raise NotPassed(JUDGED_ELSEWHERE)
        return
    strict = must_pass or execution == "validate"
    try:
        opened = course_beside(Path.cwd()) or course_at(Path.cwd())
        (selection,) = select(opened, [str(target)])
        place = find_workspace(Path.cwd(), opened)
        verdict = session.judge(opened, selection, place)
        trouble = _record(place, verdict)
    except UserError as error:
        if strict:
            raise NotPassed(str(error)) from None
        _show(_trouble(error))
        return
    shown = _view(selection, verdict, trouble)
    if strict and any(_counts(e, must_pass) for e in verdict.exercises):
        from grader.render.notebook import below_a_cell

        raise NotPassed(below_a_cell(shown)["text/plain"])
    _show(shown)


def _record(place: Workspace, verdict: LectureResult) -> str:
    """Write the attempt down among those of the workspace; why it could not be, or nothing."""
    if not place.exists:
        return ""
    try:
        Progress(place).record([verdict], "notebook")
    except UserError as error:
        return f"{error.message} {error.fix}"
    return ""


def _counts(result: ExerciseResult, must_pass: bool) -> bool:
    """Whether something is left to do; for a bonus that is not begun only if it was asked for."""
    free = result.bonus and result.outcome is Outcome.TODO and not must_pass
    return result.outcome is not Outcome.PASS and not free


def _session() -> _Session:
    """What is known of the notebook we are in. Raises UserError if we are in none."""
    global _here
    shell = _shell()
    if shell is None:
        raise UserError(NO_NOTEBOOK, IN_A_TERMINAL)
    if _here is None or _here.shell is not shell:
        _here = _Session(shell)
    return _here


def _shell() -> Any:
    """IPython's shell; None outside of one. It is never imported here: a notebook has it already."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


# what was run


class _RunCell(msgspec.Struct, frozen=True):
    number: int
    """As in `In [12]`."""
    text: str
    id: str
    """Empty if the program that shows the notebook does not tell it."""
    defines: frozenset[str]
    """The names of its functions and classes."""


def _takes_place(cell: _RunCell, other: _RunCell) -> bool:
    same = cell.id == other.id if cell.id and other.id else cell.text == other.text
    return same or (bool(other.defines) and other.defines <= cell.defines)


class _Session:
    """The cells of a notebook as they were last run, and the judges that wait for them."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self._ids: dict[int, str] = {}
        self._pool = Pool(idle_seconds=None)  # a cell is run again after minutes of thought
        shell.events.register("pre_run_cell", lambda _: forget_changed())
        shell.events.register("post_run_cell", self._ran)
        atexit.register(self.close)

    def _ran(self, result: Any) -> None:
        if result.execution_count and getattr(result.info, "cell_id", None):
            self._ids[result.execution_count] = result.info.cell_id

    def cells(self) -> list[_RunCell]:
        """Each cell as it was last run, where it was run first.

        A cell that is run takes the place of what it was, and of those that define nothing but what it
        defines as well: of two such cells the one counts that was run last.
        """
        cells: list[_RunCell] = []
        for number, text in enumerate(self.shell.history_manager.input_hist_raw):
            cell = _RunCell(number, text, self._ids.get(number, ""), _definitions(text))
            before = [other for other in cells if _takes_place(cell, other)]
            if before:
                cells[cells.index(before[0])] = cell
            else:
                cells.append(cell)
            cells = [other for other in cells if other not in before[1:]]
        return cells

    def judge(self, course: Course, selection: Selection, place: Workspace) -> LectureResult:
        """The verdict, each line of it where it stands in a notebook."""
        cells = self.cells()
        lecture = selection.lecture
        sources, live = _sources(lecture, cells, place.folder(lecture))
        job = Job(
            who="",
            lecture=lecture.id,
            exercises=tuple(e.id for e in selection.exercises),
            submission=sources.submission,
            seed=course.manifest.seed,
        )
        isolation = default_isolation().value
        setting = JudgeConfig(str(course.root), (lecture.id,), isolation, as_in_class=False)
        marked = self._pool.mark(job, setting)
        if marked.ungraded:
            raise UserError(marked.ungraded, ONCE_MORE)
        verdict = marked.result
        source_map = SourceMap(sources.origins, live, [cell.number for cell in cells])
        exercises = tuple(_not_run(source_map.result(e), e) for e in verdict.exercises)
        return msgspec.structs.replace(verdict, exercises=exercises)

    def close(self) -> None:
        self._pool.stop(at_once=True)


def _not_run(placed: ExerciseResult, result: ExerciseResult) -> ExerciseResult:
    """With a word for those who have written it and not run it: then there is no line of it."""
    if result.outcome is not Outcome.TODO or result.line is not None:
        return placed
    return msgspec.structs.replace(placed, notes=(*placed.notes, Remark(RUN_IT)))


@functools.lru_cache(maxsize=4096)
def _definitions(text: str) -> frozenset[str]:
    """The names of the functions and classes that a cell defines."""
    return frozenset(read_notebook(_as_notebook([text])).defines)


# as source


def _sources(lecture: Lecture, cells: Sequence[_RunCell], workspace: Path) -> tuple[Sources, str]:
    """What stands for each of the lecture's files: this notebook if it has it, else what is saved.

    Saved here, or in the lecture's folder of the `workspace`. And what this notebook is called there;
    empty if it has none of them.
    """
    live = _as_notebook([cell.text for cell in cells])
    defined = read_notebook(live).defines
    wanted = {
        file: {n.split(".")[0] for e in lecture.exercise if e.file == file for n in e.names}
        for file in lecture.files
    }
    here = [file for file in lecture.files if wanted[file] & defined]
    name = _notebook(here[0]) if here else ""
    files = {name: live} if here else {}
    for file in lecture.files:
        path = Path(_notebook(file))
        is_wanted = file not in here and not Path(file).is_file() and path.is_file()
        if is_wanted and path.stat().st_size <= LIMITS.notebook_bytes:
            files[path.name] = path.read_bytes()
    lying = [file for file in lecture.files if file not in here]
    texts = [code_of(data) for data in files.values()]
    files |= _imported(texts, lying, here, (Path(), workspace))
    return submission_from(SubmittedFiles(files), lecture), name


def _imported(
    texts: Sequence[str], files: Sequence[str], without: Sequence[str], folders: Sequence[Path]
) -> dict[str, bytes]:
    """The `files` that lie in one of the folders and those that any of it imports, but not those
    `without`. Of two of a name that of the first folder is taken."""
    found: dict[str, bytes] = {}
    waiting = list(texts)
    names = list(files)
    while names:
        for name in names:
            path = next((f / name for f in folders if (f / name).is_file()), None)
            is_new = path is not None and name not in found and name not in without
            if path is not None and is_new and path.stat().st_size <= MAX_BYTES:
                found[name] = path.read_bytes()
                waiting.append(found[name].decode("utf-8", "replace"))
        named = _IMPORT.findall("\n".join(waiting))
        waiting.clear()
        names = [f"{n}.py" for one, more in named for n in [one, *re.findall(r"\w+", more)] if n]
    return found


def _as_notebook(texts: Sequence[str]) -> bytes:
    raw = [{"cell_type": "code", "source": text} for text in texts]
    return json.dumps({"nbformat": 4, "cells": raw}).encode()


def _notebook(file: str) -> str:
    return file.removesuffix(".py") + ".ipynb"


# what is shown


def _view(selection: Selection, verdict: LectureResult, trouble: str) -> RenderableType:
    """The card of what is wrong; of a lecture the table as well. `trouble` is why it is not recorded."""
    from rich.console import Group
    from rich.text import Text

    from grader.render.card import card, to_explain
    from grader.render.lecture import lecture_table, passed

    lecture, here = selection.lecture, Path.cwd()
    parts: list[RenderableType] = []
    alone = len(selection.exercises) == 1
    if not alone and verdict.exercises:
        parts += [lecture_table(lecture, verdict), Text()]
    if alone and verdict.passed:
        parts.append(passed(lecture, verdict.exercises[0]))
    cards = to_explain(verdict)
    for result, alike in cards[:CARDS]:
        parts.append(card(lecture, result, here, alike=alike, boxed=False, watched=True))
    if (rest := len(cards) - CARDS) > 0:
        parts.append(Text(f"{rest} more to explain, each by its name.", "zth.note"))
    if alone or not verdict.exercises:
        parts += [Text(note, "zth.note") for note in verdict.notes]
    if trouble:
        parts.append(Text(f"Not recorded. {trouble}", "zth.note"))
    return Group(*parts)


def _trouble(error: UserError) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from grader.render.style import visible

    return Group(Text(visible(error.message), "zth.fail"), Text(visible(error.fix)))


def _show(shown: RenderableType) -> None:
    from IPython.display import display

    from grader.render.notebook import below_a_cell

    display(below_a_cell(shown), raw=True)  # type: ignore[no-untyped-call] # IPython's own


# the notebooks beside


class _Beside(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a module in a notebook of its name, where there is no other of that name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, *_: object
    ) -> importlib.machinery.ModuleSpec | None:
        notebook = Path.cwd() / f"{fullname}.ipynb"
        if path is not None or not notebook.is_file():
            return None
        return importlib.util.spec_from_file_location(fullname, notebook, loader=self)

    def create_module(self, *_: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        path = Path(str(module.__file__))
        _loaded[module.__name__] = (path, _state(path))
        notebook, shown = read_notebook(path.read_bytes(), path.name), f"<{path.name}>"

        def run(names: Sequence[str], into: dict[str, object]) -> None:
            source = notebook.source(names)
            if source.trouble:
                raise ImportError(source.trouble)
            # a traceback shows its lines from here: the file itself is JSON
            linecache.cache[shown] = len(source.text), None, source.text.splitlines(True), shown
            exec(compile(source.text, shown, "exec", dont_inherit=True), into)
            cells = SourceMap({"": Origin(path.name, source.starts)})
            for name in names or source.broken:
                if name in source.broken and name not in into:
                    into[name] = _broken(cells.failure(source.broken[name]).sentence)

        def value(name: str) -> object:
            """Of what is no function and no class: only that is run which it takes."""
            there = dict(vars(module))
            if not name.startswith("__"):
                run([name], there)
            if name not in there:
                raise AttributeError(f"{path.name} gives no {name!r}.")
            return vars(module).setdefault(name, there[name])

        run((), vars(module))
        vars(module)["__getattr__"] = value


def _broken(why: str) -> Callable[..., None]:
    """In the place of a function whose cell is no Python."""

    def tell(*_: object, **__: object) -> None:
        raise SyntaxError(why)

    return tell


def forget_changed() -> None:
    """Where a notebook was saved since it was imported, the next import reads it again.

    And the others with it: they may have imported it themselves.
    """
    if any(_state(path) != state for path, state in _loaded.values()):
        for name in _loaded:
            sys.modules.pop(name, None)
        _loaded.clear()


def _state(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


_here: _Session | None = None
_loaded: dict[str, tuple[Path, tuple[int, int]]] = {}
"""Module → its notebook, and how that looked on the disk."""
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([\w, \t.]+))", re.MULTILINE)
NO_NOTEBOOK = "check() is for a notebook: here are no cells."
IN_A_TERMINAL = "In a terminal, type: zth check lecture5.dprobs"
RUN_IT = "What is judged is what you have run: run the cell in which you wrote it."
JUDGED_ELSEWHERE = (
    "zth judges this outside of the notebook, and gives the points. Make nbgrader call it:\n"
    "zth nbgrader init COURSE_DIR"
)
ONCE_MORE = "Run the cell again. If that does not help, restart the kernel."

if _shell() is not None:
    _session()
    if not any(isinstance(finder, _Beside) for finder in sys.meta_path):
        sys.meta_path.append(_Beside())

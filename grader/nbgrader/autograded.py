"""A learner's files as a notebook for autograded/: their code, and below each exercise what became of it.

formgrader and `nbgrader generate_feedback` show it. Nothing in it is run by anybody. The cells are the
assignment's, so that scores and comments find their places; the code in them is the learner's, each
line once. A notebook's metadata says that we wrote it and from what: another's is never touched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from grader.course.manifest import Lecture
from grader.export.escaping import code, inert, paragraph
from grader.grading.reading import Text
from grader.nbgrader.assignments import targets
from grader.nbgrader.files import Json, NotebookFile, read_notebook, with_python
from grader.nbgrader.gradebook_cells import GradebookCell, made_cell, with_ids
from grader.nbgrader.judging import Judged, share, worth
from grader.nbgrader.outputs import by_hand, not_judged, outputs_of
from grader.source.files import find_definition, split_lines
from grader.source.source_map import Origin, SourceMap

SHAPE = 1
"""Of what is written here: where it changes, each notebook is written anew."""


class Learner(msgspec.Struct, frozen=True):
    """What one learner's notebooks are made of."""

    judged: Mapping[str, Judged]
    """By exercise of the lecture."""
    origins: Mapping[str, Origin]
    """What stands for each of the lecture's files."""
    remarks: tuple[str, ...]
    """On what was handed in."""
    texts: Mapping[str, Text] | None
    """Each of the lecture's files; None if they cannot be read any more."""


class Made(msgspec.Struct, frozen=True):
    """What a notebook says of itself, if we wrote it."""

    work: str
    """A digest of what it was made of."""
    cells: str
    """A digest of its cells."""
    shown: bool
    """Whether it has the learner's code."""


class _Zth(msgspec.Struct, frozen=True):
    exported: Made


class _CellMetadata(msgspec.Struct, frozen=True):
    zth: _Zth


class _AutogradedNotebook(msgspec.Struct, frozen=True):
    metadata: _CellMetadata


def made_by_us(data: bytes) -> Made | None:
    """What a notebook's file says of itself; None if another program wrote it."""
    try:
        return msgspec.json.decode(data, type=_AutogradedNotebook).metadata.zth.exported
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_as_made(data: bytes, made: Made) -> bool:
    """Whether nobody has changed its cells since."""
    notebook = read_notebook(data)
    return notebook is not None and _digest(notebook.cells) == made.cells


class Page:
    """What the notebooks of all learners have in common: one of the assignment's."""

    def __init__(self, lecture: Lecture, cells: Sequence[GradebookCell]) -> None:
        self.lecture = lecture
        self.cells = cells
        self.targets = targets(cells, lecture)
        self.files = list(dict.fromkeys(e.file for e in lecture.exercise if e.id in self.targets))
        """The lecture's files whose exercises are graded in it."""
        self.written = {cell.name: names for cell in cells if (names := self._written(cell))}
        """The cells for learners' code → the exercises that are written there, and what they define."""

    def notebook(self, learner: Learner, work: str) -> NotebookFile:
        """A learner's; `work` is a digest of all that it is made of."""
        cells = list(with_ids(list(_NotebookWriter(self, learner).cells())))
        made = Made(work, _digest(cells), learner.texts is not None)
        about = {"lecture": self.lecture.id, "exported": msgspec.to_builtins(made)}
        return with_python(cells, about)

    def _written(self, cell: GradebookCell) -> dict[str, set[str]]:
        """The exercises that a cell's stub is of, and the names in it that are theirs."""
        if cell.grade or not cell.solution or cell.kind != "code":
            return {}
        found: dict[str, set[str]] = {}
        for exercise in self.lecture.exercise:
            roots = {name.partition(".")[0] for name in exercise.names}
            names = {root for root in roots if _defines(cell.source, root)}
            if names and exercise.file in self.files:
                found[exercise.id] = names
        return found


class _NotebookWriter:
    def __init__(self, page: Page, learner: Learner) -> None:
        self._page = page
        self._lecture = page.lecture
        self._learner = learner
        self._texts = {file: (learner.texts or {}).get(file, Text("")) for file in page.files}
        self._code = {
            file: _Code(text, self._origin(file).starts) for file, text in self._texts.items()
        }

    def cells(self) -> Iterator[Json]:
        """What belongs to no exercise first, then the assignment's cells in their order."""
        written = {name: self._written(of) for name, of in self._page.written.items()}
        yield made_cell("markdown", self._head(), {}, {"id": "zth_about"})
        for file, lines in self._code.items():
            if left := self._headed(file, lines.left()):
                yield made_cell("code", left, {}, {"id": f"rest_{Path(file).stem}"})
        for cell in self._page.cells:
            if cell.target and cell.target.partition(".")[0] == self._lecture.id:
                yield _cell(cell, cell.source, self._card(cell))
            elif cell.name in written:
                yield _cell(cell, written[cell.name])
            elif cell.grade or cell.task or cell.solution:
                yield _cell(cell, cell.source, by_hand() if cell.is_own_test else ())

    def _head(self) -> str:
        paths = ", ".join(code(self._origin(file).path) for file in self._page.files)
        parts = [f"## {paragraph(self._lecture.title)}: {paths}", HOW_TO_READ]
        if self._learner.texts is None:
            parts.append(GONE)
        troubles = [text.trouble for text in self._texts.values() if text.trouble]
        parts += [f"**{paragraph(trouble)}**" for trouble in troubles]
        parts += [f"Note: {paragraph(remark)}" for remark in self._learner.remarks]
        return "\n\n".join(parts)

    def _written(self, of: Mapping[str, set[str]]) -> str:
        """The learner's code for a cell."""
        names = set().union(*of.values())
        found = [self._headed(file, lines.take(names)) for file, lines in self._code.items()]
        return "\n\n\n".join(filter(None, found)) or self._why_not(of)

    def _why_not(self, of: Iterable[str]) -> str:
        """Why no code is shown for some exercises."""
        if self._learner.texts is None:
            return NOT_SHOWN
        texts = [self._texts[self._lecture.find(exercise).file] for exercise in of]
        return ABOVE if any(text.text and text.trouble for text in texts) else NOTHING

    def _headed(self, file: str, pieces: Iterable[tuple[int, str]]) -> str:
        """Each with where it stands in what was handed in: the cards say so in those words."""
        place = SourceMap(self._learner.origins).place
        return "\n\n\n".join(inert(f"# {place(file, line)}\n{text}") for line, text in pieces)

    def _origin(self, file: str) -> Origin:
        return self._learner.origins.get(file, Origin(file))

    def _card(self, cell: GradebookCell) -> list[Json]:
        id_ = cell.target.partition(".")[2]
        judged = self._learner.judged.get(id_)
        if judged is None or id_ not in self._page.targets:  # or no exercise of the course any more
            return not_judged(cell.target)
        exercise = self._lecture.find(id_)
        points = share(exercise, judged.result, cell.points)
        return outputs_of(cell.target, judged.told, points, worth(exercise, cell.points))


class _Code:
    """A file's lines; each is taken once."""

    def __init__(self, source: Text, starts: Sequence[int]) -> None:
        """`starts` are the lines that begin a cell, where it was a notebook."""
        self._starts = frozenset(starts)
        self._text = "" if source.trouble else source.text
        self._lines = split_lines(source.text)
        self._free = dict.fromkeys(range(len(self._lines)))

    def take(self, names: Iterable[str]) -> list[tuple[int, str]]:
        """The definitions of those names, with the comments right above, and the line of each."""
        taken: set[int] = set()
        for name in names:
            node = find_definition(self._text, name)
            if node is None:
                continue
            decorators = getattr(node, "decorator_list", [])
            begin = min([node.lineno, *(d.lineno for d in decorators)]) - 1
            while begin > 0 and self._lines[begin - 1].startswith("#"):
                begin -= 1
            for line in range(begin, node.end_lineno or node.lineno):
                if line in self._free:
                    del self._free[line]
                    taken.add(line)
        return list(self._runs(dict.fromkeys(sorted(taken))))

    def left(self) -> list[tuple[int, str]]:
        """What nobody has taken."""
        return list(self._runs(self._free))

    def _runs(self, numbers: Mapping[int, None]) -> Iterator[tuple[int, str]]:
        """Lines that follow one another, in one cell where it was a notebook."""
        runs: list[list[int]] = []
        for number in numbers:
            if not self._lines[number].strip():
                continue
            passed = range(runs[-1][-1] + 1, number) if runs else range(0)
            if runs and all(n in numbers for n in passed) and not self._parted(passed, number):
                runs[-1] += [*passed, number]
            else:
                runs.append([number])
        for run in runs:
            yield run[0] + 1, "".join(self._lines[number] for number in run).rstrip()

    def _parted(self, passed: range, number: int) -> bool:
        """Whether a line of a notebook belongs elsewhere: what was left out of it is empty lines."""
        if not self._starts:
            return False
        return len(passed) > MOST_EMPTY or any(n + 1 in self._starts for n in (*passed, number))


def _cell(known: GradebookCell, source: str, outputs: Sequence[Json] = ()) -> Json:
    return made_cell(known.kind, source, known.about(), {"id": known.name}, outputs)


def _defines(source: str, name: str) -> bool:
    try:
        return find_definition(source, name) is not None
    except (SyntaxError, ValueError, RecursionError):  # a cell with what only IPython understands
        return False


def _digest(cells: Sequence[Json]) -> str:
    text = json.dumps(cells, sort_keys=True).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


MOST_EMPTY = 2
"""Lines within what is shown in one piece."""
HOW_TO_READ = (
    "What was handed in, and below each exercise what zth found. zth has judged the files themselves: "
    "in this notebook nothing was run."
)
GONE = (
    "**The files are not there any more, or have changed since they were judged: their code cannot be "
    "shown.**"
)
NOT_SHOWN = "# The files are not there any more."
ABOVE = "# It is above: what was handed in is not valid Python."
NOTHING = "# Nothing of what was handed in defines it."

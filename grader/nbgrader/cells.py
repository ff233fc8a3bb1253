"""A worked file as a notebook's cells: text, what is given, the solutions, the examples, what is graded.

A cell is what an instructor may change, so each has an id that stays from build to build.
"""

from __future__ import annotations

import ast
import enum
import re
import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.course.stubs import marked_exercises, strip_solution
from grader.errors import UserError
from grader.judge.doctests import Examples, examples_of
from grader.source.files import find_definition, split_lines


class CellKind(enum.StrEnum):
    TEXT = "text"
    GIVEN = "given"
    """Code that is not the learner's to write; nbgrader puts it back where it was changed."""
    SOLUTION = "solution"
    PLAY = "play"
    """The docstrings' examples, and what the file does when it is run: nothing hangs on it."""
    TEST = "test"
    """Worth the points of an exercise."""


class Cell(msgspec.Struct, frozen=True):
    id: str
    """Also the grade_id, where nbgrader has to do with the cell."""
    kind: CellKind
    source: str
    points: int = 0
    """What nbgrader counts as full marks; a bonus is not among them."""


class _CellPart(msgspec.Struct, frozen=True):
    """Some lines of the worked file, from one statement to the next."""

    nodes: tuple[ast.stmt, ...]
    text: str
    exercises: tuple[str, ...] = ()
    """Those that have a marked region in it."""
    begin: int = 0
    """Its first line, counted from 0."""

    @property
    def is_definition(self) -> bool:
        return isinstance(self.nodes[0], _DEFINITIONS)


def cells_of(course: Course, lecture: Lecture, file: str) -> list[Cell]:
    """The notebook of a lecture's file. Raises UserError if a solution would be given away."""
    path = course.solutions(lecture) / file
    text = path.read_text(encoding="utf-8")
    where = f"solutions/{lecture.dir}/{file}"
    stub = strip_solution(text, where)
    mine = tuple(e for e in lecture.exercise if e.file == file)
    for exercise in mine:
        if exercise.id not in marked_exercises(text):
            raise UserError(
                f"Nothing in {where} is left to the learner for {lecture.id}.{exercise.id}: its "
                "solution would be in the notebook.",
                f"Put what is to be written between `### BEGIN SOLUTION {exercise.id}: the goal.` "
                "and `### END SOLUTION`.",
            )
    return _NotebookDraft(lecture, file, text, stub, mine).cells()


def target_of(source: str) -> str:
    """The exercise that a graded cell stands for, as `lecture5.dprobs`; empty if it is none of ours.

    >>> target_of(graded_source("lecture5.dprobs"))
    'lecture5.dprobs'
    """
    match = _TEST.search(source)
    return match[1] if match else ""


def graded_source(target: str) -> str:
    """What stands in a graded cell. Its first line is all that learners are given."""
    return TEST.format(target=target)


class _NotebookDraft:
    def __init__(
        self, lecture: Lecture, file: str, text: str, stub: str, mine: Sequence[Exercise]
    ) -> None:
        self._lecture = lecture
        self._file = file
        self._stub = stub
        self._mine = mine
        self._tree = ast.parse(text)
        self._parts = _parts(text, self._tree)
        self._reserved = {name for e in mine for name in (e.id, f"test_{e.id}")}
        self._used: set[str] = set()

    def cells(self) -> list[Cell]:
        after = self._where_judged()
        made = [self._title(), self._cell("zth", CellKind.GIVEN, BEGIN)]
        for number, part in enumerate(self._parts):
            if part.exercises:
                made += self._solution(part, after.get(number, []))
            elif _is_main(part.nodes[0]):
                made += self._main(part)
            else:
                name = f"given_{_name(part.nodes[0])}" if part.is_definition else "given"
                made.append(self._cell(name, CellKind.GIVEN, part.text))
            headed = _headed(part, after.get(number, []))
            for exercise in sorted(after.get(number, []), key=lambda e: e.id != headed):
                if exercise.id != headed:
                    made.append(
                        self._cell(f"{exercise.id}_text", CellKind.TEXT, self._about(exercise))
                    )
                made += self._judged(exercise)
        return made

    def _where_judged(self) -> dict[int, list[Exercise]]:
        """The part after which an exercise is judged: by then all of it is there, and what it needs."""
        after: dict[int, list[Exercise]] = {}
        for exercise in self._mine:
            wanted = {exercise.id}
            while more := {n for w in wanted for n in self._lecture.find(w).needs} - wanted:
                wanted |= more
            last = max(n for n, part in enumerate(self._parts) if wanted & {*part.exercises})
            after.setdefault(last, []).append(exercise)
        return after

    # the cells

    def _title(self) -> Cell:
        docstring = ast.get_docstring(self._tree) or ""
        siblings = sorted(
            {m for m in _imported(self._tree) if f"{m}.py" in self._lecture.files}
            - {self._file.removesuffix(".py")}
        )
        beside = BESIDE.format(names=_listed([f"`{m}.ipynb`" for m in siblings]))
        parts = [
            f"# {self._lecture.title}: {self._file.removesuffix('.py')}",
            in_markdown(docstring),
            f"*{self._lecture.forbids_why}*" if self._lecture.forbids_why else "",
            f"Video: <https://youtu.be/{self._lecture.video}>",
            self._others(),
            HOW_TO + (f" {beside}" if siblings else ""),
        ]
        return self._cell("title", CellKind.TEXT, "\n\n".join(filter(None, parts)))

    def _others(self) -> str:
        """The lecture's notebooks in the order in which they are to be done; empty for a single one."""
        stems = [file.removesuffix(".py") for file in self._lecture.files]
        mine = self._file.removesuffix(".py")
        links = [f"**{stem}**" if stem == mine else f"[{stem}]({stem}.ipynb)" for stem in stems]
        return f"Notebooks of this lecture: {' · '.join(links)}" if len(links) > 1 else ""

    def _solution(self, part: _CellPart, here: Sequence[Exercise]) -> Iterator[Cell]:
        names = [_name(node) for node in part.nodes]
        only = part.exercises[0] if len(part.exercises) == 1 else ""
        holders = [p for p in self._parts if only in p.exercises]
        if only and len(holders) == 1:
            name = only
            self._reserved.discard(only)
        else:
            name = f"{only}_{names[0]}" if only else "_".join(names)
        if _headed(part, here):
            about = self._about(self._lecture.find(only))
        else:
            about = self._overview(part, names)
        cell = self._cell(name, CellKind.SOLUTION, _marked(part.text))
        yield self._cell(f"{cell.id}_text", CellKind.TEXT, about)
        yield cell

    def _about(self, exercise: Exercise) -> str:
        lines = [f"## {exercise.title}", self._facts(exercise)]
        if summary := self._summary(exercise.names[0]):
            lines.append(summary)
        if exercise.forbids:
            lines.append(f"*{exercise.forbids_why}*")
        return "\n\n".join(lines)

    def _overview(self, part: _CellPart, names: Sequence[str]) -> str:
        exercises = [e for e in self._mine if e.id in part.exercises]
        lines = [f"- {self._facts(e)} · {e.title}" for e in exercises]
        summary = self._summary(names[0])
        how = SEVERAL if len(exercises) > 1 else FURTHER_DOWN
        return "\n\n".join(filter(None, [f"## {', '.join(names)}", summary, how, "\n".join(lines)]))

    def _facts(self, exercise: Exercise) -> str:
        link = f"[{exercise.at}]({self._lecture.link(exercise)})"
        return f"**{exercise.id}** · {points_of(exercise)} · video {link}"

    def _summary(self, dotted: str) -> str:
        """The first sentence or two of a docstring."""
        node = find_definition(self._stub, dotted)
        if not isinstance(node, _DEFINITIONS):
            return ""
        docstring = ast.get_docstring(node) or ""
        return in_markdown(docstring.split("\n\n")[0].split("\n>>>")[0].replace("\n", " "))

    def _judged(self, exercise: Exercise) -> Iterator[Cell]:
        groups = examples_of(self._stub, self._lecture, exercise)
        if groups:
            text = play(_typed(groups), self._defined(), f"try_{exercise.id}")
            yield self._cell(f"{exercise.id}_examples", CellKind.PLAY, f"{EXAMPLES}\n{text}")
        self._reserved.discard(name := f"test_{exercise.id}")
        target = f"{self._lecture.id}.{exercise.id}"
        worth = 0 if exercise.bonus else exercise.points
        yield self._cell(name, CellKind.TEST, graded_source(target), worth)

    def _main(self, part: _CellPart) -> Iterator[Cell]:
        node = part.nodes[0]
        assert isinstance(node, ast.If)
        lines = part.text.splitlines()
        above = next(n for n, line in enumerate(lines) if line.startswith("if "))
        body = textwrap.dedent("\n".join(lines[above + 1 :]))
        if _dump(ast.parse(body).body) != _dump(node.body):  # a text that goes over several lines
            body = part.text
        yield self._cell("run_text", CellKind.TEXT, RUN)
        yield self._cell("run", CellKind.PLAY, play(body.rstrip(), self._defined(), "run"))

    def _defined(self) -> set[str]:
        """The names of the file's functions and classes."""
        return {node.name for node in self._tree.body if isinstance(node, _DEFINITIONS)}

    def _cell(self, name: str, kind: CellKind, source: str, points: int = 0) -> Cell:
        """With an id that no other cell of the notebook has, and no exercise of the file needs."""
        wanted = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:MOST_OF_AN_ID]
        free, number = wanted, 1
        while free in self._used or free in self._reserved:
            number += 1
            free = f"{wanted}_{number}"
        self._used.add(free)
        return Cell(free, kind, source.strip("\n"), points)


def _headed(part: _CellPart, here: Sequence[Exercise]) -> str:
    """The exercise whose title stands above a solution: its only one, judged right below."""
    return next((e.id for e in here if part.exercises == (e.id,)), "")


def points_of(exercise: Exercise) -> str:
    """`2 points`, `bonus of 1 point`."""
    points = "1 point" if exercise.points == 1 else f"{exercise.points} points"
    return f"bonus of {points}" if exercise.bonus else points


def in_markdown(text: str) -> str:
    """A docstring's text, with what Markdown would take for its own made plain; `code` stays code.

    >>> print(in_markdown("w * x, `a_b` and _op"))
    w \\* x, `a_b` and \\_op
    """
    parts = re.split(r"(`[^`\n]+`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([*_<$])", r"\\\1", p) for p in parts)


# the worked file


def _parts(text: str, tree: ast.Module) -> list[_CellPart]:
    """The file in pieces that belong together: what one exercise defines, a definition, the rest."""
    lines = split_lines(text)
    parts: list[_CellPart] = []
    begin = 0
    for nodes, end in _pieces(lines, tree.body):
        if not _is_text(nodes[0]) or begin:  # the file's docstring is the title's
            piece = _part(lines, nodes, begin, end)
            if parts and _goes_on(parts[-1], piece):
                last = parts.pop()
                piece = _part(lines, (*last.nodes, *nodes), last.begin, end)
            parts.append(piece)
        begin = end
    return parts


def _part(lines: Sequence[str], nodes: Sequence[ast.stmt], begin: int, end: int) -> _CellPart:
    text = "".join(lines[begin:end]).strip("\n")
    return _CellPart(tuple(nodes), text, tuple(dict.fromkeys(marked_exercises(text))), begin)


def _pieces(lines: Sequence[str], body: Sequence[ast.stmt]) -> Iterator[tuple[list[ast.stmt], int]]:
    """Statement by statement, and the line after it.

    A comment goes with what is below it; one that is indented, or closes a region, with what is above.
    """
    waiting: list[ast.stmt] = []
    begin = 0
    for number, node in enumerate(body):
        end = node.end_lineno or node.lineno
        beyond = _first_line(body[number + 1]) - 1 if number + 1 < len(body) else len(lines)
        for at in range(end, beyond):
            if lines[at].strip() and lines[at][0] in " \t":
                end = at + 1
        while end < len(lines) and _is_open(lines[begin:end]):
            end += 1
        waiting.append(node)
        if beyond >= end:  # otherwise the next one begins in it
            yield waiting, end
            begin, waiting = end, []


def _is_open(lines: Sequence[str]) -> bool:
    """Whether a region begins in these lines and does not end in them."""
    marks = [line.strip() for line in lines if line.strip().startswith("### ")]
    begun = sum(mark.startswith("### BEGIN SOLUTION ") for mark in marks)
    return begun > marks.count("### END SOLUTION")


def _goes_on(last: _CellPart, piece: _CellPart) -> bool:
    """Whether the same exercise goes on, or plain statements follow one another."""
    if last.exercises or piece.exercises:
        return last.exercises == piece.exercises and len(piece.exercises) == 1
    plain = not last.is_definition and not piece.is_definition
    return plain and not _is_main(last.nodes[0]) and not _is_main(piece.nodes[0])


def _marked(text: str) -> str:
    """A solution with nbgrader's markers, and the goal above them, where it stays for the learner."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip().startswith("### BEGIN SOLUTION "):
            indent = line[: len(line) - len(line.lstrip())]
            goal = line.partition(": ")[2].strip()
            lines += [f"{indent}# TODO: {goal}", f"{indent}### BEGIN SOLUTION"]
        else:
            lines.append(line)
    return "\n".join(lines)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports, wherever."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _DEFINITIONS) else []
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _name(node: ast.stmt) -> str:
    return node.name if isinstance(node, _DEFINITIONS) else "code"


def _dump(nodes: Sequence[ast.stmt]) -> list[str]:
    return [ast.dump(node) for node in nodes]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


# what can be played with


def play(code: str, defined: set[str], name: str) -> str:
    """Code for a cell that leaves the file's functions alone: in one of its own where it would not.

    >>> print(play("double = 2\\ndisplay(double)", {"double"}, "run"))
    def run():
        double = 2
        display(double)
    <BLANKLINE>
    <BLANKLINE>
    run()
    """
    given = {
        inner.id
        for inner in ast.walk(ast.parse(code))
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }
    if not given & defined:
        return code
    return f"def {name}():\n{textwrap.indent(code, '    ')}\n\n\n{name}()"


def _typed(groups: Examples) -> str:
    """The lines of examples as one types them in a notebook, each with what it is to show."""
    blocks: list[str] = []
    for group in groups:
        lines: list[str] = []
        for example in group:
            source = _DIRECTIVE.sub("", example.source).rstrip()
            if example.exc_msg:  # it would end the cell
                lines += [*_comment(source), *_comment(f"raises {example.exc_msg}")]
                continue
            lines.append(_displayed(source) if example.want.strip() else source)
            lines += _comment(example.want)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _displayed(source: str) -> str:
    body = ast.parse(source).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr) or _prints(body[0].value):
        return source
    expression = ast.get_source_segment(source, body[0].value) or source
    if isinstance(body[0].value, ast.Tuple) and not expression.startswith("("):
        return source.replace(expression, f"display(({expression}))", 1)  # a tuple, not one by one
    return source.replace(expression, f"display({expression})", 1)


def _prints(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


def _comment(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.rstrip().splitlines()]


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DIRECTIVE = re.compile(r"\s*# doctest:.*$", re.MULTILINE)
MOST_OF_AN_ID = 56
"""Characters: a cell's id in a notebook has at most 64, and a number may come after it."""
TEST = """\
check("{target}")
### BEGIN HIDDEN TESTS
check("{target}", must_pass=True)  # zth gives the points, outside of the notebook
### END HIDDEN TESTS"""
_TEST = re.compile(r"^check\(\"(\w+\.\w+)\"\)\s*$", re.MULTILINE)
BEGIN = "from grader.notebook import check"
EXAMPLES = "# What the docstring shows. Change it, try other things: nothing hangs on it."
RUN = "## See it work\n\nOnce all of it is done."
HOW_TO = (
    "Write your code where it says `YOUR CODE HERE`, run the cell, then run the `check` below it: it "
    "says what is wrong and why. It judges what you have run."
)
BESIDE = (
    "This notebook imports {names}, beside it, as last saved: after a change there, save it and run the "
    "import again."
)
SEVERAL = "One cell, several exercises: write one, run the cell again, check it below, and so on."
FURTHER_DOWN = "It is checked further down, when all that it needs is there."

"""The checks marked visible, cut out of the hidden ones with what they need, by the syntax tree.

What cannot be told apart is refused: a check that is half cut out would judge otherwise in the pack
than with the instructor, and one cut out with too much would show what is to stay hidden.
"""

from __future__ import annotations
import __future__

import ast
import dis
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Course, Lecture
from grader.errors import UserError
from grader.judge.submission import split_lines

OURS = frozenset({"observe", "seed", "rng", "torch_rng", "data_text"})
"""The fixtures that zth has for a check, wherever it runs."""


class Visible(msgspec.Struct, frozen=True):
    """What of a lecture's checks is for everybody."""

    files: dict[str, str]
    """By their paths in tests/visible/."""
    checks: dict[str, int]
    """How many there are of each exercise; those on a whole data set are not among them."""
    on_data: dict[str, int]


def visible_checks(course: Course, lecture: Lecture) -> Visible:
    """The visible checks of a lecture. Raises UserError where one cannot be cut out."""
    folder = course.hidden(lecture)
    own = Path(lecture.dir)
    conftests = [
        _File(path, place, course, lecture)
        for path, place in (
            (folder / "conftest.py", own / "conftest.py"),
            (folder.parent / "conftest.py", Path("conftest.py")),
        )
        if path.is_file()
    ]
    modules = [
        _File(path, own / path.name, course, lecture) for path in files_in(folder, "test_*.py")
    ]
    modules = [module for module in modules if module.visible]
    for module in modules:
        for name in module.visible:
            module.take(name, conftests)
    for file in (*conftests, *modules) if modules else ():
        file.take_what_is_always_used(conftests)
    files = {f.place.as_posix(): f.cut() for f in (*conftests, *modules) if f.taken}
    checks, on_data = Counter[str](), Counter[str]()
    for module in modules:
        for exercise, needs_data in module.visible.values():
            (on_data if needs_data else checks)[exercise] += 1
    return Visible(files, dict(checks), dict(on_data))


class _File:
    """A file of hidden checks, or a conftest.py, and what is taken of it."""

    def __init__(self, path: Path, place: Path, course: Course, lecture: Lecture) -> None:
        self.place = place
        self._course = course
        self._lecture = lecture
        self._shown = path.relative_to(course.root)
        self._text = path.read_text(encoding="utf-8")
        try:
            self._body = ast.parse(self._text).body
        except SyntaxError as error:
            raise UserError(f"{self._shown}, line {error.lineno} is not Python.", MEND) from None
        self.taken: set[str] = set()
        self._imports = {
            alias.asname or alias.name.partition(".")[0]: node
            for node in self._body
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        self._defined: dict[str, list[ast.stmt]] = {}
        for node in self._body:
            for name in _given(node):
                self._defined.setdefault(name, []).append(node)
        self.visible = dict(self._visible())
        """Each visible check by its name: its exercise, and whether it needs a data set."""

    # what there is

    def _visible(self) -> Iterator[tuple[str, tuple[str, bool]]]:
        """Also sees to it that `visible` stands nowhere else."""
        ours = {
            name
            for name, node in self._imports.items()
            if isinstance(node, ast.ImportFrom)
            and node.module == "grader.judge.checks"
            and any(a.name == "exercise" and (a.asname or a.name) == name for a in node.names)
        }
        calls = [
            call
            for node in self._body
            for call in ast.walk(node)
            if isinstance(call, ast.Call)
            and (
                getattr(call.func, "id", "") in ours or getattr(call.func, "attr", "") == "exercise"
            )
            and any(keyword.arg == "visible" for keyword in call.keywords)
        ]
        for call in calls:
            options = {k.arg: k.value for k in call.keywords}
            marked = options["visible"]
            test = next((n for n in self._body if call in getattr(n, "decorator_list", ())), None)
            if not isinstance(marked, ast.Constant) or not isinstance(marked.value, bool):
                raise self._refuse(call.lineno, "says `visible` with something else than True")
            if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test_"):
                raise self._refuse(call.lineno, "marks what is no test function of the file's own")
            (id_, *_) = [*call.args, ast.Constant(None)]
            if not isinstance(id_, ast.Constant) or id_.value not in self._ids:
                raise self._refuse(call.lineno, f"names no exercise of {self._lecture.id}")
            if marked.value:
                data = options.get("data")
                needs_data = not (
                    data is None or (isinstance(data, ast.Constant) and not data.value)
                )
                yield test.name, (str(id_.value), needs_data)

    @property
    def _ids(self) -> set[str]:
        return {exercise.id for exercise in self._lecture.exercise}

    # what is taken

    def take(self, name: str, conftests: Sequence[_File]) -> None:
        """A definition or an import, and what it needs."""
        if name in self.taken:
            return
        self.taken.add(name)
        for node in self._defined.get(name, ()):
            for needed in self._globals_of(node):
                if needed in self._defined or needed in self._imports:
                    self.take(needed, conftests)
            for fixture in self._fixtures_of(node):
                self._take_fixture(fixture, node, conftests)
        if name in self._imports:
            self._refuse_import(self._imports[name])

    def take_what_is_always_used(self, conftests: Sequence[_File]) -> None:
        """Fixtures that nobody asks for. What else has a say unasked cannot be cut out."""
        for node in self._body:
            if not _given(node) and not _is_harmless(node):
                raise self._refuse(node.lineno, "is what every check may depend on")
        for name, nodes in self._defined.items():
            if name == "pytestmark" or name.startswith(("pytest_", "setup_", "teardown_")):
                raise self._refuse(nodes[0].lineno, f"gives {name}, which has a say in every check")
            if any(_is_automatic(node) for node in nodes):
                self.take(name, conftests)

    def _take_fixture(self, fixture: str, node: ast.stmt, conftests: Sequence[_File]) -> None:
        if fixture in ("reference", "request"):
            what = "asks for the solution" if fixture == "reference" else "asks for `request`"
            raise self._refuse(node.lineno, f"{what}, which is not in a pack")
        # one of its own name asks for the one further out
        places = [self, *(c for c in conftests if c is not self)]
        for place in places[places.index(self) :]:
            name = place.fixture(fixture)
            if name and not (place is self and node in self._defined[name]):
                place.take(name, conftests)
                return
        if fixture not in OURS:
            raise self._refuse(node.lineno, f"asks for {fixture!r}, which is no fixture here")

    def fixture(self, fixture: str) -> str:
        """The function that gives a fixture; empty where this file has none of that name."""
        for name, nodes in self._defined.items():
            for node in nodes:
                for call in _fixture_marks(node):
                    if _option(call, "name", name) == fixture:
                        return name
        return ""

    def _fixtures_of(self, node: ast.stmt) -> Iterator[str]:
        """What a test or a fixture asks for by the names of its arguments, and by a mark."""
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        if not node.name.startswith("test") and not any(_fixture_marks(node)):
            return
        parameters = set(self._parameters(node))
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if argument.arg not in parameters:
                yield argument.arg
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and getattr(mark.func, "attr", "") == "usefixtures":
                yield from (str(getattr(a, "value", "")) for a in mark.args)

    def _parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
        for mark in node.decorator_list:
            if not isinstance(mark, ast.Call) or getattr(mark.func, "attr", "") != "parametrize":
                continue
            try:
                names = ast.literal_eval(mark.args[0])
            except (ValueError, IndexError):
                raise self._refuse(mark.lineno, "has parameters whose names are not seen") from None
            yield from names.replace(",", " ").split() if isinstance(names, str) else names

    def _globals_of(self, node: ast.stmt) -> set[str]:
        """The names that a statement looks up in the file, wherever in it."""
        annotations = any(
            isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in self._body
        )
        flags = __future__.annotations.compiler_flag if annotations else 0
        code = compile(ast.Module([node], []), "", "exec", flags=flags, dont_inherit=True)
        return set(_looked_up(code))

    def _refuse_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Of what is the course's own, and so in no pack."""
        if isinstance(node, ast.ImportFrom):
            names = ["." if node.level else node.module or ""]
        else:
            names = [alias.name for alias in node.names]
        near = (self._course.root, self._course.hidden(self._lecture))
        for head in (name.partition(".")[0] for name in names):
            own = any((p / head).is_dir() or (p / f"{head}.py").is_file() for p in near)
            if own and head != "grader":
                what = f"imports {head}" if head else "imports what lies beside it"
                raise self._refuse(node.lineno, f"{what}, which is not in a pack")

    def cut(self) -> str:
        """The file with nothing but what was taken."""
        parts: list[str] = []
        imports: list[str] = []
        for node in self._body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                imports.append(ast.unparse(node))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                kept = [
                    a for a in node.names if (a.asname or a.name.partition(".")[0]) in self.taken
                ]
                if kept:
                    node = type(node)(**{**vars(node), "names": kept})
                    imports.append(ast.unparse(node))
            elif self.taken.intersection(_given(node)):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                lines = split_lines(self._text)[first - 1 : node.end_lineno]
                parts.append("".join(lines).rstrip("\r\n"))
        head = HEAD.format(id=self._lecture.id)
        return (
            "\n\n\n".join([head + "".join(f"\n{line}" for line in ["", *imports]), *parts]) + "\n"
        )

    def _refuse(self, line: int, what: str) -> UserError:
        message = f"{self._shown}, line {line} {what}: the visible checks cannot be cut out."
        return UserError(message, APART)


def _given(node: ast.stmt) -> tuple[str, ...]:
    """The names a definition or a plain assignment at the top of a file gives."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value:
        targets = [node.target]
    flat = [inner for t in targets for inner in (t.elts if isinstance(t, ast.Tuple) else [t])]
    names = [target.id for target in flat if isinstance(target, ast.Name)]
    return tuple(names) if len(names) == len(flat) else ()


def _is_harmless(node: ast.stmt) -> bool:
    """A text, or an import of names: those that are not needed are left out."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or (
        isinstance(node, (ast.Import, ast.ImportFrom)) and all(a.name != "*" for a in node.names)
    )


def _fixture_marks(node: ast.stmt) -> Iterator[ast.expr]:
    for mark in getattr(node, "decorator_list", ()):
        called = mark.func if isinstance(mark, ast.Call) else mark
        if "fixture" in (getattr(called, "id", ""), getattr(called, "attr", "")):
            yield mark


def _option(mark: ast.expr, name: str, default: object) -> object:
    keywords = mark.keywords if isinstance(mark, ast.Call) else []
    found = next((k.value for k in keywords if k.arg == name), None)
    return getattr(found, "value", default) if found is not None else default


def _is_automatic(node: ast.stmt) -> bool:
    return any(_option(mark, "autouse", False) for mark in _fixture_marks(node))


def _looked_up(code: types.CodeType) -> Iterable[str]:
    for step in dis.get_instructions(code):
        if "GLOBAL" in step.opname or step.opname == "LOAD_NAME":
            yield str(step.argval)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _looked_up(inner)


HEAD = '"""Visible checks of {id}."""'
MEND = "Mend it: `zth dev check` tells more."
APART = "Move them, and what they need, to a file of their own, or leave out `visible`."

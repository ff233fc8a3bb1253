"""The worked files as modules, and the known wrong variants of them."""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
import types
from collections.abc import Mapping
from functools import cached_property

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Course, Exercise, Lecture
from grader.course.stubs import marked_exercises
from grader.errors import UserError
from grader.sandbox.modules import ModuleSet
from grader.source.files import find_definition


class Chaff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reference with one place changed, and the misconception behind it."""

    exercise: str
    name: str
    replace: str
    with_: str = msgspec.field(name="with")
    says: str
    only_where: str = ""
    """A pattern that must be found in the learner's definitions, or it is not this mistake."""
    not_where: str = ""
    """A pattern that must not be found there."""

    def can_be(self, code: str) -> bool:
        """Whether a learner's definitions, written the one way that ast has, may hold this mistake."""
        if self.not_where and re.search(self.not_where, code, re.MULTILINE):
            return False
        if any(statement in code for statement in self._left_out):
            return False
        return bool(re.search(self.only_where, code, re.MULTILINE))

    @property
    def _left_out(self) -> list[str]:
        """The statements that are missing in this mistake, where nothing stands in their place."""
        if self.with_.strip() not in ("", "pass"):
            return []
        try:
            tree = ast.parse(textwrap.dedent(self.replace))
        except SyntaxError:  # a part of a statement
            return []
        return [ast.unparse(node) for node in tree.body if isinstance(node, _STATEMENTS)]


_STATEMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign)
"""What is the same wherever it stands; an expression may well be there for another reason."""


class _ChaffFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chaff: tuple[Chaff, ...] = ()


class Solutions:
    """A lecture's worked files and chaffs. Lives in the judge, never in a sandbox."""

    def __init__(self, course: Course, lecture: Lecture) -> None:
        self._lecture = lecture
        self._folder = course.solutions(lecture)
        self._chaffs_path = course.hidden(lecture) / "chaffs.toml"
        self._variants: dict[str, ModuleSet] = {}
        self._codes: dict[str, types.CodeType] = {}

    @cached_property
    def texts(self) -> dict[str, str]:
        """Source by file name."""
        return {p.name: p.read_text(encoding="utf-8") for p in files_in(self._folder)}

    def stubs(self, exercise: Exercise) -> int:
        """How many places of an exercise's file are left to the learner."""
        return marked_exercises(self.texts[exercise.file]).count(exercise.id)

    @cached_property
    def modules(self) -> ModuleSet:
        return self._module_set(self.texts)

    @cached_property
    def chaffs(self) -> dict[str, tuple[Chaff, ...]]:
        """The chaffs by exercise, in the file's order. Raises UserError if the file is wrong."""
        path = self._chaffs_path
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            listed = msgspec.convert(raw, _ChaffFile).chaff
        except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: {error}.", MEND_CHAFFS) from None
        by_exercise: dict[str, tuple[Chaff, ...]] = {e.id: () for e in self._lecture.exercise}
        for chaff in listed:
            if chaff.exercise not in by_exercise:
                raise UserError(f"{path}: no exercise {chaff.exercise!r}.", MEND_CHAFFS)
            if any(chaff.name == other.name for other in by_exercise[chaff.exercise]):
                raise UserError(f"{path}: {chaff.exercise} has two {chaff.name!r}.", MEND_CHAFFS)
            for pattern in (chaff.only_where, chaff.not_where):
                try:
                    re.compile(pattern)
                except re.error as error:
                    message = f"{path}: {chaff.exercise}.{chaff.name} has a bad pattern: {error}."
                    raise UserError(message, MEND_CHAFFS) from None
            by_exercise[chaff.exercise] += (chaff,)
        return by_exercise

    def changed_text(self, chaff: Chaff) -> str:
        """The source of the exercise's file with the chaff's mistake in it.

        Raises UserError unless the place is found exactly once in the exercise's definitions.
        """
        exercise = self._lecture.find(chaff.exercise)
        text = self.texts[exercise.file]
        places = [
            at
            for start, end in definition_spans(text, exercise)
            for at in range(start, end)
            if text.startswith(chaff.replace, at, end)
        ]
        if len(places) != 1:
            raise UserError(
                f"{self._chaffs_path}: {chaff.exercise}.{chaff.name} is to replace "
                f"{chaff.replace!r}, which is in {exercise.file} {len(places)} times.",
                "Name a text that stands there once; it may span lines.",
            )
        at = places[0]
        return text[:at] + chaff.with_ + text[at + len(chaff.replace) :]

    def place(self, exercise: Exercise, name: str) -> str:
        """The one of the exercise's names in which a chaff, by its name, has its mistake.

        Empty if it is in none of them alone.
        """
        chaff = next(chaff for chaff in self.chaffs[exercise.id] if chaff.name == name)
        text, changed = self.texts[exercise.file], self.changed_text(chaff)
        at = next(i for i, (a, b) in enumerate(zip(text, f"{changed}\0", strict=False)) if a != b)
        found = [
            dotted
            for dotted in exercise.names
            if (span := definition_span(text, dotted)) and span[0] <= at < span[1]
        ]
        return max(found, key=len, default="")

    def variant(self, chaff: Chaff) -> ModuleSet:
        """The modules with the chaff's mistake; made once."""
        key = f"{chaff.exercise}.{chaff.name}"
        if key not in self._variants:
            file = self._lecture.find(chaff.exercise).file
            self._variants[key] = self._module_set({**self.texts, file: self.changed_text(chaff)})
        return self._variants[key]

    def _module_set(self, texts: Mapping[str, str]) -> ModuleSet:
        return ModuleSet(
            {name.removesuffix(".py"): self._compile(name, text) for name, text in texts.items()},
            package=self._lecture.package,
        )

    def _compile(self, name: str, text: str) -> types.CodeType:
        """A file's code, made once: a chaff differs from the solution in one of the files."""
        if text not in self._codes:
            path = str(self._folder / name)
            try:
                self._codes[text] = compile(text, path, "exec", dont_inherit=True)
            except SyntaxError as error:
                where = f"solutions/{self._lecture.dir}/{name}"
                raise UserError(
                    f"A variant of {where} is not Python: {error}.", MEND_CHAFFS
                ) from None
        return self._codes[text]


def definition_span(text: str, dotted: str) -> tuple[int, int] | None:
    """Where in a source a name is defined: (start, end), in characters; None if it is not."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    node = find_definition(text, dotted)
    if node is None:
        return None
    return starts[_first_line(node) - 1], starts[node.end_lineno or node.lineno]


def definition_spans(text: str, exercise: Exercise) -> list[tuple[int, int]]:
    """Where in a source the exercise's names are defined, each outermost definition once."""
    spans = [span for name in exercise.names if (span := definition_span(text, name))]
    return [s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)]


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(node.lineno, *(d.lineno for d in decorators), node.lineno)


MEND_CHAFFS = (
    "A [[chaff]] has exercise, name, replace, with and says; names differ within an exercise."
)

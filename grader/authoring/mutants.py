"""Mutants of the worked solutions, by cosmic-ray's operators, inside the solution regions only."""

from __future__ import annotations

import difflib
import importlib
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.course.manifest import Exercise
from grader.errors import UserError
from grader.judge.solutions import definition_spans


class Mutant(msgspec.Struct, frozen=True):
    """A worked file with one thing changed."""

    exercise: str
    operator: str
    was: str
    """The first line that differs, stripped."""
    becomes: str
    line: int
    text: str
    """The whole file."""


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mutant that no check can tell from the solution, and why."""

    exercise: str
    was: str
    becomes: str
    reason: str


class _EquivalentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    equivalent: tuple[Equivalent, ...] = ()


def read_equivalents(path: Path) -> tuple[Equivalent, ...]:
    """The listed equivalents; none where the file is not there."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return msgspec.convert(raw, _EquivalentFile).equivalent
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}.", MEND_EQUIVALENTS) from None


def mutants_of(text: str, exercise: Exercise) -> Iterator[Mutant]:
    """Every file that differs from `text` by one mutation inside the exercise's solution regions."""
    seen: set[str] = set()
    for start, end in _regions(text, exercise):
        snippet = text[start:end]
        body = textwrap.dedent(snippet)
        indent = snippet[: len(snippet) - len(snippet.lstrip(" "))]
        for operator, changed in _mutations(body):
            if changed in seen or changed == body:
                continue
            seen.add(changed)
            was, becomes, line = _first_difference(body, changed)
            yield Mutant(
                exercise=exercise.id,
                operator=operator,
                was=was,
                becomes=becomes,
                line=text.count("\n", 0, start) + line,
                text=text[:start] + textwrap.indent(changed, indent) + text[end:],
            )


def _regions(text: str, exercise: Exercise) -> Iterator[tuple[int, int]]:
    """The text between the markers, in the exercise's definitions."""
    for start, end in definition_spans(text, exercise):
        at = start
        while (begin := text.find(f"### BEGIN SOLUTION {exercise.id}:", at, end)) >= 0:
            first = text.index("\n", begin) + 1
            marker = text.index("### END SOLUTION", first)
            last = text.rindex("\n", 0, marker) + 1
            yield first, last
            at = last


def _mutations(source: str) -> Iterator[tuple[str, str]]:
    """(operator, changed source) for each place each operator can change."""
    # parso first: cosmic-ray imports its parts in an order that parso cannot bear
    importlib.import_module("parso.python.tree")
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    # `return` outside a function is no syntax to parso
    wrapped = "def region():\n" + textwrap.indent(source, "    ")
    for name in operator_names():
        kind = get_operator(name)
        if any(kind.arguments()):
            continue  # variable replacement, which wants to be told names
        occurrence = 0
        while (changed := mutate_code(wrapped.encode(), kind(), occurrence)) is not None:
            head, _, body = changed.partition("\n")
            if head == "def region():":
                yield name.removeprefix("core/"), textwrap.dedent(body)
            occurrence += 1


def _first_difference(one: str, other: str) -> tuple[str, str, int]:
    """The lines that differ, stripped, and the number of the first."""
    a, b = one.splitlines(), other.splitlines()
    for tag, i, end, j, last in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            was = " ".join(line.strip() for line in a[i:end])
            return was, " ".join(line.strip() for line in b[j:last]), i + 1
    return "", "", 0


MEND_EQUIVALENTS = "An [[equivalent]] has exercise, was, becomes and reason."

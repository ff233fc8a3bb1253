"""What a verdict depends on, as a short text: where it is the same, nothing has to be judged again."""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Course, Exercise, Lecture
from grader.judge.code import judging_code
from grader.source.files import Submission

SIZE = 16
"""Bytes of a digest."""


class Digests:
    """Of the exercises of one course, each computed once."""

    def __init__(self, course: Course) -> None:
        self._course = course

    def of(self, lecture: Lecture, exercise: Exercise) -> str:
        """Changes with the exercise's checks, solution, limits, chaffs, with the judge and torch."""
        checks = [p for folder in self._course.checks(lecture) for p in files_in(folder)]
        chaffs = _chaffs(self._course.hidden(lecture) / "chaffs.toml")
        shared = msgspec.structs.replace(lecture, exercise=(), title="", video="", due=None)
        own = msgspec.structs.replace(exercise, title="", at="", hints=("", "", ""))
        return _hash(
            _judge(),
            msgspec.json.encode([shared, own, self._course.limits(exercise)]),
            *_contents(files_in(self._course.solutions(lecture))),
            *_contents(path for path in checks if _concerns(path, exercise)),
            *chaffs.get(exercise.id, ()),
        )

    def course(self) -> str:
        """Of all the course: workers of one run must have the same."""
        return _hash(
            *(
                self.of(lecture, exercise).encode()
                for lecture in self._course.lectures
                for exercise in lecture.exercise
            )
        )


def fingerprint(submission: Submission) -> str:
    """Changes with every file of the lecture, and with those beside that it may import."""
    return _hash(
        *(
            f"{name}\0{source.text}\0{source.trouble}{source.broken or ''}".encode(
                "utf-8", "surrogatepass"
            )
            for files in (submission.files, submission.others)
            for name, source in sorted(files.items())
        )
    )


def _concerns(path: Path, exercise: Exercise) -> bool:
    """Whether a file of checks has a say in an exercise; conftest.py has in all."""
    if not path.name.startswith("test_"):
        return True
    return exercise.id in _named(path.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=256)
def _named(source: str) -> frozenset[str]:
    """Every text in a file of checks: the exercises it names are among them."""
    nodes = ast.walk(ast.parse(source))
    return frozenset(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@functools.cache
def _chaffs(path: Path) -> dict[str, list[bytes]]:
    """The chaffs of each exercise: what a mark says of a mistake depends on them."""
    found: dict[str, list[bytes]] = {}
    if path.exists():
        for chaff in tomllib.loads(path.read_text(encoding="utf-8")).get("chaff", []):
            found.setdefault(chaff.get("exercise"), []).append(repr(sorted(chaff.items())).encode())
    return found


def _contents(paths: Iterator[Path] | list[Path]) -> Iterator[bytes]:
    for path in paths:
        yield path.name.encode()
        yield path.read_bytes()


@functools.cache
def _judge() -> bytes:
    """The code that reads and judges, and the libraries whose numbers it compares."""
    sources = code_behind_a_mark()
    versions = [sys.version.split()[0], metadata.version("torch"), metadata.version("pytest")]
    return _hash(" ".join(versions).encode(), *_contents(sources)).encode()


def code_behind_a_mark() -> list[Path]:
    """Our own code that decides what of a submission is judged, and how: another is another mark."""
    package = Path(__file__).resolve().parent.parent
    readers = [
        package / "grading" / f"{name}.py" for name in ("submitted_files", "source_matching")
    ]
    for reader in readers:  # grows as it goes
        for node in ast.walk(ast.parse(reader.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "grader.grading"
            ):
                parts = str(node.module).split(".")[1:]
                for names in (parts, *([*parts, alias.name] for alias in node.names)):
                    path = package.joinpath(*names).with_suffix(".py")
                    if path.is_file() and path not in readers:
                        readers.append(path)
    return [*judging_code(package), *sorted(readers)]


def _hash(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=SIZE)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()

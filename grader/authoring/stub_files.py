"""Writing exercises/ from solutions/, without losing work that somebody did there."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Lecture
from grader.course.stubs import stubs_of
from grader.source.files import compile_source, count_stubs, find_definition


class Written(msgspec.Struct, frozen=True):
    path: Path
    kept: Path | None
    """The dated copy of what was there, where it held more than stubs."""


def write_stubs(course: Course, lecture: Lecture) -> list[Written]:
    """The stubs that were not up to date and now are."""
    written = []
    for path, text in stubs_of(course, lecture).items():
        before = path.read_bytes() if path.exists() else b""
        if before == text.encode():
            continue
        kept = _keep(path, before) if before and _holds_work(path, before, lecture) else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(Written(path, kept))
    return written


def _holds_work(path: Path, data: bytes, lecture: Lecture) -> bool:
    """Whether an exercise in the file is more than a stub; a file that cannot be read may be."""
    source = compile_source(path.name, str(path), data)
    return source.trouble is not None or any(
        find_definition(source.text, name) and not count_stubs(source.text, exercise)
        for exercise in lecture.exercise
        if exercise.file == path.name
        for name in exercise.names
    )


def _keep(path: Path, data: bytes) -> Path:
    stamp = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    kept = path.with_name(f"{path.name}.{stamp}")
    kept.write_bytes(data)
    return kept

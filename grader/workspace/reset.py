"""`zth reset`: an exercise begun anew, the rest of its file untouched."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.course.targets import Selection, select
from grader.errors import UserError
from grader.source.definitions import Tangled, definition, put, with_imports
from grader.source.files import MAX_BYTES, SourceFile, compile_source, read_source
from grader.workspace.backups import Backup, alone, keep, replace_files
from grader.workspace.workspace import Workspace, read_file
from grader.workspace.workspace_files import given_stubs


class Reset(msgspec.Struct, frozen=True):
    """What a reset has done."""

    files: tuple[str, ...]
    """As paths from the workspace."""
    exercises: tuple[tuple[Lecture, Exercise], ...]
    """Those that were more than a stub, or less."""
    kept: Backup | None


def reset(workspace: Workspace, course: Course, targets: Sequence[str]) -> Reset:
    """The targets' stubs put back: a lecture's files, of an exercise its definitions.

    What was there is kept first. Raises UserError, and then nothing was changed.
    """
    with alone(workspace):
        return _reset(workspace, course, targets)


def _reset(workspace: Workspace, course: Course, targets: Sequence[str]) -> Reset:
    before: dict[Path, bytes | None] = {}
    changed: dict[Path, bytes] = {}
    begun: dict[tuple[str, str], tuple[Lecture, Exercise]] = {}
    for target in targets:
        for selection in select(course, [target]):
            lecture, folder = selection.lecture, workspace.folder(selection.lecture)
            stubs = {folder / name: text for name, text in given_stubs(course, lecture).items()}
            whole = _names_lecture(target, selection)
            for path in stubs if whole else {folder / e.file for e in selection.exercises}:
                if path not in before:
                    before[path] = read_file(path)
            for exercise in selection.exercises:
                path = folder / exercise.file
                file = _file(path, changed.get(path, before[path]))
                if not _is_stub(file, stubs[path], exercise):
                    begun[lecture.id, exercise.id] = lecture, exercise
                    if not whole:
                        changed[path] = _reset_in(file, stubs[path], lecture, exercise)
            if whole:
                stubs_now = {path: text.encode() for path, text in stubs.items()}
                changed |= {p: d for p, d in stubs_now.items() if changed.get(p, before[p]) != d}
    replaced = {path: before[path] for path in changed}
    kept = keep(workspace, "reset", f"zth reset {' '.join(targets)}", replaced)
    replace_files(changed, before)
    files = tuple(path.relative_to(workspace.root).as_posix() for path in changed)
    return Reset(files, tuple(begun.values()), kept)


def _names_lecture(target: str, selection: Selection) -> bool:
    """A lecture of one exercise may be asked for by either name."""
    ids = {exercise.id for exercise in selection.lecture.exercise}
    return selection.is_whole and "." not in target and target.strip() not in ids


class _File(msgspec.Struct, frozen=True):
    source: SourceFile
    mark: bytes
    """The byte order mark, where the file has one."""


def _file(path: Path, data: bytes | None) -> _File:
    """A file as it is, or as another target will have made it."""
    data = data or b""
    if len(data) > MAX_BYTES:  # it says so
        return _File(read_source(path), b"")
    source = compile_source(path.name, str(path), data)
    return _File(source, codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b"")


def _is_stub(file: _File, stub: str, exercise: Exercise) -> bool:
    return bool(file.source.code) and all(
        definition(file.source.text, name) == definition(stub, name) for name in exercise.names
    )


def _reset_in(file: _File, stub: str, lecture: Lecture, exercise: Exercise) -> bytes:
    """The file's bytes with the exercise's stubs in it."""
    source = file.source
    if source.trouble and source.trouble.absent:
        return stub.encode()
    if source.trouble:
        line = source.trouble.line
        raise UserError(
            f"{source.trouble.sentence.rstrip('.')}. {NOT_ALONE.format(exercise=exercise.id)}",
            f"{f'Fix line {line}' if line else 'Fix the file'}, or {ANEW.format(id=lecture.id)}",
        )
    text = source.text
    try:
        for name in exercise.names:
            text = put(text, stub, name)
        for other in lecture.exercise:  # a method of a class that was put back is another's work
            for inner in other.names if other.file == exercise.file and other != exercise else ():
                if any(inner.startswith(f"{name}.") for name in exercise.names):
                    text = put(text, source.text, inner)
        text = with_imports(text, stub, exercise.names)
    except Tangled as error:
        raise UserError(
            TANGLED.format(file=source.name, line=error.line),
            f"Give it lines of its own, or {ANEW.format(id=lecture.id)}",
        ) from None
    return file.mark + text.encode()


NOT_ALONE = "{exercise} cannot be told from the rest of the file; nothing was changed."
TANGLED = "{file}, line {line} has other code on the lines of a definition; nothing was changed."
ANEW = "begin the whole lecture anew: `zth reset {id}`. What you wrote is kept."

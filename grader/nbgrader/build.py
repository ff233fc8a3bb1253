"""`source/lecture5/*.ipynb` from the solutions: what nbgrader makes an assignment of.

What was built is kept beside it in `.zth/nbgrader`, so that a later build knows what an instructor has
changed since. Nothing of theirs is replaced without a dated copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Course, Lecture
from grader.course.stubs import marked_exercises
from grader.errors import UserError
from grader.nbgrader.cells import cells_of
from grader.nbgrader.config import source_folder
from grader.nbgrader.files import NotebookFile, notebook_of, read_notebook
from grader.nbgrader.merging import MergedNotebook, merge
from grader.nbgrader.pack import drop_pack, put_pack
from grader.workspace.backups import Backup, alone, keep, replace_files
from grader.workspace.workspace import Workspace, read_file

BUILT = "nbgrader"
"""In the course folder's `.zth`: what was built, as it was built."""
COMMAND = "nbgrader"


class Built(msgspec.Struct, frozen=True):
    """A notebook in source/."""

    path: Path
    exercises: int
    points: int
    bonus: int
    is_new: bool
    changed: bool
    own: int = 0
    """Cells that the instructor added."""
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


class BuiltLecture(msgspec.Struct, frozen=True):
    lecture: str
    notebooks: tuple[Built, ...]
    given: tuple[str, ...]
    """Files that are handed out as they are: nothing in them is left to the learner."""
    pack: bool
    copy: Backup | None
    """What the instructor had, of what was replaced."""
    stale: tuple[str, ...] = ()
    """Notebooks of an earlier build whose file is no longer in the lecture."""


def build(course: Course, lecture: Lecture, folder: Path, pack: bool) -> BuiltLecture:
    """Write a lecture's notebooks into an nbgrader course's folder; `pack`: with the students' pack.

    Raises UserError if a file that zth has not built stands in the way, and where a solution would
    be handed out; then nothing is written.
    """
    place = Workspace(folder)
    source = source_folder(folder, lecture.id)
    home = place.own / BUILT / lecture.id
    with alone(place):
        plans = [_plan(course, lecture, file, source, home) for file in lecture.files]
        given = list(_given(course, lecture))
        before: dict[Path, bytes | None] = {}
        writes: dict[Path, bytes] = {}
        for plan in plans:
            before |= {plan.path: plan.was, plan.record: read_file(plan.record)}
            writes |= {plan.path: plan.text} if plan.text != plan.was else {}
            writes |= {plan.record: plan.built} if plan.built != before[plan.record] else {}
        theirs: dict[Path, bytes | None] = {p.path: p.was for p in plans if p.is_theirs}
        for path in given:
            data, target, record = path.read_bytes(), source / path.name, home / path.name
            before |= {target: read_file(target), record: read_file(record)}
            if before[target] != data:
                writes[target] = data
                theirs |= {target: before[target]} if before[target] != before[record] else {}
            writes |= {record: data} if before[record] != data else {}
        if pack:  # before anything is replaced: a check that cannot be shown stops it
            put_pack(course, lecture, source)
        else:
            drop_pack(source)
        copy = keep(place, COMMAND, f"zth nbgrader build {lecture.id}", theirs)
        replace_files(writes, before)
    names = {plan.path.name for plan in plans} | {path.name for path in given}
    stale = sorted(
        p.name for p in home.glob("*") if p.name not in names and (source / p.name).exists()
    )
    return BuiltLecture(
        lecture.id,
        tuple(plan.about for plan in plans),
        tuple(path.name for path in given),
        pack,
        copy,
        tuple(stale),
    )


class _Plan(msgspec.Struct, frozen=True):
    """What is to become of one notebook."""

    path: Path
    record: Path
    built: bytes
    """As it is built now."""
    was: bytes | None
    """What stands there."""
    text: bytes
    """What will stand there."""
    is_theirs: bool
    """Whether what is replaced holds something of the instructor's."""
    about: Built


def _plan(course: Course, lecture: Lecture, file: str, source: Path, home: Path) -> _Plan:
    name = Path(file).with_suffix(".ipynb").name
    path, record = source / name, home / name
    new = notebook_of(lecture, file, cells_of(course, lecture, file))
    built, was = new.encode(), read_file(path)
    exercises = [e for e in lecture.exercise if e.file == file]
    about = Built(
        path=path,
        exercises=len(exercises),
        points=sum(e.points for e in exercises if not e.bonus),
        bonus=sum(e.points for e in exercises if e.bonus),
        is_new=was is None,
        changed=was != built,
    )
    recorded = read_file(record)
    if was is None or was in (built, recorded):
        return _Plan(path, record, built, was, built, False, about)
    theirs, first = read_notebook(was), read_notebook(recorded or b"")
    if theirs is None or first is None:
        raise UserError(NOT_OURS.format(path=path), MOVE_AWAY.format(lecture=lecture.id))
    merged = merge(first.cells, theirs.cells, new.cells)
    text = was if merged.cells == theirs.cells else _text(merged, theirs, new)
    about = msgspec.structs.replace(
        about,
        changed=text != was,
        own=merged.own,
        kept=merged.kept,
        left_out=merged.left_out,
        replaced=merged.replaced,
    )
    return _Plan(path, record, built, was, text, text != was, about)


def _text(merged: MergedNotebook, theirs: NotebookFile, new: NotebookFile) -> bytes:
    """The notebook's file; what a program of theirs has put beside the cells stays."""
    metadata = {**theirs.metadata, "zth": new.metadata["zth"]}
    made = NotebookFile(merged.cells, metadata, {**theirs.more, **new.more})
    return made.encode()


def _given(course: Course, lecture: Lecture) -> Iterator[Path]:
    """The files of solutions/ in which nothing is left to the learner."""
    for path in files_in(course.solutions(lecture)):
        if path.name not in lecture.files and not marked_exercises(
            path.read_text(encoding="utf-8")
        ):
            yield path


def total(notebooks: Sequence[Built]) -> tuple[int, int]:
    """The points of a lecture, and those of its bonus exercises."""
    return sum(n.points for n in notebooks), sum(n.bonus for n in notebooks)


NOT_OURS = "{path} is not a notebook that zth has built there."
MOVE_AWAY = "Move it away or rename it, then run the command again: zth nbgrader build {lecture}."

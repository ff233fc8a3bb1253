"""`zth submit`: a lecture's files as they are now, in one zip to hand in.

One for each lecture: where a class's are gathered in a folder, the newest of a lecture counts, and
hides nothing of another. The zip says for people what it is; who it is by is for its name, and for
the platform, to say: anybody can type any name.
"""

from __future__ import annotations

import ast
import datetime
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.errors import UserError
from grader.source.files import MAX_BYTES, SourceFile, Submission, count_stubs, parse
from grader.workspace.backups import replace_files
from grader.workspace.workspace import FOLDER, Workspace, read_file
from grader.workspace.workspace_files import given_stubs

ABOUT = "submission.json"
SUFFIX = ".zth.zip"
"""After the name and the lecture, so that `zth grade` knows the two apart."""
KEPT = "submitted"
"""In zth's own folder: what was in the place of a newer one."""
EPOCH = (1980, 1, 1, 0, 0, 0)
LONGEST_NAME = 80


class About(msgspec.Struct, frozen=True):
    """What is in the zip beside the files."""

    zth: str
    course: str
    digest: str
    """Of the stubs that were given."""
    lecture: str
    at: str
    who: str
    """As typed; empty if nothing was. Nobody has looked whether it is so."""
    format: int = 1


class PackedSubmission(msgspec.Struct, frozen=True):
    """What was written."""

    lecture: Lecture
    path: Path
    files: tuple[str, ...]
    unwritten: tuple[str, ...]
    """Exercises that are partly a stub, or not there."""
    warnings: tuple[str, ...]
    kept: Path | None
    """Where the one is that was there before."""


class Packed(msgspec.Struct, frozen=True):
    """A lecture's files as they are now: what is handed in."""

    lecture: Lecture
    submission: Submission
    """These files and no others."""
    data: dict[str, bytes]
    """By name."""


def pack(workspace: Workspace, lecture: Lecture) -> Packed:
    """What would be handed in. Raises UserError if there is nothing."""
    submission = workspace.submission(lecture)
    imported = _imported(submission)
    folder = workspace.folder(lecture)
    read = {name: read_file(folder / name) for name in (*submission.files, *imported)}
    data = {name: content for name, content in read.items() if content is not None}
    if not data:
        where = f"{FOLDER}/{lecture.dir}"
        raise UserError(
            f"There is nothing to hand in: {where} holds none of {', '.join(lecture.files)}.",
            f"`zth reset {lecture.id}` brings the stubs back.",
        )
    only = msgspec.structs.replace(submission, others=imported)
    return Packed(lecture, only, data)


def hand_in(
    workspace: Workspace, course: Course, packed: Packed, who: str, now: datetime.datetime
) -> PackedSubmission:
    """Write the zip of a lecture to the workspace. Raises UserError if it cannot be written."""
    lecture, submission, data = packed.lecture, packed.submission, packed.data
    about = msgspec.json.format(msgspec.json.encode(_about(course, lecture, who, now))) + b"\n"
    zipped = _zip({f"{lecture.dir}/{name}": content for name, content in data.items()}, about)
    path = workspace.root / file_name(who, lecture)
    before = read_file(path)
    kept = None
    if before is not None:
        kept = workspace.own / KEPT / f"{now:%Y-%m-%dT%H-%M-%S.%f}-{path.name}"
        replace_files({kept: before}, {kept: None})
    replace_files({path: zipped}, {path: before})
    sources = {**submission.files, **submission.others}
    return PackedSubmission(
        lecture=lecture,
        path=path,
        files=tuple(f"{lecture.dir}/{name}" for name in data),
        unwritten=tuple(e.id for e in lecture.exercise if _is_unwritten(submission, e)),
        warnings=tuple(_warnings(sources, data)),
        kept=kept,
    )


def file_name(who: str, lecture: Lecture) -> str:
    """`ada-lecture5.zth.zip`. Raises UserError if a name cannot be in a file's."""
    if not who:
        return f"{lecture.id}{SUFFIX}"
    if _ODD.search(who) or who != who.strip(" .") or len(who) > LONGEST_NAME:
        raise UserError(
            f"{who!r} cannot be part of a file's name.",
            "Use letters, digits, spaces and . , ' _ - @ +, at most 80 of them.",
        )
    return f"{who}-{lecture.id}{SUFFIX}"


def _about(course: Course, lecture: Lecture, who: str, now: datetime.datetime) -> About:
    from importlib import metadata  # slow to import

    digest = hashlib.blake2b(digest_size=16)
    for name, text in sorted(given_stubs(course, lecture).items()):
        digest.update(f"{name}\0{text}\0".encode())
    at = now.isoformat(timespec="seconds")
    version = metadata.version("zth")
    return About(version, course.manifest.title, digest.hexdigest(), lecture.id, at, who)


def _zip(files: dict[str, bytes], about: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in (*sorted(files.items()), (ABOUT, about)):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # of Unix, whatever this is: the rights are in the line below
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data)
    return packed.getvalue()


def _imported(submission: Submission) -> dict[str, SourceFile]:
    """The other files beside the lecture's that these import, and those that they import."""
    found: dict[str, SourceFile] = {}
    waiting = list(submission.files.values())
    for source in waiting:
        for stem in _imports(source):
            name = f"{stem}.py"
            if name in submission.others and name not in found:
                found[name] = submission.others[name]
                waiting.append(found[name])
    return found


def _imports(source: SourceFile) -> Iterator[str]:
    """Every name that may be a module's, in the imports of a file."""
    if not source.code:
        yield from re.findall(r"\w+", source.text)
        return
    for node in ast.walk(parse(source.text)):
        if isinstance(node, ast.Import):
            yield from (part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)


def _is_unwritten(submission: Submission, exercise: Exercise) -> bool:
    source = submission.files[exercise.file]
    if not source.code:
        return bool(source.trouble and source.trouble.absent)
    there = all(source.definition_line(name) for name in exercise.names)
    return not there or count_stubs(source.text, exercise) > 0


def _warnings(sources: dict[str, SourceFile], data: dict[str, bytes]) -> Iterator[str]:
    """What nobody would want to hand in."""
    for name, source in sources.items():
        if source.trouble:
            yield source.trouble.sentence
        elif len(data.get(name, b"")) > MAX_BYTES:
            yield f"{name} is larger than 1 MB, and is not judged."


_ODD = re.compile(r"[^\w .,'’@+-]|^[.-]")

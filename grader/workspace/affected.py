"""Which exercises a save may have changed: those written in it, and those that stand on them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from grader.course.manifest import Exercise, Lecture
from grader.source.files import SourceFile, Submission, find_definition, is_begun, parse


class Affected(msgspec.Struct, frozen=True):
    """Exercises of one lecture, in its order."""

    edited: tuple[Exercise, ...] = ()
    """Their own definitions are not what they were."""
    shaken: tuple[Exercise, ...] = ()
    """Begun, and built on code that is not what it was."""
    files: tuple[str, ...] = ()
    """The files that changed, a comment counted."""


def touched(lecture: Lecture, before: Submission, after: Submission) -> Affected:
    """What has to be judged again after a save.

    A file that is no Python now shakes nothing: it says so for the exercise in view, and the others
    are as they were once it is fixed. A file that is gone affects all exercises in it.
    """
    files = tuple(
        name for name in lecture.files if _key(before.files[name]) != _key(after.files[name])
    )
    edited: list[Exercise] = []
    shaken: list[Exercise] = []
    for name in files:
        old, new = before.files[name], after.files[name]
        here = [e for e in lecture.exercise if e.file == name]
        if new.trouble and not new.trouble.absent:
            continue
        if not (old.code and new.code):
            shaken += here
            continue
        edited += [e for e in here if _definitions(old.text, e) != _definitions(new.text, e)]
        if _rest(old.text, here) != _rest(new.text, here):
            shaken += here
    ids = {e.id for e in edited}
    if before.other_code() != after.other_code():
        shaken += lecture.exercise
    shaken += _built_on([*edited, *shaken], lecture)
    return Affected(
        edited=tuple(edited),
        shaken=tuple(
            e
            for e in lecture.exercise
            if e in shaken and e.id not in ids and _may_be_judged(after, e)
        ),
        files=files,
    )


def with_last_code(before: Submission, after: Submission) -> Submission:
    """`after`, but with the file of `before` where it is no Python now: what to compare with next."""
    files = {
        name: before.files[name] if now.trouble and not now.trouble.absent else now
        for name, now in after.files.items()
    }
    return msgspec.structs.replace(after, files=files)


def _key(source: SourceFile) -> object:
    return source.text or source.trouble


def _definitions(text: str, exercise: Exercise) -> list[str]:
    nodes = (find_definition(text, name) for name in exercise.names)
    return [ast.dump(node) if node else "" for node in nodes]


def _rest(text: str, exercises: Iterable[Exercise]) -> list[str]:
    """The code of a file that belongs to no exercise."""
    own = [find_definition(text, name) for e in exercises for name in e.names]

    def outside(body: Sequence[ast.stmt]) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.ClassDef) and _holds(node, own):
                yield f"{node.name} {[ast.dump(base) for base in node.bases]}"
                yield from outside(node.body)
            elif not any(node is definition for definition in own):
                yield ast.dump(node)

    return list(outside(parse(text).body))


def _holds(node: ast.ClassDef, definitions: Sequence[ast.stmt | None]) -> bool:
    return any(child is definition for child in ast.walk(node) for definition in definitions)


def _built_on(changed: Sequence[Exercise], lecture: Lecture) -> list[Exercise]:
    """The exercises that need one of these, and what needs those."""
    ids = {e.id for e in changed}
    found: list[Exercise] = []
    for _ in lecture.exercise:  # no chain of needs is longer
        more = [e for e in lecture.exercise if e.id not in ids and ids.intersection(e.needs)]
        if not more:
            break
        found += more
        ids.update(e.id for e in more)
    return found


def _may_be_judged(submission: Submission, exercise: Exercise) -> bool:
    source = submission.files[exercise.file]
    return not source.code or is_begun(source.text, exercise)

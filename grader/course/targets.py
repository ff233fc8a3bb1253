"""What a learner types (`lecture5`, `5.softmax`, `softmax`, `engine.py`) to what the course means."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import PurePath

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.errors import UserError


class Selection(msgspec.Struct, frozen=True):
    """A lecture and those of its exercises that were asked for, in the course's order."""

    lecture: Lecture
    exercises: tuple[Exercise, ...]

    @property
    def is_whole(self) -> bool:
        return self.exercises == self.lecture.exercise


def select(course: Course, targets: Sequence[str]) -> list[Selection]:
    """The lectures and exercises that `targets` name, in the course's order, each once.

    Raises UserError with the nearest names where a target names nothing or more than one thing.
    """
    wanted = {pair for target in targets for pair in _resolve(course, target)}
    return [
        Selection(lecture, exercises)
        for lecture in course.lectures
        if (exercises := tuple(e for e in lecture.exercise if (lecture.id, e.id) in wanted))
    ]


def one_exercise(course: Course, target: str) -> tuple[Lecture, Exercise]:
    """The one exercise a target names. Raises UserError if it names none, or several."""
    (selection,) = select(course, [target])
    if len(selection.exercises) > 1:
        first = f"{selection.lecture.id}.{selection.exercises[0].id}"
        raise UserError(f"{target!r} is a lecture.", f"Name one of its exercises: {first}, say.")
    return selection.lecture, selection.exercises[0]


def _resolve(course: Course, target: str) -> list[tuple[str, str]]:
    text = target.strip()
    if text.endswith(".py") or any(le.dir in PurePath(text).parts[1:] for le in course.lectures):
        return _in_file(course, text)
    head, dot, tail = text.partition(".")
    lecture = _lecture(course, head)
    if lecture and not dot:
        return [(lecture.id, e.id) for e in lecture.exercise]
    if lecture:
        found = [(lecture.id, e.id) for e in lecture.exercise if e.id == tail]
    else:
        found = [(le.id, e.id) for le in course.lectures for e in le.exercise if e.id == text]
    if len(found) > 1:
        raise UserError(
            f"{target!r} is in {len(found)} lectures.",
            "Say which: " + " or ".join(f"{a}.{b}" for a, b in found) + ".",
        )
    if not found:
        raise UserError(f"There is no {target!r} in this course.", _nearest(course, lecture, text))
    return found


def _in_file(course: Course, text: str) -> list[tuple[str, str]]:
    """The exercises that are written in a file: `engine.py`, or a path, as the tab key gives it.

    Raises UserError if the file is none of the course's, or one of several lectures'.
    """
    path = PurePath(text)
    folders = [lecture for lecture in course.lectures if lecture.dir in path.parts]
    if path.suffix != ".py":
        return [(lecture.id, e.id) for lecture in folders for e in lecture.exercise]
    named = [le for le in folders or course.lectures if path.name in le.files]
    if len(named) > 1:
        both = " or ".join(f"{lecture.dir}/{path.name}" for lecture in named)
        raise UserError(f"{path.name} is in {len(named)} lectures.", f"Say which: {both}.")
    if not named:
        names = {f: f for lecture in course.lectures for f in lecture.files}
        near = difflib.get_close_matches(path.name, names, n=2, cutoff=0.5)
        fix = f"Did you mean {' or '.join(near)}?" if near else "`zth list` shows what there is."
        raise UserError(f"No exercise of this course is written in {path.name}.", fix)
    (lecture,) = named
    return [(lecture.id, e.id) for e in lecture.exercise if e.file == path.name]


def _lecture(course: Course, head: str) -> Lecture | None:
    for lecture in course.lectures:
        number = lecture.id.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
        if head in {lecture.id, lecture.dir} or (head.isdigit() and head.lstrip("0") == number):
            return lecture
    return None


def _nearest(course: Course, lecture: Lecture | None, text: str) -> str:
    lectures = [lecture] if lecture else list(course.lectures)
    names = {e.id: f"{le.id}.{e.id}" for le in lectures for e in le.exercise}
    names |= {full: full for full in names.values()}
    if not lecture:
        names |= {le.id: le.id for le in lectures}
    # the exercise, in the lecture it belongs to; then what is spelled alike
    tail = text.rpartition(".")[2].lower()
    near = [
        f"{le.id}.{e.id}" for le in course.lectures for e in le.exercise if e.id.lower() == tail
    ]
    names |= {name: name for name in near}
    near += difflib.get_close_matches(text.lower(), names, n=3, cutoff=0.5)
    if lecture:
        near += difflib.get_close_matches(text.partition(".")[2], names, n=3, cutoff=0.5)
    spelled = list(dict.fromkeys(names[n] for n in near))[:3]
    if spelled:
        return "Did you mean " + " or ".join(spelled) + "?"
    return "`zth list` shows what there is."

"""A new exercise: its worked file, its check, its chaff and its place in course.toml, to be filled in."""

from __future__ import annotations

import re
from pathlib import Path

from grader.author.stub_files import write_stubs
from grader.course.manifest import Course, Lecture, load_course
from grader.errors import UserError


def new_exercise(
    course: Course, lecture_id: str, exercise_id: str, file: str, folder: str
) -> list[Path]:
    """The files written or added to. The course loads afterwards, and its stubs are up to date.

    `folder` is where a lecture that is not there yet will lie. Raises UserError where the exercise
    exists, or a name is not one.
    """
    for name in (lecture_id, exercise_id, file.removesuffix(".py")):
        if not name.isidentifier():
            raise UserError(f"{name!r} is not a name.", "Use letters, digits and _.")
    lecture = next((le for le in course.lectures if le.id == lecture_id), None)
    if lecture and any(e.id == exercise_id for e in lecture.exercise):
        raise UserError(f"{lecture_id} has an exercise {exercise_id!r}.", "Choose another name.")
    if lecture is None and not folder:
        raise UserError(
            f"There is no {lecture_id} yet.",
            "Say where it will lie, as in --dir lecture02_bigrams.",
        )
    names = {
        "id": exercise_id,
        "file": file,
        "module": file.removesuffix(".py"),
        "lecture": lecture_id,
        "dir": lecture.dir if lecture else folder,
    }
    solutions = course.root / "solutions" / names["dir"]
    hidden = course.root / "tests" / "hidden" / names["dir"]
    written = [
        _add(solutions / file, SOLUTION_HEAD, SOLUTION, names),
        _add(hidden / f"test_{file}", CHECK_HEAD, CHECK, names),
        _add(hidden / "chaffs.toml", "", CHAFF, names),
        _add_to_manifest(course, lecture, names),
    ]
    made = load_course(course.root)
    stubs = write_stubs(made, next(le for le in made.lectures if le.id == lecture_id))
    written += [stub.path for stub in stubs]
    return written


def _add(path: Path, head: str, body: str, names: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    before = (
        path.read_text(encoding="utf-8").rstrip() + "\n" if path.exists() else _fill(head, names)
    )
    gap = "\n" if path.suffix == ".toml" else "\n\n"
    path.write_text(before + (gap if before else "") + _fill(body, names), encoding="utf-8")
    return path


def _add_to_manifest(course: Course, lecture: Lecture | None, names: dict[str, str]) -> Path:
    path = course.root / "course.toml"
    text = path.read_text(encoding="utf-8")
    entry = _fill(EXERCISE_ENTRY, names)
    if lecture is None:
        path.write_text(
            f"{text.rstrip()}\n\n{_fill(LECTURE_ENTRY, names)}\n{entry}", encoding="utf-8"
        )
        return path
    starts = [m.start() for m in re.finditer(r"^\[\[lecture\]\]", text, re.MULTILINE)] + [len(text)]
    number = course.lectures.index(lecture)
    end = starts[number + 1]
    head, tail = text[:end].rstrip(), text[end:]
    path.write_text(f"{head}\n\n{entry}" + (f"\n{tail}" if tail else ""), encoding="utf-8")
    return path


def _fill(template: str, names: dict[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda match: names[match[1]], template)


SOLUTION_HEAD = '''"""TODO: what this file is, and what it is not."""

import torch
from torch import Tensor
'''
SOLUTION = '''def @id@(x: Tensor) -> Tensor:
    """TODO: the result first, then shapes, dtypes, units, the edge that bites, the source.

    >>> @id@(torch.tensor([1.0]))
    tensor([1.])
    """
    ### BEGIN SOLUTION @id@: TODO: the goal, never the recipe.
    return x.clone()
    ### END SOLUTION
'''
CHECK_HEAD = '''"""Hidden checks of @file@."""

import torch

from grader.judge.checks import exercise
'''
CHECK = '''@exercise("@id@")
def test_@id@(observe, reference, torch_rng):
    """TODO: what must be true, in one sentence to the learner."""
    x = torch.randn(3, generator=torch_rng, dtype=torch.float64)

    def probe(@module@, x):
        return @module@.@id@(x)

    observe(probe, x=x).is_close(reference(probe, x=x))
'''
CHAFF = """[[chaff]]
exercise = "@id@"
name = "twice"
replace = "x.clone()"
with = "2 * x"
says = "TODO: the misconception behind it, in one sentence to the learner."
"""
LECTURE_ENTRY = """[[lecture]]
id = "@lecture@"
dir = "@dir@"
title = "TODO"
video = "TODO"
"""
EXERCISE_ENTRY = """[[lecture.exercise]]
id = "@id@"
file = "@file@"
title = "TODO"
points = 1
at = "0:00:00"
hints = [
    "TODO: a question.",
    "TODO: closer.",
    "TODO: nearly the answer.",
]
"""

"""A new exercise in all its files: judged at once, and marked where something is to be written."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

from grader.authoring.stub_files import write_stubs
from grader.course.litter import files_in
from grader.course.manifest import Course, Lecture, load_course
from grader.errors import UserError
from grader.source.files import find_definition

MARK = "FIXME({id})"
"""Stands where the author has something to write for an exercise, or for a lecture."""


def new_exercise(course: Course, target: str, file: str, folder: str) -> list[Path]:
    """The files written or added to. The course loads afterwards, and its stubs are up to date.

    `target` is lecture2.name for a function, lecture1.Class.name for a method of a class that the
    file has. `folder` is where a lecture that is not there yet will lie. Raises UserError if the
    exercise exists, or a name is not one.
    """
    if target.count(".") not in (1, 2):
        raise UserError(f"{target!r} names no exercise.", HOW_TO_NAME)
    lecture_id, *holders, exercise_id = target.split(".")
    for name in (lecture_id, *holders, exercise_id, file.removesuffix(".py")):
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
    dir_ = lecture.dir if lecture else folder
    solution = course.root / "solutions" / dir_ / file
    hidden = course.root / "tests" / "hidden" / dir_
    holder = "".join(holders)
    names = {
        "id": exercise_id,
        "mark": MARK.format(id=exercise_id),
        "file": file,
        "module": file.removesuffix(".py"),
        "lecture": lecture_id,
        "lecture_mark": MARK.format(id=lecture_id),
        "dir": dir_,
        "self": "self, " if holder else "",
        "call": f"{_made(solution, holder)}.{exercise_id}" if holder else exercise_id,
        "defines": f'defines = ["{holder}.{exercise_id}"]\n' if holder else "",
    }
    written = [
        _add_wheat(hidden / "wheats", solution, names, holder),
        _define(solution, _fill(SOLUTION_HEAD, names), _fill(SOLUTION, names), holder),
        _add(hidden / f"test_{file}", _fill(CHECK_HEAD, names), _fill(CHECK, names)),
        _add(hidden / "chaffs.toml", "", _fill(CHAFF, names)),
        _add_to_manifest(course, lecture, names),
    ]
    made = load_course(course.root)
    stubs = write_stubs(made, next(le for le in made.lectures if le.id == lecture_id))
    written += [stub.path for stub in stubs]
    return written


def _made(path: Path, holder: str) -> str:
    """How an object of a class is made, as far as its `__init__` says: `Neuron(1)`."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if not isinstance(find_definition(text, holder), ast.ClassDef):
        raise UserError(
            f"{path.name} has no class {holder!r}.", "Name a class that is in the file."
        )
    init = find_definition(text, f"{holder}.__init__")
    needed = 0
    if isinstance(init, ast.FunctionDef):
        needed = len(init.args.args) - 1 - len(init.args.defaults)
    return f"{holder}({', '.join(['1'] * needed)})"


def _define(path: Path, head: str, body: str, holder: str) -> Path:
    """Add a definition, at the end of a class or of the file's definitions; `head` is a new file's."""
    text = path.read_text(encoding="utf-8") if path.exists() else head
    lines = text.splitlines()
    gap = "\n\n\n"
    at = _end_of_definitions(text, lines)
    if holder:
        node = find_definition(text, holder)
        assert isinstance(node, ast.ClassDef)
        gap = "\n\n"
        at = node.end_lineno or node.lineno
        while at < len(lines) and lines[at].startswith(" "):  # the comment that ends a solution
            at += 1
        body = textwrap.indent(body, " " * node.body[0].col_offset)
    before, after = "\n".join(lines[:at]).rstrip(), "\n".join(lines[at:]).strip("\n")
    text = f"{before}{gap}{body}".lstrip("\n") + (f"\n\n{after}\n" if after else "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _end_of_definitions(text: str, lines: list[str]) -> int:
    """The line before `if __name__ == "__main__":` and the comments above it; the last if it has none."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            at = node.lineno - 1
            while lines[at - 1].startswith("#"):
                at -= 1
            return at
    return len(lines)


def _add(path: Path, head: str, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8").rstrip() + "\n" if path.exists() else head
    gap = "\n" if path.suffix == ".toml" else "\n\n"
    path.write_text(before + (gap if before else "") + body, encoding="utf-8")
    return path


def _add_wheat(folder: Path, solution: Path, names: dict[str, str], holder: str) -> Path:
    """In the first wheat that has the file, and the class in it; else in a copy of the solution."""
    there = (
        path
        for path in files_in(folder, f"*/{solution.name}")
        if not holder or find_definition(path.read_text(encoding="utf-8"), holder)
    )
    path = next(there, folder / names["id"] / solution.name)
    text = solution.read_text(encoding="utf-8") if solution.exists() else ""
    head = re.sub(r"^ *### (BEGIN|END) SOLUTION.*\n", "", text, flags=re.MULTILINE)
    return _define(path, head, _fill(WHEAT, names), holder)


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


HOW_TO_NAME = "Write lecture2.name for a function, lecture1.Value.name for a method of Value."
SOLUTION_HEAD = '"""@mark@: what this file is, and what it is not."""\n'
SOLUTION = '''def @id@(@self@x: float) -> float:
    """@mark@: the result first, then shapes, dtypes, units, the edge that bites, the source.

    >>> @call@(1.5)
    3.0
    """
    ### BEGIN SOLUTION @id@: @mark@: the goal, never the recipe.
    return x + x
    ### END SOLUTION
'''
WHEAT = """def @id@(@self@x):
    return 2 * x  # @mark@: a really different right way
"""
CHECK_HEAD = '''"""Hidden checks of @file@."""

from grader import exercise
'''
CHECK = '''@exercise("@id@")
def test_@id@(observe, reference, rng):
    """@mark@: what must be true, in one sentence to the learner."""
    x = rng.uniform(3.0, 4.0)

    def probe(@module@, x):
        return @module@.@call@(x)

    observe(probe, x=x).is_close(reference(probe, x=x))
'''
CHAFF = """[[chaff]]
exercise = "@id@"
name = "square"
replace = "x + x"
with = "x * x"
says = "@mark@: the misconception behind it, in one sentence to the learner."
"""
LECTURE_ENTRY = """[[lecture]]
id = "@lecture@"
dir = "@dir@"
title = "@lecture_mark@: its title"
video = "@lecture_mark@: the video's id"
"""
EXERCISE_ENTRY = """[[lecture.exercise]]
id = "@id@"
file = "@file@"
title = "@mark@: its title, in a few words"
@defines@points = 1
at = "0:00:00"  # @mark@: the minute of the video that it rests on
hints = [
    "@mark@: a question.",
    "@mark@: closer.",
    "@mark@: nearly the answer.",
]
"""

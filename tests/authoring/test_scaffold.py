"""`zth dev new`: what it makes is a whole exercise, which fits the file it is put in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from authoring import Dev

from grader.course.manifest import load_course
from grader.errors import UserError

MAIN = """

# seen when the file is run
if __name__ == "__main__":
    print(double(1.0))
"""
NEW = {
    "a function": ("lecture1.fresh", "arrays.py"),
    "a method": ("lecture1.Tally.fresh", "arrays.py"),
    "a file without a wheat": ("lecture1.fresh", "model.py"),
    "a new file": ("lecture1.fresh", "fresh.py"),
    "a new lecture": ("lecture2.fresh", "fresh.py", "--dir", "second"),
}
TO_WRITE = 10
"""In course.toml 5, the goal and the docstring, the check's sentence, a chaff's, a wheat."""
MORE = {"a new file": 1, "a new lecture": 3}
"""What the file is; a lecture's title and video."""


@pytest.mark.parametrize("name", NEW)
def test_a_new_exercise_holds_once_it_is_written(course: Path, dev: Dev, name: str) -> None:
    target, file, *more = NEW[name]
    worked = course / "solutions/tiny/arrays.py"
    worked.write_text(worked.read_text() + MAIN)
    assert dev(course, "stubs").exit_code == 0
    done = dev(course, "new", target, "--file", file, *more)
    assert done.exit_code == 0, done.output

    lecture = target.split(".")[0]
    done = dev(course, "check", f"{lecture}.fresh")
    assert done.exit_code == 1
    faults = [line for line in done.output.splitlines() if line.startswith("✗")]
    assert len(faults) == TO_WRITE + MORE.get(name, 0), done.output
    assert all(": to be written: " in fault for fault in faults), done.output

    for path in [*course.rglob("*.py"), *course.rglob("*.toml")]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("FIXME(fresh)", "So").replace("FIXME(lecture2)", "So"))
    assert dev(course, "stubs", lecture).exit_code == 0
    done = dev(course, "check", f"{lecture}.fresh")
    assert done.exit_code == 0, done.output
    counts = done.output.splitlines()[1].split()
    assert counts[1:4] == ["1/1", "2/2", "1/1"], "stubs, solutions, examples"


def test_it_is_put_where_it_belongs(course: Path, dev: Dev) -> None:
    worked = course / "solutions/tiny/arrays.py"
    worked.write_text(worked.read_text() + MAIN)
    dev(course, "new", "lecture1.fresh", "--file", "arrays.py")
    dev(course, "new", "lecture1.Tally.newer", "--file", "arrays.py")
    body = ast.parse(worked.read_text()).body
    assert [type(node).__name__ for node in body[-2:]] == ["FunctionDef", "If"]
    assert getattr(body[-2], "name", "") == "fresh"
    assert "\n\n\n# seen when the file is run\nif __name__" in worked.read_text()
    (tally,) = (node for node in body if isinstance(node, ast.ClassDef))
    assert getattr(tally.body[-1], "name", "") == "newer"
    assert load_course(course).lectures[0].find("newer").names == ("Tally.newer",)


REFUSED = {
    "it is there": (("lecture1.double", "arrays.py"), "has an exercise 'double'"),
    "no exercise": (("lecture1", "arrays.py"), "names no exercise"),
    "too deep": (("lecture1.Tally.add.it", "arrays.py"), "names no exercise"),
    "no name": (("lecture1.a-b", "arrays.py"), "is not a name"),
    "no class": (("lecture1.Value.fresh", "arrays.py"), "has no class 'Value'"),
    "no lecture": (("lecture2.first", "a.py"), "no lecture2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_made_is_refused_and_nothing_written(
    course: Path, dev: Dev, name: str
) -> None:
    (target, file), says = REFUSED[name]
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    error = dev(course, "new", target, "--file", file).exception
    assert isinstance(error, UserError)
    assert says in error.message
    assert before == {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}

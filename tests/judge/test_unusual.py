"""What no exercise needs is said to the instructor, and what people do write is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.manifest import bundled_course, load_course
from grader.source.files import Submission, compile_source, read_submission
from grader.source.suspicious import MOST, find_unusual

COURSE = load_course(bundled_course())


def unusual(code: str, given: str = "", **others: str) -> tuple[str, ...]:
    made = {
        f"{stem}.py": compile_source(f"{stem}.py", f"{stem}.py", text.encode())
        for stem, text in {"a": code, **others}.items()
    }
    submission = Submission("", {"a.py": made.pop("a.py")}, made)
    return find_unusual(submission, "a.py", {"a.py": given} if given else {})


@pytest.mark.parametrize(
    "code",
    [
        "import gc",
        "import ctypes as c",
        "from importlib import import_module",
        "import grader.sandbox.forbidden_calls",
        "import sys\nx = sys.modules",
        "from sys import modules",
        "x = f.__closure__",
        "exec('1')",
        "getattr(x, 'a' + 'b')",
        "f(**{'a' + 'b': 1})",
        "__import__('x')",
        "x = torch._C",
    ],
)
def test_what_hides_a_call(code: str) -> None:
    (found,) = unusual(code)
    assert found.sentence.startswith("a.py, line ")
    assert "look at it" in found.says


@pytest.mark.parametrize(
    "code",
    [
        "import math, random, sys\nsys.stdout.write(str(sys.maxsize))",
        "for m in model.modules(): pass",
        "getattr(x, 'weight')",
        "f(**{'a': 1})\nf(**options)",
        "class V:\n    def __eq__(self, o): return self.__class__ is o.__class__",
        "# gc, ctypes and exec are words\nx = 'eval'",
    ],
)
def test_what_people_write(code: str) -> None:
    assert unusual(code) == ()


def test_also_in_what_it_imports_but_not_beside() -> None:
    helper = "import gc"
    assert unusual("import helper", helper=helper)
    assert unusual("x = 1  # helper", helper=helper) == ()


def test_a_line_of_the_courses_own_is_usual() -> None:
    line = "x = getattr(f, name)"
    assert unusual(line, given=f"def g():\n    {line}\n") == ()
    assert unusual("y = getattr(f, name)", given=line)


def test_the_rest_is_counted() -> None:
    found = unusual("import gc, ctypes, inspect, pickle, marshal")
    assert len(found) == MOST + 1
    assert found[-1].says.startswith("And 2 more")


@pytest.mark.parametrize("lecture", COURSE.lectures, ids=lambda lecture: lecture.id)
def test_no_solution_and_no_other_right_way_is_flagged(lecture: object) -> None:
    from grader.course.manifest import Lecture

    assert isinstance(lecture, Lecture)
    given = {p.name: p.read_text() for p in COURSE.solutions(lecture).glob("*.py")}
    wheats = sorted((COURSE.hidden(lecture) / "wheats").iterdir())
    for folder in (COURSE.solutions(lecture), *(w for w in wheats if w.is_dir())):
        submission = read_submission(Path(folder), lecture)
        for file in lecture.files:
            assert find_unusual(submission, file, given) == (), folder

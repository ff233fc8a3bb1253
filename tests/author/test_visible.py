"""Visible checks: what is cut out of the hidden ones, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from releasing import SECRET, own_course

from grader.author.visible import visible_checks
from grader.course.manifest import Course, load_course
from grader.errors import UserError

CHECKS = "tests/hidden/tiny/test_arrays.py"
MARKED = '@exercise("mean", visible=True)'


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return load_course(own_course(tmp_path / "course"))


def test_a_visible_check_comes_with_what_it_needs_and_nothing_else(course: Course) -> None:
    visible = visible_checks(course, course.lectures[0])
    assert visible.checks == {"mean": 1}
    assert set(visible.files) == {"tiny/test_arrays.py", "tiny/conftest.py"}
    checks, conftest = visible.files["tiny/test_arrays.py"], visible.files["tiny/conftest.py"]
    for kept in ("STEP = 0.25", "def steps(n):\n    # one more", "def values():", MARKED):
        assert kept in checks
    for left in (SECRET, "torch", "test_mean_of_one", "ANSWERS", "test_double"):
        assert left not in checks
    assert "def scale():" in conftest
    assert "LARGE = 1000.0" in conftest
    assert "import pytest" in conftest
    for left in (SECRET, "HIDDEN", "answers", "math"):
        assert left not in conftest


def test_a_course_without_visible_checks_has_no_files_of_them(tiny: Course) -> None:
    visible = visible_checks(tiny, tiny.lectures[0])
    assert (visible.files, visible.checks) == ({}, {})


def test_a_local_name_takes_nothing_along(course: Course) -> None:
    """A name that a check gives itself is none of the file's, though one there is called so."""
    change(
        course,
        "    observe(probe, values=[scale",
        "    ANSWERS = 1\n    observe(probe, values=[scale",
    )
    files = visible_checks(course, course.lectures[0]).files
    assert SECRET not in files["tiny/test_arrays.py"]


def test_a_fixture_that_everybody_gets_comes_along(course: Course) -> None:
    conftest = course.hidden(course.lectures[0]) / "conftest.py"
    text = "\n\n@pytest.fixture(autouse=True)\ndef always():\n    return math.pi\n"
    conftest.write_text(conftest.read_text() + text)
    cut = visible_checks(course, course.lectures[0]).files["tiny/conftest.py"]
    assert "def always():" in cut
    assert "import math" in cut


def change(course: Course, old: str, new: str, file: str = CHECKS) -> None:
    path = course.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


REFUSED = {
    "the reference": ("(observe, values, scale)", "(observe, values, scale, reference)", "solution"),
    "a fixture's reference": ("def values():", "def values(reference):", "asks for the solution"),
    "request": ("def values():", "def values(request):", "asks for `request`"),
    "an unknown fixture": ("def values():", "def values(nowhere):", "is no fixture here"),
    "a relative import": (
        "import pytest\n",
        "import pytest\nfrom .answers import steps as step_list\n",
        "imports what lies beside it",
    ),
    "a star": ("import pytest\n", "import pytest\nfrom math import *\n", "every check"),
    "not a constant": (MARKED, '@exercise("mean", visible=bool(1))', "something else than True"),
    "no such exercise": (MARKED, '@exercise("median", visible=True)', "names no exercise"),
    "a class": (
        MARKED,
        f'class TestIt:\n    {MARKED}\n    def test_x(self, observe): ...\n\n{MARKED}',
        "no test function of the file's own",
    ),
    "a loose statement": ("STEP = 0.25", "STEP = 0.25\nif STEP:\n    STEP = 0.5", "every check"),
    "a mark on the file": ("STEP = 0.25", "STEP = 0.25\npytestmark = []", "pytestmark"),
    "parameters": (
        MARKED,
        f'@pytest.mark.parametrize(str("scale"), [2.0])\n{MARKED}',
        "parameters whose names",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", REFUSED)
def test_what_cannot_be_cut_out_is_refused_with_its_line(course: Course, how: str) -> None:
    old, new, says = REFUSED[how]
    change(course, old, new)
    if how == "a relative import":  # one that nobody visible uses is left out
        assert (
            "answers" not in visible_checks(course, course.lectures[0]).files["tiny/test_arrays.py"]
        )
        change(course, "return steps(4)", "return step_list(4)")
    with pytest.raises(UserError) as caught:
        visible_checks(course, course.lectures[0])
    assert says in caught.value.message
    assert "test_arrays.py, line " in caught.value.message
    assert "a file of their own" in caught.value.fix


def test_a_module_of_the_course_is_not_in_a_pack(course: Course) -> None:
    (course.hidden(course.lectures[0]) / "helpers.py").write_text("x = 1\n")
    change(course, "import pytest\n", "import pytest\nimport helpers\n")
    visible_checks(course, course.lectures[0])  # nobody visible uses it
    change(course, "return steps(4)", "return steps(4 * helpers.x)")
    with pytest.raises(UserError, match="imports helpers, which is not in a pack"):
        visible_checks(course, course.lectures[0])

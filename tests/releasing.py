"""An instructor's own course, made from the tiny one: private checks, a visible one, examples, points."""

from __future__ import annotations

import shutil
from pathlib import Path

from judging import TINY

SECRET = "private-marker-4b1f90"
"""In hidden checks and their remarks: no pack may hold it."""

HIDDEN = f'''

ANSWERS = "{SECRET}"


@exercise("mean")
def test_mean_of_one(observe):
    """mean([x]) is x. {SECRET}"""

    def probe(arrays):
        return arrays.mean([7.0])

    observe(probe).is_close(7.0)
'''
VISIBLE = '''"""Checks of arrays.py that everybody may read."""

import pytest
from grader.judge.checks import exercise

STEP = 0.25


def steps(n):
    # one more each time
    return [STEP * i for i in range(1, n + 1)]


@pytest.fixture
def values():
    """Four numbers."""
    return steps(4)


@exercise("mean")
def test_mean_of_four(observe, values, scale):
    """mean(values) of four values is their sum divided by 4."""

    def probe(arrays, values):
        return arrays.mean(values)

    observe(probe, values=[scale * v for v in values]).is_close(scale * sum(values) / 4)
'''
CONFTEST = """import pytest


@pytest.fixture
def scale():
    return 1000.0
"""


def own_course(folder: Path) -> Path:
    """The course, in a new folder."""
    root = Path(shutil.copytree(TINY, folder))
    solution = root / "solutions" / "tiny" / "arrays.py"
    text = solution.read_text()
    text = text.replace(
        '"""Twice x."""',
        '"""Twice x.\n\n    >>> double(torch.tensor([1.0, 2.5]))\n    tensor([2., 5.])\n    """',
    )
    text = text.replace(
        '"""Four times x."""',
        '"""Four times x.\n\n    >>> x = 3\n    >>> quadruple(x)\n    12\n    """',
    )
    text = text.replace(
        '"""Adds up what it is given."""',
        '"""Adds up what it is given.\n\n    >>> tally = Tally()\n    >>> tally.add(0.1)\n'
        '    >>> tally.add(0.2)\n    >>> tally.total()\n    0.3\n    """',
    )
    solution.write_text(text)
    checks = root / "tests" / "hidden" / "tiny" / "test_arrays.py"
    checks.write_text(checks.read_text() + HIDDEN)
    visible = root / "tests" / "visible" / "tiny"
    visible.mkdir(parents=True)
    (visible / "test_arrays.py").write_text(VISIBLE)
    (visible / "conftest.py").write_text(CONFTEST)
    manifest = root / "course.toml"
    text = manifest.read_text().replace("points = 2", f"points = 5  # {SECRET}")
    text = text.replace("A course of six lines, to judge what is judged", "My own course")
    manifest.write_text(f"# {SECRET}\n{text}")
    return root


def solve(workspace: Path, course: Path, *files: str) -> None:
    """The worked files in the place of the stubs."""
    for file in files:
        worked = (course / "solutions" / "tiny" / file).read_text()
        (workspace / "exercises" / "tiny" / file).write_text(worked)

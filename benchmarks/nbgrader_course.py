"""The three tasks as nbgrader has them: a course folder, its notebook, a class that handed it in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from benchmarks.side_by_side import BIN

COURSE = Path(__file__).parent / "three_tasks"
ASSIGNMENT = "tasks"
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "three"
c.Application.log_level = "WARN"
"""
TESTS = {
    "softmax": (
        1,
        "logits = torch.randn(10, 7, dtype=torch.float64)\n"
        "assert torch.allclose(softmax(logits), torch.softmax(logits, 1))",
    ),
    "cross_entropy_backward": (
        2,
        "logits = torch.randn(10, 7, dtype=torch.float64, requires_grad=True)\n"
        "targets = torch.randint(0, 7, (10,))\n"
        "torch.nn.functional.cross_entropy(logits, targets).backward()\n"
        "got = cross_entropy_backward(logits.detach(), targets)\n"
        "assert torch.allclose(got, logits.grad)",
    ),
    "batchnorm_backward": (
        2,
        "x = torch.randn(10, 5, dtype=torch.float64, requires_grad=True)\n"
        "dy, gain = torch.randn(10, 5).double(), torch.randn(1, 5).double()\n"
        "inv_std = (x.var(0, keepdim=True) + 1e-5) ** -0.5\n"
        "xhat = (x - x.mean(0, keepdim=True)) * inv_std\n"
        "(dy * gain * xhat).sum().backward()\n"
        "got = batchnorm_backward(dy, xhat.detach(), gain, inv_std.detach())\n"
        "assert torch.allclose(got, x.grad)",
    ),
}
"""What is worth how much, and nbgrader's way to see whether it is right."""
WRONG = {
    "softmax": ("counts.sum(1", "counts.sum(0"),
    "cross_entropy_backward": ("return dlogits / n", "return dlogits"),
    "batchnorm_backward": ("n / (n - 1) * xhat", "xhat"),
}


def make_course(folder: Path, people: int) -> dict[str, float]:
    """An nbgrader course with an assignment that so many handed in; what each should get."""
    folder.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    source = folder / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    nbformat.write(_notebook(_solutions()), source / "tasks.ipynb")
    _nbgrader(folder, "generate_assignment", ASSIGNMENT)
    deserved: dict[str, float] = {}
    released = folder / "release" / ASSIGNMENT / "tasks.ipynb"
    for number in range(people):
        wrong = [task for bit, task in enumerate(TESTS) if number % 8 & 1 << bit]
        name = f"student{number:05}"
        deserved[name] = sum(points for task, (points, _) in TESTS.items() if task not in wrong)
        notebook = nbformat.read(released, as_version=4)
        for cell in notebook.cells:
            task = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if task in TESTS:
                cell.source = _answer(task, task in wrong)
        place = folder / "submitted" / name / ASSIGNMENT
        place.mkdir(parents=True)
        nbformat.write(notebook, place / "tasks.ipynb")
    return deserved


def autograde(folder: Path) -> float:
    """Seconds of what an instructor types. It ends with 1 where a submission failed to grade."""
    return _nbgrader(folder, "autograde", ASSIGNMENT)


def judged_by_zth(folder: Path) -> None:
    """Make it a course that zth judges, as an instructor would."""
    _run(folder, "zth", "nbgrader", "init", ".", "--course", str(COURSE))


def start_again(folder: Path) -> None:
    """As if nobody had graded anything."""
    shutil.rmtree(folder / "autograded", ignore_errors=True)
    with Gradebook(_gradebook(folder)) as book:
        for submission in book.assignment_submissions(ASSIGNMENT):
            book.remove_submission(ASSIGNMENT, submission.student.id)


def autograde_in_parallel(folder: Path, jobs: int) -> float:
    """Seconds of what an instructor types to have all cores at it."""
    return _run(folder, "zth", "nbgrader", "autograde", ASSIGNMENT, "--jobs", str(jobs))


def marks(folder: Path) -> dict[str, float]:
    """What nbgrader's gradebook says that each has."""
    with Gradebook(_gradebook(folder)) as book:
        return {s.student.id: s.score for s in book.assignment_submissions(ASSIGNMENT)}


def _nbgrader(folder: Path, *words: str) -> float:
    return _run(folder, "nbgrader", *words)


def _run(folder: Path, *words: str) -> float:
    # nbgrader calls alembic by name
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = [str(BIN / words[0]), *words[1:]]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, env=env)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}:\n{done.stderr.decode()}")
    return time.perf_counter() - start


def _gradebook(folder: Path) -> str:
    return f"sqlite:///{folder / 'gradebook.db'}"


def _notebook(answers: dict[str, str]) -> nbformat.NotebookNode:
    cells = [new_markdown_cell("# Three tasks"), new_code_cell("import torch")]
    for task, (points, test) in TESTS.items():
        cells.append(_cell(answers[task], grade_id=task, solution=True, grade=False, locked=False))
        cells.append(
            _cell(
                f"### BEGIN HIDDEN TESTS\n{_named(task)}\n{test}\n### END HIDDEN TESTS",
                **{"grade_id": f"test_{task}", "points": points},
                **{"solution": False, "grade": True, "locked": True},
            )
        )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _cell(source: str, **about: object) -> nbformat.NotebookNode:
    about |= {"schema_version": 3, "task": False}
    return new_code_cell(source, metadata={"nbgrader": about})


def _named(task: str) -> str:
    """For zth the exercise's name, for nbgrader a text that costs nothing to run."""
    return f'"""\ncheck("tasks.{task}")\n"""'


def _solutions() -> dict[str, str]:
    """Each task's definition as in the course's solutions, between nbgrader's markers."""
    return {task: _marked(text) for task, text in _definitions()}


def _definitions() -> Iterator[tuple[str, str]]:
    text = (COURSE / "solutions" / "tasks" / "tasks.py").read_text()
    for part in re.split(r"\n\n\n(?=def )", text)[1:]:
        yield part.split("(")[0].removeprefix("def "), part.strip()


def _marked(text: str) -> str:
    return re.sub(r"### BEGIN SOLUTION .*", "### BEGIN SOLUTION", text)


def _answer(task: str, wrong: bool) -> str:
    text = re.sub(r" *### (BEGIN|END) SOLUTION.*\n?", "", dict(_definitions())[task])
    if wrong:
        right, mistake = WRONG[task]
        assert right in text
        text = text.replace(right, mistake)
    return text

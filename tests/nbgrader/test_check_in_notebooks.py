"""`check("lecture5.dprobs")` in a cell of a real Jupyter kernel: what is judged, and what is shown."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_kernel import Kernel
from releasing import SECRET, own_course

from grader.course.manifest import load_course
from grader.nbgrader.cells import cells_of
from grader.nbgrader.files import notebook_of
from grader.nbgrader.pack import put_pack
from grader.results import Outcome
from grader.workspace.init import make_workspace
from grader.workspace.progress import Progress
from grader.workspace.workspace import Workspace

ROOT = Path(__file__).parents[2]
IMPORTS = "import torch\nimport torch.nn.functional as F\nfrom torch import Tensor"
SOLVED = """\
def cross_entropy_backward(logits, targets):
    n = logits.shape[0]
    dlogits = F.softmax(logits, dim=1)
    dlogits[range(n), targets] -= 1
    return dlogits / n"""
TIMES_N = SOLVED.replace("dlogits / n", "dlogits")
CHECK = 'check("lecture5.cross_entropy_backward")'


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A notebook of somebody who has the whole course."""
    with Kernel(tmp_path_factory.mktemp("study")) as kernel:
        kernel.run(IMPORTS)
        yield kernel


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_course(tmp_path_factory.mktemp("own") / "course")


@pytest.fixture(scope="module")
def class_folder(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a student of a class has: the notebooks, and the pack beside them."""
    folder = tmp_path_factory.mktemp("class")
    opened = load_course(course)
    (lecture,) = opened.lectures
    for file in lecture.files:
        made = notebook_of(lecture, file, cells_of(opened, lecture, file))
        (folder / file).with_suffix(".ipynb").write_bytes(made.encode())
    put_pack(opened, lecture, folder)
    return folder


@pytest.fixture(scope="module")
def student(class_folder: Path) -> Iterator[Kernel]:
    with Kernel(class_folder) as kernel:
        kernel.run("import torch")
        yield kernel


# broken first


def test_what_is_wrong_gets_the_card_and_not_a_pass(study: Kernel) -> None:
    study.run(TIMES_N)
    shown = study.run(CHECK)
    assert not shown.error
    assert "✗ lecture5.cross_entropy_backward wrong" in shown.text
    assert "Your dlogits is exactly n times too large" in shown.text
    assert "where   In [" in shown.text
    assert "✓" not in shown.text
    assert '<a href="https://youtu.be/q8SA3rM6ckI?t=5191">' in shown.html
    assert "file://" not in shown.html
    assert "zth check" not in shown.text, "there is no terminal here"


def test_what_is_right_passes_and_the_second_check_is_quick(study: Kernel) -> None:
    study.run(SOLVED)
    assert "✓ lecture5.cross_entropy_backward passed  3 of 3 points" in study.run(CHECK).text
    assert study.run(CHECK).seconds < 3, "the judge stays; to import torch takes longer"


def test_a_placeholder_of_nbgrader_is_not_begun(study: Kernel) -> None:
    study.run(
        "def cross_entropy_backward(logits, targets):\n"
        "    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    shown = study.run(CHECK)
    assert "lecture5.cross_entropy_backward not started" in shown.text
    assert "Not written yet" in shown.text


def test_what_was_not_run_here_is_said_to_be(study: Kernel) -> None:
    shown = study.run('check("lecture5.batchnorm_backward")')
    assert "not started" in shown.text
    assert "What is judged is what you have run" in shown.text


def test_an_exception_is_told_with_the_cell_and_its_line(study: Kernel) -> None:
    study.run(SOLVED.replace("dlogits / n", "dlogits / m"))
    shown = study.run(CHECK)
    assert "NameError: name 'm' is not defined" in shown.text
    assert "return dlogits / m" in shown.text
    assert "backprop.py" not in shown.text, "there is no such file"
    assert "]:5  return" in shown.text


def test_an_endless_loop_is_stopped_and_the_notebook_goes_on(student: Kernel) -> None:
    student.run("def mean(values):\n    while True:\n        pass")
    assert "Stopped at the time limit" in student.run('check("mean")').text
    student.run("def mean(values):\n    return sum(values) / len(values)")
    assert "✓" in student.run('check("mean")').text


def test_must_pass_raises_the_card_and_no_traceback(study: Kernel) -> None:
    study.run(TIMES_N)
    shown = study.run(CHECK.replace(")", ", must_pass=True)"))
    assert "exactly n times too large" in shown.error
    assert "Traceback" not in shown.error
    assert "notebook.py" not in shown.error


def test_a_name_that_is_no_exercise_gets_the_nearest(study: Kernel) -> None:
    shown = study.run('check("lecture5.cross_entropy_backwrad")')
    assert "Did you mean lecture5.cross_entropy_backward" in shown.text
    assert not shown.error


# what is judged


def test_source_is_judged_and_not_the_objects_in_memory(study: Kernel) -> None:
    """What a program puts together while it runs is nothing that could be handed in."""
    study.run(TIMES_N)
    study.run(f"exec({SOLVED!r})")
    assert "✗" in study.run(CHECK).text


def test_the_last_run_of_a_cell_counts(study: Kernel) -> None:
    study.run(TIMES_N, cell="answer")
    study.run("# another cell", cell="other")
    study.run(SOLVED, cell="answer")
    assert "✓" in study.run(CHECK).text
    study.run("eps = 1 / 0\n" + TIMES_N, cell="answer")
    study.run(SOLVED, cell="answer")
    assert "✓" in study.run(CHECK).text, "what the cell was does not count"


def test_of_two_cells_for_the_same_the_one_counts_that_was_run_last(study: Kernel) -> None:
    study.run(SOLVED, cell="above")
    study.run(TIMES_N, cell="below")
    assert "✗" in study.run(CHECK).text
    study.run(SOLVED, cell="above")
    assert "✓" in study.run(CHECK).text
    study.run(f"{TIMES_N}\n\ndef more():\n    pass", cell="third")
    assert "✗" in study.run(CHECK).text


def test_a_cell_with_magics_and_prints_is_judged(study: Kernel) -> None:
    study.run("%%time\n" + SOLVED + "\nprint(cross_entropy_backward)")
    assert "✓" in study.run(CHECK).text


def test_a_whole_lecture_has_its_table(study: Kernel) -> None:
    study.run(SOLVED)
    shown = study.run('check("lecture5")')
    assert "3 of 42 points" in shown.text
    assert "dlogprobs" in shown.text


# nbgrader


def test_nbgraders_validation_fails_where_it_is_wrong(study: Kernel) -> None:
    study.run("import os; os.environ['NBGRADER_EXECUTION'] = 'validate'")
    try:
        study.run(TIMES_N)
        assert "exactly n times" in study.run(CHECK).error
        study.run(SOLVED)
        assert not study.run(CHECK).error
        bonus = study.run('check("lecture1.topo_sort_iterative")')
        assert not bonus.error, "a bonus need not be begun"
    finally:
        study.run("del os.environ['NBGRADER_EXECUTION']")


def test_no_points_are_given_where_nbgrader_itself_executes(study: Kernel) -> None:
    """A learner's process could give them to itself: so they are given to nobody, and it is said."""
    study.run("import os; os.environ['NBGRADER_EXECUTION'] = 'autograde'")
    try:
        study.run(SOLVED)
        shown = study.run(CHECK.replace(")", ", must_pass=True)"))
        assert "zth judges this outside of the notebook" in shown.error
        assert "zth nbgrader init" in shown.error
    finally:
        study.run("del os.environ['NBGRADER_EXECUTION']")


# a class


def test_a_student_is_judged_on_what_is_visible(student: Kernel, class_folder: Path) -> None:
    student.run("def double(x):\n    return x")
    assert "✗ lecture1.double wrong" in student.run('check("double")').text
    student.run("def double(x):\n    return x + x")
    shown = student.run('check("double")')
    assert "✓" in shown.text
    assert "Your instructor's hidden checks decide" in shown.text
    student.run("def slope(x):\n    return x")
    unseen = student.run('check("slope", must_pass=True)')
    assert "Judged by your instructor only: slope" in unseen.text
    assert not unseen.error
    everything = [p.read_text() for p in (class_folder / ".zth").rglob("*") if p.is_file()]
    assert not any(SECRET in text for text in everything)


def test_a_notebook_beside_is_imported_and_judged_as_it_is_saved(class_folder: Path) -> None:
    arrays = class_folder / "arrays.ipynb"
    saved = arrays.read_text()
    assert saved.count("return x + x") == 1
    with Kernel(class_folder) as kernel:
        kernel.run("def shift(x):\n    return double(x) + 1")
        assert not kernel.run("from arrays import double").error
        assert kernel.run("shift(20)").text == "41"
        try:
            arrays.write_text(saved.replace("return x + x", "return 1 / 0"))
            assert not kernel.run("from arrays import double").error
            broken = kernel.run("shift(20)")
            assert "ZeroDivisionError" in broken.error
            assert "return" in broken.error, "the line of the notebook, and not of its JSON"
        finally:
            arrays.write_text(saved)


def test_the_instructors_notebooks_pass_in_the_order_of_their_cells(
    class_folder: Path, student: Kernel
) -> None:
    """Every cell of the second file, which imports the first; the graded ones as they are."""
    import json

    cells = json.loads((class_folder / "model.ipynb").read_text())["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            assert not student.run("".join(cell["source"]), cell["id"]).error, cell["source"]


# in a workspace


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the whole course, with nothing written."""
    root = tmp_path_factory.mktemp("workspace") / "mine"
    make_workspace(root, load_course(ROOT))
    return root


def test_what_is_imported_from_the_workspace_is_what_is_judged(mine: Path) -> None:
    """First wrong, then right; each attempt counts there."""
    path = mine / "exercises" / "lecture05_backprop" / "atomic.py"
    stub = path.read_text()
    body = '    raise NotImplementedError("dprobs")'
    assert stub.count(body) == 1
    imports = (
        "import sys; sys.path.insert(0, 'exercises/lecture05_backprop')\nfrom atomic import dprobs"
    )
    with Kernel(mine) as kernel:
        path.write_text(stub.replace(body, "    return dlogprobs * probs"))
        assert not kernel.run(imports).error
        assert "✗ lecture5.dprobs wrong" in kernel.run('check("dprobs")').text
        path.write_text(stub.replace(body, "    return dlogprobs / probs"))
        assert "✓ lecture5.dprobs passed" in kernel.run('check("dprobs")').text
        assert "lecture5" in kernel.run("check(5)").text
    standing = Progress(Workspace(mine)).standing()["lecture5", "dprobs"]
    assert (standing.outcome, standing.attempts >= 2) == (Outcome.PASS, True)


# and when not


def test_a_judge_that_is_killed_or_interrupted_is_replaced(
    student: Kernel,
) -> None:
    student.run("def echo(text):\n    return text\n\ndef double(x):\n    return x + x")
    assert "✓" in student.run('check("double")').text
    student.run("import grader.notebook as n\nfor _, worker in n._here._pool._idle: worker.kill()")
    asked = student.start('check("double")')
    time.sleep(0.7)  # the next one imports torch
    student.interrupt()
    assert "KeyboardInterrupt" in student.finish(asked).error
    assert "✓" in student.run('check("double")').text


def test_outside_of_a_notebook_the_remedy_is_said() -> None:
    code = "from grader.notebook import check; check('lecture5.dprobs')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "check() is for a notebook" in done.stderr
    assert "zth check lecture5.dprobs" in done.stderr


def test_the_import_alone_is_quick_and_brings_neither_torch_nor_nbgrader() -> None:
    code = (
        "import sys, grader.notebook\n"
        "print({'torch', 'nbgrader', 'nbformat', 'pytest', 'IPython'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

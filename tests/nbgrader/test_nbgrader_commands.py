"""`zth nbgrader init` and `build`, and what the real nbgrader makes of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from releasing import SECRET, own_course

from grader.nbgrader.cells import target_of

BIN = Path(sys.executable).parent
PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Without this Python's programs: what an instructor has who calls zth by its path."""


def run(cwd: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PATH": PLAIN_PATH, "JUPYTER_PLATFORM_DIRS": "1", **env},
    )


def zth(cwd: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return run(cwd, str(BIN / "zth"), "nbgrader", *words, **env)


def nbgrader(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return run(cwd, str(BIN / "nbgrader"), *words, PATH=path)


def notebook(path: Path) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(path.read_text())
    return raw


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instructor's own: private checks, a visible one, a bonus, a file that is given whole."""
    root = own_course(tmp_path_factory.mktemp("own") / "course")
    manifest = root / "course.toml"
    text = manifest.read_text()
    text = text.replace('title = "Twice twice"', 'title = "Twice twice"\nbonus = true\npoints = 3')
    manifest.write_text(text)
    (root / "solutions" / "tiny" / "given.py").write_text("FACTOR = 3\n")
    return root


@pytest.fixture(scope="module")
def built(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An nbgrader course with the lecture built into it. No test changes it."""
    parent = tmp_path_factory.mktemp("nbgrader")
    done = zth(parent, "init", "my class", "--course", str(course), "--isolation", "fork")
    assert done.returncode == 0, done.stderr
    assert "cd 'my class' && zth nbgrader build lecture1" in done.stdout
    folder = parent / "my class"
    done = zth(folder, "build", "lecture1")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def released(built: Path) -> Path:
    """What nbgrader makes of it for students."""
    done = nbgrader(built, "generate_assignment", "lecture1")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return built / "release" / "lecture1"


@pytest.fixture
def mine(built: Path, tmp_path: Path) -> Path:
    """A copy to work in."""
    return Path(shutil.copytree(built, tmp_path / "mine"))


ARRAYS = "source/lecture1/arrays.ipynb"


# broken first


def test_validation_fails_where_a_solution_is_wrong(built: Path, tmp_path: Path) -> None:
    """The real `nbgrader validate`, on a source notebook: the wrong one fails, and only that."""
    source = Path(shutil.copytree(built / "source" / "lecture1", tmp_path / "lecture1"))
    text = (source / "arrays.ipynb").read_text()
    assert text.count("return x + x") == 1
    (source / "arrays.ipynb").write_text(text.replace("return x + x", "return x"))
    done = nbgrader(source, "validate", "arrays.ipynb")
    assert "VALIDATION FAILED ON 2 CELL(S)" in done.stdout, "double, and quadruple which calls it"
    assert "lecture1.double wrong" in done.stdout
    (source / "arrays.ipynb").write_text(text)
    done = nbgrader(source, "validate", "--Validator.validate_all=True", "model.ipynb")
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout


def test_an_exercise_is_no_assignment(mine: Path) -> None:
    done = zth(mine, "build", "double")
    assert done.returncode == 2
    assert "An assignment is a whole lecture" in done.stderr


def test_a_folder_that_is_no_course_is_not_written_to(tmp_path: Path, course: Path) -> None:
    done = zth(tmp_path, "build", "lecture1", "--course", str(course))
    assert done.returncode == 2
    assert "it has no nbgrader_config.py" in done.stderr
    assert "zth nbgrader init ." in done.stderr
    assert not list(tmp_path.iterdir())


def test_without_nbgrader_the_remedy_is_said(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: None if name == 'nbgrader' else find(name, *a)\n"
        "sys.argv = ['zth', 'nbgrader', 'init', 'class']\n"
        "from grader.cli.main import main; main()"
    )
    done = run(tmp_path, sys.executable, "-c", code)
    assert done.returncode == 2
    assert "pip install 'zth[nbgrader]'" in done.stderr
    assert not list(tmp_path.iterdir())


# what students receive


def test_students_receive_no_solution_no_hidden_check_and_no_expected_value(
    released: Path, course: Path
) -> None:
    everything = {path: data.decode() for path, data in files(released).items()}
    worked = "".join(p.read_text() for p in (course / "solutions").glob("*/*.py"))
    region = r"### BEGIN SOLUTION.*?\n(.*?)### END SOLUTION"
    given = re.sub(region, "", worked, flags=re.DOTALL)
    answers = {
        line.strip() for part in re.findall(region, worked, re.DOTALL) for line in part.splitlines()
    }
    answers = {line for line in answers if line and line not in given}
    assert "return x + x" in answers
    hints = ".zth/course/course.toml"  # the third of them is nearly the answer
    shown = [text for path, text in everything.items() if path != hints]
    assert not [answer for answer in answers if any(answer in text for text in shown)]
    words = (SECRET, "tiny-marker", "BEGIN SOLUTION", "HIDDEN TESTS", "must_pass")
    assert not [(w, p) for w in words for p, text in everything.items() if w in text]
    assert not [path for path in everything if "solutions" in path or "hidden" in path]
    assert {"arrays.ipynb", "model.ipynb", "given.py", ".zth/course/course.toml"} <= {*everything}


def test_a_student_gets_a_placeholder_and_one_line_that_checks(released: Path) -> None:
    cells = {cell["id"]: cell for cell in notebook(released / "arrays.ipynb")["cells"]}
    assert "".join(cells["double"]["source"]).endswith(
        "    # TODO: add it to itself.\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    graded = cells["test_double"]
    assert "".join(graded["source"]).strip() == 'check("lecture1.double")'
    assert graded["metadata"]["nbgrader"]["points"] == 5
    assert graded["metadata"]["editable"] is False
    assert cells["test_quadruple"]["metadata"]["nbgrader"]["points"] == 0, "a bonus"
    assert "bonus of 3 points" in "".join(cells["quadruple_text"]["source"])


def test_the_gradebook_knows_which_cell_is_which_exercise(released: Path, built: Path) -> None:
    """From what nbgrader keeps of a graded cell, its exercise follows: also its hidden lines are kept."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{built / 'gradebook.db'}") as book:
        assert book.find_assignment("lecture1").max_score == 11
        found = {
            target_of(book.find_source_cell(cell.name, notebook.name, "lecture1").source): (
                notebook.name,
                cell.max_score,
            )
            for notebook in book.find_assignment("lecture1").notebooks
            for cell in notebook.grade_cells
        }
    assert found["lecture1.double"] == ("arrays", 5)
    assert found["lecture1.quadruple"] == ("arrays", 0)
    assert found["lecture1.echo"] == ("model", 1)
    assert len(found) == 8
    assert released.is_dir()


# built again


def test_a_second_build_and_a_second_init_change_nothing(mine: Path) -> None:
    before = files(mine)
    done = zth(mine, "build", "lecture1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("as it was") == 2
    assert files(mine) == before
    done = zth(mine.parent, "init", "mine")  # the course and the isolation as they were
    assert done.returncode == 0, done.stderr
    assert "nbgrader_config.py: as it was" in done.stdout
    after = files(mine)
    del before["gradebook.db"], after["gradebook.db"]
    assert after == before


def test_what_an_instructor_adds_and_changes_stays(mine: Path, course: Path) -> None:
    path = mine / ARRAYS
    raw = notebook(path)
    essay = {"cell_type": "markdown", "id": "e1", "metadata": {}, "source": "Explain it."}
    raw["cells"].insert(5, essay)
    raw["cells"] = [c for c in raw["cells"] if c["id"] != "test_slope"]
    raw["cells"][0]["source"] = "# Week 1"
    path.write_text(json.dumps(raw))
    (mine / "source" / "lecture1" / "essay.ipynb").write_text("{}")
    written = path.read_bytes()
    assert zth(mine, "build", "lecture1").returncode == 0
    assert path.read_bytes() == written, "nothing is new, so it is left alone"

    changed = Path(shutil.copytree(course, mine.parent / "changed"))
    solution = changed / "solutions" / "tiny" / "arrays.py"
    solution.write_text(solution.read_text().replace("return x + x", "return 2 * x"))
    done = zth(mine, "build", "lecture1", "--course", str(changed))
    assert done.returncode == 0, done.stderr
    assert "1 cell of your own stay" in done.stdout
    assert "taken out by you, and left out: test_slope" in done.stdout
    cells = notebook(path)["cells"]
    assert cells[5] == essay
    assert "".join(cells[0]["source"]) == "# Week 1"
    assert "return 2 * x" in path.read_text()
    (kept,) = (mine / ".zth" / "kept").iterdir()
    assert (kept / "files" / ARRAYS).read_bytes() == written
    assert (mine / "source" / "lecture1" / "essay.ipynb").read_text() == "{}"


def test_a_notebook_that_zth_has_not_built_stands_in_the_way(mine: Path) -> None:
    """Nothing is written, not even the other notebooks."""
    shutil.rmtree(mine / ".zth" / "nbgrader")
    raw = notebook(mine / ARRAYS)
    (mine / ARRAYS).write_text(json.dumps({**raw, "cells": raw["cells"][:2]}))
    (mine / "source" / "lecture1" / "model.ipynb").unlink()
    before = files(mine)
    done = zth(mine, "build", "lecture1")
    assert done.returncode == 2
    assert "is not a notebook that zth has built there" in done.stderr
    assert files(mine) == before


def test_a_program_reads_what_was_built(mine: Path) -> None:
    done = zth(mine, "build", "lecture1", "--json", "--no-pack")
    (lecture,) = json.loads(done.stdout)["lectures"]
    assert (lecture["lecture"], lecture["points"], lecture["bonus"]) == ("lecture1", 11, 3)
    assert [Path(n["path"]).name for n in lecture["notebooks"]] == ["arrays.ipynb", "model.ipynb"]
    assert lecture["given"] == ["given.py"]
    assert not (mine / "source" / "lecture1" / ".zth" / "course").exists(), "no stale pack"


def test_in_a_course_that_is_there_nothing_of_theirs_is_touched(tmp_path: Path) -> None:
    """With settings, an assignment and what was handed in for it."""
    folder = tmp_path / "course101"
    (folder / "source" / "ps1").mkdir(parents=True)
    (folder / "source" / "ps1" / "p1.ipynb").write_text("{}")
    (folder / "submitted" / "ada" / "ps1").mkdir(parents=True)
    (folder / "submitted" / "ada" / "ps1" / "p1.ipynb").write_text("{}")
    (folder / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "course101"\n'
    )
    before = files(folder)
    done = zth(tmp_path, "init", "course101")
    assert done.returncode == 0, done.stderr
    after = files(folder)
    assert {path for path in before if after.get(path) != before[path]} == {"nbgrader_config.py"}
    assert after["nbgrader_config.py"].startswith(before["nbgrader_config.py"])
    kept = [p for p in after if p.startswith(".zth/kept/") and p.endswith("nbgrader_config.py")]
    assert [after[p] for p in kept] == [before["nbgrader_config.py"]]
    assert "gradebook.db" in after

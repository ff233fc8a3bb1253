"""The real command, in a real process, on the tiny course."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import commands
import pytest
from judging import TINY

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with the tiny course's stubs."""
    shutil.copytree(TINY / "exercises", tmp_path / "exercises")
    return tmp_path


@pytest.fixture
def zth(workspace: Path) -> Run:
    def run(
        *arguments: str, course: Path | None = TINY, **env: str
    ) -> subprocess.CompletedProcess[str]:
        named = ["--course", str(course)] if course else []
        return commands.run(workspace, "zth", *arguments, *named, env={**os.environ, **env})

    return run


def solve(workspace: Path, file: str = "arrays.py") -> Path:
    path = workspace / "exercises" / "tiny" / file
    shutil.copy(TINY / "solutions" / "tiny" / file, path)
    return path


def test_a_wrong_file_is_not_passed(zth: Run, workspace: Path) -> None:
    path = solve(workspace)
    path.write_text(path.read_text().replace("return x + x", "return x"))
    done = zth("check", "double")
    assert done.returncode == 1
    assert "lecture1.double wrong" in done.stdout
    assert "zth check lecture1.double" in done.stdout
    assert "exercises/tiny/arrays.py:" in done.stdout
    assert done.stderr == ""


def test_stubs_are_not_started(zth: Run) -> None:
    done = zth("check", "lecture1")
    assert done.returncode == 1
    assert "not started" in done.stdout
    assert "passed" not in done.stdout
    assert "Write double in exercises/tiny/arrays.py" in done.stdout


def test_a_right_file_passes(zth: Run, workspace: Path) -> None:
    solve(workspace)
    done = zth("check", "double")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lecture1.double passed" in done.stdout


def test_without_a_target_the_first_unfinished_lecture(zth: Run, workspace: Path) -> None:
    solve(workspace)
    done = zth("check")
    assert done.returncode == 1  # model.py is still a stub
    assert "lecture1" in done.stdout
    solve(workspace, "model.py")
    assert zth("check").returncode == 0


def test_json_is_one_object_and_nothing_else(zth: Run, workspace: Path) -> None:
    path = solve(workspace)
    path.write_text(path.read_text().replace("return x + x", "print('noise')\n    return x"))
    done = zth("check", "lecture1", "--json", "--seed", "7")
    whole = json.loads(done.stdout)
    (lecture,) = whole["lectures"]
    assert whole["format"] == 2
    assert (lecture["id"], lecture["seed"], lecture["isolation"]) == ("lecture1", 7, "fork")
    double = lecture["exercises"][0]
    assert (double["id"], double["outcome"], double["points"]) == ("double", "FAIL", 0)
    assert double["misconception"]["name"]
    assert double["output"].startswith("noise")
    assert {"name", "description", "outcome", "message", "seconds"} <= double["checks"][0].keys()
    assert lecture["points"] == sum(e["points"] for e in lecture["exercises"])


def test_output_is_plain_where_it_is_no_terminal(zth: Run) -> None:
    assert "\x1b" not in zth("check", "lecture1").stdout


def test_another_workspace(zth: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(TINY / "solutions", other / "exercises")
    assert zth("check", "double", "--workspace", str(other)).returncode == 0
    refused = zth("check", "double", "--workspace", str(other / "exercises"))
    assert refused.returncode == 2
    assert "no exercises/ folder" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "doubel"], "Did you mean lecture1.double"),
        (["check", "--sneed", "3"], "No such option"),
        (["chekc"], "No such command"),
        (["check", "--seed", "three"], "--seed"),
    ],
)
def test_wrong_use_ends_with_2_and_a_remedy(zth: Run, arguments: list[str], says: str) -> None:
    done = zth(*arguments, course=TINY if arguments[0] == "check" else None)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_course_ends_with_2(zth: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(TINY, broken)
    text = (broken / "course.toml").read_text().replace("format = 1", "format = 2")
    (broken / "course.toml").write_text(text)
    done = zth("check", "double", course=broken)
    assert done.returncode == 2
    assert "reads format 1" in done.stderr


def test_a_check_of_ones_own_that_breaks_is_said_with_file_and_line(
    zth: Run, tmp_path: Path, workspace: Path
) -> None:
    solve(workspace)
    broken = tmp_path / "broken"
    shutil.copytree(TINY, broken)
    check = broken / "tests" / "hidden" / "tiny" / "test_arrays.py"
    check.write_text(check.read_text().replace("    observe(", "    1 / 0\n    observe(", 1))
    done = zth("check", "double", course=broken)
    line = check.read_text().splitlines().index("    1 / 0") + 1
    assert done.returncode == 2
    where = f"tests/hidden/tiny/test_arrays.py, line {line}: ZeroDivisionError: division by zero"
    assert where in done.stderr
    assert "Traceback" not in done.stderr
    assert "fault of zth" not in done.stderr


def test_a_check_of_no_exercise_is_a_broken_course(zth: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(TINY, broken)
    check = broken / "tests" / "hidden" / "tiny" / "test_arrays.py"
    check.write_text(check.read_text().replace('@exercise("double")', "", 1))
    done = zth("check", "double", course=broken)
    assert done.returncode == 2
    assert "does not say which exercise it checks" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_syntax_error_is_one_sentence_for_the_whole_file(zth: Run, workspace: Path) -> None:
    path = solve(workspace)
    path.write_text(path.read_text() + "\ndef (\n")
    done = zth("check", "lecture1")
    assert done.returncode == 1
    assert done.stdout.count("is not valid Python") == 1
    assert "more in arrays.py for the same reason" in done.stdout


def test_without_a_workspace_nothing_is_judged(zth: Run, workspace: Path) -> None:
    shutil.rmtree(workspace / "exercises")
    done = zth("check", "lecture1")
    assert done.returncode == 2
    assert "not in a workspace" in done.stderr
    assert "zth init" in done.stderr


@pytest.mark.parametrize("arguments", [["list"], ["--help"], ["check", "--help"], ["--version"]])
def test_torch_is_not_imported_before_a_check(arguments: list[str]) -> None:
    code = (
        "import sys; from grader.cli import main\n"
        f"sys.argv = ['zth', *{arguments!r}]\n"
        "assert main._run() == 0\n"
        "print('HEAVY', sorted({'torch', 'pytest', 'numpy', 'sympy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


def test_a_pipe_that_closes_early_is_no_error() -> None:
    zth = Path(sys.executable).parent / "zth"
    line = f"{zth} list --course {TINY} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.startswith("lecture1")

"""What somebody hands in to an nbgrader course of the tiny lecture, and what the gradebook says of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import commands
from commands import BIN
from releasing import own_course

Json = dict[str, Any]
ARRAYS = {"test_double": 5, "test_mean": 1, "test_Tally": 1, "test_quadruple": 3, "test_slope": 1}
MODEL = {"test_shift": 1, "test_echo": 1, "test_secret": 1}
FULL: dict[str, float] = {**ARRAYS, **MODEL}
"""quadruple is a bonus: nbgrader's full marks are without it."""
NOTHING = dict.fromkeys(FULL, 0.0)
ENDLESS = "def double(x):\n    while True:\n        pass\n"


def run(cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    env["JUPYTER_PLATFORM_DIRS"] = "1"
    return commands.run(cwd, *command, env=env)


def done(cwd: Path, *command: str) -> str:
    """What a command says that has to succeed."""
    process = run(cwd, *command)
    assert process.returncode == 0, process.stderr
    return process.stdout + process.stderr


class Work:
    """What somebody hands in: the released notebooks, solved, for an edit to spoil."""

    def __init__(self, folder: Path, solutions: dict[str, str]) -> None:
        self.folder = folder
        self.arrays = self._read("arrays", solutions)
        self.model = self._read("model", solutions)

    def _read(self, name: str, solutions: dict[str, str]) -> Json:
        raw: Json = json.loads((self.folder / f"{name}.ipynb").read_text())
        for cell in raw["cells"]:
            about = cell["metadata"].get("nbgrader", {})
            if about.get("solution") and cell["id"] in solutions:
                cell["source"] = solutions[cell["id"]]
        return raw

    def cell(self, name: str) -> Json:
        found = [c for c in self.arrays["cells"] + self.model["cells"] if c["id"] == name]
        assert len(found) == 1, name
        cell: Json = found[0]
        return cell

    def write(self, name: str, source: str) -> None:
        self.cell(name)["source"] = source

    def graded(self) -> list[Json]:
        return [c for c in self.arrays["cells"] if c["id"] in ARRAYS]

    def drop(self, *names: str) -> None:
        for notebook in (self.arrays, self.model):
            notebook["cells"] = [c for c in notebook["cells"] if c["id"] not in names]

    def add(self, source: str, at: int = 1, **about: object) -> None:
        cell = {"cell_type": "code", "id": f"own-{at}", "outputs": [], "execution_count": None}
        metadata = {"nbgrader": about} if about else {}
        self.arrays["cells"].insert(at, {**cell, "metadata": metadata, "source": source})

    def save(self) -> None:
        for name, raw in (("arrays", self.arrays), ("model", self.model)):
            path = self.folder / f"{name}.ipynb"
            if not path.is_symlink():
                path.write_text(json.dumps(raw))


def course_with_a_bonus(root: Path) -> Path:
    """An instructor's own course of the tiny lecture, with a file that everybody gets."""
    own_course(root)
    manifest = root / "course.toml"
    bonus = 'title = "Twice twice"\nbonus = true\npoints = 3'
    manifest.write_text(manifest.read_text().replace('title = "Twice twice"', bonus))
    (root / "solutions" / "tiny" / "given.py").write_text("FACTOR = 3\n")
    return root


def add_own_cells(folder: Path, test: str) -> None:
    """An essay, and a test cell of the instructor's own, at the end of the source's first notebook."""
    path = folder / "source" / "lecture1" / "arrays.ipynb"
    raw = json.loads(path.read_text())
    graded = {"schema_version": 3, "grade": True, "task": False}
    essay = {**graded, "grade_id": "essay", "points": 4, "solution": True, "locked": False}
    about = {**graded, "grade_id": "own_test", "points": 2, "solution": False, "locked": True}
    text = {"cell_type": "markdown", "id": "essay", "source": "Why?"}
    code = {"cell_type": "code", "id": "own_test", "source": test, "outputs": []}
    raw["cells"] += [
        {**text, "metadata": {"nbgrader": essay}},
        {**code, "execution_count": None, "metadata": {"nbgrader": about}},
    ]
    path.write_text(json.dumps(raw))


def kill_it_at_ben_and_run_two(folder: Path) -> None:
    """`nbgrader autograde` killed in the middle of ben's, whose work never ends; then twice at once."""
    command = [str(BIN / "nbgrader"), "autograde", "lecture1"]
    first = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while not (folder / "autograded" / "ben" / "lecture1" / "arrays.ipynb").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.kill()
    first.wait()
    both = [
        subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = "".join(process.communicate(timeout=180)[1] for process in both)
    assert "ben was being graded when an earlier run was killed: once more." in said
    if any(process.returncode for process in both):  # one was in the other's way
        done(folder, "nbgrader", "autograde", "lecture1")


def worked(folder: Path) -> dict[str, str]:
    """What a learner would write, by cell."""
    found = {}
    for path in (folder / "source" / "lecture1").glob("*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["id"] != "essay":
                text = "".join(cell["source"])
                found[cell["id"]] = re.sub(r" *### (BEGIN|END) SOLUTION.*\n?", "", text)
    return found


def hand_in(folder: Path, who: str, solutions: dict[str, str], at: str = "") -> Work:
    place = folder / "submitted" / who / "lecture1"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for path in (folder / "release" / "lecture1").glob("[!.]*.*"):
        shutil.copy(path, place)
    if at:
        (place / "timestamp.txt").write_text(at)
    return Work(place, solutions)


def grades(folder: Path, who: str, url: str = "") -> dict[str, Json]:
    """What the gradebook says of each cell; `url` where it is not in the folder."""
    from nbgrader.api import Gradebook

    with Gradebook(url or f"sqlite:///{folder / 'gradebook.db'}") as book:
        submission = book.find_submission("lecture1", who)
        return {
            grade.name: {**grade.to_dict(), "score": grade.score}
            for notebook in submission.notebooks
            for grade in notebook.grades
        }

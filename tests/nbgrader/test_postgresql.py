"""A class whose gradebook is in PostgreSQL, and who is not in it.

One story, for a server and an nbgrader course take longer to make than to use. The settings are those of
docs/instructors.md: the database, a rule of one's own for late work, and that nobody is let in unasked.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from guide import block
from handing_in import (
    ENDLESS,
    FULL,
    course_with_a_bonus,
    done,
    grades,
    hand_in,
    kill_it_at_ben_and_run_two,
    run,
    worked,
)
from nbgrader.api import Gradebook
from postgresql import server

WRONG = "def double(x):\n    return x + 1\n"
WITHOUT_DOUBLE = {"test_double": 0, "test_quadruple": 0, "test_shift": 0}


@pytest.fixture
def url() -> Iterator[str]:
    with server() as url:
        yield url


def test_a_class_from_the_first_notebook_to_the_exported_grades(url: str, tmp_path: Path) -> None:
    folder = made(tmp_path, url)
    assert_the_gradebook_is_theirs(folder, url)
    solutions = worked(folder)
    a_killed_run_and_two_at_once(folder, url, solutions)
    who_is_not_in_the_gradebook(folder, url, solutions)
    several_judges(folder, url, solutions)
    assert_the_export_has_everybody(folder)


def settings(url: str) -> str:
    """The guide's, for the server that is here."""
    guide = "c = get_config()\n" + block("settings postgresql") + block("settings late")
    text, found = re.subn(r'(db_url = ").*?"', rf'\g<1>{url}"', guide)
    assert found == 1
    return text


def made(parent: Path, url: str) -> Path:
    """A course that was nbgrader's before it was zth's."""
    course = course_with_a_bonus(parent / "own")
    folder = parent / "class"
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(settings(url))
    (folder / "late.py").write_text(block("file late.py"))
    done(parent, "zth", "nbgrader", "init", "class", "--course", str(course))
    done(folder, "zth", "nbgrader", "build", "lecture1")
    done(folder, "nbgrader", "generate_assignment", "lecture1")
    return folder


def assert_the_gradebook_is_theirs(folder: Path, url: str) -> None:
    assert (folder / "nbgrader_config.py").read_text().startswith(settings(url))
    assert not (folder / "gradebook.db").exists()
    with Gradebook(url) as book:
        assert [notebook.name for notebook in book.find_assignment("lecture1").notebooks] == [
            "arrays",
            "model",
        ]
        book.update_or_create_assignment("lecture1", duedate="2026-01-02 00:00:00 UTC")


def assert_marks(folder: Path, url: str, who: str, **but: float) -> None:
    found = grades(folder, who, url)
    assert {name: found[name]["auto_score"] for name in FULL} == {**FULL, **but}, who


def a_killed_run_and_two_at_once(folder: Path, url: str, solutions: dict[str, str]) -> None:
    """What is wrong has no points, and none are lost or counted twice; nobody was enrolled."""
    for who in ("ann", "ben", "cleo"):
        work = hand_in(folder, who, solutions, "2026-01-03 12:00:00 UTC" if who == "cleo" else "")
        if who == "ben":
            work.write("double", ENDLESS)
        if who == "cleo":
            work.write("double", WRONG)
        work.save()
    kill_it_at_ben_and_run_two(folder)
    assert_marks(folder, url, "cleo", **WITHOUT_DOUBLE)
    assert_marks(folder, url, "ben", **WITHOUT_DOUBLE)
    assert_marks(folder, url, "ann")


def who_is_not_in_the_gradebook(folder: Path, url: str, solutions: dict[str, str]) -> None:
    """Is refused by name, as nbgrader's setting says, and nobody else is the worse for it.

    A cell of the assignment has been changed meanwhile, which PostgreSQL has last of all from then on;
    whoever has deleted it finds it where it was.
    """
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + block("settings members"))
    source = folder / "source" / "lecture1" / "arrays.ipynb"
    raw = json.loads(source.read_text())
    (changed,) = [cell for cell in raw["cells"] if cell["id"] == "test_double"]
    changed["source"] = changed["source"].replace("zth gives", "zth alone gives")
    source.write_text(json.dumps(raw))
    done(folder, "nbgrader", "generate_assignment", "lecture1", "--force")
    with Gradebook(url) as book:
        book.add_student("dora")
        cells = book.find_notebook("arrays", "lecture1").source_cells
        assert cells[-1].name == "test_double", "it would matter"
    for who in ("dora", "eve"):
        work = hand_in(folder, who, solutions)
        if who == "dora":
            work.write("double", WRONG)
            work.drop("test_double")
        work.save()
    refused = run(folder, "nbgrader", "autograde", "lecture1")
    assert refused.returncode == 1, refused.stderr
    assert "No student with ID 'eve' exists in the database" in refused.stderr
    assert_marks(folder, url, "dora", **WITHOUT_DOUBLE)
    assert_marks(folder, url, "ann")
    assert not (folder / "autograded" / "eve" / "lecture1").exists()
    with Gradebook(url) as book:
        assert {student.id for student in book.students} == {"ann", "ben", "cleo", "dora"}
    autograded = folder / "autograded" / "dora" / "lecture1" / "arrays.ipynb"
    ids = [cell["id"] for cell in json.loads(autograded.read_text())["cells"]]
    assert ids.index("test_double") == ids.index("double") + 1


def several_judges(folder: Path, url: str, solutions: dict[str, str]) -> None:
    """`zth nbgrader autograde`, which holds a connection for as long as it runs."""
    with Gradebook(url) as book:
        book.remove_submission("lecture1", "ann")
        book.add_student("finn")
    shutil.rmtree(folder / "autograded" / "ann")
    hand_in(folder, "finn", solutions, "2026-01-03 00:00:00 UTC").save()
    refused = run(folder, "zth", "nbgrader", "autograde", "lecture1", "--jobs", "2")
    assert refused.returncode == 1, refused.stderr
    assert "2 graded, 3 were graded before." in refused.stdout
    assert (
        "the gradebook has no student eve. Add them: nbgrader db student add eve" in refused.stdout
    )
    assert_marks(folder, url, "ann")
    assert_marks(folder, url, "finn")


def assert_the_export_has_everybody(folder: Path) -> None:
    """Late work loses a point and a half in each of two notebooks, and keeps the rest."""
    done(folder, "nbgrader", "export", "--to", "grades.csv")
    with (folder / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    exported = {
        who: [float(row[name]) for name in ("raw_score", "late_submission_penalty", "score")]
        for who, row in rows.items()
    }
    assert exported == {
        "ann": [14, 0, 14],
        "ben": [5, 0, 5],
        "cleo": [5, 3, 2],
        "dora": [5, 0, 5],
        "finn": [14, 2, 12],
    }
    assert {float(row["max_score"]) for row in rows.values()} == {11}

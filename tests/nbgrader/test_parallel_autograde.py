"""`zth nbgrader autograde`: nbgrader's own marks, with judges that work ahead; a run that is stopped."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from handing_in import BIN, FULL, course_with_a_bonus, done, grades, hand_in, run, worked
from judging import make_deadly

from grader.errors import UserError
from grader.nbgrader.begun import only_one
from grader.teach.worker import Marked

WRONG = {"test_double": 2.5, "test_quadruple": 0, "test_shift": 0}
"""What is left to whom one of double's two checks holds, and nothing is built on it."""
SLOW = "import time; time.sleep(0.3); return x + x"
LATE = "2026-01-02 00:00:00 UTC"
AUTOGRADE = ("zth", "nbgrader", "autograde", "lecture1", "--jobs", "2")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An nbgrader course whose assignment is handed out; it gives partial credit for double."""
    parent = tmp_path_factory.mktemp("parallel")
    course = course_with_a_bonus(parent / "course")
    manifest = course / "course.toml"
    title = 'title = "Twice a tensor"'
    manifest.write_text(manifest.read_text().replace(title, f"{title}\npartial = true"))
    done(parent, "zth", "nbgrader", "init", "class", "--course", str(course))
    done(parent / "class", "zth", "nbgrader", "build", "lecture1")
    done(parent / "class", "nbgrader", "generate_assignment", "lecture1")
    return parent / "class"


@pytest.fixture
def folder(released: Path, tmp_path: Path) -> Path:
    """The same, for one test."""
    return Path(shutil.copytree(released, tmp_path / "class"))


@pytest.fixture
def hands_in(folder: Path) -> Callable[..., None]:
    solutions = worked(folder)

    def hand(who: str, double: str = "", at: str = "") -> None:
        work = hand_in(folder, who, solutions, at)
        if double:
            work.write("double", f"def double(x):\n    {double}\n")
        work.save()

    return hand


def points(folder: Path, who: str) -> dict[str, float]:
    found = grades(folder, who)
    return {name: found[name]["auto_score"] for name in FULL}


def test_wrong_work_gets_what_it_deserves_and_nobody_s_trouble_is_another_s(
    folder: Path, hands_in: Callable[..., None]
) -> None:
    """One of whom the gradebook knows nothing, in a course whose setting asks for it."""
    from nbgrader.api import Gradebook

    for who in ("ann", "ben", "cleo", "dora", "stranger"):
        hands_in(who, "return x + 1" if who == "ben" else "", LATE if who == "cleo" else "")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for who in ("ann", "ben", "cleo", "dora"):
            book.add_student(who)
        book.update_or_create_assignment("lecture1", duedate="2026-01-01 00:00:00 UTC")
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Autograde.create_student = False\n")
    (folder / "submitted" / "dora" / "lecture1" / "arrays.ipynb").write_bytes(b"no notebook")

    process = run(folder, *AUTOGRADE)
    assert process.returncode == 1, process.stderr
    assert "4 graded, 0 were graded before." in process.stdout
    why = "No student with ID 'stranger' exists in the database"
    assert f"stranger could not be graded: {why}" in process.stdout
    assert process.stderr == ""
    assert points(folder, "ben") == {**FULL, **WRONG}
    assert points(folder, "ann") == points(folder, "cleo") == FULL
    assert points(folder, "dora") == dict.fromkeys(FULL, 0), "all of it is built on arrays.py"
    log = folder / ".zth" / "autograde-lecture1.log"
    assert str(log.relative_to(folder)) in process.stdout
    assert "dora: arrays.ipynb is not a notebook" in log.read_text()
    assert "is 86400.0 seconds late" in log.read_text()
    card = (folder / "autograded" / "ben" / "lecture1" / "arrays.ipynb").read_text()
    assert "double(x) is twice x." in card
    assert "2.5 of 5 points" in card
    assert not [*(folder / ".zth" / "autograding").iterdir()]

    hands_in("ben", at="2026-01-02 00:00:00 UTC")
    hands_in("ann", "return x + 1")  # without a time it is what was graded: as nbgrader has it
    shutil.copy(folder / "submitted" / "ben" / "lecture1" / "timestamp.txt", folder)
    old = folder / "autograded" / "ben" / "lecture1" / "timestamp.txt"
    old.write_text("2026-01-01 00:00:00 UTC")
    again = run(folder, *AUTOGRADE, "--json")
    told = json.loads(again.stdout)
    assert (told["graded"], told["unchanged"]) == (["ben"], 3)
    assert told["failed"] == {"stranger": why}
    assert points(folder, "ben") == points(folder, "ann") == FULL

    forced = json.loads(run(folder, *AUTOGRADE, "--json", "--force", "--student", "ann").stdout)
    assert (forced["graded"], forced["unchanged"]) == (["ann"], 0)
    assert points(folder, "ann") == {**FULL, **WRONG}


@pytest.mark.parametrize("with_what", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on(
    folder: Path, hands_in: Callable[..., None], with_what: signal.Signals
) -> None:
    people = ("ann", "ben", "cleo", "dora", "eve")
    for who in people:
        hands_in(who, SLOW if who == "cleo" else "")
    command = [str(BIN / AUTOGRADE[0]), *AUTOGRADE[1:]]
    first = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len([*(folder / "autograded").glob("*/lecture1/model.ipynb")]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.send_signal(with_what)
    said = first.communicate(timeout=60)[1]
    if with_what is signal.SIGINT:
        assert first.returncode == 130
        assert "the same command goes on" in said
        assert "Traceback" not in said
    before = len([*(folder / "autograded").glob("*/lecture1/model.ipynb")])
    assert before < len(people), "it was stopped too late to try anything"

    told = json.loads(done(folder, *AUTOGRADE, "--json"))
    assert 0 < len(told["graded"]) < len(people)
    assert told["unchanged"] + len(told["graded"]) == len(people)
    for who in people:
        assert points(folder, who) == FULL, who


@pytest.mark.parametrize(
    ("spoil", "says", "fix"),
    [
        ("Judge.course = '/nowhere'", "There is no course in /nowhere", "zth nbgrader init"),
        (
            "Autograde.exporter_class = 'nbconvert.exporters.NotebookExporter'",
            "nbgrader executes",
            "zth nbgrader init .",
        ),
        (
            "CourseDirectory.submitted_directory = 'elsewhere'",
            "Nothing is handed in",
            "elsewhere/WHO/lecture1",
        ),
        (
            "CourseDirectory.db_url = 'sqlite:///other.db'",
            "The gradebook has no assignment 'lecture1'",
            "nbgrader generate_assignment lecture1",
        ),
        (
            "CourseDirectory.db_url = 'sqlite:////nowhere/gradebook.db'",
            "gradebook.db: unable to open database file",
            "c.CourseDirectory.db_url",
        ),
    ],
)
def test_what_keeps_it_from_grading_is_one_message(
    folder: Path, hands_in: Callable[..., None], spoil: str, says: str, fix: str
) -> None:
    from grader.nbgrader.parallel import autograde

    hands_in("ann")
    config = folder / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.{spoil}\n")
    before = (folder / "gradebook.db").read_bytes()
    with pytest.raises(UserError) as refused:
        autograde(folder, "lecture1", nobody, lambda _: nullcontext(lambda _: None))
    assert says in refused.value.message
    assert fix in refused.value.fix
    assert (folder / "gradebook.db").read_bytes() == before
    assert not (folder / "autograded").exists()


def nobody(_: object, __: object) -> Iterator[Marked]:
    """Judges, where none must be asked."""
    raise AssertionError("something was judged")
    yield


def test_a_refusal_is_one_message(folder: Path, hands_in: Callable[..., None]) -> None:
    hands_in("ann")
    config = folder / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Judge.course = '/nowhere'\n")
    process = run(folder, *AUTOGRADE)
    assert process.returncode == 2
    assert "There is no course in /nowhere" in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""


def test_while_one_grades_no_other_begins(folder: Path, hands_in: Callable[..., None]) -> None:
    hands_in("ann")
    with only_one(folder):
        process = run(folder, *AUTOGRADE)
    assert process.returncode == 2
    assert "Another `zth nbgrader autograde` is grading" in process.stderr
    assert not (folder / "autograded").exists()


def test_nobody_of_that_name(folder: Path, hands_in: Callable[..., None]) -> None:
    hands_in("charles")
    process = run(folder, *AUTOGRADE, "--student", "charlie")
    assert process.returncode == 2
    assert "Did you mean charles?" in process.stderr


def test_what_no_judge_survives_is_not_graded_and_no_0(tmp_path: Path) -> None:
    """By either command; the others are graded, and the next run tries again."""
    course = course_with_a_bonus(tmp_path / "course")
    make_deadly(course)
    done(tmp_path, "zth", "nbgrader", "init", "class", "--course", str(course))
    folder = tmp_path / "class"
    done(folder, "zth", "nbgrader", "build", "lecture1")
    done(folder, "nbgrader", "generate_assignment", "lecture1")
    solutions = worked(folder)
    for who, double in (("ann", "return x + x"), ("mal", "return 13"), ("odd", "return x")):
        work = hand_in(folder, who, solutions)
        work.write("double", f"def double(x):\n    {double}\n")
        work.save()
    for _ in range(2):
        process = run(folder, *AUTOGRADE)
        assert process.returncode == 1
        assert "mal could not be graded: The judge ended twice" in process.stdout
        assert not (folder / "autograded" / "mal" / "lecture1").exists()
    assert points(folder, "ann") == FULL
    assert points(folder, "odd")["test_double"] == 0
    itself = run(folder, "nbgrader", "autograde", "lecture1", "--force")
    assert "mal is not graded. The judge ended twice" in itself.stdout + itself.stderr
    assert not (folder / "autograded" / "mal" / "lecture1").exists()
    assert points(folder, "ann") == FULL

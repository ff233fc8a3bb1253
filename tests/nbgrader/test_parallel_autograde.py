"""`zth nbgrader autograde`: nbgrader's own marks, with judges that work ahead; a run that is stopped."""

from __future__ import annotations

import json
import os
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
from prepared import copied, once, with_partial_credit

from grader.errors import UserError
from grader.judge.worker import JobResult
from grader.nbgrader.in_progress import only_one

WRONG = {"test_double": 2.5, "test_quadruple": 0, "test_shift": 0}
"""What is left to whom one of double's two checks holds, and nothing is built on it."""
SLOW = "import time; time.sleep(0.3); return x + x"
LATE = "2026-01-02 00:00:00 UTC"
"""Judging in bubblewrap is test_autograde's; here it would only take its time."""
AUTOGRADE = ("zth", "nbgrader", "autograde", "lecture1", "--jobs", "2")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """An nbgrader course whose assignment is handed out; it gives partial credit for double."""
    return copied(once(tmp_path_factory, "partial", with_partial_credit), tmp_path)


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
    why = (
        "the gradebook has no student stranger. Add them: nbgrader db student add stranger; or correct "
        "the folder's name."
    )
    assert f"stranger could not be graded: {why}" in process.stdout
    assert process.stderr == ""
    assert points(folder, "ben") == {**FULL, **WRONG}
    assert points(folder, "ann") == points(folder, "cleo") == FULL
    assert points(folder, "dora") == {**dict.fromkeys(FULL, 0), "test_echo": 1, "test_secret": 1}
    log = folder / ".zth" / "autograde-lecture1.log"
    assert str(log.relative_to(folder)) in process.stdout
    assert "dora: arrays.ipynb is not a notebook" in log.read_text()
    assert "is 86400.0 seconds late" in log.read_text()
    card = (folder / "autograded" / "ben" / "lecture1" / "arrays.ipynb").read_text()
    assert "double(x) is twice x." in card
    assert "2.5 of 5 points" in card
    assert not [*(folder / ".zth" / "autograding").iterdir()]

    hands_in("ben", at="2026-01-02 00:00:00 UTC")
    hands_in("ann", "return x + 1")  # nobody wrote a time: the files are others
    hands_in("cleo", at=LATE)  # the same once more
    again = run(folder, *AUTOGRADE, "--json")
    told = json.loads(again.stdout)
    assert (sorted(told["graded"]), told["unchanged"]) == (["ann", "ben"], 2)
    assert told["failed"] == {"stranger": why}
    assert points(folder, "ben") == FULL
    assert points(folder, "ann") == {**FULL, **WRONG}

    forced = json.loads(run(folder, *AUTOGRADE, "--json", "--force", "--student", "ann").stdout)
    assert (forced["graded"], forced["unchanged"]) == (["ann"], 0)


def test_what_was_graded_before_zth_wrote_it_down(
    folder: Path, hands_in: Callable[..., None]
) -> None:
    for who in ("ann", "ben"):
        hands_in(who, "return x + 1")
    done(folder, *AUTOGRADE)
    shutil.rmtree(folder / ".zth" / "graded")
    old = time.time() - 3600
    for path in (folder / "submitted").rglob("*"):
        os.utime(path, (old, old))
    hands_in("ann")
    told = json.loads(done(folder, *AUTOGRADE, "--json"))
    assert (told["graded"], told["unchanged"]) == (["ann"], 1)
    assert points(folder, "ann") == FULL


RENAMED = {
    "a browser's": "arrays (1).ipynb",
    "Colab's": "Copy of arrays.ipynb",
    "with a name": "arrays_ann_final.ipynb",
    "of another name": "homework.ipynb",
}


def test_a_renamed_notebook_counts(folder: Path, hands_in: Callable[..., None]) -> None:
    """With nbgrader's own command, too, and for what stands on the page."""
    wrong = {f"wrong{n}": name for n, name in enumerate(RENAMED.values())}
    right = {f"right{n}": name for n, name in enumerate(RENAMED.values())}
    for who, name in {**wrong, **right}.items():
        hands_in(who, "return x + 1" if who in wrong else "")
        place = folder / "submitted" / who / "lecture1"
        (place / "arrays.ipynb").rename(place / name)
    told = json.loads(done(folder, *AUTOGRADE, "--json"))
    assert sorted(told["remarks"]) == sorted(
        f"{who}: {name} is taken for arrays.ipynb." for who, name in {**wrong, **right}.items()
    )
    assert {who: points(folder, who) for who in wrong} == {who: {**FULL, **WRONG} for who in wrong}
    assert {who: points(folder, who) for who in right} == dict.fromkeys(right, FULL)
    for who in wrong:
        shutil.rmtree(folder / "autograded" / who)
    done(folder, "nbgrader", "autograde", "lecture1")  # those that are not there any more
    for who, name in wrong.items():
        assert points(folder, who) == {**FULL, **WRONG}
        card = (folder / "autograded" / who / "lecture1" / "arrays.ipynb").read_text()
        assert "return x + 1" in card
        assert f"{name}, cell " in card


def test_the_notebook_that_was_worked_in_counts(
    folder: Path, hands_in: Callable[..., None]
) -> None:
    hands_in("ann")
    hands_in("ben")
    given = folder / "release" / "lecture1" / "arrays.ipynb"
    ann, ben = (folder / "submitted" / who / "lecture1" for who in ("ann", "ben"))
    (ann / "arrays.ipynb").rename(ann / "arrays (1).ipynb")
    shutil.copy(given, ann / "arrays.ipynb")
    shutil.copy(given, ben / "arrays (1).ipynb")
    done(folder, *AUTOGRADE)
    assert points(folder, "ann") == points(folder, "ben") == FULL


def test_who_handed_in_no_notebook_is_named(folder: Path, hands_in: Callable[..., None]) -> None:
    hands_in("ann")
    there = {
        "bea": {"arrays.html": "<p>", "arrays.py": "x = 1"},
        "cid": {"hw/arrays.ipynb": "{}"},
        "dee": {},
        "eli": {"notes.ipynb": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'},
    }
    for who, files in there.items():
        place = folder / "submitted" / who / "lecture1"
        place.mkdir(parents=True)
        for name, text in files.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text)
    process = run(folder, *AUTOGRADE)
    assert process.returncode == 1
    assert process.stdout.splitlines()[:6] == [
        "1 graded, 0 were graded before.",
        "eli could not be graded: notes.ipynb is none of the assignment's notebooks. Call it "
        "arrays.ipynb or model.ipynb.",
        "3 handed in no notebook where one is looked for:",
        "  bea: arrays.html, arrays.py",
        "  cid: hw/arrays.ipynb",
        "  dee: an empty folder",
    ]
    own = run(folder, "nbgrader", "autograde", "lecture1", "--student", "eli")
    assert (
        "eli: notes.ipynb is none of the assignment's notebooks. Call it arrays.ipynb or"
        in own.stderr
    )


def test_a_solution_turned_into_text_is_judged_as_it_is_shown(
    folder: Path, hands_in: Callable[..., None]
) -> None:
    """Though the notebook says nothing of what the cell was: the gradebook knows."""
    for kind in ("markdown", "raw"):
        hands_in(f"wrong_{kind}", "return x + 1")
        hands_in(f"right_{kind}")
        for who in (f"wrong_{kind}", f"right_{kind}"):
            path = folder / "submitted" / who / "lecture1" / "arrays.ipynb"
            raw = json.loads(path.read_text())
            (cell,) = [c for c in raw["cells"] if c["id"] == "double"]
            cell["cell_type"] = kind
            cell["metadata"]["nbgrader"] = {"grade_id": "double"}
            del cell["outputs"], cell["execution_count"]
            path.write_text(json.dumps(raw))
    done(folder, *AUTOGRADE)
    for kind in ("markdown", "raw"):
        assert points(folder, f"wrong_{kind}") == {**FULL, **WRONG}
        assert points(folder, f"right_{kind}") == FULL


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


def nobody(_: object, __: object) -> Iterator[JobResult]:
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


def test_what_no_judge_survives_is_not_graded_and_no_0(folder: Path) -> None:
    """By either command; the others are graded, and the next run tries again."""
    make_deadly(folder.parent / "course")
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


@pytest.mark.parametrize("command", [AUTOGRADE, ("nbgrader", "autograde", "lecture1")])
def test_a_check_that_fails_the_courses_own_solution_grades_nobody(
    folder: Path, hands_in: Callable[..., None], tmp_path: Path, command: tuple[str, ...]
) -> None:
    """It is said once, not for each submission. Nobody has a 0; once it is right all are graded."""
    course = course_with_a_bonus(tmp_path / "own")
    config = folder / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Judge.course = {str(course)!r}\n")
    checks = course / "tests" / "hidden" / "tiny" / "test_arrays.py"
    right = checks.read_text()
    checks.write_text(right.replace("is_close(2 * x)", "is_close(3 * x)"))
    assert checks.read_text() != right
    for who in ("ann", "ben"):
        hands_in(who)
    process = run(folder, *command)
    assert process.returncode != 0
    said = process.stdout + process.stderr
    sentence = "The course's own solution does not pass lecture1.double, so nobody is graded on it."
    assert sentence in said
    assert said.count(f"`zth dev check lecture1 --course {course}`") == 1
    assert not list((folder / "autograded").glob("*/lecture1/arrays.ipynb"))
    checks.write_text(right)
    done(folder, *command)
    assert points(folder, "ann") == points(folder, "ben") == FULL

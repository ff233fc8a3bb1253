"""`zth grade` and `zth score`: the real command, real processes, real bubblewrap, on the tiny course."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import commands
import pytest
from judging import KILLS_THE_DIAGNOSIS, KILLS_THE_JUDGE, TINY, deadly_course

from grader.grading.store import Store
from grader.sandbox.bubblewrap import remedy

ZTH = str(Path(sys.executable).parent / "zth")
ARRAYS = (TINY / "solutions" / "tiny" / "arrays.py").read_text()
MODEL = (TINY / "solutions" / "tiny" / "model.py").read_text()
WRONG = ARRAYS.replace("return x + x", "return x")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    return hand_in(tmp_path / "submissions")


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `zth grade` keeps when double was judged for the class. To be copied."""
    folder = tmp_path_factory.mktemp("graded")
    words = ("grade", str(hand_in(folder / "submissions")), "1.double", "--isolation", "fork")
    done = commands.run(folder, "zth", *words, "--course", str(TINY))
    assert done.returncode == 0, done.stderr
    return folder / "grades.sqlite"


def hand_in(folder: Path) -> Path:
    """A class of five: right in a folder, wrong in a zip, one file, a notebook, hardly anything."""
    (folder / "ada").mkdir(parents=True)
    (folder / "ada" / "arrays.py").write_text(ARRAYS)
    (folder / "ada" / "model.py").write_text(MODEL)
    with zipfile.ZipFile(folder / "bob.zip", "w") as archive:
        archive.writestr("homework/arrays.py", WRONG)
        archive.writestr("homework/model.py", MODEL)
    (folder / "cyd.py").write_text(ARRAYS)
    cells = [{"cell_type": "code", "source": ARRAYS, "metadata": {}, "outputs": []}]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (folder / "dan.ipynb").write_text(json.dumps(notebook))
    (folder / "eve").mkdir()
    (folder / "eve" / "model.py").write_text(MODEL)
    return folder


@pytest.fixture
def zth(typed: Run) -> Run:
    """As `typed`, where the wall is of no interest: bubblewrap needs a Python that imports torch anew."""

    def run(*arguments: str, **about: Any) -> subprocess.CompletedProcess[str]:
        wall = ("--isolation", "fork") if arguments[0] == "grade" else ()
        return typed(*arguments, *wall, **about)

    return run


@pytest.fixture
def typed(tmp_path: Path) -> Run:
    def run(*arguments: str, course: Path = TINY, **env: str) -> subprocess.CompletedProcess[str]:
        words = ("zth", *arguments, "--course", str(course))
        return commands.run(tmp_path, *words, env={**os.environ, **env})

    return run


def outcomes(done: subprocess.CompletedProcess[str], exercise: str = "double") -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    marks: list[dict[str, Any]] = json.loads(done.stdout)["marks"]
    return {m["who"]: m["result"]["outcome"] for m in marks if m["exercise"] == exercise}


def test_everybody_gets_what_their_work_deserves(typed: Run, handed: Path) -> None:
    done = typed("grade", str(handed), "lecture1", "--json")
    assert outcomes(done) == {
        "ada": "PASS",
        "bob": "FAIL",
        "cyd": "PASS",
        "dan": "PASS",
        "eve": "TODO",
    }
    marks = json.loads(done.stdout)["marks"]
    bobs = next(m["result"] for m in marks if (m["who"], m["exercise"]) == ("bob", "double"))
    assert bobs["misconception"]["name"] == "once"
    (run,) = json.loads(done.stdout)["runs"]
    assert run["isolation"] == "bwrap"
    assert run["finished"]


def test_what_has_not_changed_is_not_graded_again(zth: Run, handed: Path) -> None:
    zth("grade", str(handed), "lecture1")
    again = json.loads(zth("grade", str(handed), "lecture1", "--json").stdout)
    assert (again["graded"], again["unchanged"], len(again["runs"])) == (0, 5, 1)
    (handed / "ada" / "arrays.py").write_text(WRONG)
    changed = json.loads(zth("grade", str(handed), "lecture1", "--json").stdout)
    assert (changed["graded"], changed["unchanged"]) == (1, 4)
    by_who = {m["who"]: m for m in changed["marks"] if m["exercise"] == "double"}
    assert by_who["ada"]["result"]["outcome"] == "FAIL"
    assert by_who["ada"]["run"] != by_who["bob"]["run"]


def test_a_changed_check_is_graded_again_alone(zth: Run, handed: Path, tmp_path: Path) -> None:
    course = Path(shutil.copytree(TINY, tmp_path / "course"))
    zth("grade", str(handed), "lecture1", course=course)
    checks = course / "tests" / "hidden" / "tiny" / "test_model.py"
    checks.write_text(checks.read_text() + "\n# a remark\n")
    done = json.loads(zth("grade", str(handed), "lecture1", "--json", course=course).stdout)
    first, second = done["runs"]
    judged = {m["exercise"] for m in done["marks"] if m["run"] == second["id"]}
    assert judged == {"shift", "echo", "secret"}
    assert first["seed"] != second["seed"], "fresh inputs each run"


def test_a_score_by_hand_survives(zth: Run, handed: Path) -> None:
    zth("grade", str(handed), "lecture1")
    done = zth("score", "bob", "1.double", "1,5", "--comment", "a slip")
    assert "bob has 1.5 of 2 points in lecture1.double, by hand." in done.stdout
    assert zth("grade", str(handed), "lecture1", "--regrade", "bob").returncode == 0
    (score,) = json.loads(zth("grade", str(handed), "lecture1", "--json").stdout)["scores"]
    assert (score["who"], score["points"], score["comment"]) == ("bob", 1.5, "a slip")
    assert "Taken back" in zth("score", "bob", "1.double", "--remove").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bobb", "1.double", "1"], "Did you mean bob?"),
        (["bob", "lecture1", "1"], "is a lecture"),
        (["bob", "1.double"], "Nothing to give"),
        (["bob", "1.double", "nan"], "no points"),
        (["bob", "1.double", "half"], "'half' are no points"),
        (["bob", "1.double", "1,000.5"], "'1,000.5' are no points"),
        (["bob", "1.double", "1", "--store", "other.sqlite"], "no gradebook"),
    ],
)
def test_a_score_that_makes_no_sense(
    zth: Run, gradebook: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    shutil.copy(gradebook, tmp_path)
    done = zth("score", *arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_one_exercise_across_the_class(zth: Run, handed: Path) -> None:
    done = json.loads(zth("grade", str(handed), "1.mean", "--json").stdout)
    assert {m["exercise"] for m in done["marks"]} == {"mean"}
    assert len(done["marks"]) == 5
    words = ("--exercise", "double", "--exercise", "lecture1.mean", "--json")
    done = json.loads(zth("grade", str(handed), "lecture1", *words).stdout)
    assert {m["exercise"] for m in done["marks"]} == {"double", "mean"}


def test_an_exercise_that_is_none_of_the_lecture(zth: Run, handed: Path) -> None:
    for words in (("lecture1", "--exercise", "meen"), ("1.mean", "--exercise", "mean")):
        done = zth("grade", str(handed), *words)
        assert done.returncode == 2
        assert ("mean" in done.stderr) or ("whole lecture" in done.stderr)


def test_the_roster_says_who_is_missing_and_who_is_a_stranger(
    zth: Run, handed: Path, tmp_path: Path
) -> None:
    (tmp_path / "roster.csv").write_text("id,name\nada,Ada\nbob,Bob\nfay,Fay\n")
    done = zth("grade", str(handed), "1.double", "--roster", "roster.csv")
    assert done.returncode == 0, done.stderr
    assert "1 handed in nothing: Fay" in done.stdout
    assert "3 are not on the roster: cyd, dan, eve" in done.stdout


def test_status_grades_nothing(zth: Run, handed: Path) -> None:
    before = zth("grade", str(handed), "lecture1", "--status")
    assert (before.returncode, before.stdout.splitlines()[0]) == (
        1,
        "5 to grade, 0 graded and unchanged.",
    )
    zth("grade", str(handed), "lecture1")
    after = zth("grade", str(handed), "lecture1", "--status")
    assert (after.returncode, after.stdout.splitlines()[0]) == (
        0,
        "0 to grade, 5 graded and unchanged.",
    )


def test_where_bubblewrap_is_missing_nothing_is_graded(typed: Run, handed: Path) -> None:
    done = typed("grade", str(handed), "lecture1", PATH="/nowhere")
    assert done.returncode == 2
    assert "bubblewrap is not installed" in done.stderr
    assert "apt install bubblewrap" in done.stderr
    less = typed("grade", str(handed), "1.double", "--isolation", "fork", "--json", PATH="/nowhere")
    assert json.loads(less.stdout)["runs"][-1]["isolation"] == "fork"


def test_where_bubblewrap_does_not_work_it_says_why_and_what_to_type(
    typed: Run, handed: Path, tmp_path: Path
) -> None:
    """As on Ubuntu 24.04 and in Docker: it is installed, and may not make a user namespace."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    path = f"{fake.parent}:{os.environ['PATH']}"
    for more in ((), ("--dask", "local", "--jobs", "1")):
        done = typed("grade", str(handed), "lecture1", *more, PATH=path)
        assert done.returncode == 2
        assert "does not work here: setting up uid map: Permission denied." in done.stderr
        assert "--isolation fork" in done.stderr
        assert "Traceback" not in done.stderr
    assert marks_in(tmp_path) == 0


@pytest.mark.parametrize(
    ("files", "typed"),
    [
        ({"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"}, "/etc/apparmor.d/bwrap"),
        ({".dockerenv": ""}, "docker run --security-opt seccomp=unconfined"),
        ({"run/.containerenv": ""}, "--security-opt systempaths=unconfined"),
        (
            {"proc/sys/kernel/unprivileged_userns_clone": "0\n"},
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            {"proc/sys/user/max_user_namespaces": "0\n"},
            "sudo sysctl -w user.max_user_namespaces=15000",
        ),
        ({"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0\n"}, "ask who runs"),
    ],
)
def test_the_remedy_is_this_systems(tmp_path: Path, files: dict[str, str], typed: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert typed in remedy("setting up uid map: Permission denied", tmp_path)
    assert typed not in remedy("Can't bind mount /x: No such file or directory", tmp_path)


# the course's own checks come first


def own_course(tmp_path: Path, before: str, after: str) -> Path:
    course = Path(shutil.copytree(TINY, tmp_path / "own"))
    check = course / "tests" / "hidden" / "tiny" / "test_arrays.py"
    text = check.read_text()
    assert before in text
    check.write_text(text.replace(before, after, 1))
    return course


def test_a_check_that_fails_the_courses_own_solution_grades_nobody(
    zth: Run, handed: Path, tmp_path: Path
) -> None:
    course = own_course(tmp_path, "is_close(sum(values) / 5)", "is_close(sum(values) / 5 + 1)")
    done = zth("grade", str(handed), "lecture1", course=course)
    assert done.returncode == 2
    assert "own solution does not pass lecture1.mean, so nobody is graded" in done.stderr
    assert "expected" in done.stderr
    assert marks_in(tmp_path) == 0
    assert zth("export", "out.csv", "--to", "csv", course=course).returncode == 1
    # what it does not concern can be graded, and is
    assert zth("grade", str(handed), "1.double", course=course).returncode == 0
    # a check that goes wrong later stops as well, and what was graded stays
    shutil.rmtree(course)
    shutil.copytree(TINY, course)
    assert zth("grade", str(handed), "lecture1", course=course).returncode == 0
    shutil.rmtree(course)
    own_course(tmp_path, "equals(torch.full((1,), 2.0))", "equals(torch.full((1,), 3.0))")
    assert (
        "does not pass lecture1.double"
        in zth("grade", str(handed), "lecture1", course=course).stderr
    )
    assert marks_in(tmp_path) == 5


@pytest.mark.parametrize("before", ["    observe(", "    x = torch.randn("])
def test_a_slip_in_a_check_is_said_with_file_and_line(
    zth: Run, handed: Path, tmp_path: Path, before: str
) -> None:
    course = own_course(tmp_path, before, f"    values.sort(y)\n{before}")
    done = zth("grade", str(handed), "lecture1", course=course)
    text = (course / "tests" / "hidden" / "tiny" / "test_arrays.py").read_text()
    line = text.splitlines().index("    values.sort(y)") + 1
    assert done.returncode == 2
    assert f"tests/hidden/tiny/test_arrays.py, line {line}: NameError" in done.stderr
    assert "Traceback" not in done.stderr
    assert "fault of zth" not in done.stderr


def test_the_solution_is_judged_once_for_each_state_of_the_checks(
    zth: Run, handed: Path, tmp_path: Path
) -> None:
    zth("grade", str(handed), "lecture1")
    with Store(tmp_path / "grades.sqlite") as book:
        assert len(book.proved()) == 8
        assert "" not in {who for who, _ in book.hand_ins()}, "and it is nobody of the class"
        assert "" not in {mark.who for mark in book.marks()}


# who is meant


def test_regrade_of_nobody_is_refused(zth: Run, handed: Path, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "id,name,email\nada,Ada O'Hara,a.h@x.org\nbob,Bob,b@x.org\nfay,Fay,f@x.org\n"
    )
    roster = ("--roster", "r.csv")
    zth("grade", str(handed), "1.double", *roster)
    for who, says in (
        ("nobody", "Nobody in the class is called 'nobody'."),
        ("Conan O'Brien", "Nobody in the class"),
        ("fay", "fay handed in nothing."),
    ):
        done = zth("grade", str(handed), "1.double", *roster, "--regrade", who)
        assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    for who in ("ada", "Ada O'Hara", "A.H@x.org", "cyd"):
        done = zth("grade", str(handed), "1.double", *roster, "--regrade", who)
        assert "1 graded now, 0 not" not in done.stdout
        assert "1 graded now, 4 unchanged" in done.stdout
    assert zth("score", "Ada O'Hara", "1.double", "1").stdout.startswith("ada has 1 of 2 points")
    assert "fay has 2" in zth("score", "f@x.org", "1.double", "2").stdout


def test_status_as_json(typed: Run, handed: Path) -> None:
    done = typed("grade", str(handed), "lecture1", "--status", "--json")
    status = json.loads(done.stdout)
    assert done.returncode == 1
    assert [task["who"] for task in status["to_grade"]] == ["ada", "bob", "cyd", "dan", "eve"]
    assert (status["unchanged"], status["missing"]) == (0, [])


def test_what_to_look_at_is_said_at_the_end_of_a_run(zth: Run, handed: Path) -> None:
    (handed / "rar.zip").write_bytes(b"Rar!\x1a\x07\x00 and more")
    (handed / "half").mkdir()
    (handed / "half" / "arrays.py").write_text("def double(x:\n")
    (handed / "half" / "model.py").write_text(MODEL)
    (handed / "lacks.py").write_text(f"import surely_not_installed\n{ARRAYS}")
    done = zth("grade", str(handed), "lecture1")
    assert "cannot be read: 1" in done.stdout
    assert "cannot be read in part: 1" in done.stdout
    notices = json.loads(zth("grade", str(handed), "lecture1", "--json").stdout)["look_at"]
    of = {notice["kind"]: notice for notice in notices["lecture1"]}
    assert of["cannot be read"]["who"] == ["rar"]
    assert of["cannot be read in part"]["who"] == ["half"]
    (room,) = json.loads(zth("class", "--json").stdout)["lectures"]
    assert {notice["kind"] for notice in room["look_at"]} == of.keys()
    assert room["unreadable"]["who"] == ["rar"]
    assert all("rar" not in stuck["people"]["who"] for stuck in room["stuck"])


def test_a_folder_that_is_not_there(zth: Run, tmp_path: Path) -> None:
    done = zth("grade", str(tmp_path / "nowhere"), "lecture1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "grades.sqlite").exists()


def slow_class(tmp_path: Path, people: int) -> Path:
    folder = tmp_path / "slow"
    for number in range(people):
        (folder / f"who{number:02d}").mkdir(parents=True)
        slow = f"import time\ntime.sleep(0.05)\n# {number}\n{ARRAYS}"
        (folder / f"who{number:02d}" / "arrays.py").write_text(slow)
    return folder


def marks_in(tmp_path: Path) -> int:
    """How many learners have marks by now."""
    path = tmp_path / "grades.sqlite"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
        try:
            (count,) = database.execute("SELECT count(DISTINCT who) FROM mark").fetchone()
        except sqlite3.OperationalError:  # its tables are not there yet
            return 0
    return int(count)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_stopped_goes_on(zth: Run, tmp_path: Path, number: signal.Signals) -> None:
    """With its seed, with nothing lost and nothing graded twice."""
    folder = slow_class(tmp_path, 12)
    process = subprocess.Popen(
        [
            *(ZTH, "grade", str(folder), "lecture1", "--course", str(TINY)),
            *("--isolation", "fork", "--jobs", "1"),
        ],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while marks_in(tmp_path) < 3:
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    if number is signal.SIGINT:
        assert process.returncode == 130
        assert said.startswith("Stopped: ")
        assert "are not graded yet" in said
    with Store(tmp_path / "grades.sqlite") as book:
        assert len(book.hand_ins()) == 12, "whoever handed in is known before anything is judged"
    assert zth("export", "out.csv", "--to", "csv").returncode == 1
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["handed_in"] for row in rows} == {"yes"}
    assert sorted(row["total"] for row in rows) != ["0"] * 12
    assert sum(row["total"] == "" for row in rows) == 12 - marks_in(tmp_path)
    assert zth("feedback", "pages", "lecture1").returncode == 1
    assert len(list((tmp_path / "pages").iterdir())) == marks_in(tmp_path)
    (room,) = json.loads(zth("class", "--json").stdout)["lectures"]
    assert room["handed_in"] == 12
    assert room["waiting"]["count"] == 12 - marks_in(tmp_path)
    assert room["missing"]["count"] == 0
    done = marks_in(tmp_path)
    assert 3 <= done < 12
    rest = json.loads(zth("grade", str(folder), "lecture1", "--json").stdout)
    assert len({m["who"] for m in rest["marks"]}) == 12
    assert {m["result"]["outcome"] for m in rest["marks"] if m["exercise"] == "double"} == {"PASS"}
    assert rest["unchanged"] >= done
    (run,) = rest["runs"]
    assert run["finished"]


def test_what_no_judge_survives_is_not_graded_and_tried_again(
    zth: Run, handed: Path, tmp_path: Path
) -> None:
    course = deadly_course(tmp_path / "course")
    (handed / "mal.py").write_text(KILLS_THE_JUDGE)
    (handed / "odd.py").write_text(KILLS_THE_DIAGNOSIS)
    done = zth("grade", str(handed), "1.double", "--jobs", "1", course=course)
    assert done.returncode == 1
    assert "not graded: 1" in done.stdout
    assert "mal  The judge ended twice" in done.stdout
    assert "6 graded now, 1 not graded, 0 unchanged" in done.stdout
    known = json.loads(zth("grade", str(handed), "1.double", "--json", course=course).stdout)
    assert {m["who"]: m["result"]["outcome"] for m in known["marks"]} == {
        **{"ada": "PASS", "bob": "FAIL", "cyd": "PASS", "dan": "PASS", "eve": "TODO"},
        "odd": "FAIL",
    }
    assert (known["graded"], known["not_graded"], known["unchanged"]) == (0, 1, 6)
    notices = {n["kind"]: n["who"] for n in known["look_at"]["lecture1"]}
    assert notices["not graded"] == ["mal"]
    exported = zth("export", "out.csv", "1.double", "--to", "csv", course=course)
    assert exported.returncode == 1
    assert "mal: The judge ended twice" in exported.stderr
    written = zth("feedback", "pages", "1.double", course=course)
    assert written.returncode == 1
    assert not (tmp_path / "pages" / "mal").exists()
    assert (tmp_path / "pages" / "odd").exists()
    # a person's word counts whatever becomes of the judge
    assert zth("score", "mal", "1.double", "1", course=course).returncode == 0
    assert zth("export", "two.csv", "1.double", "--to", "csv", course=course).returncode == 0
    # and once the course is well, no --regrade is needed
    shutil.rmtree(course)
    shutil.copytree(TINY, course)
    again = json.loads(zth("grade", str(handed), "1.double", "--json", course=course).stdout)
    assert {m["who"]: m["result"]["outcome"] for m in again["marks"]}["mal"] == "FAIL"


def test_a_hostile_submission_costs_nobody_else(typed: Run, handed: Path) -> None:
    """It kills, floods, loops, reads and lies; the others have their marks, and it has none."""
    (handed / "mal").mkdir()
    (handed / "mal" / "arrays.py").write_text(
        "import os, sys\n"
        "class Always:\n    __eq__ = __ge__ = __le__ = lambda *_: True\n"
        "def double(x):\n"
        "    for path in ('/proc/1/mem', '../ada/arrays.py', '/etc/passwd'):\n"
        "        try: open(path, 'rb').read()\n"
        "        except OSError: pass\n"
        "    try: os.kill(os.getppid(), 9)\n"
        "    except OSError: pass\n"
        "    print('x' * 10**7)\n"
        "    return Always()\n"
        "def mean(values):\n    while True: pass\n"
    )
    done = typed("grade", str(handed), "lecture1", "--json")
    marks = outcomes(done)
    assert marks["mal"] == "FAIL"
    assert outcomes(done, "mean")["mal"] == "ERROR"
    assert (marks["ada"], marks["cyd"], marks["dan"]) == ("PASS", "PASS", "PASS")


def test_a_cluster_gives_the_same_marks(typed: Run, handed: Path) -> None:
    here = typed("grade", str(handed), "lecture1", "--json", "--store", "here", "--seed", "3")
    there = typed(
        *("grade", str(handed), "lecture1", "--json", "--store", "there", "--seed", "3"),
        *("--dask", "local", "--jobs", "2"),
    )
    assert outcomes(there) == outcomes(here)
    assert outcomes(there)["bob"] == "FAIL"
    assert there.stderr == here.stderr


def test_a_cluster_is_stopped_by_a_key_as_quietly_as_the_rest(tmp_path: Path) -> None:
    """The key goes to every process of the terminal, the cluster's as well."""
    process = subprocess.Popen(
        [
            *(ZTH, "grade", str(slow_class(tmp_path, 40)), "lecture1", "--course", str(TINY)),
            *("--dask", "local", "--jobs", "1"),
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 90
    while marks_in(tmp_path) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.startswith("Stopped: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--dask", "tcp://127.0.0.1:9"), "No Dask scheduler answers at tcp://127.0.0.1:9"),
        (("--dask", "tcp://127.0.0.1:9", "--jobs", "2"), "--jobs is for this machine"),
    ],
)
def test_a_cluster_that_is_none(
    typed: Run, handed: Path, words: tuple[str, ...], message: str
) -> None:
    done = typed("grade", str(handed), "lecture1", *words)
    assert done.returncode == 2
    assert message in done.stderr


def test_where_dask_is_missing_it_is_said(typed: Run, handed: Path, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "distributed.py").write_text("raise ImportError('no')\n")
    done = typed("grade", str(handed), "1", "--dask", "local", PYTHONPATH=str(tmp_path / "without"))
    assert done.returncode == 2
    assert "zth[dask]" in done.stderr

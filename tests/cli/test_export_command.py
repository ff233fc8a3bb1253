"""`zth export`: the real command over a gradebook, once for each format, and where it refuses."""

from __future__ import annotations

import csv
import datetime
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Tree

import commands
import pytest
from judging import TINY

from grader.course.manifest import Course, load_course
from grader.export import FORMATS
from grader.grading.roster_file import read_roster
from grader.grading.store import Store, SubmissionRecord
from grader.results import ExerciseResult, LectureResult, Outcome

ZTH = str(Path(sys.executable).parent / "zth")
Run = Callable[..., "subprocess.CompletedProcess[str]"]
DUE = datetime.datetime(2026, 10, 1, 12, tzinfo=datetime.UTC)
ROSTER = """Student,ID,SIS User ID,SIS Login ID,Section
"Lovelace, Ada",101,s1,ada,One
"=Bobby, Tables",102,s2,bob,One
"Zed, Zoe",103,s3,zoe,Two
"""


def record(book: Store, course: Course, who: str, outcome: Outcome, hours_late: float) -> None:
    results = tuple(
        ExerciseResult(
            id=e.id,
            title=e.title,
            outcome=outcome,
            points=e.points if outcome is Outcome.PASS else 0,
            max_points=e.points,
            file=e.file,
            path=e.file,
            bonus=e.bonus,
            started=True,
            line=None,
        )
        for e in course.lectures[0].exercise
    )
    at = DUE.timestamp() + hours_late * 3600
    run = book.begin(7, "bwrap", "1.0", "c")
    on_time = SubmissionRecord(who, "lecture1", f"/{who}.zip", at, "f", "s", recorded=True)
    result = LectureResult("lecture1", 7, "bwrap", results, 0.1)
    book.record(on_time, result, {e.id: "d" for e in results}, run)


@pytest.fixture
def zth(tmp_path: Path) -> Run:
    """The command, beside a gradebook: 101 late with all right, 102 all wrong, 103 missing."""
    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    text = (root / "course.toml").read_text()
    text = text.replace("[limits]", "[late]\npercent_a_day = 10\n\n[limits]", 1)
    text = text.replace('dir = "tiny"\n', f'dir = "tiny"\ndue = {DUE.isoformat()}\n')
    (root / "course.toml").write_text(text)
    course = load_course(root)
    (tmp_path / "roster.csv").write_text(ROSTER)
    with Store(tmp_path / "grades.sqlite") as book:
        book.keep_people(read_roster(tmp_path / "roster.csv"))
        record(book, course, "101", Outcome.PASS, 25)
        record(book, course, "102", Outcome.FAIL, -1)
        book.score("102", "lecture1", "double", 1.5, "nearly")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return commands.run(tmp_path, "zth", "export", *arguments, "--course", str(root))

    return run


def totals(form: str, out: Path) -> dict[str, float]:
    """What each learner gets, as a reader of that format would find it."""
    if form in {"csv", "canvas", "moodle"}:
        with out.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        who, total = {
            "csv": ("who", "total"),
            "canvas": ("ID", "lecture1 Tiny"),
            "moodle": ("ID number", "Grade"),
        }[form]
        return {row[who]: float(row[total]) for row in rows if row[who] and row[total]}
    if form == "jsonl":
        lines = map(json.loads, out.read_text().splitlines())
        return {line["who"]: line["total"] for line in lines if line["total"] is not None}
    if form == "junit":
        return {
            str(suite.get("name")): float(str(p.get("value")))
            for suite in Tree.parse(out).getroot()
            for p in suite.iter("property")
            if p.get("name") == "total" and p.get("value")
        }
    found = {p.parent.name: json.loads(p.read_bytes()) for p in out.glob("lecture1/*/results.json")}
    if form == "gradescope":
        return {who: result["score"] for who, result in found.items()}
    return {who: sum(test["score"] for test in r["tests"]) for who, r in found.items()}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_the_same_totals(zth: Run, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"out{FORMATS[form].suffix}"
    done = zth("--to", form, out.name, "lecture1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"3 learners in {out.name}: ")
    assert totals(form, out) == pytest.approx({"101": 9 - 1.8, "102": 1.5, "103": 0})
    again = zth("--to", form, out.name)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert zth("--to", form, out.name, "--force").returncode == 0
    assert len(totals(form, out)) == 3


def test_one_exercise(zth: Run, tmp_path: Path) -> None:
    assert zth("--to", "csv", "out.csv", "1.double").returncode == 0
    assert totals("csv", tmp_path / "out.csv") == {"101": 1.6, "102": 1.5, "103": 0}


@pytest.fixture
def stopped(zth: Run, tmp_path: Path) -> Run:
    """103 has handed in, too, and 101 again; the run was stopped before it came to them."""
    with Store(tmp_path / "grades.sqlite") as book:
        book.expect(
            SubmissionRecord(who, "lecture1", f"/{who}.zip", None, "", "") for who in ("101", "103")
        )
    return zth


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_not_graded_is_neither_0_nor_absent(
    stopped: Run, tmp_path: Path, form: str
) -> None:
    out = tmp_path / f"out{FORMATS[form].suffix}"
    done = stopped("--to", form, out.name, "lecture1")
    assert done.returncode == 1, "a script that imports it has to know"
    assert "Handed in and not graded yet: 2 (101, 103)." in done.stderr
    assert totals(form, out) == {"102": 1.5}
    partial = stopped("--to", form, out.name, "lecture1", "--force", "--partial")
    assert partial.returncode == 0
    assert "not graded yet: 2" in partial.stderr
    assert totals(form, out) == {"102": 1.5}
    nothing = out.read_text() if out.is_file() else ""
    assert "Nothing was handed in" not in nothing


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["out.csv"], "Name it with --to: csv, jsonl"),
        (["out.csv", "--to", "cvs"], "Did you mean csv?"),
        (["out.csv", "--to", "excel?"], "Name one of: csv"),
        (["out.csv", "--to", "csv", "lecture9"], "There is no 'lecture9'"),
        (["no/where.csv", "--to", "csv"], "There is no folder no"),
        (["course", "--to", "csv", "--force"], "course is a folder"),
        (["course", "--to", "gradescope", "--force"], "other things than an export"),
        (["roster.csv", "--to", "gradescope", "--force"], "roster.csv is a file"),
        (["grades.sqlite", "--to", "csv", "--force"], "the gradebook itself"),
        (["out.csv", "--to", "csv", "--store", "other.sqlite"], "There is no gradebook"),
    ],
)
def test_it_refuses(zth: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = zth(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_gradebook_with_nothing_in_it(zth: Run, tmp_path: Path) -> None:
    with Store(tmp_path / "empty.sqlite"):
        pass
    done = zth("--to", "csv", "out.csv", "--store", "empty.sqlite")
    assert done.returncode == 2
    assert "Nothing is graded yet" in done.stderr
    named = zth("--to", "csv", "out.csv", "lecture1", "--store", "empty.sqlite")
    assert named.stdout.startswith("0 learners")


def test_the_formats_are_named_and_completed() -> None:
    shown = subprocess.run([ZTH, "export", "--help"], capture_output=True, text=True)
    assert set(FORMATS) <= set(shown.stdout.replace(",", " ").replace(".", " ").split())
    words = {**os.environ, "_ZTH_COMPLETE": "complete_bash", "COMP_CWORD": "3"}
    words["COMP_WORDS"] = "zth\nexport\n--to\ng"
    done = subprocess.run([ZTH], capture_output=True, text=True, env=words)
    assert done.stdout.split() == ["gradescope", "github-classroom"]

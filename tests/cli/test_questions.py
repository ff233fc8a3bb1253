"""A submission that may be of two people: asked, and answered in the roster; nobody has a 0 by it."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

from judging import TINY

BIN = Path(sys.executable).parent
PEOPLE = "w1,Wei Wang,wei.wang@x.org\nw2,Wei Wang,wei.wang2@x.org\nzoe,Zoe Quux,z@x.org\n"


def zth(folder: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [str(BIN / "zth"), *arguments, "--course", str(TINY)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def totals(folder: Path, asked: bool = False) -> dict[str, str]:
    zth(folder, "export", "marks.csv", "lecture1", "--to", "csv", "--force", code=int(asked))
    with (folder / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["who"]: row["total"] for row in csv.DictReader(file)}


def grade(folder: Path) -> dict[str, object]:
    words = ("submissions", "lecture1", "--roster", "r.csv", "--isolation", "fork", "--json")
    told: dict[str, object] = json.loads(zth(folder, "grade", *words))
    return told


def test_asked_answered_and_asked_no_more(tmp_path: Path) -> None:
    for name in ("Wei Wang", "Wei Wang (1)"):
        shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / name)
    (tmp_path / "r.csv").write_text(f"id,name,email\n{PEOPLE}")
    told = grade(tmp_path)
    assert told["missing"] == ["zoe"]
    assert [q["candidates"] for q in told["questions"]] == [["w1", "w2"]] * 2  # type: ignore[attr-defined, index]
    before = totals(tmp_path, asked=True)
    assert (before["w1"], before["w2"], before["zoe"]) == ("", "", "0")
    assert float(before["Wei Wang"]) == float(before["Wei Wang (1)"]) > 0

    answers = iter(("Wei Wang (1)", "Wei Wang", ""))
    lines = [f"{line},{next(answers)}" for line in PEOPLE.splitlines()]
    (tmp_path / "r.csv").write_text("\n".join(["id,name,email,submission", *lines]))
    told = grade(tmp_path)
    assert (told["missing"], told["questions"], told["strangers"]) == (["zoe"], [], [])
    after = totals(tmp_path)
    assert after == {"w1": before["Wei Wang"], "w2": before["Wei Wang"], "zoe": "0"}


def test_a_question_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "Wei Wang")
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "zoe")
    (tmp_path / "r.csv").write_text(f"id,name,email\n{PEOPLE}")
    grade(tmp_path)
    assert totals(tmp_path, asked=True)["w1"] == ""
    (tmp_path / "submissions" / "Wei Wang").rename(tmp_path / "submissions" / "w2")
    grade(tmp_path)
    assert totals(tmp_path)["w1"] == "0"
    assert float(totals(tmp_path)["w2"]) > 0


def test_until_it_is_answered_every_export_leaves_it_empty(tmp_path: Path) -> None:
    """Neither 0 for those whom it may be of, nor a line under a name that nobody has."""
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "Wei Wang")
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "Zoe Quux")
    sheet = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (grade),Feedback comments\n"
    )
    more = ["Submitted", "", "9", "Yes", "-", ""]
    ids = ("Participant 1", "Participant 2", "Participant 3")
    people = [line.split(",")[1:] for line in PEOPLE.splitlines()]
    lines = [",".join([id_, *one, *more]) for id_, one in zip(ids, people, strict=True)]
    (tmp_path / "r.csv").write_text(sheet + "\n".join(lines))
    grade(tmp_path)
    for form in ("moodle", "canvas", "jsonl"):
        zth(tmp_path, "export", f"{form}.out", "lecture1", "--to", form, code=1)
    text = (tmp_path / "moodle.out").read_text("utf-8-sig")
    points = {row["Identifier"]: row["Grade"] for row in csv.DictReader(text.splitlines())}
    assert points == dict(zip(ids, ("", "", "9"), strict=True))
    text = (tmp_path / "canvas.out").read_text("utf-8-sig")
    (_, *rows) = csv.DictReader(text.splitlines())
    assert [(r["SIS Login ID"], r["lecture1 Tiny"]) for r in rows] == [
        *zip(ids, ("", "", "9"), strict=True)
    ]
    grades = [json.loads(line) for line in (tmp_path / "jsonl.out").read_text().splitlines()]
    assert {g["who"]: g["total"] for g in grades if not g["is_nobodys"]} == dict(
        zip(ids, (None, None, 9.0), strict=True)
    )
    assert [g["who"] for g in grades if g["is_nobodys"]] == ["Wei Wang"]


def test_a_question_is_said_once_with_what_answers_it(tmp_path: Path) -> None:
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "Wei Wang")
    (tmp_path / "r.csv").write_text(f"id,name,email\n{PEOPLE}")
    words = ("grade", "submissions", "lecture1", "--roster", "r.csv", "--isolation", "fork")
    said = " ".join(zth(tmp_path, *words).split())
    assert said.count("may be of w1 or w2") == 1
    assert said.count("the column submission") == 1
    assert "again" not in said

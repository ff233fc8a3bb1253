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

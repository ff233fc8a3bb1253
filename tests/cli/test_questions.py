"""A submission that may be of two people: asked, and answered in the roster; nobody has a 0 by it."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import commands
import pytest
from judging import TINY

BIN = Path(sys.executable).parent
PEOPLE = "w1,Wei Wang,wei.wang@x.org\nw2,Wei Wang,wei.wang2@x.org\nzoe,Zoe Quux,z@x.org\n"


def zth(folder: Path, *arguments: str, code: int = 0) -> str:
    """What is printed, without what goes to standard error."""
    return _run(folder, *arguments, code=code).stdout


def zth_says(folder: Path, *arguments: str, code: int = 0) -> str:
    """All that is printed."""
    done = _run(folder, *arguments, code=code)
    return done.stdout + done.stderr


def _run(folder: Path, *arguments: str, code: int) -> subprocess.CompletedProcess[str]:
    done = commands.run(folder, "zth", *arguments, "--course", str(TINY))
    assert done.returncode == code, done.stdout + done.stderr
    return done


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


def test_a_question_that_comes_with_a_later_roster_is_asked_and_answered(tmp_path: Path) -> None:
    """Nothing is judged again for it: the work is unchanged, and whose it is is not."""
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "Wei Wang")
    words = ("grade", "submissions", "lecture1", "--isolation", "fork", "--json")
    zth(tmp_path, *words)
    marks = totals(tmp_path)
    (tmp_path / "r.csv").write_text(f"id,name,email\n{PEOPLE}")
    told = grade(tmp_path)
    assert (told["graded"], told["unchanged"]) == (0, 1)
    words = ("export", "a.out", "lecture1", "--to", "moodle")
    assert "so they are left out: Wei Wang." in zth_says(tmp_path, *words, code=1)
    assert "Wei Wang" not in {
        line.split(",")[0] for line in (tmp_path / "a.out").read_text().splitlines()
    }
    answered = PEOPLE.replace("wei.wang2@x.org", "wei.wang2@x.org,Wei Wang")
    (tmp_path / "r.csv").write_text(f"id,name,email,submission\n{answered}")
    grade(tmp_path)
    assert totals(tmp_path) == {"w1": "0", "w2": marks["Wei Wang"], "zoe": "0"}


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
    assert "Type `zth grade` again" not in said, "that answers nothing"
    assert "then grade again" in said
    assert "not on the roster" not in said, "it may well be"
    assert "1 handed in nothing: Zoe Quux" in said
    told = " ".join(zth(tmp_path, "class", "lecture1").split())
    assert "1 handed in, 1 handed in nothing, 2 not graded yet" in told
    assert told.count("may be of w1 or w2") == 1


FORMS = ("csv", "jsonl", "junit", "gradescope", "github-classroom", "canvas", "moodle")


@pytest.mark.parametrize(
    "name",
    [
        "Wei Wang",  # of two people
        "Mary Zoe Quux",  # of one who has handed in something else
        "arrays (1)",  # of anybody
    ],
)
def test_what_is_nobodys_is_a_learner_in_no_other_program(tmp_path: Path, name: str) -> None:
    """What is for the instructor alone, csv and jsonl, has it; what others import has not."""
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "z9")
    if name.startswith("arrays"):
        shutil.copy(
            TINY / "solutions" / "tiny" / "arrays.py", tmp_path / "submissions" / f"{name}.py"
        )
    else:
        shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / name)
    # an id in a name would decide, and another order of the name is not what the question is called
    people = PEOPLE.replace("zoe", "z9").replace("Wei Wang", "Wang Wei")
    (tmp_path / "r.csv").write_text(f"id,name,email\n{people}")
    (question,) = grade(tmp_path)["questions"]  # type: ignore[misc]
    has_doubt = name == "Wei Wang"
    for form in FORMS:
        out = tmp_path / f"{form}.out"
        words = ("export", str(out), "lecture1", "--to", form)
        said = " ".join(zth_says(tmp_path, *words, code=int(has_doubt)).split())
        files = [path for path in [out, *out.rglob("*")] if path.is_file()]
        text = "".join(f"{path.relative_to(tmp_path)} {path.read_text()}" for path in files)
        is_ours = form in ("csv", "jsonl")
        assert (in_words(question["who"]) in in_words(text)) == is_ours, form
        assert (f"so they are left out: {question['who']}." in said) != is_ours, form
        assert "z9" in text, form
        assert ("something may be theirs and nobody has said so: 2 (w1, w2)" in said) == has_doubt
        assert "Handed in and not graded yet" not in said
    zth(tmp_path, "feedback", "pages", "lecture1", code=int(has_doubt))
    written = {path.name for path in (tmp_path / "pages").iterdir() if path.is_dir()}
    assert written == ({"z9"} if has_doubt else {"z9", "w1", "w2"}), "a page is for a person"


def in_words(text: str) -> str:
    """A name as a folder's name, a cell or XML has it."""
    return " ".join(re.split(r"[\W_]+", text))


def test_whether_they_handed_in_is_not_known(tmp_path: Path) -> None:
    shutil.copytree(TINY / "solutions" / "tiny", tmp_path / "submissions" / "Wei Wang")
    (tmp_path / "r.csv").write_text(f"id,name,email\n{PEOPLE}")
    grade(tmp_path)
    totals(tmp_path, asked=True)
    with (tmp_path / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        handed_in = {row["who"]: row["handed_in"] for row in csv.DictReader(file)}
    assert handed_in == {"w1": "", "w2": "", "zoe": "no", "Wei Wang": "yes"}

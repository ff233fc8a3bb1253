"""What `zth submit` names, gathered in a folder: whose it is, and which counts."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from grader.grading.discovery import find_submissions
from grader.grading.roster import Person, Roster
from grader.grading.submitted_files import read_bundle


@pytest.fixture
def handed(tmp_path: Path) -> Path:
    names = (
        "ada-lecture1.zth.zip",
        "ada-lecture5.zth.zip",
        "ada-lecture5.zth (1).zip",
        "mary-jane-lecture5.zth.zip",
        "lecture5.zth.zip",
        "lecture5.zth (1).zip",
    )
    for age, name in enumerate(names):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            lecture = (
                name[-len("lecture5.zth.zip") :].split(".")[0] if "(" not in name else "lecture5"
            )
            archive.writestr(f"{lecture}/a.py", f"name = {name!r}\n")
            archive.writestr("submission.json", '{"who": "somebody else"}')
        os.utime(tmp_path / name, (1_700_000_000 - age, 1_700_000_000 - age))
    return tmp_path


def test_the_newest_of_each_lecture_counts(handed: Path) -> None:
    intake = find_submissions(handed)
    ada = next(one for one in intake.handed if one.who == "ada")
    files = read_bundle(ada.parts).files
    assert files["lecture1/a.py"] == b"name = 'ada-lecture1.zth.zip'\n"
    assert files["lecture5/a.py"] == b"name = 'ada-lecture5.zth (1).zip'\n"
    assert [path.name for path in ada.older] == ["ada-lecture5.zth.zip"]
    assert "mary-jane" in {one.who for one in intake.handed}


def test_two_without_a_name_are_not_taken_for_one_learner(handed: Path) -> None:
    intake = find_submissions(handed)
    nameless = {one.who for one in intake.handed} - {"ada", "mary-jane"}
    assert nameless == {"lecture5.zth.zip", "lecture5.zth (1).zip"}
    assert {question.who for question in intake.questions} == nameless
    assert all("does not say whose it is" in question.text for question in intake.questions)


def test_the_name_inside_is_not_believed_and_the_roster_s_is(handed: Path) -> None:
    roster = Roster(
        [Person("s1", "Ada Lovelace", "ada@example.org"), Person("s2", "Mary Jane Doe")]
    )
    intake = find_submissions(handed, roster)
    assert {one.who for one in intake.handed} >= {"s1"}
    assert "somebody else" not in {one.who for one in intake.handed} | {
        o.name for o in intake.handed
    }

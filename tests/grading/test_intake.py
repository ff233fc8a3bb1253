"""Who handed in what: the layouts as the platforms make them, and what people do to them."""

from __future__ import annotations

import datetime
import os
import time
import unicodedata
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.grading.discovery import (
    Clock,
    DiscoveredSubmissions,
    Layout,
    SubmissionEntry,
    find_submissions,
)
from grader.grading.roster import Person, Roster

ROSTER = Roster(
    [
        Person("ada", "Ada Lovelace", "ada@x.edu", other_ids=("12345",)),
        Person("grace", "Grace Hopper", "grace@x.edu", other_ids=("12346",)),
        Person("sam1", "Sam Smith", "s1@x.edu"),
        Person("sam2", "Sam Smith", "s2@x.edu"),
    ]
)


def lay(root: Path, *names: str) -> Path:
    """Files of these names, the later ones newer; a name that ends in / is an empty folder."""
    for number, name in enumerate(names):
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x = 1\n")
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    return root


def by_learner(found: DiscoveredSubmissions) -> dict[str, list[str]]:
    return {one.who: [part.name for part in one.parts] for one in found.handed}


def only(found: DiscoveredSubmissions) -> SubmissionEntry:
    assert len(found.handed) == 1
    return found.handed[0]


# what is no folder of submissions


def test_what_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none cannot be read: No such file"):
        find_submissions(tmp_path / "none")
    lay(tmp_path, "all.zip", "a.py")
    with pytest.raises(UserError, match=r"all\.zip is not a folder of submissions\.\nUnpack it"):
        find_submissions(tmp_path / "all.zip")
    with pytest.raises(UserError, match=r"a\.py is not a folder of submissions\.\nName the folder"):
        find_submissions(tmp_path / "a.py")


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    found = find_submissions(tmp_path, ROSTER)
    assert found.handed == ()
    assert found.missing == ROSTER.people
    assert found.remarks == ("There are no submissions here.",)


# plain


def test_one_for_each_learner(tmp_path: Path) -> None:
    lay(
        tmp_path,
        *("ada/hw/engine.py", "bob.zip", "cyd.tar.gz", "dan.py", "eve.IPYNB", "fay.rar"),
        *(".DS_Store", "__MACOSX/x.py", "Thumbs.db", ".hidden/x.py", "roster.csv", "notes.txt"),
        *("gil/", "hal/.DS_Store"),
    )
    found = find_submissions(tmp_path)
    assert found.layout is Layout.PLAIN
    assert by_learner(found) == {
        "ada": ["ada"],
        "bob": ["bob.zip"],
        "cyd": ["cyd.tar.gz"],
        "dan": ["dan.py"],
        "eve": ["eve.IPYNB"],
        "fay": ["fay.rar"],
    }
    assert (found.missing, found.strangers) == ((), ())
    assert set(found.remarks) == {
        "gil is empty, and counts as nothing handed in.",
        "hal is empty, and counts as nothing handed in.",
        "Not taken for submissions: notes.txt, roster.csv.",
    }
    assert found.handed[0].clock is Clock.FILE
    assert found.handed[0].at == datetime.datetime.fromtimestamp(1_000_000, datetime.UTC)


def test_the_roster_says_who_is_missing_and_who_is_a_stranger(tmp_path: Path) -> None:
    lay(tmp_path, "HW5_Ada Lovelace.zip", "mallory.zip", "Sam Smith.zip")
    found = find_submissions(tmp_path, ROSTER)
    assert by_learner(found) == {
        "ada": ["HW5_Ada Lovelace.zip"],
        "mallory": ["mallory.zip"],
        "Sam Smith.zip": ["Sam Smith.zip"],
    }
    assert [person.id for person in found.missing] == ["grace"]
    assert set(found.strangers) == {"mallory", "Sam Smith.zip"}
    (question,) = found.questions
    assert question.candidates == ("sam1", "sam2")
    assert question.text == (
        "Sam Smith.zip may be of sam1 or sam2: write its name into the column submission of the right "
        "line of the roster, then grade again."
    )
    assert found.handed[0].remarks == (question.text,)
    assert found.handed[1].name == "Ada Lovelace"


def test_the_newest_of_several_counts_and_the_others_are_listed(tmp_path: Path) -> None:
    lay(tmp_path, "ada (2).zip", "ada.zip", "ADA.py", "grace/a.py", "grace.zip")
    found = find_submissions(tmp_path, ROSTER)
    ada, grace = found.handed
    assert ada.path.name == "ada (2).zip"  # by its number, though it is the oldest
    assert {path.name for path in ada.older} == {"ada.zip", "ADA.py"}
    assert ada.remarks == ("Handed in more than once: ada (2).zip counts, not ADA.py, ada.zip.",)
    assert grace.path.name == "grace.zip"
    assert set(by_learner(find_submissions(tmp_path))) == {"ada", "grace"}


def test_large_letters_and_two_ways_to_write_an_accent_are_one_learner(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        lay(tmp_path, unicodedata.normalize(form, "josé.py"))
    lay(tmp_path, "JOSÉ.zip")
    one = only(find_submissions(tmp_path))
    assert one.who == "josé" or one.who == "JOSÉ"
    assert len(one.older) + len(one.parts) == len(os.listdir(tmp_path))  # noqa: PTH208


def test_links_are_never_followed(tmp_path: Path) -> None:
    class_folder = lay(tmp_path / "class", "ada.py")
    lay(tmp_path / "secret", "solution.py")
    (class_folder / "grace").symlink_to(tmp_path / "secret")
    (class_folder / "sam1.py").symlink_to("ada.py")
    (class_folder / "sam2.zip").symlink_to("nowhere")
    found = find_submissions(class_folder, ROSTER)
    trouble = {one.who: one.trouble for one in found.handed}
    assert trouble == {
        "ada": "",
        **{
            who: f"{name} is a link, which is not followed: put the submission itself there."
            for who, name in (("grace", "grace"), ("sam1", "sam1.py"), ("sam2", "sam2.zip"))
        },
    }
    assert found.missing == ()


def test_a_pipe_is_no_submission_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ada.py")
    assert only(find_submissions(tmp_path)).trouble == "ada.py is neither a file nor a folder."


def test_names_that_are_no_text_can_be_shown_and_stored(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.py")).write_bytes(b"")
    lay(tmp_path, "a\x1b[2Jb.py", "x\ny.zip")
    found = find_submissions(tmp_path, ROSTER)
    for one in found.handed:
        assert one.who.isprintable()
        one.who.encode()
    assert len(found.handed) == 3


def test_the_newest_file_in_a_folder_is_its_time(tmp_path: Path) -> None:
    lay(tmp_path, "ada/old.py", "ada/deep/er/new.py", "ada/.DS_Store")
    assert only(find_submissions(tmp_path)).at.timestamp() == 1_000_001


# nbgrader


def nbgrader(root: Path) -> Path:
    lay(root, "ada/ps1/a.ipynb", "ada/ps2/a.ipynb", "bob/ps1/a.ipynb", "cyd/ps2/a.py")
    (root / "ada/ps1/timestamp.txt").write_text("2026-01-30 10:30:47.524219 UTC\n")
    (root / "bob/ps1/timestamp.txt").write_text("yesterday")
    return root


@pytest.mark.parametrize("named", ["course", "submitted", "elsewhere"])
def test_nbgraders_folders(tmp_path: Path, named: str) -> None:
    home = tmp_path / ("hand-ins" if named == "elsewhere" else "submitted")
    nbgrader(home)
    lay(tmp_path, "nbgrader_config.py", "source/ps1/a.ipynb", "gradebook.db")
    found = find_submissions(tmp_path if named == "course" else home, ROSTER, "ps1")
    assert found.layout is Layout.NBGRADER
    assert by_learner(found) == {"ada": ["ps1"], "bob": ["ps1"]}
    ada, bob = found.handed
    assert ada.at == datetime.datetime(2026, 1, 30, 10, 30, 47, 524219, datetime.UTC)
    assert (ada.clock, bob.clock) == (Clock.RECORDED, Clock.FILE)
    assert ada.path == home / "ada" / "ps1"
    assert found.strangers == ("bob",)


def test_of_several_assignments_one_must_be_named(tmp_path: Path) -> None:
    nbgrader(tmp_path / "submitted")
    with pytest.raises(UserError, match=r"holds 2 assignments: ps1, ps2\.\nGrade one lecture"):
        find_submissions(tmp_path / "submitted")
    with pytest.raises(UserError, match=r"Nobody in .* handed in 'ps3'\.\nName one of: ps1, ps2"):
        find_submissions(tmp_path / "submitted", None, "ps3")


def test_a_timestamp_that_is_a_pipe_or_a_link(tmp_path: Path) -> None:
    nbgrader(tmp_path / "submitted")
    for who in ("ada", "bob"):
        (tmp_path / f"submitted/{who}/ps1/timestamp.txt").unlink()
    os.mkfifo(tmp_path / "submitted/ada/ps1/timestamp.txt")
    (tmp_path / "submitted/bob/ps1/timestamp.txt").symlink_to("/dev/zero")
    found = find_submissions(tmp_path / "submitted", None, "ps1")
    assert [one.clock for one in found.handed] == [Clock.FILE, Clock.FILE]


# Canvas


def test_canvas(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "lovelaceada_12345_901_engine-1.py",
        "lovelaceada_12345_902_nn.py",
        "lovelaceada_12345_900_engine.py",
        "hoppergrace_LATE_12346_903_hw5_final.zip",
        "müllerjörg_777_904_a_1_2_b.ipynb",
        "typistann_778_text.html",
        "anon_aB3xZ_905_a.py",
        "LATE_anon_bC4yZ_906_a.py",
    )
    found = find_submissions(tmp_path, ROSTER)
    assert found.layout is Layout.CANVAS
    assert by_learner(found) == {
        "ada": ["engine.py", "nn.py"],
        "grace": ["hw5_final.zip"],
        "777": ["a_1_2_b.ipynb"],
        "778": ["typistann_778_text.html"],
        "aB3xZ": ["a.py"],
        "bC4yZ": ["a.py"],
    }
    handed = {one.who: one for one in found.handed}
    assert [path.name for path in handed["ada"].older] == ["lovelaceada_12345_900_engine.py"]
    assert handed["ada"].path.name == "lovelaceada_12345_901_engine-1.py"
    assert {who for who, one in handed.items() if one.late_marks} == {"grace", "bC4yZ"}
    assert handed["777"].name == "müllerjörg"
    assert handed["778"].trouble == (
        "typistann_778_text.html is text that was typed into the platform, not a file."
    )


def test_a_number_that_is_by_chance_somebody_elses_is_not_believed(tmp_path: Path) -> None:
    lay(tmp_path, "hoppergrace_12345_901_a.py")
    one = only(find_submissions(tmp_path, ROSTER))
    assert one.who == "12345"
    assert one.remarks[0].startswith("hoppergrace_12345_901_a.py may be of ada or grace: write")


def test_of_two_of_the_same_name_the_number_decides(tmp_path: Path) -> None:
    people = [Person("1001", "Sam Smith"), Person("1002", "Sam Smith")]
    lay(tmp_path, "smithsam_1002_901_a.py", "smithsam_1001_902_a.py")
    assert by_learner(find_submissions(tmp_path, Roster(people))) == {
        "1001": ["a.py"],
        "1002": ["a.py"],
    }


# Moodle


@pytest.mark.parametrize("tail", ["assignsubmission_file", "assignsubmission_file_"])
def test_moodle_in_folders(tmp_path: Path, tail: str) -> None:
    lay(
        tmp_path,
        f"Ada Lovelace_1234567_{tail}/engine.py",
        f"José Muñoz_1234568_{tail}/sub/engine.py",
        "José Muñoz_1234568_assignsubmission_onlinetext/onlinetext.html",
        "Ann Typist_1234569_assignsubmission_onlinetext/onlinetext.html",
    )
    found = find_submissions(tmp_path, ROSTER)
    assert found.layout is Layout.MOODLE
    assert {one.who: one.name for one in found.handed} == {
        "ada": "Ada Lovelace",
        "1234568": "José Muñoz",
        "1234569": "Ann Typist",
    }
    handed = {one.who: one for one in found.handed}
    assert len(handed["1234568"].parts) == 1
    assert not handed["1234568"].trouble
    assert "typed into the platform" in handed["1234569"].trouble


def test_moodle_flat_and_unpacked_into_a_folder_of_its_own(tmp_path: Path) -> None:
    home = lay(
        tmp_path / "CS1-HW5-99",
        "Ada Lovelace_1234567_assignsubmission_file_engine.py",
        "Ada Lovelace_1234567_assignsubmission_file_nn.py",
        "Participant_1234568_assignsubmission_file_hw_1_x.zip",
        "Participant_1234569_assignsubmission_file_a.zip",
    )
    found = find_submissions(tmp_path, ROSTER)
    assert found == find_submissions(home, ROSTER)
    assert by_learner(found) == {
        "ada": ["engine.py", "nn.py"],
        "1234568": ["hw_1_x.zip"],
        "1234569": ["a.zip"],
    }


# Gradescope

METADATA = """---
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '12345'
    :email: ada@x.edu
  :created_at: 2026-02-03 10:15:30.123456789 Z
  :score: 3.0
  :results:
    tests:
    - output: |
        submission_103:
          :submitters:
          - :name: Mallory
      name: x
  :history:
  - :id: 9
    :submitters: []
    :created_at: 2020-01-01 00:00:00.000000000 Z
submission_102:
  :submitters:
  - :name: "Grace \\"G\\" Hopper"
    :sid:
    :email: grace@x.edu
  - :name: O'Neil
    :sid: 'it''s'
    :email:
  :created_at: 2026-02-03 11:15:30.123456789 +01:00
submission_104:
  :submitters: []
submission_105:
  :submitters:
  - :name: Ada Lovelace
    :sid: '12345'
    :email: ada@x.edu
  :created_at: 2026-02-04 10:15:30 UTC
"""


@pytest.mark.parametrize("wrapped", [True, False])
def test_gradescope(tmp_path: Path, wrapped: bool) -> None:
    home = tmp_path / "assignment_77_export"
    lay(home, *(f"submission_{number}/engine.py" for number in range(101, 106)))
    (home / "submission_metadata.yml").write_text(METADATA)
    # a learner's own file of that name is not believed
    (home / "submission_103" / "submission_metadata.yml").write_text(METADATA)
    found = find_submissions(tmp_path if wrapped else home, ROSTER)
    assert found.layout is Layout.GRADESCOPE
    handed = {one.who: one for one in found.handed}
    assert handed.keys() == {"ada", "grace", "it's", "submission_103", "submission_104"} - {
        "submission_104"
    }
    assert handed["ada"].path.name == "submission_105"
    assert [path.name for path in handed["ada"].older] == ["submission_101"]
    assert handed["grace"].at == datetime.datetime(2026, 2, 3, 10, 15, 30, 123456, datetime.UTC)
    assert handed["grace"].clock is Clock.RECORDED
    assert handed["it's"].path.name == "submission_102"
    assert found.remarks == (
        "submission_metadata.yml names nobody for submission_104.",
        "submission_metadata.yml does not say whose submission_103 is.",
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "names no submissions"),
        (b"\xff", "is not UTF-8"),
        (b"- a\n- b\n", "names no submissions"),
    ],
)
def test_metadata_that_cannot_be_read(tmp_path: Path, data: bytes, sentence: str) -> None:
    lay(tmp_path, "submission_1/a.py")
    (tmp_path / "submission_metadata.yml").write_bytes(data)
    with pytest.raises(UserError, match=sentence):
        find_submissions(tmp_path)


@pytest.mark.parametrize("layout", ["plain", "folders", "canvas", "nbgrader"])
def test_ten_thousand_submissions_are_listed_soon(tmp_path: Path, layout: str) -> None:
    names = {
        "plain": "student{0:05}.py",
        "folders": "student{0:05}/a.py",
        "canvas": "doejane_{0:05}_{0}_a.py",
        "nbgrader": "submitted/student{0:05}/ps1/a.py",
    }
    lay(tmp_path, *(names[layout].format(number) for number in range(10_000)))
    prefix = "" if layout == "canvas" else "student"
    roster = Roster(Person(f"{prefix}{number:05}", f"Name{number} Of") for number in range(10_000))
    start = time.monotonic()
    found = find_submissions(tmp_path, roster, "ps1" if layout == "nbgrader" else "")
    took = time.monotonic() - start
    assert len(found.handed) == 10_000
    assert not found.missing
    print(f"{layout}: {took:.2f} s")
    assert took < 10, "a second or so, and not a minute"

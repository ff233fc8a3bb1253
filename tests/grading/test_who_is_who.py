"""Whose a submission is, in every layout: two people of one name, and what cannot be told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from judging import TINY
from laying import LAYOUTS, Somebody, put

from grader.course.manifest import load_course
from grader.grading.discovery import DiscoveredSubmissions, find_submissions
from grader.grading.roster import Person, Roster
from grader.grading.roster_file import read_roster
from grader.grading.submitted_files import read_bundle

COURSE = load_course(TINY)
ADA = Somebody("9001", "Ada Lovelace", "ada@x.org", "adal", "70010")
WEI = Somebody("9002", "Wei Wang", "wei.wang@x.org", "wwang", "70020")
WEI_2 = Somebody("9003", "Wei Wang", "wei.wang2@x.org", "wwang2", "70030")
MING = Somebody("9004", "李明", "ming@x.org", "liming_5", "70040")
CLASS = (ADA, WEI, WEI_2, MING)
FILES = {"arrays.py": b"def double(x): return 2 * x\n", "model.py": b"def shift(x): return x\n"}
LITTER = (".DS_Store", "._.DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX/._x.py", "Icon\r")


def roster(*others: str) -> Roster:
    """The registrar's list; `others` name what else it knows of each."""
    return Roster(
        Person(
            who.id,
            who.name,
            who.email,
            other_ids=tuple(getattr(who, name) for name in others),
        )
        for who in CLASS
    )


def whole() -> Roster:
    return roster("login", "number")


def found(root: Path, people: Roster | None) -> DiscoveredSubmissions:
    return find_submissions(root, people, course=COURSE, lectures=["lecture1"])


def credited(intake: DiscoveredSubmissions) -> dict[str, set[str]]:
    """The files of each learner, by what is in them."""
    return {
        one.who: {path.rpartition("/")[2] for path in read_bundle(one.parts).files}
        for one in intake.handed
    }


# what must not happen


@pytest.mark.parametrize("layout", ["Canvas", "Moodle"])
def test_two_of_one_name_are_never_one_where_only_the_name_is_known(
    tmp_path: Path, layout: str
) -> None:
    LAYOUTS[layout](tmp_path, dict.fromkeys(CLASS, FILES))
    intake = found(tmp_path, roster())
    assert credited(intake) == {who: set(FILES) for who in ("9001", "9004", "70020", "70030")}
    assert {(q.who, q.candidates) for q in intake.questions} == {
        ("70020", ("9002", "9003")),
        ("70030", ("9002", "9003")),
    }
    assert intake.missing == (), "neither is known to have handed in nothing"


@pytest.mark.parametrize(
    "name", ["Wei Wang.py", "wei_wang_hw5.zip", "wei.wang.ipynb", "WangWei", "hw5 wang wei (1).py"]
)
def test_a_name_of_two_is_nobodys(tmp_path: Path, name: str) -> None:
    put(tmp_path / name / "arrays.py" if "." not in name else tmp_path / name, b"x")
    intake = found(tmp_path, whole())
    assert [one.who for one in intake.handed] == [name] == list(intake.strangers)
    (question,) = intake.questions
    assert question.candidates == ("9002", "9003")
    assert question.text.startswith(
        f"{name} may be of 9002 or 9003: write its name into the column"
    )
    assert [person.id for person in intake.missing] == ["9001", "9004"]


def test_two_files_that_may_be_of_two_are_not_merged(tmp_path: Path) -> None:
    for name in ("Wei Wang.py", "Wei Wang (1).py", "wei.wang2.py"):
        put(tmp_path / name, b"x")
    intake = found(tmp_path, whole())
    assert set(credited(intake)) == {"Wei Wang.py", "Wei Wang (1).py", "9003"}
    assert not any(one.older for one in intake.handed)


def test_an_id_that_is_somebody_elses_name_takes_nothing(tmp_path: Path) -> None:
    people = Roster([Person("annlee", "Ann Lee"), Person("al2", "Ann Lee")])
    put(tmp_path / "Ann Lee.py", b"x")
    put(tmp_path / "annlee.zip", b"PK\5\6")
    intake = found(tmp_path, people)
    assert [one.who for one in intake.handed] == ["Ann Lee.py", "annlee"]
    assert [q.candidates for q in intake.questions] == [("annlee", "al2")]


def test_one_name_with_two_accounts_is_two_people(tmp_path: Path) -> None:
    """The second is not on the roster: what they handed in is not the first one's."""
    LAYOUTS["Moodle"](tmp_path, {WEI: FILES, WEI_2: FILES})
    people = Roster([Person("9002", "Wei Wang")])
    assert set(credited(found(tmp_path, people))) == {"70020", "70030"}
    people = Roster([Person("9002", "Wei Wang", other_ids=("70020",))])
    intake = found(tmp_path, people)
    assert set(credited(intake)) == {"9002", "70030"}
    assert [q.candidates for q in intake.questions] == [("9002",)]


def test_a_platforms_number_that_is_anothers_id_by_chance(tmp_path: Path) -> None:
    people = Roster([Person("70010", "Bob Kahn"), Person("9001", "Ada Lovelace")])
    LAYOUTS["Moodle"](tmp_path, {ADA: FILES})
    intake = found(tmp_path, people)
    assert [q.candidates for q in intake.questions] == [("70010", "9001")]
    assert not {"70010", "9001"} & {one.who for one in intake.handed}
    people = Roster([Person("70010", "Bob Kahn")])
    intake = found(tmp_path, people)
    assert [q.candidates for q in intake.questions] == [("70010",)]
    assert "70010" not in {one.who for one in intake.handed}, "by its label neither"


@pytest.mark.parametrize("has_id", ["123", "00123"])
def test_zeros_that_a_spreadsheet_took_away_are_asked_about(tmp_path: Path, has_id: str) -> None:
    handed = {"123": "00123", "00123": "123"}[has_id]
    put(tmp_path / f"{handed}_hw5.py", b"x")
    intake = found(tmp_path, Roster([Person(has_id, "Ada"), Person("456", "Bob")]))
    (question,) = intake.questions
    assert question.candidates == (has_id,)
    assert f"may be of {has_id}, whose id may have lost its zeros: write" in question.text
    assert [person.id for person in intake.missing] == ["456"]


@pytest.mark.parametrize(
    "names",
    [
        ["arrays.py", "arrays (1).py", "arrays (2).py"],
        ["hw5.ipynb", "hw5 (1).ipynb"],
        ["arrays.py", "arrays_final.py", "Copy of model.ipynb"],
        ["lecture1.zth.zip", "lecture1.zth (1).zip"],
        ["Untitled.ipynb", "Untitled1.ipynb", "main.py"],
    ],
)
@pytest.mark.parametrize("has_roster", [True, False])
def test_without_any_name_nobody_knows_whose_it_is(
    tmp_path: Path, names: list[str], has_roster: bool
) -> None:
    for name in names:
        put(tmp_path / name, b"x")
    intake = found(tmp_path, whole() if has_roster else None)
    assert {q.who for q in intake.questions} == set(names)
    assert all("does not say whose it is" in q.text for q in intake.questions)
    assert len(intake.handed) == len(names), "none hides another"


# what must


@pytest.mark.parametrize("layout", LAYOUTS)
def test_with_all_that_a_roster_may_know_everybody_has_their_own(
    tmp_path: Path, layout: str
) -> None:
    LAYOUTS[layout](tmp_path, {who: {"arrays.py": who.id.encode()} for who in CLASS})
    intake = found(tmp_path, whole())
    assert (intake.missing, intake.strangers, intake.questions) == ((), (), ())
    for one in intake.handed:
        assert list(read_bundle(one.parts).files.values()) == [one.who.encode()]


@pytest.mark.parametrize("layout", ["plain", "flat", "Gradescope", "nbgrader"])
def test_ids_need_no_more_than_ids(tmp_path: Path, layout: str) -> None:
    LAYOUTS[layout](tmp_path, dict.fromkeys(CLASS, FILES))
    intake = found(tmp_path, Roster(Person(who.id) for who in CLASS))
    assert credited(intake) == {who.id: set(FILES) for who in CLASS}
    assert (intake.missing, intake.strangers, intake.questions) == ((), (), ())


def test_emails_where_the_platform_has_no_id(tmp_path: Path) -> None:
    LAYOUTS["Gradescope"](tmp_path, dict.fromkeys(CLASS, FILES))
    metadata = tmp_path / "submission_metadata.yml"
    lines = metadata.read_text().split("\n")
    metadata.write_text("\n".join("    :sid:" if ":sid:" in line else line for line in lines))
    intake = found(tmp_path, roster())
    assert credited(intake) == {who.id: set(FILES) for who in CLASS}
    assert (intake.missing, intake.strangers, intake.questions) == ((), (), ())


def test_moodles_own_worksheet_knows_its_numbers(tmp_path: Path) -> None:
    """The worksheet is the roster: of two of one name the number says who it is."""
    LAYOUTS["Moodle"](tmp_path / "mo", {WEI: FILES, WEI_2: FILES})
    sheet = "Identifier,Full name,Email address,Status\n" + "".join(
        f"Participant {who.number},{who.name},{who.email},Submitted\n" for who in (WEI, WEI_2)
    )
    (tmp_path / "mo.csv").write_text(sheet)
    intake = found(tmp_path / "mo", read_roster(tmp_path / "mo.csv"))
    assert set(credited(intake)) == {"Participant 70020", "Participant 70030"}
    assert (intake.missing, intake.strangers, intake.questions) == ((), (), ())


PEOPLE = Roster([Person("1", "Ann Lee", "lee.a@x.org"), Person("2", "Anna Marie Smith")])


@pytest.mark.parametrize(
    "name",
    [
        *("Mary Ann Lee.py", "jo_ann_lee.py", "Ann Lee Smith.ipynb", "ann-lee-smith_arrays.zip"),
        *("Lee Ann Mary.py", "MaryAnn Ann Lee.py", "submission of Anna Marie Smith Jones.py"),
        # the other word need not stand beside the name, nor be a word of its own
        *("Mary hw5 Ann Lee.py", "Ann Lee-arrays-Smith.py", "June Ann Lee 5.py", "Ann Lee Jr.py"),
        *("MaryAnnLee.py", "maryannlee.py", "AnnLeeSmith.ipynb", "Mary AnnLee.py"),
        *("J Ann Lee.py", "Ann Lee O.py", "Ann Lee 王.py", "Ann Lee Иванова.py"),
    ],
)
def test_a_longer_name_is_not_the_shorter_one_in_it(tmp_path: Path, name: str) -> None:
    """It may be hers, who has more names than the list, or another's: that is asked, not guessed."""
    put(tmp_path / name, b"x")
    intake = found(tmp_path, PEOPLE)
    assert credited(intake).keys() & {"1", "2"} == set()
    (question,) = intake.questions
    assert len(question.candidates) == 1
    assert question.candidates[0] not in {person.id for person in intake.missing}


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        *((name, "Ann Marie Lee") for name in ("Ann Lee.py", "lee_ann_hw5.py", "AnnLee.zip")),
        *((name, "Ann Marie Lee") for name in ("Ann M. Lee.py", "A Lee.py", "Lee.py")),
        *((name, "Ann Lee") for name in ("Ann Marie Lee.py", "Ann M Lee hw5.ipynb")),
        *((name, "Ann M. Lee") for name in ("Ann Lee.py", "Ann Marie Lee.py", "lee ann 2.py")),
        *(("欧阳.py", "欧阳 娜"), ("ann_mc_donald_hw5.py", "Ann McDonald")),
    ],
)
def test_a_part_of_a_name_is_asked_about_and_is_no_zero(
    tmp_path: Path, name: str, listed: str
) -> None:
    put(tmp_path / name, b"x")
    intake = found(tmp_path, Roster([Person("1", listed), Person("2", "Bob Kahn")]))
    assert "1" not in {one.who for one in intake.handed}, "nobody has said that it is hers"
    assert [question.candidates for question in intake.questions] == [("1",)]
    assert [person.id for person in intake.missing] == ["2"]


@pytest.mark.parametrize(
    "name", ["Mary Jones.py", "Ann Jones.py", "Mary Lee Jones.py", "B. Lee.py"]
)
def test_another_name_is_nobodys_on_the_roster(tmp_path: Path, name: str) -> None:
    """One word in common makes no question: half a class may have it."""
    put(tmp_path / name, b"x")
    intake = found(tmp_path, Roster([Person("1", "Ann Marie Lee"), Person("2", "Bob Kahn")]))
    assert not intake.questions
    assert len(intake.strangers) == 1
    assert [person.id for person in intake.missing] == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "who"),
    [
        *(("Ann Lee.py", "1"), ("Lee Ann.py", "1"), ("Lee, Ann.ipynb", "1"), ("annlee.py", "1")),
        *(("Ann Lee hw5 final v2 (1).py", "1"), ("arrays_ann_lee.py", "1"), ("ann-lee-2.zip", "1")),
        *(("homework Anna Marie Smith.py", "2"), ("Mary Ann Lee 1.py", "1")),
        *(("Mary Ann Lee lee.a@x.org.py", "1"), ("lecture1 Ann Lee.py", "1")),
        *(("Ann Lee's homework due May 5.py", "1"), ("Ann Lee Oct 12 2026 1159 pm.py", "1")),
        *(("Kopie von Ann Lee.ipynb", "1"), ("ps3_Ann_Lee_submitted.py", "1")),
        *(("Ann Lee 第5次作业.py", "1"), ("arrays-model Lee Ann hw5b.zip", "1")),
    ],
)
def test_words_that_are_in_no_name_take_nothing_away(tmp_path: Path, name: str, who: str) -> None:
    """And an id or an email decides, whatever the name beside it."""
    people = Roster([Person("mlee1", "Ann Lee", "lee.a@x.org"), *PEOPLE.people[1:]])
    ids = {"1": "mlee1", "2": "2"}
    put(tmp_path / name.replace(" 1.py", " mlee1.py"), b"x")
    assert credited(found(tmp_path, people)).keys() == {ids[who]}


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("李明_hw5.py", "9004"),
        ("hw5李明.ipynb", "9004"),
        ("作业_李 明.zip", "9004"),
        ("李明 作业 最终.py", "9004"),
        ("王 李明.py", None),
        ("明李.py", None),
        ("李.py", None),
        ("李明华.py", None),
    ],
)
def test_names_of_two_signs(tmp_path: Path, name: str, who: str | None) -> None:
    put(tmp_path / name, b"x")
    (one,) = found(tmp_path, whole()).handed
    assert (one.who == "9004") == (who is not None)


def test_names_of_two_syllables_and_of_two_signs_in_two_columns(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("学号,姓,名\n01,李,明\n02,欧阳,娜\n03,이,준\n")
    people = read_roster(tmp_path / "r.csv")
    for name, who in (("李明_1.py", "01"), ("欧阳娜.py", "02"), ("이준-hw5.py", "03")):
        assert people.find(name.removesuffix(".py")) == people.get(who)


@pytest.mark.parametrize(
    "answers",
    [("Wei Wang.py", "Wei Wang (1).py"), ("wei wang", "WEI WANG (1)")],
    ids=["names", "without the suffix"],
)
def test_the_roster_answers(tmp_path: Path, answers: tuple[str, str]) -> None:
    for name in ("Wei Wang.py", "Wei Wang (1).py"):
        put(tmp_path / "in" / name, name.encode())
    rows = f"9002,Wei Wang,{answers[0]}\n9003,Wei Wang,{answers[1]}\n"
    (tmp_path / "r.csv").write_text("id,name,submission\n" + rows)
    people = read_roster(tmp_path / "r.csv")
    intake = found(tmp_path / "in", people)
    assert [(one.who, one.path.name) for one in intake.handed] == [
        ("9002", "Wei Wang.py"),
        ("9003", "Wei Wang (1).py"),
    ]
    assert (intake.missing, intake.strangers, intake.questions) == ((), (), ())
    assert "submission" not in people.columns, "it is no column of the platform's"


@pytest.mark.parametrize("layout", ["Canvas", "Moodle", "Blackboard"])
def test_the_roster_answers_by_the_platforms_number(tmp_path: Path, layout: str) -> None:
    LAYOUTS[layout](tmp_path, {WEI: FILES, WEI_2: FILES})
    own = "login" if layout == "Blackboard" else "number"
    people = Roster(
        Person(who.id, who.name, submissions=(getattr(who, own),)) for who in (WEI, WEI_2)
    )
    intake = found(tmp_path, people)
    assert set(credited(intake)) == {"9002", "9003"}
    assert not intake.questions


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("has_roster", [True, False])
def test_several_files_of_one_learner_are_one_submission(
    tmp_path: Path, layout: str, has_roster: bool
) -> None:
    LAYOUTS[layout](tmp_path, dict.fromkeys((ADA, MING), FILES))
    intake = found(tmp_path, whole() if has_roster else None)
    assert len(intake.handed) == 2
    for one in intake.handed:
        assert set(read_bundle(one.parts).files) == set(FILES)
        assert not one.older


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_systems_leave_lying_about_changes_nothing(tmp_path: Path, layout: str) -> None:
    LAYOUTS[layout](tmp_path, dict.fromkeys(CLASS, FILES))
    clean = found(tmp_path, whole())
    for folder in [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]:
        for name in LITTER:
            put(folder / name, b"\0\0\0\1Bud1")
    littered = found(tmp_path, whole())
    assert credited(littered) == credited(clean)
    assert (littered.missing, littered.strangers, littered.questions) == ((), (), ())
    assert littered.remarks == clean.remarks


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "nbgrader"])
@pytest.mark.parametrize("has_roster", [True, False])
def test_folders_around_the_submissions_are_no_learner(
    tmp_path: Path, layout: str, has_roster: bool
) -> None:
    """What unpacking makes, and `gh classroom clone`."""
    LAYOUTS[layout](tmp_path / "submissions" / "hw5-submissions", dict.fromkeys(CLASS, FILES))
    people = whole() if has_roster else None
    intake = found(tmp_path / "submissions", people)
    assert credited(intake) == credited(found(tmp_path / "submissions" / "hw5-submissions", people))
    assert len(intake.handed) == 4


@pytest.mark.parametrize("inside", ["arrays.py", "tiny/arrays.py", "exercises/tiny/arrays.py"])
@pytest.mark.parametrize("has_roster", [True, False])
def test_a_lone_folder_may_be_the_one_who_has_handed_in(
    tmp_path: Path, inside: str, has_roster: bool
) -> None:
    put(tmp_path / "9001" / inside, FILES["arrays.py"])
    put(tmp_path / "9001" / inside.replace("arrays", "model"), FILES["model.py"])
    intake = found(tmp_path, whole() if has_roster else None)
    assert credited(intake) == {"9001": set(FILES)}


WHAT = {
    "report.pdf": (b"%PDF-1.7", "is a PDF"),
    "work.docx": (b"PK\3\4", "is a Word document"),
    "arrays.py.txt": (b"x", "is Python under another name: call it"),
    "hw.ipynb.json": (b"{}", "is a notebook under another name: call it"),
    "hw.rar": (b"Rar!\x1a\7", "is a rar archive"),
    "hw.txt": (b"x", "is plain text"),
    "page.html": (b"<html>", "is a web page"),
    "shot.png": (b"\x89PNG", "is a picture"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", WHAT)
def test_what_is_no_python_is_named_and_is_not_nothing(
    tmp_path: Path, layout: str, name: str
) -> None:
    data, words = WHAT[name]
    LAYOUTS[layout](tmp_path, {ADA: {name: data}, MING: FILES})
    intake = found(tmp_path, whole())
    assert [person.id for person in intake.missing] == ["9002", "9003"]
    ada = next(one for one in intake.handed if one.who == "9001")
    assert words in (ada.trouble or read_bundle(ada.parts).trouble)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_report_beside_the_work_takes_nothing_from_it(tmp_path: Path, layout: str) -> None:
    LAYOUTS[layout](tmp_path, {ADA: {**FILES, "report.pdf": b"%PDF-1.7"}, MING: FILES})
    ada = next(one for one in found(tmp_path, whole()).handed if one.who == "9001")
    assert set(read_bundle(ada.parts).files) == set(FILES)
    assert not ada.trouble


def test_without_a_roster_a_document_is_somebodys_and_a_table_is_yours(tmp_path: Path) -> None:
    for name in ("hui.pdf", "ada.py", "class.csv", "notes.txt", "grades.sqlite", "eve.py.txt"):
        put(tmp_path / name, b"x")
    intake = found(tmp_path, None)
    assert [one.who for one in intake.handed] == ["ada", "eve", "hui"]
    assert "Not taken for submissions: class.csv, grades.sqlite, notes.txt." in intake.remarks


# Brightspace


def test_brightspace_tells_two_of_one_name_apart_and_asks_whose_they_are(tmp_path: Path) -> None:
    """Also if the numbers ahead are the same for everybody: two people are never merged."""
    names = (
        "397063-2557369 - Mary-Ann Smith - Sep 24, 2026 926 PM",
        "397063-2557369 - John Doe - Sep 24, 2026 926 PM",
        "271836-2557369 - Wei Wang - Dec 5, 2026 1149 AM",
        "271837-2557369 - Wei Wang - Dec 5, 2026 1150 AM",
    )
    for name in names:
        put(tmp_path / name / "arrays.py", name.encode())
    put(tmp_path / "index.html", b"<html>")
    people = Roster(
        [Person("1", "Mary-Ann Smith"), Person("2", "Doe, John"), *whole().people, Person("9")]
    )
    intake = found(tmp_path, people)
    assert intake.layout == "Brightspace"
    assert set(credited(intake)) == {"1", "Wei Wang 271836-2557369", "Wei Wang 271837-2557369"} | {
        "2"
    }
    assert [q.candidates for q in intake.questions] == [("9002", "9003")] * 2
    assert {"9001", "9"} <= {person.id for person in intake.missing}
    assert not {"9002", "9003"} & {person.id for person in intake.missing}
    assert not any("index.html" in remark for remark in intake.remarks)
    alone = found(tmp_path, None)
    assert len(alone.handed) == len(names), "nor without a roster"


def test_of_brightspaces_folders_the_newest_counts_and_of_files_the_newest_of_each(
    tmp_path: Path,
) -> None:
    head = "70010-442356 - Ada Lovelace"
    # by the alphabet, and by the files' own times, April would be the older
    put(tmp_path / "a" / f"{head} - Sep 30, 2026 1159 PM" / "arrays.py", b"old")
    put(tmp_path / "a" / f"{head} - Oct 1, 2026 105 AM" / "arrays.py", b"new", age=99)
    (one,) = found(tmp_path / "a", whole()).handed
    assert read_bundle(one.parts).files == {"arrays.py": b"new"}
    assert [path.name for path in one.older] == [f"{head} - Sep 30, 2026 1159 PM"]
    put(tmp_path / "b" / f"{head} - Sep 30, 2026 1159 PM - arrays.py", b"old")
    put(tmp_path / "b" / f"{head} - Sep 30, 2026 1159 PM - model.py", b"model")
    put(tmp_path / "b" / f"{head} - Oct 1, 2026 105 AM - arrays.py", b"new", age=99)
    put(tmp_path / "b" / f"{head} - Oct 1, 2026 105 AM - a_1_2_b - 2.py", b"b", age=99)
    (one,) = found(tmp_path / "b", whole()).handed
    files = {"arrays.py": b"new", "model.py": b"model", "a_1_2_b - 2.py": b"b"}
    assert read_bundle(one.parts).files == files


def test_brightspaces_clock_is_the_courses_and_another_language_is_said(tmp_path: Path) -> None:
    english, french = "70010-9 - Ada Lovelace", "70040-9 - 李明"
    put(tmp_path / "in" / f"{english} - Oct 1, 2026 1015 PM" / "arrays.py", b"x")
    put(tmp_path / "in" / f"{french} - 1 août 2026 1015" / "arrays.py", b"x")
    text = (TINY / "course.toml").read_text()
    there = Path(shutil.copytree(TINY, tmp_path / "course"))
    due = text.replace('dir = "tiny"\n', 'dir = "tiny"\ndue = 2026-09-01T00:00:00Z\n')
    (there / "course.toml").write_text(f'timezone = "America/Toronto"\n{due}')
    intake = find_submissions(tmp_path / "in", whole(), course=load_course(there))
    ada, ming = intake.handed
    assert (f"{ada.at:%Y-%m-%d %H:%M}", ada.clock) == ("2026-10-02 02:15", "recorded")
    assert ming.clock == "file", "nothing to take points off for"
    (said,) = ming.remarks
    assert "has '1 août 2026 1015' in its name, which is no time that can be read" in said
    listed = "When it was handed in cannot be read, so nothing of theirs is late: 9004."
    assert intake.remarks == (listed,)

    (there / "course.toml").write_text(due)
    intake = find_submissions(tmp_path / "in", whole(), course=load_course(there))
    zone = [remark for remark in intake.remarks if "name no zone" in remark]
    assert [remark.startswith("Brightspace's times") for remark in zone] == [True]
    assert not intake.handed[0].remarks, "it is a time, only nobody knows in which zone"


@pytest.mark.parametrize(
    "name",
    [
        "2026-10 - Ada Lovelace.py",
        "1-2 - Ada Lovelace - hw5.py",
        "Ada Lovelace - Oct 1, 2026 1015 AM",
        "1-2 - Oct 1, 2026 1015 AM",
    ],
)
def test_what_only_looks_like_brightspace_is_a_name_like_others(tmp_path: Path, name: str) -> None:
    put(tmp_path / name if name.endswith(".py") else tmp_path / name / "arrays.py", b"x")
    put(tmp_path / "9002" / "arrays.py", b"x")
    assert found(tmp_path, whole()).layout == "plain"


# Blackboard


def test_blackboards_attempts_are_one_submission_the_newest_of_each_file(tmp_path: Path) -> None:
    first = "Homework_5_liming_5_attempt_2026-10-01-10-15-30"
    second = "Homework_5_liming_5_attempt_2026-10-02-09-00-00"
    for name, data in (
        (f"{second}_arrays.py", b"new"),
        (f"{first}_arrays.py", b"old"),
        (f"{first}_model.py", b"model"),
        (f"{first}.txt", b"Name: x"),
        (f"{second}.txt", b"Name: x"),
        ("Homework_5_adal_attempt_2026-10-01-10-15-30.txt", b"only typed"),
    ):
        put(tmp_path / name, data)
    for people in (whole(), None):
        handed = {one.who: one for one in found(tmp_path, people).handed}
        ming = handed["9004" if people else "liming_5"]
        assert read_bundle(ming.parts).files == {"arrays.py": b"new", "model.py": b"model"}
        assert [path.name for path in ming.older] == [f"{first}_arrays.py"]
        assert "typed into the platform" in handed["9001" if people else "adal"].trouble


def test_blackboards_clock_is_the_courses(tmp_path: Path) -> None:
    import datetime

    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    text = (TINY / "course.toml").read_text()
    LAYOUTS["Blackboard"](tmp_path / "in", {ADA: FILES})
    due = text.replace('dir = "tiny"\n', 'dir = "tiny"\ndue = 2026-10-01T10:00:00+02:00\n')
    (root / "course.toml").write_text(due)
    intake = find_submissions(tmp_path / "in", course=load_course(root))
    assert intake.handed[0].clock == "file"
    assert any("timezone" in remark for remark in intake.remarks)
    (root / "course.toml").write_text(f'timezone = "Europe/Berlin"\n{due}')
    intake = find_submissions(tmp_path / "in", course=load_course(root))
    assert intake.handed[0].clock == "recorded"
    assert intake.handed[0].at == datetime.datetime(2026, 10, 1, 8, 15, 30, tzinfo=datetime.UTC)
    assert intake.remarks == ()


def test_a_time_that_cannot_be_read_is_said_of_the_learner_and_listed(tmp_path: Path) -> None:
    LAYOUTS["nbgrader"](tmp_path, dict.fromkeys((ADA, MING), FILES))
    put(tmp_path / "9001" / "lecture1" / "timestamp.txt", b"on Friday")
    intake = found(tmp_path, whole())
    assert [one.clock for one in intake.handed] == ["file", "recorded"]
    assert "timestamp.txt says 'on Friday', which is no time" in intake.handed[0].remarks[0]
    assert intake.remarks == (
        "When it was handed in cannot be read, so nothing of theirs is late: 9001.",
    )


# GitHub Classroom


def test_github_classrooms_roster(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(
        '"identifier","github_username","github_id","name"\n'
        '"9001","adal","123456",""\n"9002","wwang","123457","Wei Wang"\n'
        '"9003","wwang2","123458","Wei Wang"\n"9004","","",""\n'
    )
    LAYOUTS["GitHub Classroom"](tmp_path / "in", dict.fromkeys((ADA, WEI, WEI_2), FILES))
    intake = found(tmp_path / "in", read_roster(tmp_path / "roster.csv"))
    assert credited(intake) == {who: set(FILES) for who in ("9001", "9002", "9003")}
    assert [person.id for person in intake.missing] == ["9004"]

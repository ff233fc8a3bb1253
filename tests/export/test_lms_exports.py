"""What Canvas and Moodle import: their own lists, filled in."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from exporting import HOSTILE, grade, graded, hostile, missing, write

from grader.errors import UserError
from grader.grading.roster_file import read_roster
from grader.results import Outcome


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Integration ID,Section,Tiny (4711),Other (4712)
    Points Possible,,,,,,4,10
"Lovelace, Ada",101,s1,@ada,i1,"One, Two",,3
"=Bobby",102,s2,bob,,One,1,
"""
MOODLE = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (grade),Feedback comments
Participant 7,Ada Lovelace,a@x.org,Submitted for grading,,{most},Yes,"Monday, 5 October 2026, 1:00 PM",
Participant 8,=Bob,b@x.org,No submission,1.00,{most},Yes,-,old
"""


def rows(tmp_path: Path, text: str) -> dict[str, dict[str, str]]:
    """The lines of a roster as `zth grade` keeps them, by the learner's id."""
    (tmp_path / "roster.csv").write_text(text)
    return {person.id: person.row for person in read_roster(tmp_path / "roster.csv")}


def test_canvas_gets_its_own_list_back(tmp_path: Path) -> None:
    ada, bob = rows(tmp_path, CANVAS).items()
    grades = [grade(ada[0], row=ada[1]), missing(bob[0], row=bob[1]), grade("stranger")]
    (remark,) = write("canvas", grades, tmp_path / "out.csv")
    assert remark == "Not on the roster, and left out: stranger."
    assert read(tmp_path / "out.csv") == [
        [
            "Student",
            "ID",
            "SIS User ID",
            "SIS Login ID",
            "Integration ID",
            "Section",
            "Tiny (4711)",
        ],
        ["    Points Possible", "", "", "", "", "", "4"],
        ["Lovelace, Ada", "101", "s1", "@ada", "i1", "One, Two", "2"],
        ["'=Bobby", "102", "s2", "bob", "", "One", "0"],
    ]


def test_canvas_with_a_new_assignment_and_several_lectures(tmp_path: Path) -> None:
    row = {"Student": "Ada", "ID": "1", "SIS User ID": "s", "SIS Login ID": "a", "Section": "One"}
    second = grade("1", graded("sum"), lecture="lecture2", title="Second", row=row)
    assert write("canvas", [grade("1", row=row), second], tmp_path / "out.csv") == ()
    assert read(tmp_path / "out.csv") == [
        [*row, "lecture1 Tiny", "lecture2 Second"],
        ["    Points Possible", "", "", "", "", "4", "2"],
        ["Ada", "1", "s", "a", "One", "2", "2"],
    ]


def test_canvas_without_its_list(tmp_path: Path) -> None:
    (remark,) = write("canvas", [grade(), missing()], tmp_path / "out.csv")
    assert "--roster" in remark
    head, possible, ada, zoe = read(tmp_path / "out.csv")
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert possible[-1] == "4"
    assert (ada, zoe) == (["Ada", "", "", "ada", "", "2"], ["Zoe", "", "", "zoe", "", "0"])


def test_another_lists_id_is_no_id_of_canvas(tmp_path: Path) -> None:
    own = {"ID": "17", "Name": "Ada", "Section": "One"}
    (remark,) = write("canvas", [grade("17", name="Ada", row=own)], tmp_path / "out.csv")
    assert "--roster" in remark
    assert read(tmp_path / "out.csv")[2] == ["Ada", "", "", "17", "", "2"]


def test_what_canvas_takes_is_what_a_roster_is(tmp_path: Path) -> None:
    """Read again as a roster, the export has the same people."""
    people = rows(tmp_path, CANVAS)
    write("canvas", [grade(who, row=row) for who, row in people.items()], tmp_path / "out.csv")
    again = read_roster(tmp_path / "out.csv")
    assert [person.id for person in again] == list(people)


@pytest.mark.parametrize(
    ("most", "ada"), [("4.00", "2"), ("100.00", "50"), ("10,00", "5"), ("", "2"), ("0", "2")]
)
def test_moodle_gets_its_worksheet_back(tmp_path: Path, most: str, ada: str) -> None:
    most_cell = f'"{most}"'
    first, second = rows(tmp_path, MOODLE.format(most=most_cell)).items()
    comment = graded("mean", Outcome.FAIL, message="a < b", comment="nearly")
    right = graded("double")
    grades = [grade(first[0], right, comment, row=first[1]), missing(second[0], row=second[1])]
    (remark,) = write("moodle", [*grades, grade("eve")], tmp_path / "out.csv")
    assert remark == "Not in Moodle's worksheet, and left out: eve."
    head, one, two = read(tmp_path / "out.csv")
    assert ",".join(head) == MOODLE.partition("\n")[0]
    assert one[:8] == [
        *("Participant 7", "Ada Lovelace", "a@x.org", "Submitted for grading", ada, most, "Yes"),
        "Monday, 5 October 2026, 1:00 PM",
    ]
    assert one[8] == "2 of 4 points.<br>Mean: a &lt; b<br>nearly"
    assert two[:6] == ["Participant 8", "'=Bob", "b@x.org", "No submission", "0", most]
    assert "Nothing was handed in." in two[8]


GERMAN = """ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,\
Bewertung kann geändert werden,Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),\
Feedback als Kommentar
Teilnehmer/in7,Ada Lovelace,a@x.org,Zur Bewertung abgegeben,-,"10,00",Ja,"Do, 1. Okt 2026, 12:00",-,
Teilnehmer/in8,Bob Kahn,b@x.org,Keine Abgabe,"1,50","10,00",Ja,-,-,alt
"""
FRENCH = """Identifiant;Nom complet;Adresse de courriel;Numéro d'identification;Statut;Note;\
Note maximale;La note peut être modifiée;Dernière modification (travail remis);\
Dernière modification (note);Feedback par commentaires
Participant 7;Ada Lovelace;a@x.org;00123;Remis pour évaluation;;20,00;Oui;jeudi 1 octobre 2026, 12:00;-;
Participant 8;Bob Kahn;b@x.org;00456;Aucun travail remis;;20,00;Oui;-;-;
"""
CHINESE = """编号,全名,电子邮件地址,状态,成绩,最高分,成绩可以更改,\
最后修改（提交）,最后修改（成绩）,反馈评语
参与者7,李明,a@x.org,已提交供评分,-,10.00,是,2026年10月1日 12:00,-,
参与者8,王伟,b@x.org,没有提交,-,10.00,是,-,-,
"""


@pytest.mark.parametrize(
    ("text", "number", "grade_of", "feedback"),
    [
        (GERMAN, "Teilnehmer/in7", "5", 9),
        (FRENCH, "Participant 7", "10", 10),
        (CHINESE, "参与者7", "5", 9),
    ],
)
def test_moodle_gets_its_worksheet_back_in_its_own_language(
    tmp_path: Path, text: str, number: str, grade_of: str, feedback: int
) -> None:
    people = rows(tmp_path, text)
    (ada, first), (bob, second) = people.items()
    (remark,) = write(
        "moodle",
        [grade(ada, row=first), missing(bob, row=second), grade("eve")],
        tmp_path / "o.csv",
    )
    assert remark == "Not in Moodle's worksheet, and left out: eve."
    head, one, two = read(tmp_path / "o.csv")
    came = list(csv.reader(text.splitlines(), delimiter=";" if text is FRENCH else ","))
    assert head == came[0]
    place = next(n for n, cell in enumerate(came[1]) if cell in ("10,00", "20,00", "10.00")) - 1
    changed = {place, feedback}
    assert (one[0], one[place], two[place]) == (number, grade_of, "0")
    assert one[feedback].startswith("2 of 4 points.")
    for line, as_it_came in ((one, came[1]), (two, came[2])):
        assert [c for n, c in enumerate(line) if n not in changed] == [
            c for n, c in enumerate(as_it_came) if n not in changed
        ]


def test_moodles_own_comma_is_in_its_worksheet(tmp_path: Path) -> None:
    (ada, row), _ = rows(tmp_path, GERMAN.replace("10,00", "5,00")).items()
    write("moodle", [grade(ada, row=row)], tmp_path / "out.csv")
    assert read(tmp_path / "out.csv")[1][4] == "2,5"


def test_a_list_that_looks_a_bit_like_a_worksheet_is_none(tmp_path: Path) -> None:
    text = (
        "id,name,group,lab,points,of\nseat 1,Ada,Group 1,Lab 1,3,4\nseat 2,Bob,Group 2,Lab 2,4,4\n"
    )
    (ada, row), _ = rows(tmp_path, text).items()
    (remark,) = write("moodle", [grade(ada, row=row)], tmp_path / "out.csv")
    assert "Grades > Import" in remark


def test_moodle_is_not_given_what_it_passes_over(tmp_path: Path) -> None:
    """A grade above the maximum is no grade to Moodle."""
    ((who, row), _) = rows(tmp_path, MOODLE.format(most="100")).items()
    over = grade(who, graded("double"), graded("extra", bonus=True), row=row)
    assert (over.total, over.max_points) == (4, 2)
    write("moodle", [over], tmp_path / "out.csv")
    _, one = read(tmp_path / "out.csv")
    assert one[4] == "100"
    assert one[8].startswith("4 of 2 points.")


def test_moodle_without_its_worksheet(tmp_path: Path) -> None:
    (remark,) = write("moodle", [grade(), missing()], tmp_path / "out.csv")
    assert "Grades > Import" in remark
    head, ada, zoe = read(tmp_path / "out.csv")
    assert head[:5] == ["ID number", "Full name", "Email address", "Grade", "Maximum Grade"]
    assert ada[:5] == ["ada", "Ada", "ada@example.org", "2", "4"]
    assert zoe[3] == "0"


def test_a_worksheet_is_of_one_lecture(tmp_path: Path) -> None:
    grades = [grade(), grade(lecture="lecture2")]
    with pytest.raises(UserError) as caught:
        write("moodle", grades, tmp_path / "out.csv")
    assert "lecture1, lecture2" in caught.value.message
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("form", ["canvas", "moodle"])
def test_hostile_lists(tmp_path: Path, form: str) -> None:
    write(form, hostile(), tmp_path / "out.csv")
    found = read(tmp_path / "out.csv")
    skipped = 2 if form == "canvas" else 1
    assert len(found) == len(HOSTILE) + skipped
    assert len({len(row) for row in found}) == 1
    for row in found[skipped:]:
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("form", ["canvas", "moodle"])
def test_an_empty_list(tmp_path: Path, form: str) -> None:
    assert write(form, [], tmp_path / "out.csv") == ()
    assert "Section" in (text := (tmp_path / "out.csv").read_text()) or "ID number" in text

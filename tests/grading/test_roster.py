"""The class list, as it is exported and as people write it; and whom a file's name means."""

from __future__ import annotations

import random
import string
from pathlib import Path

import msgspec
import pytest

from grader.errors import UserError
from grader.grading.roster import Claim, MatchKey, Person, Roster
from grader.grading.roster_file import read_roster

PLAIN = "id,name,email\nada,Ada Lovelace,ada@example.edu\ngrace,Grace Hopper,grace@example.edu\n"


def roster_of(tmp_path: Path, text: str | bytes) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_roster(path)


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", r"roster.csv is empty\.\nIts first line names the columns"),
    "blank": ("\n\n", r"roster.csv is empty\."),
    "only a header": ("id,name\n\n", r"has a header and nobody below it"),
    "no id": ("a,b\n1,2\n", r"has no column for the id: its header is 'a, b'"),
    "an empty id": (PLAIN + ",Bob,\n", r"line 4: the id \('id'\) is empty\.\nFill it in, or take"),
    "twice": (PLAIN + "ADA,Other,\n", r"line 4: 'ADA' is there already, in line 2\.\nGive each"),
    "too many values": (
        PLAIN + "bob,Bob,b@x,7\n",
        r"line 4 has 4 values, and the header \(line 1\) 3",
    ),
    "a quote that is open": (
        PLAIN + 'bob,"Bob\n',
        r"line \d is not CSV \(.*\)\.\nA quotation mark",
    ),
    "no letters of any encoding": (b"id,name\nada,Ad\x81\n", r"line 2 is not UTF-8 \(byte 0x81\)"),
    "half of UTF-16": (PLAIN.encode("utf-16")[:-1], r"is not UTF-8"),
    "a web page": ("<html><table><tr><td>id", r"is a web page or XML, not a CSV\.\nSave it as CSV"),
    "an id that is shortened": (
        "id,name\n1.23457E+11,Ada\n",
        r"line 2: a spreadsheet has shortened the id to 1\.23457E\+11\.\nIts last digits are lost",
    ),
    "an id that is shortened with a comma": (
        "id;name\n1,2E+05;Ada\n",
        r"line 2: a spreadsheet has shortened the id to 1,2E\+05",
    ),
    "a spreadsheet": (b"PK\x03\x04 and so on", r"is a spreadsheet, not a CSV"),
    "an extension in words": (
        "id,extension\nada,two days\n",
        r"line 2: the extension is 'two days'",
    ),
    "an extension backwards": ("id,extension\nada,-3\n", r"line 2: the extension is '-3'"),
    "an endless extension": ("id,extension\nada,inf\n", r"line 2: the extension is 'inf'"),
    "no number": ("id,extension\nada,nan\n", r"line 2: the extension is 'nan'"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_roster_that_cannot_be_right(tmp_path: Path, how: str) -> None:
    text, sentence = BROKEN[how]
    with pytest.raises(UserError, match=sentence):
        roster_of(tmp_path, text)


def test_a_roster_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read_roster(tmp_path)


EXPORTS: dict[str, tuple[str, Person]] = {
    "plain": (PLAIN, Person("ada", "Ada Lovelace", "ada@example.edu")),
    "only ids": ("student\nada\n", Person("ada")),
    "only emails": ("Email\nada@x.edu\n", Person("ada@x.edu", email="ada@x.edu")),
    "semicolons and a mark": ("\ufeffID;Name\n1;Ada\n", Person("1", "Ada")),
    "tabs": ("user\tname\nada\tAda\n", Person("ada", "Ada")),
    "for Excel": ("sep=;\nid;name\nada;Ada\n", Person("ada", "Ada")),
    "quotes and a line end": (
        'id,name\r\n"ada","Lovelace,\n Ada"\r\n',
        Person("ada", "Ada Lovelace"),
    ),
    "Canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (99)\n"
        "    Points Possible,,,,,10\n"
        '"Lovelace, Ada",12345,S77,ada,One,\n'
        '"Student, Test",999,,abc,One,\n',
        Person("12345", "Ada Lovelace", section="One", other_ids=("ada", "S77")),
    ),
    "Moodle's worksheet": (
        "Identifier,Full name,Email address,Status\n"
        "Participant 1234567,Ada Lovelace,ada@x.edu,Submitted\n",
        Person("Participant 1234567", "Ada Lovelace", "ada@x.edu", other_ids=("1234567",)),
    ),
    "Moodle's participants": (
        '"First name",Surname,"ID number","Email address",Groups\nAda,Lovelace,77,ada@x.edu,A\n',
        Person("77", "Ada Lovelace", "ada@x.edu", section="A"),
    ),
    "Gradescope": (
        "First Name,Last Name,SID,Email,Sections\nAda,Lovelace,0042,ada@x.edu,B\n",
        Person("0042", "Ada Lovelace", "ada@x.edu", section="B"),
    ),
    "extension": ("id,extension\nada,1.5\n", Person("ada", extension_hours=1.5)),
    "a comma in it": ("id;extension (h)\nada;1,5\n", Person("ada", extension_hours=1.5)),
}


@pytest.mark.parametrize("how", EXPORTS)
def test_a_roster_as_it_is_exported(tmp_path: Path, how: str) -> None:
    text, expected = EXPORTS[how]
    roster = roster_of(tmp_path, text)
    first = roster.people[0]
    assert msgspec.structs.replace(first, row={}) == expected
    assert list(first.row) == list(roster.columns)
    assert len(roster) == (2 if how == "plain" else 1)
    assert expected.id in roster
    assert roster.get(expected.id) is first


ADA = Person("0042", "Ada Lovelace", "ada@x.edu")
JOSE = "id,name\r\n1,José Muñoz\r\n2,Zoë\r\n"
CANVAS_HEAD = "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (99),Final Score\n"
CANVAS_ROWS = '"Lovelace, Ada",12345,S77,ada,One,,\n"Kahn, Bob",12346,S78,bob,One,,\n'
AS_WRITTEN: dict[str, tuple[str | bytes, list[Person]]] = {
    "Canvas, posted by hand": (
        CANVAS_HEAD
        + ",,,,,Manual Posting,\n    Points Possible,,,,,10,(read only)\n"
        + CANVAS_ROWS,
        [
            Person("12345", "Ada Lovelace", section="One", other_ids=("ada", "S77")),
            Person("12346", "Bob Kahn", section="One", other_ids=("bob", "S78")),
        ],
    ),
    "Canvas, muted, with its test student": (
        CANVAS_HEAD
        + ",,,,,Muted,\n\n    Points Possible,,,,,10,\n"
        + CANVAS_ROWS.splitlines()[0]
        + '\n"Student, Test",999,,3fa9c,One,,\n',
        [Person("12345", "Ada Lovelace", section="One", other_ids=("ada", "S77"))],
    ),
    "Canvas, names in two columns": (
        "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,HW 1 (99)\n"
        "    Points Possible,,,,,,10\nLovelace,Ada,1,s1,ada,One,\nStudent,Test,3,,3fa9c,One,\n",
        [Person("1", "Ada Lovelace", section="One", other_ids=("ada", "s1"))],
    ),
    "Moodle's participants in German": (
        "Vorname,Nachname,ID-Nummer,E-Mail-Adresse\nAda,Lovelace,0042,ada@x.edu\n",
        [ADA],
    ),
    "in French, for Excel": (
        "Prénom;Nom;Numéro d'identification;Adresse de courriel\nAda;Lovelace;0042;ada@x.edu\n",
        [ADA],
    ),
    "in Spanish": (
        "Nombre,Apellido(s),Número de ID,Dirección Email\nAda,Lovelace,0042,ada@x.edu\n",
        [ADA],
    ),
    "in Chinese": (
        "学号,姓名,邮箱\n0042,李明,ada@x.edu\n",
        [Person("0042", "李明", "ada@x.edu")],
    ),
    "in a language that nobody here knows": (
        "Kowd,Magac,Boosta\n0042,Ada Lovelace,ada@x.edu\n0043,Bob Kahn,bob@x.edu\n",
        [ADA, Person("0043", "Bob Kahn", "bob@x.edu")],
    ),
    "Moodle's worksheet in German": (
        "ID,Vollständiger Name,E-Mail-Adresse,Status\n"
        "Teilnehmer/in1234567,Ada Lovelace,a@x.edu,abgegeben\n"
        "Teilnehmer/in1234568,Bob Kahn,b@x.edu,abgegeben\n",
        [
            Person("Teilnehmer/in1234567", "Ada Lovelace", "a@x.edu", other_ids=("1234567",)),
            Person("Teilnehmer/in1234568", "Bob Kahn", "b@x.edu", other_ids=("1234568",)),
        ],
    ),
    "GitHub Classroom": (
        '"identifier","github_username","github_id","name"\n"ada@x.edu","adal","77",""\n"0043","","",""\n',
        [Person("ada@x.edu", other_ids=("adal", "77")), Person("0043")],
    ),
    "UTF-16": (JOSE.encode("utf-16"), [Person("1", "José Muñoz"), Person("2", "Zoë")]),
    "UTF-16, big": (
        b"\xfe\xff" + JOSE.encode("utf-16-be"),
        [Person("1", "José Muñoz"), Person("2", "Zoë")],
    ),
    "UTF-16 without a mark": (
        JOSE.encode("utf-16-le"),
        [Person("1", "José Muñoz"), Person("2", "Zoë")],
    ),
    "of two lines in UTF-16": ("id\n1\n".encode("utf-16"), [Person("1")]),
    "Windows": (JOSE.encode("cp1252"), [Person("1", "José Muñoz"), Person("2", "Zoë")]),
    "the old Macintosh": (
        JOSE.replace("\r\n", "\r").encode("mac_roman"),
        [Person("1", "José Muñoz"), Person("2", "Zoë")],
    ),
    "CR line ends": (JOSE.replace("\r\n", "\r"), [Person("1", "José Muñoz"), Person("2", "Zoë")]),
    "trailing commas": (
        "id,name,,\n1,Ada,,,,\n2,Bob,,\n",
        [Person("1", "Ada"), Person("2", "Bob")],
    ),
    "commas as far as the sheet goes": ("id,name\n1,Ada,,,,,\n", [Person("1", "Ada")]),
    "line ends in cells": (
        '"student\nid","full\nname"\n1,"Lovelace,\nAda"\n2,"Bob\r\nKahn"\n',
        [Person("1", "Ada Lovelace"), Person("2", "Bob Kahn")],
    ),
    "a title above": (
        "Class of 2026,,\nprinted on Monday,,\n\nid,name,email\n0042,Ada Lovelace,ada@x.edu\n",
        [ADA],
    ),
    "numbers that went through a program": (
        "id,name\n42.0,Ada\n",
        [Person("42.0", "Ada", other_ids=("42",))],
    ),
    "names that are called like logins": (
        "id,name\n1e5,Ada\n2e7,Bob\n",
        [Person("1e5", "Ada"), Person("2e7", "Bob")],
    ),
}


@pytest.mark.parametrize("how", AS_WRITTEN)
def test_a_roster_as_platforms_and_spreadsheets_write_it(tmp_path: Path, how: str) -> None:
    text, expected = AS_WRITTEN[how]
    roster = roster_of(tmp_path, text)
    assert [msgspec.structs.replace(person, row={}) for person in roster] == expected
    says = [remark for remark in roster.remarks if "is not UTF-8" in remark]
    assert bool(says) == (how in ("Windows", "the old Macintosh"))


@pytest.mark.parametrize(
    "text",
    [
        "Kowd,Magac\n0042,0043\n0044,0045\n",  # two columns that may be the id
        "Magac,Kooxda\nAda Lovelace,A B\nBob Kahn,C D\n",  # none
    ],
)
def test_where_several_columns_may_be_the_id_none_is_guessed(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="has no column for the id"):
        roster_of(tmp_path, text)


def test_one_email_of_two_people_is_said(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, "id,email\n1,a@x.edu\n2,A@x.edu\n3,\n4,\n")
    assert roster.remarks == (
        "The roster has one email, a@x.edu, for several people: 1, 2. It decides nothing.",
    )
    assert roster.find("a@x.edu") is None


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({MatchKey.ID: "u81", MatchKey.NAME: "Sam Smith"}, ["u81"]),
        ({MatchKey.EMAIL: "sam2@x.edu", MatchKey.NAME: "Sam Smith"}, ["u81"]),
        ({MatchKey.NAME: "smithsam"}, ["u80", "u81"]),
        ({MatchKey.NAME: "Sam"}, ["u80", "u81"]),  # a part of a name credits nobody: it is asked
        ({MatchKey.NAME: "Mary Ann Lee-Jones"}, ["u78", "u79"]),
        ({MatchKey.NAME: "Mary Jones"}, []),
        ({MatchKey.EMAIL: "sam2"}, []),
        ({MatchKey.ACCOUNT: "sam2"}, ["u81"]),
        ({MatchKey.NUMBER: "12345", MatchKey.NAME: "Lovelace, Ada"}, ["ada"]),
        ({MatchKey.NUMBER: "12345", MatchKey.NAME: ""}, ["ada"]),
        ({MatchKey.NUMBER: "12345", MatchKey.NAME: "Ada King"}, ["ada"]),
        ({MatchKey.ID: "u77", MatchKey.EMAIL: "sam1@x.edu"}, ["u77", "u80"]),
        ({MatchKey.ID: "unknown", MatchKey.EMAIL: "SAM1@x.edu"}, ["u80"]),
        ({MatchKey.ANSWER: "b.zip", MatchKey.ID: "u80"}, ["u81"]),
    ],
)
def test_the_strongest_key_decides_and_none_contradicts(
    claims: dict[MatchKey, str], expected: list[str]
) -> None:
    people = [
        msgspec.structs.replace(person, submissions=("b.zip",)) if person.id == "u81" else person
        for person in PEOPLE
    ]
    match = Roster(people).whose([Claim(key, text) for key, text in claims.items()])
    ids = [match.person.id] if match.person else [person.id for person in match.candidates]
    assert ids == expected
    assert bool(match.person) == (len(expected) == 1)


PEOPLE = Roster(
    [
        Person("ada", "Ada Lovelace", "a.lovelace@x.edu", other_ids=("12345",)),
        Person("u77", "José Muñoz García", "jose@x.edu"),
        Person("u78", "Ann Lee", "lee1@x.edu"),
        Person("u79", "Mary Ann Lee", "lee2@x.edu"),
        Person("u80", "Sam Smith", "sam1@x.edu"),
        Person("u81", "Sam Smith", "sam2@x.edu"),
        Person("5", "Øystein Straße", "five@x.edu"),
        Person("hw", "X Y", ""),
    ]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada", "ada"),
        ("ADA", "ada"),
        ("12345", "ada"),
        ("hw5_ada_final", "ada"),
        ("hw5-12345", "ada"),
        ("a.lovelace@x.edu", "ada"),
        ("a_lovelace", "ada"),
        ("lovelaceada", "ada"),
        ("Lovelace, Ada", "ada"),
        ("Ada Lovelace homework", "ada"),
        ("adam", None),
        ("Jose Munoz Garcia", "u77"),
        ("josé_muñoz_garcía", "u77"),
        ("jose\u0301 mun\u0303oz garci\u0301a", "u77"),
        ("munozgarciajose", "u77"),
        ("Ann Lee", "u78"),
        ("mary ann lee", "u79"),
        ("hw5 Mary-Ann Lee", "u79"),
        ("Sam Smith", None),
        ("Sam Smith u81", "u81"),
        ("u80 and u81", None),
        ("5", "5"),
        ("hw5", None),
        ("homework 5", None),
        ("oystein strasse", "5"),
        ("hw", "hw"),
        ("hw ada", "ada"),
        ("", None),
        ("___", None),
        ("nobody", None),
    ],
)
def test_whom_a_name_means(text: str, expected: str | None) -> None:
    person = PEOPLE.find(text)
    assert (person and person.id) == expected


def test_two_whom_a_name_may_mean_are_told() -> None:
    assert [person.id for person in PEOPLE.fitting("sam_smith")] == ["u80", "u81"]
    assert PEOPLE.fitting("nobody") == ()


def test_a_number_alone_under_another_name_is_asked_about() -> None:
    match = PEOPLE.whose([Claim(MatchKey.NUMBER, "12345"), Claim(MatchKey.NAME, "Zoe Quux")])
    assert match.person is None
    assert [person.id for person in match.candidates] == ["ada"]


def test_files_of_noise_as_rosters(tmp_path: Path) -> None:
    """A roster or a sentence, nothing else."""
    rng = random.Random(4)
    for _ in range(400):
        text = bytearray(PLAIN.encode())
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(text))
            text[at : at + rng.randrange(3)] = rng.choice(
                (rng.randbytes(2), b'"', b",", b"\n", b"\r", rng.choice(string.printable).encode())
            )
        try:
            roster_of(tmp_path, bytes(text))
        except UserError as error:
            assert error.fix  # noqa: PT017

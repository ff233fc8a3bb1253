"""The class list, as it is exported and as people write it; and whom a file's name means."""

from __future__ import annotations

import random
import string
from pathlib import Path

import msgspec
import pytest

from grader.errors import UserError
from grader.teach.roster import Person, Roster
from grader.teach.roster_file import read_roster

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

"""The class list: a CSV with a header, as Canvas, Moodle, Gradescope or a spreadsheet write it.

Columns are found by their usual names. Canvas exports a gradebook with Student, ID, SIS User ID, SIS
Login ID, Section (https://nemogb-dev.github.io/nemogb-r/articles/detailed-canvas-export-info.html);
Moodle a grading worksheet with Identifier (`Participant 1234567`), Full name, Email address; Gradescope
a roster with First Name, Last Name or Name, Email, SID, Section
(https://guides.gradescope.com/hc/en-us/articles/21926598776333).
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from grader.errors import UserError


class Person(msgspec.Struct, frozen=True):
    """Somebody on the roster."""

    id: str
    name: str = ""
    email: str = ""
    section: str = ""
    extension_hours: float = 0.0
    """How much later than the others they may hand in."""
    other_ids: tuple[str, ...] = ()
    """A login, an LMS's own number: whatever else stands for them in the name of a file."""
    row: dict[str, str] = {}
    """The line of the roster, by column, as an LMS wants it back."""


class Roster:
    """The people of a class, and who of them a file's name means."""

    def __init__(self, people: Iterable[Person], columns: tuple[str, ...] = ()) -> None:
        self.people = tuple(people)
        self.columns = columns
        self._by_id: dict[str, Person] = {}
        # id, then what is as good as one, then a name: each a line of words → who it may be
        self._exact: tuple[dict[str, set[int]], ...] = ({}, {}, {})
        self._runs: dict[tuple[str, ...], set[int]] = {}
        self._longest = 1
        for number, person in enumerate(self.people):
            self._by_id[person.id] = person
            self._learn(number, person)

    def __len__(self) -> int:
        return len(self.people)

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people)

    def __contains__(self, person_id: str) -> bool:
        return person_id in self._by_id

    def get(self, person_id: str) -> Person | None:
        """The one with exactly that id."""
        return self._by_id.get(person_id)

    def find(self, text: str) -> Person | None:
        """Whom a text means: it is, or holds, one person's id, email or name. None where two fit."""
        fitting = self.fitting(text)
        return fitting[0] if len(fitting) == 1 else None

    def fitting(self, text: str) -> tuple[Person, ...]:
        """Everybody a text may mean. Large letters, accents and what stands between do not count."""
        words = _words(text)
        for level in self._exact:
            if numbers := level.get("".join(words)):
                return self._people(numbers)
        found: list[tuple[int, int, set[int]]] = []
        for start in range(len(words)):
            for end in range(start + 1, min(len(words), start + self._longest) + 1):
                if numbers := self._runs.get(words[start:end]):
                    found.append((start, end, numbers))
        # Ann Lee is not meant where Mary Ann Lee stands
        widest = [
            numbers
            for start, end, numbers in found
            if not any(
                s <= start and end <= e and (s, e) != (start, end) and not numbers & n
                for s, e, n in found
            )
        ]
        return self._people(_meet(widest))

    def _people(self, numbers: Iterable[int]) -> tuple[Person, ...]:
        return tuple(self.people[number] for number in sorted(numbers))

    def _learn(self, number: int, person: Person) -> None:
        ids = [person.id, *person.other_ids]
        local = person.email.split("@")[0]
        names = [person.name, *_turned(person.name)]
        for level, texts in zip(
            self._exact, ([person.id], [*ids, person.email, local], names), strict=True
        ):
            for text in texts:
                if key := "".join(_words(text)):
                    level.setdefault(key, set()).add(number)
        for text in [*ids, person.email, local, *names]:
            words = _words(text)
            if sum(map(len, words)) < FEWEST_LETTERS:  # 5 is in hw5.py, too
                continue
            self._runs.setdefault(words, set()).add(number)
            self._runs.setdefault(("".join(words),), set()).add(number)
            self._longest = max(self._longest, len(words))


def read_roster(path: Path) -> Roster:
    """The roster in a CSV file. Raises UserError with the line where something cannot be right."""
    lines = _lines(_text(path), path)
    header_line, header = next(lines, (0, []))
    if not any(header):
        raise UserError(f"{path} is empty.", HEADER)
    columns = _Columns(header, path)
    people: list[Person] = []
    seen: dict[str, int] = {}
    for number, cells in lines:
        if not any(cells) or _is_no_person(cells):
            continue
        if len(cells) > len(header):
            raise UserError(
                f"{path}, line {number} has {len(cells)} values, and the header (line {header_line}) "
                f"{len(header)}.",
                "Put what holds a comma into quotes, or take out what is too much.",
            )
        person = columns.person(cells, number)
        key = "".join(_words(person.id)) or person.id
        if key in seen:
            raise UserError(
                f"{path}, line {number}: {person.id!r} is there already, in line {seen[key]}.",
                "Give each person one line and an id of their own.",
            )
        seen[key] = number
        people.append(person)
    if not people:
        raise UserError(f"{path} has a header and nobody below it.", HEADER)
    return Roster(people, tuple(header))


class _Columns:
    """Which column is which."""

    def __init__(self, header: list[str], path: Path) -> None:
        self._path = path
        self._header = header
        keys = ["".join(_words(title)) for title in header]
        places = {key: keys.index(key) for key in keys if key}
        self.ids = [places[key] for key in IDS if key in places]
        self._email = next((places[key] for key in EMAILS if key in places), None)
        self._names = next(
            (
                [places[key] for key in names]
                for names in NAMES
                if all(key in places for key in names) and places[names[0]] not in self.ids
            ),
            [],
        )
        student = places.get("student")
        if student is not None and not self.ids:
            self.ids = [student]
        elif student is not None and not self._names:
            self._names = [student]
        if not self.ids and self._email is not None:
            self.ids = [self._email]
        if not self.ids:
            raise UserError(
                f"{path} has no column for the id: its header is {', '.join(header)!r}.", HEADER
            )
        self._section = next((places[key] for key in SECTIONS if key in places), None)
        self._extension = next((places[key] for key in EXTENSIONS if key in places), None)

    def person(self, cells: list[str], line: int) -> Person:
        def cell(place: int | None) -> str:
            return cells[place] if place is not None and place < len(cells) else ""

        own = cell(self.ids[0])
        if not own:
            raise UserError(
                f"{self._path}, line {line}: the id ({self._header[self.ids[0]]!r}) is empty.",
                "Fill it in, or take the line out.",
            )
        ids = [cell(place) for place in self.ids[1:]]
        # a worksheet of Moodle's: the number alone is in the names of its files
        ids += [m[1] for text in (own, *ids) if (m := re.fullmatch(r"Participant (\d+)", text))]
        return Person(
            id=own,
            name=_name([cell(place) for place in self._names]),
            email=cell(self._email),
            section=cell(self._section),
            extension_hours=self._hours(cell(self._extension), line),
            other_ids=tuple(dict.fromkeys(text for text in ids if text and text != own)),
            row=dict(zip(self._header, cells, strict=False)),
        )

    def _hours(self, text: str, line: int) -> float:
        try:
            hours = float(text.replace(",", ".") or 0)
        except ValueError:
            hours = math.nan
        if not 0 <= hours < math.inf:
            raise UserError(
                f"{self._path}, line {line}: the extension is {text!r}.",
                "Write it in hours, as a number: 48.",
            )
        return hours


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"The roster {path} cannot be read: {error.strerror}.", "Name a CSV file."
        ) from None
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UserError(f"{path} is a spreadsheet, not a CSV.", SAVE_AS_CSV)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise UserError(f"{path} is not UTF-8 (it looks like UTF-16).", SAVE_AS_CSV)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        raise UserError(
            f"{path}, line {line} is not UTF-8 (byte 0x{byte:02x}).", SAVE_AS_CSV
        ) from None


def _lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each line. Where a cell has line ends in it, of its last."""
    file = io.StringIO(text, newline="")
    begins = 1
    first = text.split("\n", 1)[0].strip()
    if named := re.fullmatch(r"sep=(.)", first):  # for Excel
        file.readline()
        begins = 2
        delimiter = named[1]
    else:
        delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(file, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            yield reader.line_num + begins - 1, [_clean(cell) for cell in cells]
    except csv.Error as error:
        line = reader.line_num + begins - 1
        raise UserError(
            f"{path}, line {line} is not CSV ({error}).",
            "A quotation mark that opens a value must close it; one within is written twice.",
        ) from None


def _is_no_person(cells: list[str]) -> bool:
    """Two lines of a Canvas gradebook: what the points are out of, and a student for trying out."""
    first = cells[0] if cells else ""
    return first in ("Points Possible", "Student, Test")


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", " ".join(cell.split()))


def _name(cells: list[str]) -> str:
    name = " ".join(cell for cell in cells if cell)
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma else name


def first_and_last(person: Person) -> tuple[str, str]:
    """The name in two, as the roster has it, or cut at its last space.

    >>> first_and_last(Person("ada", "Augusta Ada King"))
    ('Augusta Ada', 'King')
    """
    cells = {"".join(_words(title)): cell for title, cell in person.row.items()}
    for columns in NAMES:
        if len(columns) == 2 and all(key in cells for key in columns):
            first, last = (cells[key] for key in columns)
            return first, last
    for cell in cells.values():
        last, comma, first = (part.strip() for part in cell.partition(","))
        if comma and person.name and _name([cell]) == person.name:
            return first, last
    first, _, last = person.name.rpartition(" ")
    return first, last


def _turned(name: str) -> Iterator[str]:
    """Lovelace Ada of Ada Lovelace: as an LMS sorts them."""
    words = name.split()
    for at in range(1, len(words)):
        yield " ".join([*words[at:], *words[:at]])


def _meet(found: list[set[int]]) -> set[int]:
    """Who is meant by everything that was found; all of them where that is nobody."""
    if not found:
        return set()
    return set.intersection(*found) or set.union(*found)


def _words(text: str) -> tuple[str, ...]:
    """Letters and digits in runs, small and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(_WORD.findall(plain))


FEWEST_LETTERS = 3
"""Of an id or a name that is looked for within a longer text."""
DELIMITERS = ",;\t|"
IDS = tuple(
    "id studentid userid sid username login loginid sisloginid sisuserid sisid idnumber identifier "
    "studentnumber matriculationnumber matrikelnummer netid uid user githubusername".split()
)
"""Columns that hold an id, without spaces; the first that is there is the one that counts."""
EMAILS = ("email", "emailaddress", "mail", "emails", "studentemail")
NAMES = (
    ("firstname", "lastname"),
    ("firstname", "surname"),
    ("givenname", "familyname"),
    ("name",),
    ("fullname",),
    ("studentname",),
)
SECTIONS = ("section", "sections", "group", "groups", "class")
EXTENSIONS = ("extension", "extensionhours", "extensionh", "extrahours", "hours")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)
HEADER = "Its first line names the columns: id, name, email, and section and extension if you like."
SAVE_AS_CSV = "Save it as CSV with UTF-8: in Excel, 'CSV UTF-8 (Comma delimited)'."

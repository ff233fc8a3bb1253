"""The class list: a CSV with a header, as Canvas, Moodle, Gradescope or a spreadsheet write it.

Columns are found by their usual names. Canvas exports a gradebook with Student, ID, SIS User ID, SIS
Login ID, Section (https://nemogb-dev.github.io/nemogb-r/articles/detailed-canvas-export-info.html);
Moodle a grading worksheet with Identifier (`Participant 1234567`), Full name, Email address; Gradescope
a roster with First Name, Last Name or Name, Email, SID, Section
(https://guides.gradescope.com/hc/en-us/articles/21926598776333); GitHub Classroom one with identifier,
github_username, github_id, name. Where a platform translates its titles, the columns are found by the
titles of some languages, and by what is in them.
"""

from __future__ import annotations

import csv
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import UserError
from grader.grading.roster import Person, Roster, whole_name, words_of
from grader.grading.texts import decoded
from grader.grading.worksheet import find_worksheet, is_identifier


def read_roster(path: Path) -> Roster:
    """The roster in a CSV file. Raises UserError with the line where something cannot be right."""
    text, remarks = _text(path)
    lines = [line for line in _lines(text, path) if any(line.cells)]
    lines = lines[_titles(lines) :]
    if not lines:
        raise UserError(f"{path} is empty.", HEADER)
    header, rows = lines[0], lines[1:]
    width = max(len(header.cells), 1)
    for row in rows:
        if any(row.cells[width:]):
            raise UserError(
                f"{path}, line {row.number} has {len(row.cells)} values, and the header (line "
                f"{header.number}) {width}.",
                "Put what holds a comma into quotes, or take out what is too much.",
            )
    columns = _Columns(header.cells, [row.cells for row in rows], path)
    people: list[Person] = []
    seen: dict[str, int] = {}
    for row in rows:
        if columns.is_nobody(row.cells):
            continue
        person = columns.person(row.cells, row.number)
        key = "".join(words_of(person.id)) or person.id
        if key in seen:
            raise UserError(
                f"{path}, line {row.number}: {person.id!r} is there already, in line {seen[key]}.",
                "Give each person one line and an id of their own.",
            )
        seen[key] = row.number
        people.append(person)
    if not people:
        raise UserError(f"{path} has a header and nobody below it.", HEADER)
    return Roster(people, tuple(columns.kept), remarks)


class _RosterLine(msgspec.Struct, frozen=True):
    number: int
    """In the file. Where a cell has line ends in it, of its last."""
    cells: list[str]


class _Columns:
    """Which column is which."""

    def __init__(self, header: list[str], rows: list[list[str]], path: Path) -> None:
        self._path = path
        self._header = header
        self._cells = [[row[n] if n < len(row) else "" for row in rows] for n in range(len(header))]
        self._keys = ["".join(words_of(title)) for title in header]
        self._email = self._first(EMAILS)
        if self._email is None:
            self._email = self._only(lambda cells: _are(cells, _EMAIL))
        self._section = self._first(SECTIONS)
        self._extension = self._first(EXTENSIONS)
        self._submissions = self._first(SUBMISSIONS)
        student = self._first(("student",))
        ids = [place for key in IDS if (place := self._first((key,))) is not None]
        self._names = self._named(ids)
        if student is not None and not ids:
            ids = [student]
        elif student is not None and not self._names:
            self._names = [student]
        self.ids = ids or self._guessed()
        if not self.ids:
            raise UserError(
                f"{path} has no column for the id: its header is {', '.join(header)!r}.", HEADER
            )
        self._names = self._names or self._guessed_names()
        sheet = find_worksheet(header, rows)
        is_first = is_identifier(self._cells[self.ids[0]])
        self._identifier = sheet.identifier if sheet else self.ids[0] if is_first else None
        self.kept = [title for n, title in enumerate(header) if title and n != self._submissions]
        titles = {title.casefold() for title in header}
        self._is_canvas = {"id", "section"} <= titles and bool({"student", "lastname"} & titles)

    def _first(self, keys: Sequence[str]) -> int | None:
        return next((self._keys.index(key) for key in keys if key in self._keys), None)

    def _only(self, fits: Callable[[list[str]], bool]) -> int | None:
        """The one column whose cells fit."""
        found = [place for place, cells in enumerate(self._cells) if any(cells) and fits(cells)]
        return found[0] if len(found) == 1 else None

    def _named(self, ids: Sequence[int]) -> list[int]:
        for keys in NAMES:
            places = [self._keys.index(key) for key in keys if key in self._keys]
            if len(places) == len(keys) and places[0] not in ids:
                return places
        first, last = self._first(FIRST_NAMES), self._first(LAST_NAMES)
        if first is not None and last is not None:
            return [first, last]
        full = self._first(FULL_NAMES)
        return [full] if full is not None and full not in ids else []

    def _guessed(self) -> list[int]:
        """The column of an id, by what is in it; the email where there is none."""
        place = self._only(lambda cells: all(cells) and is_identifier(cells))
        if place is None:
            place = self._only(
                lambda cells: (
                    _are(cells, _NUMBERED) and all(cells) and len(set(cells)) == len(cells)
                )
            )
        return [found for found in (place, self._email) if found is not None][:1]

    def _guessed_names(self) -> list[int]:
        """The one column of words with a space in them: first and last name."""
        place = self._only(
            lambda cells: _are(cells, _FULL_NAME) and len(set(cells)) * 2 > len(cells)
        )
        return [] if place is None else [place]

    def is_nobody(self, cells: list[str]) -> bool:
        """Whether a line is none of a person: of a Canvas gradebook's first ones, or its test student's.

        The line with the points may be in a file that a person has cut down, too.
        """
        if cells[0] == "Points Possible":
            return True
        if not self._is_canvas:
            return False
        own = self._cell(cells, self._first(("id",)))
        name = whole_name([self._cell(cells, place) for place in self._names])
        is_line = (
            not own
            and not self._cell(cells, self._email)
            and not any(self._cell(cells, place) for place in self.ids)
        )
        return is_line or {name.casefold()} <= {"test student", "student test"}

    def _cell(self, cells: list[str], place: int | None) -> str:
        return cells[place] if place is not None and place < len(cells) else ""

    def person(self, cells: list[str], line: int) -> Person:
        known = [self._cell(cells, place) for place in self.ids]
        own = known[0]
        if not own:
            raise UserError(
                f"{self._path}, line {line}: the id ({self._header[self.ids[0]]!r}) is empty.",
                "Fill it in, or take the line out.",
            )
        if _SHORTENED.fullmatch(own):
            raise UserError(
                f"{self._path}, line {line}: a spreadsheet has shortened the id to {own}.",
                "Its last digits are lost. Export the list again, and make that column text before you "
                "save it in a spreadsheet.",
            )
        others = known[1:]
        if self._identifier is not None:
            # a worksheet of Moodle's: the number alone is in the names of its files
            theirs = self._cell(cells, self._identifier)
            others += [theirs, theirs[len(theirs.rstrip("0123456789")) :]]
        others += [own.removesuffix(".0")] if _WITH_A_POINT.fullmatch(own) else []
        answer = self._cell(cells, self._submissions)
        return Person(
            id=own,
            name=whole_name([self._cell(cells, place) for place in self._names]),
            email=self._cell(cells, self._email),
            section=self._cell(cells, self._section),
            extension_hours=self._hours(self._cell(cells, self._extension), line),
            other_ids=tuple(dict.fromkeys(text for text in others if text and text != own)),
            row={
                title: self._cell(cells, place)
                for place, title in enumerate(self._header)
                if title and place != self._submissions
            },
            submissions=tuple(part.strip() for part in re.split("[;|]", answer) if part.strip()),
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


def _text(path: Path) -> tuple[str, tuple[str, ...]]:
    """What is in the file, and what is to be said of how it is written."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"The roster {path} cannot be read: {error.strerror}.", "Name a CSV file."
        ) from None
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UserError(f"{path} is a spreadsheet, not a CSV.", SAVE_AS_CSV)
    try:
        text, encoding = decoded(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        raise UserError(
            f"{path}, line {line} is not UTF-8 (byte 0x{byte:02x}).", SAVE_AS_CSV
        ) from None
    if text.lstrip()[:1] == "<":
        raise UserError(f"{path} is a web page or XML, not a CSV.", SAVE_AS_CSV)
    if encoding in _OLD:
        return text, (GUESSED.format(name=path.name, encoding=_OLD[encoding], fix=SAVE_AS_CSV),)
    return text, ()


def _lines(text: str, path: Path) -> Iterator[_RosterLine]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    begins = 0
    if named := re.fullmatch(r"sep=(.)[,;\t]*", lines[0].strip()):  # for Excel
        begins = 1
        delimiter = named[1]
    else:
        delimiter = max(DELIMITERS, key=lambda sign: _widths(lines, sign))
    reader = _reader(lines[begins:], delimiter)
    try:
        for cells in reader:
            yield _RosterLine(reader.line_num + begins, [_clean(cell) for cell in cells])
    except csv.Error as error:
        line = reader.line_num + begins
        raise UserError(
            f"{path}, line {line} is not CSV ({error}).",
            "A quotation mark that opens a value must close it; one within is written twice.",
        ) from None


def _reader(lines: list[str], delimiter: str) -> Any:
    ended = (f"{line}\n" for line in lines)
    return csv.reader(ended, delimiter=delimiter, strict=True, skipinitialspace=True)


def _widths(lines: list[str], delimiter: str) -> list[int]:
    """Into how many values it cuts the first lines; none where it cannot."""
    try:
        return [len(cells) for cells in itertools.islice(_reader(lines, delimiter), 3)]
    except csv.Error:
        return []


def _titles(lines: Sequence[_RosterLine]) -> int:
    """How many lines stand above the header: titles, of one value each."""
    names = [*NAMES[0], *NAMES[1], *FIRST_NAMES, *LAST_NAMES, *FULL_NAMES]
    known = {*IDS, *EMAILS, *names, "name", "student"}
    for number, line in enumerate(lines[:MOST_TITLES]):
        filled = [cell for cell in line.cells if cell]
        if len(filled) > 1:
            return number if known & {"".join(words_of(cell)) for cell in filled} else 0
    return 0


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", " ".join(cell.split()))


def _are(cells: Sequence[str], pattern: re.Pattern[str]) -> bool:
    return all(pattern.fullmatch(cell) for cell in cells if cell)


DELIMITERS = ",;\t|"
MOST_TITLES = 10
IDS = tuple(
    """
    id studentid userid sid username login loginid sisloginid sisuserid sisid idnumber identifier
    rosteridentifier studentnumber matriculationnumber matrikelnummer netid uid user githubusername
    githubid orgdefinedid universityid registrationnumber rollnumber
    idnummer anmeldename benutzername numerodidentification nomdutilisateur numerodeid
    numerodeidentificacion nombredeusuario codiceidentificativo utente nomedeutilizador
    numerodeidentificacao gebruikersnaam studentennummer studienummer numeridentyfikacyjny
    nazwauzytkownika numerindeksu identifikacnicislo opiskelijanumero ogrencino
    идентификационныйномер логин 学号 学生编号 编号 用户名 學號 学籍番号 idナンバー ユーザ名 학번 id번호
    """.split()
)
"""Columns that hold an id, without spaces; the first that is there is the one that counts."""
EMAILS = tuple(
    """
    email emailaddress mail emails studentemail emailadresse mailadresse adressedecourriel courriel
    direccionemail direcciondecorreo correoelectronico correo indirizzoemail enderecodeemail
    emailadres adresemail адресэлектроннойпочты почта 电子邮件地址 电子邮箱 邮箱 電子郵件
    メールアドレス 이메일주소 이메일
    """.split()
)
FIRST_NAMES = tuple(
    """
    firstname givenname forename vorname prenom nombre nome voornaam imie jmeno etunimi adi имя 名 이름
    """.split()
)
LAST_NAMES = tuple(
    """
    lastname surname familyname nachname familienname nom nomdefamille apellidos apellido cognome
    apelido sobrenome achternaam nazwisko prijmeni sukunimi soyadi фамилия 姓 성
    """.split()
)
FULL_NAMES = tuple(
    """
    vollstandigername nomcomplet nombrecompleto nomecompleto nomecognome volledigenaam imieinazwisko
    celejmeno kokonimi полноеимя фио 全名 姓名 氏名 성명 성이름
    """.split()
)
NAMES = (
    ("firstname", "lastname"),
    ("firstname", "surname"),
    ("givenname", "familyname"),
    ("name",),
    ("fullname",),
    ("studentname",),
)
SECTIONS = (
    "section",
    "sections",
    "group",
    "groups",
    "class",
    "gruppe",
    "gruppen",
    "groupe",
    "grupo",
)
EXTENSIONS = ("extension", "extensionhours", "extensionh", "extrahours", "hours")
SUBMISSIONS = ("submission", "submissions")
"""Where the instructor answers which file or folder is whose."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBERED = re.compile(r"[A-Za-z]{0,3}[-.]?\d{2,}[A-Za-z]?")
_FULL_NAME = re.compile(r"[^\W\d]+(?:[ .,'’-]+[^\W\d]+)+\.?")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d{1,3}")
_WITH_A_POINT = re.compile(r"\d+\.0")
_OLD = {"cp1252": "Windows (cp1252)", "mac_roman": "the old Macintosh"}
HEADER = "Its first line names the columns: id, name, email, and section and extension if you like."
SAVE_AS_CSV = "Save it as CSV with UTF-8: in Excel, 'CSV UTF-8 (Comma delimited)'."
GUESSED = "{name} is not UTF-8, and read as {encoding} writes. If a name looks odd: {fix}"

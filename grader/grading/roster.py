"""The people of a class, and who of them a file, a folder or a platform's words mean."""

from __future__ import annotations

import enum
import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec


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
    submissions: tuple[str, ...] = ()
    """Names of files and folders that the instructor says are theirs."""


class MatchKey(enum.IntEnum):
    """By what a learner may be known, the strongest first."""

    ANSWER = 0
    """The name of a file or folder: the instructor has written down whose it is."""
    ID = 1
    ACCOUNT = 2
    """A login: an id, or what stands before the @ of an email."""
    NUMBER = 3
    """A platform's own number. Another list may have it by chance: a name must not contradict it."""
    EMAIL = 4
    NAME = 5
    """A whole name, first or last name first."""
    TEXT = 6
    """The name that somebody gave to a file: any of these, or a longer text with one in it."""


class Claim(msgspec.Struct, frozen=True):
    """What says whose something is."""

    key: MatchKey
    text: str


class Match(msgspec.Struct, frozen=True):
    """Whose something is."""

    person: Person | None = None
    """None if it is nobody's, or that cannot be told."""
    candidates: tuple[Person, ...] = ()
    """Whom it may be of, where that cannot be told."""
    by: MatchKey = MatchKey.TEXT
    """The strongest key that says so."""
    is_near: bool = False
    """Whether it would be theirs, had a spreadsheet not taken the zeros ahead of an id away."""


class Roster:
    """The people of a class, and who of them a file's name means."""

    def __init__(
        self, people: Iterable[Person], columns: tuple[str, ...] = (), remarks: tuple[str, ...] = ()
    ) -> None:
        self.people = tuple(people)
        self.columns = columns
        self.remarks = (*remarks, *_shared(self.people))
        self._by_id = {person.id: person for person in self.people}
        self._keys: dict[MatchKey, dict[str, set[int]]] = {key: {} for key in MatchKey}
        """By a key, as it is compared: whom it may mean."""
        self._literal: dict[str, set[int]] = {}
        """An id or an email, letter by letter."""
        self._numbers: dict[str, set[int]] = {}
        """An id of digits without its zeros ahead."""
        self._runs: dict[tuple[str, ...], set[int]] = {}
        """What may stand in a longer text, in words."""
        self._words: dict[str, set[int]] = {}
        """A word of a name."""
        self._own: list[tuple[str, ...]] = []
        """The words of each name."""
        self._longest = 1
        for number, person in enumerate(self.people):
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
        """Whom a text means: it is, or holds, one person's id, email or name. None if two fit."""
        return self.whose([Claim(MatchKey.TEXT, text)]).person

    def fitting(self, text: str) -> tuple[Person, ...]:
        """Everybody whom a text may mean."""
        return self._people(self._fits(Claim(MatchKey.TEXT, text)))

    def whose(self, claims: Sequence[Claim], usual: Collection[str] = ()) -> Match:
        """Whose something is, by the strongest key that says something.

        Weaker keys decide between those whom a stronger one leaves. If they contradict it, or two are
        left, it is nobody's, and the match says whom it may be of. So it is if only a name in a longer
        text says it, and a word of that text may be another name: Mary Ann Lee is not Ann Lee. If a text
        has a part of somebody's name, it may be of them: Ann Lee may be Ann Marie Lee.
        `usual` are words that are in no name, as the stems of a lecture's files.
        """
        answered: set[int] = set().union(
            *(self._fits(c) for c in claims if c.key is MatchKey.ANSWER)
        )
        if answered:
            return _match(self._people(answered), MatchKey.ANSWER)
        left: set[int] = set()
        by = MatchKey.TEXT
        for claim in sorted(claims, key=lambda claim: claim.key):
            fits = self._fits(claim)
            if left and fits and not left & fits:
                return Match(candidates=self._people(left | fits))
            if fits and not left:
                by = claim.key
            left = left & fits if left and fits else left or fits
        if not left:
            if near := self._people(self._nearly(claims)):
                return Match(candidates=near, is_near=True)
            return Match(candidates=self._people(self._partly(claims, usual)))
        match = _match(self._people(left), by)
        if match.person and (
            _contradicted(match.person, claims)
            or (by is MatchKey.TEXT and self._may_be_longer(min(left), claims, usual))
        ):
            return Match(candidates=(match.person,))
        return match

    def _may_be_longer(self, number: int, claims: Sequence[Claim], usual: Collection[str]) -> bool:
        """True if a person's name is all that a text has of them, and another word may be a name."""
        words = words_of(next(claim.text for claim in claims if claim.key is MatchKey.TEXT))
        person = self.people[number]
        account = person.email.partition("@")[0]
        sure = {words_of(key) for key in (person.id, *person.other_ids, person.email, account)}
        whole = {"".join(key) for key in sure}
        if "".join(words) in {"".join(words_of(n)) for n in (person.name, *_turned(person.name))}:
            return False
        named: set[int] = set()
        for start, end in itertools.combinations(range(len(words) + 1), 2):
            run = words[start:end]
            if run in sure or "".join(run) in whole:
                return False
            if number in self._runs.get(run, ()):
                named |= {*range(start, end)}
        if any(at not in named and _is_initial(words, at, named) for at in range(len(words))):
            return True
        rest = [word for at, word in _may_be_names(words, usual) if at not in named]
        return any(len(w) > 1 or _IDEOGRAPH.search(w) for w in {*rest} - {*words_of(person.name)})

    def _partly(self, claims: Sequence[Claim], usual: Collection[str]) -> set[int]:
        """Everybody whose name has all the words of a text that may be names, or is among these words.

        An initial is as good as the word that it stands for.
        """
        texts = [claim.text for claim in claims if claim.key in (MatchKey.NAME, MatchKey.TEXT)]
        return set().union(*(self._partly_named(text, usual) for text in texts))

    def _partly_named(self, text: str, usual: Collection[str]) -> set[int]:
        words = [word for _, word in _may_be_names(words_of(_HUMP.sub(" ", text)), usual)]
        names = self._keys[MatchKey.NAME]
        joined = "".join(words)
        found = {*names.get(joined, ())}
        for at in range(1, len(joined)):  # maryannlee
            for part in (joined[:at], joined[at:]):
                if len(part) >= FEWEST_OF_A_PART and not _IDEOGRAPH.search(part):
                    found |= names.get(part, set())
        for number in set().union(*(self._words.get(word, set()) for word in words)):
            own = self._own[number]
            if _are_among(words, own) or (len(own) > 1 and _are_among(own, words)):
                found.add(number)
        return found

    def _fits(self, claim: Claim) -> set[int]:
        if claim.key is MatchKey.TEXT:
            return self._fits_text(claim.text)
        known = self._keys[claim.key]
        return known.get(_literal(claim.text)) or known.get("".join(words_of(claim.text))) or set()

    def _fits_text(self, text: str) -> set[int]:
        if literal := self._literal.get(_literal(text)):
            return literal
        words = words_of(text)
        squashed = "".join(words)
        keys = (MatchKey.ID, MatchKey.ACCOUNT, MatchKey.EMAIL, MatchKey.NAME)
        if whole := set().union(*(self._keys[key].get(squashed, set()) for key in keys)):
            return whole
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
        return _meet(widest)

    def _nearly(self, claims: Sequence[Claim]) -> set[int]:
        """Whose id it would be, had a spreadsheet not taken the zeros ahead of it away."""
        words = [word for claim in claims for word in words_of(claim.text)]
        digits = [w for w in words if w.isdecimal() and len(w) >= FEWEST_LETTERS]
        return set().union(*(self._numbers.get(w.lstrip("0"), set()) for w in digits))

    def _people(self, numbers: Iterable[int]) -> tuple[Person, ...]:
        return tuple(self.people[number] for number in sorted(numbers))

    def _learn(self, number: int, person: Person) -> None:
        ids = [person.id, *person.other_ids]
        account = person.email.partition("@")[0]
        names = [person.name, *_turned(person.name)]
        known = {
            MatchKey.ANSWER: person.submissions,
            MatchKey.ID: ids,
            MatchKey.ACCOUNT: [*ids, account],
            MatchKey.NUMBER: ids,
            MatchKey.EMAIL: [person.email],
            MatchKey.NAME: names,
        }
        for key, texts in known.items():
            for text in texts:
                squashed = () if key is MatchKey.ANSWER else ("".join(words_of(text)),)
                for as_compared in {_literal(text), *squashed} - {""}:
                    self._keys[key].setdefault(as_compared, set()).add(number)
        for text in filter(None, [*ids, person.email]):
            self._literal.setdefault(_literal(text), set()).add(number)
        for text in ids:
            if text.isdecimal():
                self._numbers.setdefault(text.lstrip("0"), set()).add(number)
        self._own.append(words_of(person.name))
        for word in self._own[number]:
            if _weight(word) > 1:
                self._words.setdefault(word, set()).add(number)
        for text in [*ids, person.email, account, *names]:
            self._learn_run(number, words_of(text))

    def _learn_run(self, number: int, words: tuple[str, ...]) -> None:
        if sum(map(_weight, words)) < FEWEST_LETTERS:  # 5 is in hw5.py, too
            return
        runs = {words, ("".join(words),)}
        if len(words) == 1 and _IDEOGRAPHS.fullmatch(words[0]):
            # 李明 may be written 李 明, and a surname may have two signs
            runs |= {(words[0][:at], words[0][at:]) for at in (1, 2) if at < len(words[0])}
        for run in runs:
            self._runs.setdefault(run, set()).add(number)
            self._longest = max(self._longest, len(run))


def words_of(text: str) -> tuple[str, ...]:
    """Letters and digits in runs, small and without accents; 李明 and hw5 of 李明hw5."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return tuple(_WORD.findall(unicodedata.normalize("NFC", plain)))


def whole_name(cells: Sequence[str]) -> str:
    """A name from its parts, the first name first.

    >>> whole_name(["Lovelace, Ada"])
    'Ada Lovelace'
    """
    name = " ".join(cell for cell in cells if cell)
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma else name


def first_and_last(person: Person) -> tuple[str, str]:
    """The name in two, as the roster has it, or cut at its last space.

    >>> first_and_last(Person("ada", "Augusta Ada King"))
    ('Augusta Ada', 'King')
    """
    cells = [cell for cell in person.row.values() if cell]
    for first, last in itertools.permutations(cells, 2):
        if person.name == f"{first} {last}":
            return first, last
    for cell in cells:
        last, comma, first = (part.strip() for part in cell.partition(","))
        if comma and person.name and whole_name([cell]) == person.name:
            return first, last
    first, _, last = person.name.rpartition(" ")
    return first, last


def _match(people: tuple[Person, ...], by: MatchKey) -> Match:
    return Match(people[0], by=by) if len(people) == 1 else Match(candidates=people, by=by)


def _literal(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()


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


def _weight(word: str) -> int:
    """How many letters it is worth: a sign of Chinese, Japanese or Korean says as much as two."""
    return len(word) + len(_IDEOGRAPH.findall(word))


def _may_be_names(words: Sequence[str], usual: Collection[str]) -> Iterator[tuple[int, str]]:
    """The words that may be a part of a name, each with its place; what surrounds a name is none."""
    for at, word in enumerate(words):
        around = {*words[max(0, at - 1) : at], *words[at + 1 : at + 2]}
        is_date = word in MONTHS and any(other.isdecimal() for other in around)
        is_of_a_copy = word in ("von", "de") and bool(around & {"kopie", "copie", "copia"})
        word = _USUAL_SIGNS.sub("", word)
        if word.isalpha() and not (is_date or is_of_a_copy or word in USUAL_WORDS or word in usual):
            yield at, word


def _is_initial(words: Sequence[str], at: int, named: Collection[int]) -> bool:
    """True if a letter stands beside a name and may belong to it: J Ann Lee, and not Ann Lee's."""
    is_genitive = words[at] == "s" and at - 1 in named
    is_letter = len(words[at]) == 1 and words[at].isalpha() and not _IDEOGRAPH.search(words[at])
    return is_letter and not is_genitive and bool({at - 1, at + 1} & {*named})


def _are_among(some: Sequence[str], words: Sequence[str]) -> bool:
    """True if each of some words is one of the others, or its initial."""
    return all(any(_is_same(one, other) for other in words) for one in some)


def _is_same(one: str, other: str) -> bool:
    if 1 in (len(one), len(other)) and not _IDEOGRAPH.search(one + other):
        return one[0] == other[0]
    return one == other


def _contradicted(person: Person, claims: Sequence[Claim]) -> bool:
    """Whether all that is known is a platform's number, and the name beside it is quite another."""
    said = {claim.key: claim.text for claim in claims if claim.text}
    if MatchKey.NUMBER not in said or {MatchKey.ID, MatchKey.ACCOUNT, MatchKey.EMAIL} & said.keys():
        return False
    theirs, own = "".join(words_of(said.get(MatchKey.NAME, ""))), words_of(person.name)
    if not theirs or not own or bool(_IDEOGRAPH.search(theirs)) != bool(_IDEOGRAPH.search(own[0])):
        return False  # nothing to compare: no name, or one in two scripts
    return not any(word in theirs for word in own if len(word) > 1)


def _shared(people: Sequence[Person]) -> Iterator[str]:
    """What of the roster is the same for several people, and makes it hard to know who is who."""
    emails: dict[str, list[str]] = {}
    for person in people:
        emails.setdefault(_literal(person.email), []).append(person.id)
    for email, ids in emails.items():
        if email and len(ids) > 1:
            yield SAME_EMAIL.format(email=email, ids=", ".join(ids[:4]))


USUAL_WORDS = frozenset(
    "hw ps homework assignment assignments final finished version copy submission submissions submitted "
    "late draft due lecture lectures exercise exercises ex lab labs week task problem solution solutions "
    "answer answers notebook code python colab script main untitled my the of by from for and new newest "
    "old last latest part zth course class project work file files attempt resubmission corrected fixed "
    "update updated done complete completed handin upload download set am pm "
    "kopie copie copia py ipynb zip tar gz".split()
)
"""Words that stand beside a name in a file's name and are no part of it."""
MONTHS = frozenset(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
"""They are a part of a date beside a number; May Lee and June Park are people."""
FEWEST_OF_A_PART = 6
"""Letters of a whole name that is looked for at the ends of one long word."""
FEWEST_LETTERS = 3
"""Of an id or a name that is looked for within a longer text."""
_SIGNS = r"\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af"
_IDEOGRAPH = re.compile(f"[{_SIGNS}]")
_IDEOGRAPHS = re.compile(f"[{_SIGNS}]+")
_USUAL_SIGNS = re.compile(
    "第|次|号|作业|作業|副本|最终|最終|提交|课程|练习|实验|修改|完成|課題|宿題|提出|回|レポート|과제|숙제|제출|최종"
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Between Mary and Ann in MaryAnn."""
_WORD = re.compile(rf"[{_SIGNS}]+|[^\W_{_SIGNS}]+")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)
SAME_EMAIL = "The roster has one email, {email}, for several people: {ids}. It decides nothing."

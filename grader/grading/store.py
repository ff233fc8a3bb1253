"""The gradebook of `zth grade`: who handed in what, every mark, every score given by hand. SQLite.

A submission's marks are written in one transaction as soon as they are there, so a run that is killed
has lost at most the submissions that were being judged, and goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from grader.errors import UserError
from grader.grading.roster import Person
from grader.results import ExerciseResult, LectureResult, Outcome
from grader.source.source_map import Origin

VERSION = 5
PATIENCE_SECONDS = 60.0


class GradingRun(msgspec.Struct, frozen=True):
    """One `zth grade`: what every mark of it was made with."""

    id: int
    started: float
    """Seconds since 1970, UTC."""
    finished: float | None
    seed: int
    isolation: str
    zth: str
    course: str
    """The digest of the course."""


class ExerciseGrade(msgspec.Struct, frozen=True):
    """What became of one exercise of one learner, and whether that may change."""

    who: str
    lecture: str
    exercise: str
    fingerprint: str
    """Of the submission that was judged."""
    digest: str
    """Of what it was judged with."""
    run: int
    result: ExerciseResult


class SubmissionRecord(msgspec.Struct, frozen=True):
    """What a learner handed in for a lecture."""

    who: str
    lecture: str
    path: str
    at: float | None
    """When, seconds since 1970, UTC, where that is known."""
    fingerprint: str
    seen: str
    """How it looked on the disk: where it looks the same it is not read again."""
    remarks: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    """What was handed in before, and does not count."""
    on_roster: bool = True
    recorded: bool = False
    """Whether the platform wrote `at` down; otherwise it is only the file's own time."""
    origins: dict[str, Origin] = {}
    """What of it stands for each of the lecture's files."""
    shape: bytes = b""
    """Its fingerprints, which find what is nearly the same. `Store.shapes` reads them, not `hand_ins`."""
    ungraded: str = ""
    """Why the last try to judge it came to no result, in a sentence; the next run tries again."""
    troubles: dict[str, str] = {}
    """The lecture's files that are there and cannot be run, each with the reason in a sentence."""
    is_read: bool = True
    """Whether there was anything in it that could be read as Python."""

    @property
    def is_question(self) -> bool:
        """Whether it is only asked whether something is theirs."""
        return not self.path and bool(self.ungraded)


class Score(msgspec.Struct, frozen=True):
    """What a person decided, in place of or beside the judge."""

    who: str
    lecture: str
    exercise: str
    points: float | None
    """None leaves the judge's."""
    comment: str
    at: float


class Store:
    """A gradebook file. A context manager."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock

    def __enter__(self) -> Self:
        import sqlite3

        with self._explained():
            self._database = sqlite3.connect(
                self.path, timeout=PATIENCE_SECONDS, isolation_level=None
            )
            self._database.execute("PRAGMA synchronous = FULL")
            with self._transaction():
                (version,) = self._database.execute("PRAGMA user_version").fetchone()
                if version > VERSION:
                    raise UserError(f"{self.path} was written by a newer zth.", "Update zth.")
                if version == 0:
                    if self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                        raise UserError(f"{self.path} is another program's database.", NAME_ONE)
                    for statement in _SCHEMA:
                        self._database.execute(statement)
                for statement in _FROM.get(version, ()):
                    self._database.execute(statement)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    # runs

    def begin(self, seed: int, isolation: str, zth: str, course: str) -> GradingRun:
        """A new run; or, where the last one was not finished and is alike, that one again."""
        with self._transaction():
            row = self._database.execute(f"{_RUNS} ORDER BY id DESC LIMIT 1").fetchone()
            if row is not None:
                last = GradingRun(*row)
                alike = (last.isolation, last.zth, last.course) == (isolation, zth, course)
                if last.finished is None and alike:
                    return last
            cursor = self._database.execute(
                "INSERT INTO run (started, finished, seed, isolation, zth, course)"
                " VALUES (?, NULL, ?, ?, ?, ?)",
                (self._clock(), seed, isolation, zth, course),
            )
            assert cursor.lastrowid is not None
            return GradingRun(cursor.lastrowid, self._clock(), None, seed, isolation, zth, course)

    def finish(self, run: GradingRun) -> None:
        with self._transaction():
            self._database.execute(
                "UPDATE run SET finished = ? WHERE id = ?", (self._clock(), run.id)
            )

    def runs(self) -> list[GradingRun]:
        return [GradingRun(*row) for row in self._rows(f"{_RUNS} ORDER BY id")]

    # what judges

    def prove(self, digests: Iterable[str]) -> None:
        """The course's own solution passes what has these digests."""
        with self._transaction():
            self._database.executemany(
                "INSERT OR IGNORE INTO proved (digest) VALUES (?)", [(d,) for d in digests]
            )

    def proved(self) -> frozenset[str]:
        """The digests of what the course's own solution is known to pass."""
        return frozenset(digest for (digest,) in self._rows("SELECT digest FROM proved"))

    # people and what they handed in

    def keep_people(self, people: Iterable[Person]) -> None:
        """The roster, in place of the one before."""
        with self._transaction():
            self._database.execute("DELETE FROM person")
            self._database.executemany(
                "INSERT OR REPLACE INTO person (who, record) VALUES (?, ?)",
                [(person.id, msgspec.json.encode(person)) for person in people],
            )

    def people(self) -> list[Person]:
        """The class, in the roster's order."""
        rows = self._rows("SELECT record FROM person ORDER BY rowid")
        return [msgspec.json.decode(record, type=Person) for (record,) in rows]

    def hand_ins(self) -> dict[tuple[str, str], SubmissionRecord]:
        rows = self._rows(
            "SELECT who, lecture, path, at, fingerprint, seen, remarks, older, on_roster, recorded,"
            " origins, ungraded, troubles, is_read FROM hand_in"
        )
        found: dict[tuple[str, str], SubmissionRecord] = {}
        for who, lecture, path, at, fingerprint, seen, *rest in rows:
            remarks, older, on_roster, recorded, origins, ungraded, troubles, is_read = rest
            found[who, lecture] = SubmissionRecord(
                *(who, lecture, path, at, fingerprint, seen),
                msgspec.json.decode(remarks, type=tuple[str, ...]),
                msgspec.json.decode(older, type=tuple[str, ...]),
                bool(on_roster),
                bool(recorded),
                msgspec.json.decode(origins, type=dict[str, Origin]),
                ungraded=ungraded,
                troubles=msgspec.json.decode(troubles, type=dict[str, str]),
                is_read=bool(is_read),
            )
        return found

    def shapes(self, lecture: str) -> dict[str, bytes]:
        """The fingerprints of what each learner handed in; nothing of what an older zth graded."""
        rows = self._rows(
            "SELECT who, shape FROM hand_in WHERE lecture = ? AND shape != x'' ORDER BY who",
            (lecture,),
        )
        return dict(rows)

    def expect(self, hand_ins: Iterable[SubmissionRecord]) -> None:
        """Write down what was handed in before it is judged, so that nobody is taken for absent."""
        with self._transaction():
            for hand_in in hand_ins:
                self._keep(hand_in)

    def withdraw(self, who: str, lecture: str) -> None:
        """Forget that something is theirs, and its marks. What a person decided stays."""
        with self._transaction():
            for table in ("mark", "hand_in"):
                self._database.execute(
                    f"DELETE FROM {table} WHERE who = ? AND lecture = ?", (who, lecture)
                )

    def place(self, hand_ins: Iterable[SubmissionRecord]) -> None:
        """Write down what the roster says of hand-ins that are there: their remarks and `on_roster`."""
        with self._transaction():
            self._database.executemany(
                "UPDATE hand_in SET remarks = ?, on_roster = ? WHERE who = ? AND lecture = ?",
                [
                    (msgspec.json.encode(h.remarks).decode(), h.on_roster, h.who, h.lecture)
                    for h in hand_ins
                ],
            )

    def _keep(self, hand_in: SubmissionRecord) -> None:
        row = {
            **{"who": hand_in.who, "lecture": hand_in.lecture, "path": hand_in.path},
            **{"at": hand_in.at, "fingerprint": hand_in.fingerprint, "seen": hand_in.seen},
            "remarks": msgspec.json.encode(hand_in.remarks).decode(),
            "older": msgspec.json.encode(hand_in.older).decode(),
            **{"on_roster": hand_in.on_roster, "recorded": hand_in.recorded},
            "origins": msgspec.json.encode(hand_in.origins).decode(),
            **{"shape": hand_in.shape, "ungraded": hand_in.ungraded},
            "troubles": msgspec.json.encode(hand_in.troubles).decode(),
            "is_read": hand_in.is_read,
        }
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        self._database.execute(
            f"INSERT OR REPLACE INTO hand_in ({names}) VALUES ({marks})", tuple(row.values())
        )

    # marks

    def record(
        self,
        hand_in: SubmissionRecord,
        result: LectureResult,
        digests: Mapping[str, str],
        run: GradingRun,
    ) -> None:
        """A submission's marks, all or none."""
        with self._transaction():
            self._keep(hand_in)
            self._database.executemany(
                "INSERT OR REPLACE INTO mark"
                " (who, lecture, exercise, fingerprint, digest, run, outcome, result)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(hand_in.who, hand_in.lecture, e.id, hand_in.fingerprint),
                        *(digests[e.id], run.id, e.outcome.value, msgspec.json.encode(e)),
                    )
                    for e in result.exercises
                ],
            )

    def known(self) -> dict[tuple[str, str, str], tuple[str, str]]:
        """The fingerprint and the digest of every mark, by learner, lecture and exercise."""
        rows = self._rows("SELECT who, lecture, exercise, fingerprint, digest FROM mark")
        return {(w, le, e): (fingerprint, digest) for w, le, e, fingerprint, digest in rows}

    def outcomes(self) -> list[tuple[str, str, str, Outcome]]:
        """Learner, lecture, exercise and outcome of every mark, without what lies behind it."""
        rows = self._rows("SELECT who, lecture, exercise, outcome FROM mark")
        return [
            (who, lecture, exercise, Outcome(outcome)) for who, lecture, exercise, outcome in rows
        ]

    def marks(self, who: str | None = None, lecture: str | None = None) -> Iterator[ExerciseGrade]:
        """Every mark, or those of a learner or a lecture."""
        wanted = {"who": who, "lecture": lecture}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given)
        query = (
            "SELECT who, lecture, exercise, fingerprint, digest, run, result FROM mark"
            + (f" WHERE {where}" if where else "")
            + " ORDER BY who, lecture, rowid"
        )
        with self._explained():
            # one after another: those of a large class are more than fits in memory
            for *own, result in self._database.execute(query, tuple(given.values())):
                who_, lecture_, exercise, fingerprint, digest, run = own
                judged = msgspec.json.decode(result, type=ExerciseResult)
                yield ExerciseGrade(who_, lecture_, exercise, fingerprint, digest, run, judged)

    # by hand

    def score(
        self, who: str, lecture: str, exercise: str, points: float | None, comment: str
    ) -> None:
        """What a person decided; it stays whatever is judged later."""
        with self._transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO score (who, lecture, exercise, points, comment, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (who, lecture, exercise, points, comment, self._clock()),
            )

    def unscore(self, who: str, lecture: str, exercise: str) -> bool:
        """Take a person's decision back. Whether there was one."""
        with self._transaction():
            cursor = self._database.execute(
                "DELETE FROM score WHERE who = ? AND lecture = ? AND exercise = ?",
                (who, lecture, exercise),
            )
            return cursor.rowcount > 0

    def scores(self) -> dict[tuple[str, str, str], Score]:
        rows = self._rows("SELECT who, lecture, exercise, points, comment, at FROM score")
        return {(row[0], row[1], row[2]): Score(*row) for row in rows}

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._explained():
            return self._database.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, and no other process between."""
        with self._explained():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except sqlite3.OperationalError as error:
            fix = next((fix for word, fix in FIXES.items() if word in str(error)), WRITABLE)
            raise UserError(f"{self.path}: {error}.", fix) from None
        except sqlite3.DatabaseError as error:
            raise UserError(f"{self.path}: {error}.", NAME_ONE) from None


_PROVED = "CREATE TABLE proved (digest TEXT PRIMARY KEY)"
_RUNS = "SELECT id, started, finished, seed, isolation, zth, course FROM run"
_SCHEMA = (
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        started REAL NOT NULL,
        finished REAL,
        seed INTEGER NOT NULL,
        isolation TEXT NOT NULL,
        zth TEXT NOT NULL,
        course TEXT NOT NULL
    )
    """,
    "CREATE TABLE person (who TEXT PRIMARY KEY, record BLOB NOT NULL)",
    """
    CREATE TABLE hand_in (
        who TEXT NOT NULL,
        lecture TEXT NOT NULL,
        path TEXT NOT NULL,
        at REAL,
        fingerprint TEXT NOT NULL,
        seen TEXT NOT NULL,
        remarks TEXT NOT NULL,
        older TEXT NOT NULL,
        on_roster INTEGER NOT NULL,
        recorded INTEGER NOT NULL,
        origins TEXT NOT NULL DEFAULT '{}',
        shape BLOB NOT NULL DEFAULT x'',
        ungraded TEXT NOT NULL DEFAULT '',
        troubles TEXT NOT NULL DEFAULT '{}',
        is_read INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY (who, lecture)
    )
    """,
    """
    CREATE TABLE mark (
        who TEXT NOT NULL,
        lecture TEXT NOT NULL,
        exercise TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        digest TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES run (id),
        outcome TEXT NOT NULL,
        result BLOB NOT NULL,
        PRIMARY KEY (who, lecture, exercise)
    )
    """,
    """
    CREATE TABLE score (
        who TEXT NOT NULL,
        lecture TEXT NOT NULL,
        exercise TEXT NOT NULL,
        points REAL,
        comment TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (who, lecture, exercise)
    )
    """,
    _PROVED,
    f"PRAGMA user_version = {VERSION}",
)
_TO_2 = (
    "ALTER TABLE hand_in ADD COLUMN places TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE hand_in ADD COLUMN shape BLOB NOT NULL DEFAULT x''",
)
_TO_3 = (
    "ALTER TABLE hand_in ADD COLUMN ungraded TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE hand_in ADD COLUMN troubles TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE hand_in ADD COLUMN is_read INTEGER NOT NULL DEFAULT 1",
    _PROVED,
    "UPDATE hand_in SET seen = ''",  # read once more: what is new here is not known of it
    # what no judge survived was a 0 of the learner's
    "DELETE FROM mark WHERE outcome = 'ERROR'"
    """ AND instr(CAST(result AS TEXT), '"checks":[{"name":"judge",')""",
)
_TO_4 = (
    "ALTER TABLE hand_in RENAME COLUMN places TO origins",
    "DELETE FROM mark",  # results have another form now; the next run grades everything again
)
_TO_5 = (
    "DELETE FROM mark",  # as before: a note has a place
    f"PRAGMA user_version = {VERSION}",
)
_FROM = {
    1: (*_TO_2, *_TO_3, *_TO_4, *_TO_5),
    2: (*_TO_3, *_TO_4, *_TO_5),
    3: (*_TO_4, *_TO_5),
    4: _TO_5,
}
"""What makes a gradebook of an older version one of this."""

NAME_ONE = "Name a gradebook of zth, or a file that is not there yet, with --store FILE."
WRITABLE = "Make the file and its folder writable for you. All that was recorded is there."
FIXES = {
    "full": "Free some disk space and run the command again: what was graded is kept, and it goes on.",
    "locked": "Another zth is writing to it. Wait for it to end.",
    "unable to open": "Name a file in a folder that you may write to, with --store FILE.",
}

"""What a learner has done: every attempt, hint and reset, in `.zth/progress.sqlite`.

The only store of progress. A run is written in one transaction with a rollback journal and a full
sync, so that a kill or a power cut leaves all of it or none, and two processes take turns.
"""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from grader.errors import UserError
from grader.judge.results import ExerciseResult, LectureResult, Outcome

if TYPE_CHECKING:
    import sqlite3

    from grader.learn.workspace import Workspace

VERSION = 1
PATIENCE_SECONDS = 10.0
"""How long a process waits for another that is writing."""
IDLE_SECONDS = 15 * 60
"""A longer pause than this is not time spent on an exercise."""


class Deed(enum.StrEnum):
    """What a learner did besides trying."""

    HINT = "hint"
    SPOIL = "spoil"
    """Looked at the worked solution before passing."""
    OPEN = "open"
    RESET = "reset"
    RESTORE = "restore"
    """Brought back what a reset had taken."""
    WATCH = "watch"
    """Began to watch it."""


class Attempt(msgspec.Struct, frozen=True):
    """An exercise that was judged, once; a pass that only follows a pass is none."""

    at: float
    """Seconds since 1970, UTC."""
    lecture: str
    exercise: str
    outcome: Outcome
    misconception: str
    """Its name, or empty."""
    route: str
    """The command that judged it."""
    seconds: float
    """Of work since what was recorded before, as far as it can be told; 0 after a long pause."""


class Standing(msgspec.Struct, frozen=True):
    """Where a learner stands with an exercise that was begun."""

    outcome: Outcome
    """Of the latest attempt; TODO where it was reset since."""
    passed: bool
    """Whether any attempt passed, by any route."""
    done: bool
    """Whether one did since it was last reset: what was right once counts, whatever came after."""
    attempts: int
    at: float
    """When the latest was, seconds since 1970."""


class NotRecorded(UserError):
    """What was done could not be written down. The work itself went well."""


class Progress:
    """The progress of a workspace. The file is made at the first record, not by reading."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.time) -> None:
        self.path = workspace.own / "progress.sqlite"
        self._clock = clock

    def record(self, verdicts: Iterable[LectureResult], route: str) -> None:
        """Write down what was judged, all or nothing. Raises NotRecorded.

        Left out is what was not begun, and a pass where the attempt before was one.
        """
        judged = [(v.id, e, len(v.exercises) == 1) for v in verdicts for e in v.exercises]
        if not self.path.exists() and not any(
            _is_attempt(e, None, alone) for _, e, alone in judged
        ):
            return
        with self._writing() as database:
            before = _latest(database)
            new = [
                (lecture, e)
                for lecture, e, alone in judged
                if _is_attempt(e, before.get((lecture, e.id)), alone)
            ]
            now = self._clock()
            seconds = _worked(database, now) / max(1, len(new))
            database.executemany(
                "INSERT INTO attempt (at, lecture, exercise, outcome, misconception, route, seconds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (now, lecture, e.id, e.outcome.value, _name(e), route, seconds)
                    for lecture, e in new
                ],
            )

    def note(self, deed: Deed, lecture: str, exercise: str) -> None:
        """Write down a deed. Raises NotRecorded."""
        with self._writing() as database:
            now = self._clock()
            database.execute(
                "INSERT INTO deed (at, lecture, exercise, deed, seconds) VALUES (?, ?, ?, ?, ?)",
                (now, lecture, exercise, deed.value, _worked(database, now)),
            )

    def count(self, deed: Deed, lecture: str, exercise: str) -> int:
        """How often it was done for that exercise."""
        rows = self._read(
            "SELECT count(*) FROM deed WHERE deed = ? AND lecture = ? AND exercise = ?",
            (deed.value, lecture, exercise),
        )
        return int(rows[0][0]) if rows else 0

    def standing(self) -> dict[tuple[str, str], Standing]:
        """Where the learner stands, by lecture and exercise; what was never tried is not in it."""
        return {
            (lecture, exercise): Standing(
                Outcome(outcome), passed_at is not None, bool(done), attempts, at
            )
            for lecture, exercise, outcome, passed_at, done, attempts, at in self._read(_STANDING)
        }

    def attempts(self) -> list[Attempt]:
        """Every attempt, the oldest first."""
        return [_attempt(row) for row in self._read(f"{_ATTEMPTS} ORDER BY id")]

    def latest(self) -> Attempt | None:
        """The last attempt."""
        rows = self._read(f"{_ATTEMPTS} ORDER BY id DESC LIMIT 1")
        return _attempt(rows[0]) if rows else None

    def deeds(self) -> list[tuple[Deed, str, str, float]]:
        """Every deed with its lecture and exercise and the seconds of work before it."""
        rows = self._read("SELECT deed, lecture, exercise, seconds FROM deed ORDER BY id")
        return [(Deed(deed), lecture, exercise, s) for deed, lecture, exercise, s in rows]

    def _read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        import sqlite3  # only where there is something to read

        with self._explained(UserError):
            # not only to read: what a kill left half written has to be taken back first
            database = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE_SECONDS
            )
            with contextlib.closing(database):
                if not self._version_of(database):
                    return []
                return database.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other process can come between."""
        import sqlite3

        with self._explained(NotRecorded):
            self.path.parent.mkdir(exist_ok=True)
            database = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS, isolation_level=None)
            with contextlib.closing(database):
                database.execute("PRAGMA synchronous = FULL")
                database.execute("BEGIN IMMEDIATE")
                if not self._version_of(database):
                    for statement in _SCHEMA:
                        database.execute(statement)
                yield database
                database.execute("COMMIT")

    def _version_of(self, database: sqlite3.Connection) -> int:
        """0 for a file that nothing was written to yet."""
        version = int(database.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise UserError(f"{self.path} was written by a newer zth.", "Update zth.")
        return version

    @contextlib.contextmanager
    def _explained(self, kind: type[UserError]) -> Iterator[None]:
        """What the file system and SQLite complain of, as a sentence and a remedy."""
        import sqlite3

        try:
            yield
        except UserError as error:
            raise kind(f"{NOT_DONE[kind]}: {error.message}", error.fix) from None
        except OSError as error:
            raise kind(f"{NOT_DONE[kind]}: {self.path}: {error.strerror}.", WRITABLE) from None
        except sqlite3.OperationalError as error:
            fix = next((fix for word, fix in FIXES.items() if word in str(error)), WRITABLE)
            raise kind(f"{NOT_DONE[kind]}: {self.path}: {error}.", fix) from None
        except sqlite3.DatabaseError as error:
            raise kind(f"{NOT_DONE[kind]}: {self.path}: {error}.", DAMAGED) from None


def _attempt(row: Sequence[Any]) -> Attempt:
    at, lecture, exercise, outcome, *rest = row
    return Attempt(at, lecture, exercise, Outcome(outcome), *rest)


def _is_attempt(result: ExerciseResult, before: Outcome | None, alone: bool) -> bool:
    """Whether a verdict is one on work: begun, and not only a pass once more.

    A file that cannot be read says nothing of the exercises in it, but for one that was judged
    `alone`. What was begun `before` and is gone is written down.
    """
    if result.outcome is Outcome.PASS:
        return before is not Outcome.PASS
    if result.begun:
        return True
    if result.outcome is Outcome.TODO:
        return before in (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED)
    return alone


def _name(result: ExerciseResult) -> str:
    return result.misconception.name if result.misconception else ""


def _latest(database: sqlite3.Connection) -> dict[tuple[str, str], Outcome]:
    rows = database.execute(_STANDING)
    return {(lecture, exercise): Outcome(outcome) for lecture, exercise, outcome, *_ in rows}


def _worked(database: sqlite3.Connection, now: float) -> float:
    """Seconds since the latest record, or 0 where the pause was too long to have been work."""
    (last,) = database.execute(
        "SELECT max(at) FROM (SELECT max(at) AS at FROM attempt UNION SELECT max(at) FROM deed)"
    ).fetchone()
    pause = now - last if last is not None else 0.0
    return pause if 0 < pause <= IDLE_SECONDS else 0.0


# of bare columns beside a lone max(), SQLite gives those of the row that has it
_STANDING = """
    WITH tried AS (
        SELECT lecture, exercise, outcome, max(id), count(*) AS attempts, at
        FROM attempt GROUP BY lecture, exercise
    ), passed AS (
        SELECT lecture, exercise, max(at) AS at
        FROM attempt WHERE outcome = 'PASS' GROUP BY lecture, exercise
    ), reset AS (
        SELECT lecture, exercise, at FROM (
            SELECT lecture, exercise, deed, max(id), at
            FROM deed WHERE deed IN ('reset', 'restore') GROUP BY lecture, exercise
        ) WHERE deed = 'reset'
    )
    SELECT lecture, exercise, iif(reset.at > tried.at, 'TODO', outcome), passed.at,
        passed.at > ifnull(reset.at, 0), attempts, tried.at
    FROM tried LEFT JOIN passed USING (lecture, exercise) LEFT JOIN reset USING (lecture, exercise)
"""
_ATTEMPTS = "SELECT at, lecture, exercise, outcome, misconception, route, seconds FROM attempt"
_SCHEMA = (
    """
    CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        lecture TEXT NOT NULL,
        exercise TEXT NOT NULL,
        outcome TEXT NOT NULL,
        misconception TEXT NOT NULL,
        route TEXT NOT NULL,
        seconds REAL NOT NULL
    )
    """,
    "CREATE INDEX attempt_by_exercise ON attempt (lecture, exercise, outcome, id, at)",
    "CREATE INDEX attempt_by_time ON attempt (at)",
    """
    CREATE TABLE deed (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        lecture TEXT NOT NULL,
        exercise TEXT NOT NULL,
        deed TEXT NOT NULL,
        seconds REAL NOT NULL
    )
    """,
    "CREATE INDEX deed_by_time ON deed (at)",
    f"PRAGMA user_version = {VERSION}",
)

NOT_DONE = {
    NotRecorded: "This was not recorded in your progress",
    UserError: "Your progress cannot be read",
}
WRITABLE = "Make the folder and the file writable for you. All that was recorded before is there."
DAMAGED = "Move that file away to begin a new one; keep it, for SQLite's `.recover` may mend it."
FIXES = {
    "full": "Free some disk space and check again. All that was recorded before is there.",
    "locked": "Another zth is writing, or hangs. Check again when it is done.",
}

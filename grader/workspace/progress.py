"""What a learner has done: every attempt, hint and reset, in `.zth/progress.sqlite`.

The only store of progress. A run is written in one transaction with a rollback journal and a full
sync, so that a kill or a power cut leaves all of it or none, and two processes take turns.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from grader.errors import UserError
from grader.results import ExerciseResult, LectureResult, Outcome

if TYPE_CHECKING:
    import sqlite3

    from grader.workspace.workspace import Workspace

T = TypeVar("T")
VERSION = 1
PATIENCE_SECONDS = 10.0
"""How long a process waits for another that is writing, where nobody waits for it."""
TICK_SECONDS = 1e-6
"""From one record to the next at least, whatever the clock says."""
IDLE_SECONDS = 15 * 60
"""A longer pause than this is not time spent on an exercise."""


class Event(enum.StrEnum):
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


class ExerciseStatus(msgspec.Struct, frozen=True):
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

    def __init__(
        self,
        workspace: Workspace,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`patience`: the seconds to wait for another process that holds the file."""
        self.path = workspace.own / "progress.sqlite"
        self._clock = clock
        self._patience = patience

    def record(self, verdicts: Iterable[LectureResult], route: str) -> None:
        """Write down what was judged, all or nothing. Raises NotRecorded.

        Left out is what was not begun, and a pass where the attempt before was one.
        """
        judged = [(v.id, e, len(v.exercises) == 1) for v in verdicts for e in v.exercises]
        if not self._is_there() and not any(_is_attempt(e, None, alone) for _, e, alone in judged):
            return
        with self._writing() as database:
            before = _latest(database)
            new = [
                (lecture, e)
                for lecture, e, alone in judged
                if _is_attempt(e, before.get((lecture, e.id)), alone)
            ]
            at, worked = self._now(database)
            seconds = worked / max(1, len(new))
            database.executemany(
                "INSERT INTO attempt (at, lecture, exercise, outcome, misconception, route, seconds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (at, lecture, e.id, e.outcome.value, _name(e), route, seconds)
                    for lecture, e in new
                ],
            )

    def note(self, deed: Event, lecture: str, exercise: str) -> None:
        """Write down a deed. Raises NotRecorded."""
        with self._writing() as database:
            at, worked = self._now(database)
            database.execute(
                "INSERT INTO deed (at, lecture, exercise, deed, seconds) VALUES (?, ?, ?, ?, ?)",
                (at, lecture, exercise, deed.value, worked),
            )

    def count(self, deed: Event, lecture: str, exercise: str) -> int:
        """How often it was done for that exercise."""
        rows = self._read(
            "SELECT count(*) FROM deed WHERE deed = ? AND lecture = ? AND exercise = ?",
            (deed.value, lecture, exercise),
        )
        return int(rows[0][0]) if rows else 0

    def standing(self) -> dict[tuple[str, str], ExerciseStatus]:
        """Where the learner stands, by lecture and exercise; what was never tried is not in it."""
        return dict(self._made(_standing, self._read(_STANDING)))

    def attempts(self) -> list[Attempt]:
        """Every attempt, the oldest first."""
        return self._made(_attempt, self._read(f"{_ATTEMPTS} ORDER BY id"))

    def seconds(self) -> dict[tuple[str, str], float]:
        """The seconds of work before all attempts at an exercise, by lecture and exercise."""
        rows = self._read(
            "SELECT lecture, exercise, sum(seconds) FROM attempt GROUP BY lecture, exercise"
        )
        return {(lecture, exercise): seconds for lecture, exercise, seconds in rows}

    def latest(self) -> Attempt | None:
        """The last attempt."""
        made = self._made(_attempt, self._read(f"{_ATTEMPTS} ORDER BY id DESC LIMIT 1"))
        return made[0] if made else None

    def deeds(self) -> list[tuple[Event, str, str, float]]:
        """Every deed with its lecture and exercise and the seconds of work before it."""
        rows = self._read("SELECT deed, lecture, exercise, seconds FROM deed ORDER BY id")
        return self._made(lambda row: (Event(row[0]), row[1], row[2], row[3]), rows)

    def _is_there(self) -> bool:
        """Whether there is a file, be it one that we may not open."""
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:  # what it is, is said where it is opened
            return True
        return True

    def _now(self, database: sqlite3.Connection) -> tuple[float, float]:
        """The time to write down, and the seconds of work before it.

        Later than all that was written, so that the order stays where a clock that was ahead was
        put right: a reset takes a pass back, and a pass counts after a reset. The work is what the
        clock says.
        """
        now, last = self._clock(), _last(database)
        if last is None:
            return now, 0.0
        pause = now - last
        return max(now, last + TICK_SECONDS), pause if 0 < pause <= IDLE_SECONDS else 0.0

    def _made(self, make: Callable[[tuple[Any, ...]], T], rows: list[tuple[Any, ...]]) -> list[T]:
        """What the rows say. Raises UserError if they hold what nobody here wrote."""
        try:
            return [make(row) for row in rows]
        except (TypeError, ValueError) as error:
            raise UserError(f"{NOT_DONE[UserError]}: {self.path}: {error}.", DAMAGED) from None

    def _read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        if not self._is_there():
            return []
        import sqlite3  # only where there is something to read

        with self._explained(UserError):
            self.path.stat()  # SQLite would not say why it cannot open it
            # not only to read: what a kill left half written has to be taken back first
            database = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=self._patience
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
            database = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None)
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
        if not version and database.execute("SELECT 1 FROM sqlite_master").fetchone():
            raise UserError(f"{self.path} is another program's: zth did not write it.", DAMAGED)
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
            fix = CAUSES.get(error.errno or 0, WRITABLE)
            where = error.filename or self.path
            raise kind(f"{NOT_DONE[kind]}: {where}: {error.strerror}.", fix) from None
        except sqlite3.OperationalError as error:
            why = "it is a folder" if self.path.is_dir() else str(error)
            fix = next((fix for word, fix in FIXES.items() if word in why), DAMAGED)
            raise kind(f"{NOT_DONE[kind]}: {self.path}: {why}.", fix) from None
        except sqlite3.DatabaseError as error:
            raise kind(f"{NOT_DONE[kind]}: {self.path}: {error}.", DAMAGED) from None


def _standing(row: Sequence[Any]) -> tuple[tuple[str, str], ExerciseStatus]:
    lecture, exercise, outcome, passed_at, done, attempts, at = row
    standing = ExerciseStatus(Outcome(outcome), passed_at is not None, bool(done), attempts, at)
    return (lecture, exercise), standing


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
    if result.started:
        return True
    if result.outcome is Outcome.TODO:
        return before in (Outcome.FAIL, Outcome.ERROR, Outcome.BLOCKED)
    return alone


def _name(result: ExerciseResult) -> str:
    return result.misconception.name if result.misconception else ""


def _latest(database: sqlite3.Connection) -> dict[tuple[str, str], Outcome]:
    rows = database.execute(_STANDING)
    return {(lecture, exercise): Outcome(outcome) for lecture, exercise, outcome, *_ in rows}


def _last(database: sqlite3.Connection) -> float | None:
    """When the latest was written down."""
    (last,) = database.execute(
        "SELECT max(at) FROM (SELECT max(at) AS at FROM attempt UNION SELECT max(at) FROM deed)"
    ).fetchone()
    return None if last is None else float(last)


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
WRITABLE = (
    "Make the folder and the file readable and writable for you. "
    "All that was recorded before is there."
)
DAMAGED = "Move that file away to begin a new one; keep it: SQLite's `.recover` may repair it."
MOVE_IT = "Move it away: zth keeps your progress there, in a folder .zth and a file of that name."
FREE_SPACE = "Free some disk space and check again. All that was recorded before is there."
SEE_TO_THE_DISK = (
    "The disk, or the network to it, has failed: copy the folder .zth to a safe place, see to the "
    "disk, then check again."
)
HELD = "Another program is writing to it, or hangs. Check again when it is done."
FIXES = {
    "full": FREE_SPACE,
    "locked": HELD,
    "busy": HELD,
    "is a folder": MOVE_IT,
    "readonly": WRITABLE,
    "unable to open": WRITABLE,
    "disk I/O": SEE_TO_THE_DISK,
}
"""By a word of what SQLite says; whatever else it says, the file is not as we wrote it."""
CAUSES = {
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EIO: SEE_TO_THE_DISK,
    errno.EEXIST: MOVE_IT,
    errno.ENOTDIR: MOVE_IT,
    errno.EISDIR: MOVE_IT,
    errno.ELOOP: MOVE_IT,
}

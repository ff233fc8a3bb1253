"""The gradebook: nothing that was recorded is lost, and a person's word outlives every run."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.grading.roster import Person
from grader.grading.store import Store, SubmissionRecord
from grader.results import ExerciseResult, LectureResult, Outcome
from grader.source.source_map import Origin, SourceMap


def result(outcome: Outcome = Outcome.PASS, *names: str) -> LectureResult:
    exercises = tuple(
        ExerciseResult(
            id=name,
            title="",
            outcome=outcome,
            points=1 if outcome is Outcome.PASS else 0,
            max_points=1,
            file="arrays.py",
            path="arrays.py",
            bonus=False,
            started=True,
            line=3,
        )
        for name in names or ("double",)
    )
    return LectureResult("lecture1", 7, "bwrap", exercises, 0.1)


def hand_in(who: str = "ada", fingerprint: str = "f1") -> SubmissionRecord:
    return SubmissionRecord(
        who, "lecture1", f"/class/{who}.zip", 1.5, fingerprint, "seen", ("a remark",)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "grades.sqlite"


def record(book: Store, who: str = "ada", outcome: Outcome = Outcome.PASS) -> None:
    run = book.begin(7, "bwrap", "1.0", "c")
    book.record(hand_in(who), result(outcome), {"double": "d1"}, run)


def test_what_is_recorded_is_read_again(path: Path) -> None:
    with Store(path) as book:
        record(book, outcome=Outcome.FAIL)
    with Store(path) as book:
        (mark,) = book.marks()
        assert (mark.who, mark.exercise, mark.result.outcome) == ("ada", "double", Outcome.FAIL)
        assert book.known() == {("ada", "lecture1", "double"): ("f1", "d1")}
        kept = book.hand_ins()["ada", "lecture1"]
        assert (kept.remarks, kept.at, kept.on_roster) == (("a remark",), 1.5, True)


def test_where_a_line_stands_and_the_fingerprints_are_kept(path: Path) -> None:
    with Store(path) as book:
        run = book.begin(7, "bwrap", "1.0", "c")
        origins = {"arrays.py": Origin("hw.ipynb", (1, 5))}
        handed = SubmissionRecord(
            "ada", "lecture1", "/a", 1.5, "f1", "seen", origins=origins, shape=b"\0\xff"
        )
        book.record(handed, result(), {"double": "d1"}, run)
        record(book, "bob")
        kept = book.hand_ins()["ada", "lecture1"]
        assert SourceMap(kept.origins).place("arrays.py", 7) == "hw.ipynb, cell 2, line 3"
        assert kept.shape == b"", "a large class has many: they are read by themselves"
        assert book.shapes("lecture1") == {"ada": b"\0\xff"}
        assert book.shapes("lecture2") == {}


def test_a_gradebook_of_the_first_version_goes_on(path: Path) -> None:
    """As that zth wrote it: what was recorded is there, and what it did not know comes with a regrade."""
    with Store(path) as book:
        record(book)
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE hand_in RENAME COLUMN origins TO places")
    for column in ("places", "shape", *NEW_IN_3):
        database.execute(f"ALTER TABLE hand_in DROP COLUMN {column}")
    database.execute("DROP TABLE proved")
    database.execute("PRAGMA user_version = 1")
    database.commit()
    database.close()
    for _ in range(2):
        with Store(path) as book:
            kept = book.hand_ins()["ada", "lecture1"]
            assert (kept.remarks, kept.origins) == (("a remark",), {})
            assert book.shapes("lecture1") == {}
            assert list(book.marks()) == [], "results had another form"
    with Store(path) as book:
        run = book.begin(7, "bwrap", "1.0", "c")
        handed = SubmissionRecord("ada", "lecture1", "/a", 1.5, "f1", "seen", shape=b"new")
        book.record(handed, result(), {"double": "d1"}, run)
        assert book.shapes("lecture1") == {"ada": b"new"}


NEW_IN_3 = ("ungraded", "troubles", "is_read")


@pytest.mark.parametrize("version", [2, 3])
def test_results_of_an_older_form_are_judged_again_and_nothing_else_is_lost(
    path: Path, version: int
) -> None:
    with Store(path) as book:
        run = book.begin(7, "bwrap", "1.0", "c")
        for who in ("ada", "bob"):
            book.record(hand_in(who), result(Outcome.ERROR), {"double": "d1"}, run)
        book.score("ada", "lecture1", "double", 1.5, "well argued")
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE hand_in RENAME COLUMN origins TO places")
    if version == 2:
        for column in NEW_IN_3:
            database.execute(f"ALTER TABLE hand_in DROP COLUMN {column}")
        database.execute("DROP TABLE proved")
    database.execute('UPDATE mark SET result = \'{"an": "older form"}\'')
    database.execute(f"PRAGMA user_version = {version}")
    database.commit()
    database.close()
    with Store(path) as book:
        assert list(book.marks()) == []
        assert [score.points for score in book.scores().values()] == [1.5]
        assert {who for who, _ in book.hand_ins()} == {"ada", "bob"}


def test_who_handed_in_is_known_before_anything_is_judged(path: Path) -> None:
    with Store(path) as book:
        book.expect([hand_in("ada", ""), hand_in("bob", "")])
        assert list(book.marks()) == []
        assert len(book.hand_ins()) == 2
        record(book, "ada")
        assert book.hand_ins()["ada", "lecture1"].fingerprint == "f1"


def test_a_new_mark_takes_the_place_of_the_old(path: Path) -> None:
    with Store(path) as book:
        record(book, outcome=Outcome.FAIL)
        record(book, outcome=Outcome.PASS)
        assert [m.result.outcome for m in book.marks()] == [Outcome.PASS]


def test_a_run_that_was_not_finished_goes_on_with_its_seed(path: Path) -> None:
    with Store(path) as book:
        first = book.begin(7, "bwrap", "1.0", "c")
        assert book.begin(8, "bwrap", "1.0", "c").seed == 7
        assert book.begin(8, "bwrap", "1.1", "c").seed == 8, "another zth is another run"
        book.finish(book.begin(8, "bwrap", "1.1", "c"))
        assert book.begin(9, "bwrap", "1.1", "c").seed == 9
        assert [run.seed for run in book.runs()] == [first.seed, 8, 9]


def test_a_score_by_hand_survives_every_regrade(path: Path) -> None:
    with Store(path) as book:
        record(book)
        book.score("ada", "lecture1", "double", 0.5, "nearly")
        record(book, outcome=Outcome.FAIL)
        score = book.scores()["ada", "lecture1", "double"]
        assert (score.points, score.comment) == (0.5, "nearly")
        assert book.unscore("ada", "lecture1", "double")
        assert not book.unscore("ada", "lecture1", "double")


def test_the_roster_is_the_latest(path: Path) -> None:
    with Store(path) as book:
        book.keep_people([Person("ada", "Ada"), Person("bob")])
        book.keep_people([Person("cyd", "Cyd", "c@example.org")])
        assert [person.id for person in book.people()] == ["cyd"]


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_store import Store, record
with Store(Path({path!r})) as book:
    for number in range(10000):
        record(book, f"who{{number}}")
        print(number, flush=True)
"""


def test_a_kill_loses_nothing_that_was_said_to_be_recorded(path: Path) -> None:
    code = WRITER.format(tests=str(Path(__file__).parent), path=str(path))
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait()
        process.stdout.close()
        said = len(lines) + rest.count("\n")
        with Store(path) as book:
            assert len(list(book.marks())) in (said, said + 1)
            assert len(book.hand_ins()) == len(list(book.marks()))
        path.unlink()


def test_a_full_disk_loses_nothing_and_is_said(path: Path) -> None:
    with Store(path) as book:
        for number in range(50):
            record(book, f"who{number}")
    size = path.stat().st_size
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            try:
                with Store(path) as book:
                    for number in range(50, 2000):
                        record(book, f"who{number}")
            except UserError as error:
                code = 0 if error.fix else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    with Store(path) as book:
        assert len(book.hand_ins()) >= 50
        record(book, "after")


def test_another_programs_file_is_left_alone(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE theirs (x)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match="another program"), Store(path):
        pass
    path.write_bytes(b"not a database at all, but long enough to look like one" * 20)
    with pytest.raises(UserError), Store(path):
        pass
    assert b"not a database" in path.read_bytes()
    assert before


def test_a_newer_gradebook_and_one_that_cannot_be_made(path: Path, tmp_path: Path) -> None:
    with Store(path):
        pass
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UserError, match="newer zth"), Store(path):
        pass
    with pytest.raises(UserError, match="unable to open"), Store(tmp_path / "no" / "such.sqlite"):
        pass

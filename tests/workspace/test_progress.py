"""Progress: every attempt, and nothing lost to a kill, a crowd, a full disk or a locked folder."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.results import ExerciseResult, LectureResult, Misconception, Outcome
from grader.workspace.progress import IDLE_SECONDS, Event, NotRecorded, Progress
from grader.workspace.workspace import Workspace

NOBODY = 65534


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(tmp_path: Path, clock: Clock) -> Progress:
    return Progress(Workspace(tmp_path), clock)


def verdict(*outcomes: tuple[str, Outcome], begun: bool = True, says: str = "") -> LectureResult:
    exercises = tuple(
        ExerciseResult(
            id=name,
            title="",
            outcome=outcome,
            points=0,
            max_points=1,
            file="arrays.py",
            path="arrays.py",
            bonus=False,
            started=begun,
            line=None,
            misconception=Misconception(says, "…") if says else None,
        )
        for name, outcome in outcomes
    )
    return LectureResult("lecture1", 1, "fork", exercises, 0.1)


WRONG = verdict(("double", Outcome.FAIL), says="once")
RIGHT = verdict(("double", Outcome.PASS))


def outcomes(progress: Progress) -> list[Outcome]:
    return [attempt.outcome for attempt in progress.attempts()]


def test_reading_makes_nothing(progress: Progress) -> None:
    assert (progress.standing(), progress.attempts(), progress.latest()) == ({}, [], None)
    assert not progress.path.parent.exists()


def test_every_attempt_is_there_with_its_mistake(progress: Progress, clock: Clock) -> None:
    for result in (WRONG, WRONG, RIGHT):
        clock.now += 60
        progress.record([result], "check")
    assert outcomes(progress) == [Outcome.FAIL, Outcome.FAIL, Outcome.PASS]
    first = progress.attempts()[0]
    assert (first.misconception, first.route, first.at) == ("once", "check", 1_000_060.0)


def test_what_is_not_begun_is_no_attempt(progress: Progress) -> None:
    progress.record([verdict(("double", Outcome.TODO), begun=False)], "check")
    assert not progress.path.exists()


def test_a_pass_again_is_no_new_attempt(progress: Progress) -> None:
    progress.record([RIGHT], "watch")
    progress.record([RIGHT], "check")
    assert outcomes(progress) == [Outcome.PASS]


def test_a_pass_counts_whatever_comes_after(progress: Progress) -> None:
    progress.record([RIGHT], "check")
    progress.record([WRONG], "watch")
    standing = progress.standing()["lecture1", "double"]
    assert (standing.outcome, standing.done, standing.attempts) == (Outcome.FAIL, True, 2)


def test_a_reset_takes_the_pass_back_and_the_record_stays(progress: Progress, clock: Clock) -> None:
    progress.record([RIGHT], "check")
    clock.now += 1
    progress.note(Event.RESET, "lecture1", "double")
    standing = progress.standing()["lecture1", "double"]
    assert (standing.outcome, standing.done, standing.passed) == (Outcome.TODO, False, True)
    clock.now += 1
    progress.record([RIGHT], "check")
    assert progress.standing()["lecture1", "double"].done


def test_time_counts_and_pauses_do_not(progress: Progress, clock: Clock) -> None:
    progress.note(Event.WATCH, "lecture1", "double")
    clock.now += 100
    progress.record([WRONG], "watch")
    clock.now += IDLE_SECONDS + 1
    progress.record([WRONG], "watch")
    clock.now += 30
    progress.record([verdict(("double", Outcome.PASS), ("mean", Outcome.FAIL))], "check")
    assert [attempt.seconds for attempt in progress.attempts()] == [100.0, 0.0, 15.0, 15.0]


def test_a_clock_that_is_set_back_takes_no_time_away(progress: Progress, clock: Clock) -> None:
    progress.record([WRONG], "check")
    clock.now -= 500
    progress.record([WRONG], "check")
    assert [attempt.seconds for attempt in progress.attempts()] == [0.0, 0.0]


def test_deeds_are_counted(progress: Progress) -> None:
    for _ in range(2):
        progress.note(Event.HINT, "lecture1", "double")
    progress.note(Event.SPOIL, "lecture1", "mean")
    assert progress.count(Event.HINT, "lecture1", "double") == 2
    assert progress.count(Event.HINT, "lecture1", "mean") == 0


# what may go wrong

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_progress import RIGHT, WRONG, Progress, Workspace
progress = Progress(Workspace(Path({root!r})))
for number in range({runs}):
    progress.record([WRONG], "check")
    print(number, flush=True)
"""


def writer(root: Path, runs: int) -> subprocess.Popen[str]:
    code = WRITER.format(tests=str(Path(__file__).parent), root=str(root), runs=runs)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE
    )


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    both = [writer(tmp_path, 40) for _ in range(2)]
    for process in both:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert len(Progress(Workspace(tmp_path)).attempts()) == 80


def test_a_kill_in_the_middle_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    """Killed at five moments while it writes: what it had said was recorded is all there."""
    progress = Progress(Workspace(tmp_path))
    said = 0
    for wait in (0.001, 0.004, 0.009, 0.02, 0.05):
        process = writer(tmp_path, 10_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        said += 1 + process.stdout.read().count("\n")
        process.communicate(timeout=10)
        recorded = len(progress.attempts())
        assert said <= recorded <= said + 1, "the last may be recorded and not yet said"
        said = recorded
        progress.record([WRONG], "check")
        said += 1


def test_a_full_disk_loses_nothing_and_is_said(tmp_path: Path) -> None:
    """A limit on the size of files: a write beyond it fails, as on a disk that is full."""
    progress = Progress(Workspace(tmp_path))
    for _ in range(20):
        progress.record([WRONG], "check")
    size = progress.path.stat().st_size
    pid = os.fork()
    if pid == 0:  # the limit is for good, so a process of its own takes it
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            try:
                for _ in range(500):
                    progress.record([WRONG], "check")
            except NotRecorded as error:
                told = error.message.startswith("This was not recorded in your progress")
                code = 0 if told and error.fix else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert len(progress.attempts()) >= 20
    progress.record([WRONG], "check")
    assert sqlite3.connect(progress.path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / ".zth").write_text("a file where the folder should be")
    progress = Progress(Workspace(tmp_path))
    with pytest.raises(NotRecorded, match="not recorded"):
        progress.record([RIGHT], "check")
    assert progress.standing() == {}


def test_a_read_only_folder_is_read_and_not_written(tmp_path: Path) -> None:
    """Root may write anywhere, so a process that is nobody's tries it."""
    progress = Progress(Workspace(tmp_path))
    progress.record([RIGHT], "check")
    progress.path.chmod(0o444)
    progress.path.parent.chmod(0o555)
    for folder in tmp_path.parents:  # pytest lets nobody else in
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o555)
    tmp_path.chmod(0o555)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if os.getuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            assert progress.standing()["lecture1", "double"].done
            try:
                progress.record([WRONG], "check")
            except NotRecorded as error:
                code = 0 if "readonly" in error.message else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    tmp_path.chmod(0o755)
    progress.path.parent.chmod(0o755)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_damaged_file_is_said_and_left_alone(progress: Progress) -> None:
    progress.path.parent.mkdir()
    progress.path.write_bytes(b"this is no database at all, and was one once" * 50)
    before = progress.path.read_bytes()
    with pytest.raises(UserError, match="cannot be read"):
        progress.standing()
    with pytest.raises(NotRecorded) as caught:
        progress.record([RIGHT], "check")
    assert "Move that file away" in caught.value.fix
    assert progress.path.read_bytes() == before


def test_a_file_of_a_newer_zth_is_left_alone(progress: Progress) -> None:
    progress.record([RIGHT], "check")
    database = sqlite3.connect(progress.path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UserError, match="newer zth"):
        progress.standing()
    with pytest.raises(NotRecorded, match="newer zth"):
        progress.record([WRONG], "check")


# a clock that was ahead


def test_a_reset_while_the_clock_was_ahead_takes_no_later_pass_away(
    progress: Progress, clock: Clock
) -> None:
    progress.record([RIGHT], "check")
    clock.now += 3600
    progress.note(Event.RESET, "lecture1", "double")
    clock.now -= 3600
    progress.record([WRONG], "check")
    assert progress.standing()["lecture1", "double"].outcome is Outcome.FAIL
    progress.record([RIGHT], "check")
    assert progress.standing()["lecture1", "double"].done


def test_a_pass_while_the_clock_was_ahead_is_taken_back_by_a_reset(
    progress: Progress, clock: Clock
) -> None:
    clock.now += 3600
    progress.record([RIGHT], "check")
    clock.now -= 3600
    progress.note(Event.RESET, "lecture1", "double")
    standing = progress.standing()["lecture1", "double"]
    assert (standing.outcome, standing.done, standing.passed) == (Outcome.TODO, False, True)
    clock.now += 3600 + 60
    progress.record([RIGHT], "check")
    (_, again) = progress.attempts()
    assert again.at == clock.now, "the clock again, once it is past"
    assert 0 < again.seconds <= 60


# the store itself

HOLDER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def test_the_patience_with_who_holds_the_file_is_ours_to_choose(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    Progress(place).record([WRONG], "check")
    progress = Progress(place, patience=0.2)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(progress.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    before = time.monotonic()
    with pytest.raises(NotRecorded, match="locked") as caught:
        progress.record([RIGHT], "watch")
    with pytest.raises(UserError, match="locked"):
        progress.standing()
    assert time.monotonic() - before < 5
    assert "Another program is writing to it" in caught.value.fix
    holder.communicate()
    progress.record([RIGHT], "watch")
    assert outcomes(progress) == [Outcome.FAIL, Outcome.PASS]


def test_a_database_of_another_program_is_refused_and_left_alone(progress: Progress) -> None:
    progress.path.parent.mkdir()
    with sqlite3.connect(progress.path) as database:
        database.execute("CREATE TABLE bookmark (url TEXT)")
    database.close()
    before = progress.path.read_bytes()
    with pytest.raises(NotRecorded, match="another program's") as caught:
        progress.record([RIGHT], "check")
    assert "Move that file away" in caught.value.fix
    with pytest.raises(UserError, match="another program's"):
        progress.standing()
    assert progress.path.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "remedy"),
    [
        ("DROP TABLE attempt", "Move that file away"),
        ("UPDATE attempt SET outcome = 'fine'", "Move that file away"),
    ],
)
def test_what_is_not_as_we_wrote_it(progress: Progress, damage: str, remedy: str) -> None:
    progress.record([RIGHT], "check")
    with sqlite3.connect(progress.path) as database:
        database.execute(damage)
    database.close()
    for read in (progress.standing, progress.attempts, progress.latest):
        with pytest.raises(UserError, match="cannot be read") as caught:
            read()
        assert remedy in caught.value.fix


def test_a_folder_in_the_place_of_the_file(progress: Progress) -> None:
    progress.path.mkdir(parents=True)
    for act in (lambda: progress.record([RIGHT], "check"), progress.standing):
        with pytest.raises(UserError, match="it is a folder") as caught:
            act()
        assert "Move it away" in caught.value.fix

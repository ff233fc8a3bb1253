"""The Dask executor, on a real scheduler and real workers, each a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import KILLS_THE_DIAGNOSIS, KILLS_THE_JUDGE, TINY, deadly_course

from grader.course.manifest import Course
from grader.errors import UserError
from grader.grading.cluster import mark_on
from grader.judge.worker import Job, JobResult, JudgeConfig
from grader.results import Outcome
from grader.source.files import submission_of

SETTING = JudgeConfig(str(TINY), ("lecture1",), "fork", (str(TINY),))
WRONG = "def double(x):\n    return x\n"
RIGHT = "def double(x):\n    return x + x\n"
SLOW = "import time\ndef double(x):\n    time.sleep(0.3)\n    return x + x\n"
WAIT_SECONDS = 60

WITHOUT_ZTH = """
import sys
sys.modules["grader"] = None  # as on a machine that has no zth
from distributed.cli.{command} import main
main()
"""


class Cluster:
    """A scheduler that has no zth, and the workers that a test asks for."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self._folder = folder
        self._log = (folder / "log").open("wb")
        self._processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start("dask_scheduler", "--port", "0", with_zth=False)
        end = time.monotonic() + WAIT_SECONDS
        while not self._file.exists() and time.monotonic() < end:
            time.sleep(0.05)

    @property
    def address(self) -> str:
        import json

        return str(json.loads(self._file.read_text())["address"])

    def worker(
        self, name: str, with_zth: bool = True, course: Path = TINY
    ) -> subprocess.Popen[bytes]:
        """A worker, to which the tiny course is what lies in `course`."""
        words = ["--nthreads", "1", "--no-nanny", "--name", name]
        words += ["--local-directory", str(self._folder)]
        return self._start("dask_worker", *words, with_zth=with_zth, course=course)

    def _start(
        self, command: str, *words: str, with_zth: bool, course: Path = TINY
    ) -> subprocess.Popen[bytes]:
        python = [sys.executable]
        python += ["-m", f"distributed.cli.{command}"]
        if not with_zth:
            python[1:] = ["-c", WITHOUT_ZTH.format(command=command)]
        if course != TINY:
            place = ["--dev-bind", "/", "/", "--bind", str(course), str(TINY)]
            python[:0] = ["bwrap", *place, "--die-with-parent"]
        words = (*words, "--no-dashboard", "--scheduler-file", str(self._file))
        process = subprocess.Popen(
            [*python, *words], stdout=self._log, stderr=self._log, cwd=self._folder
        )
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    with contextlib.closing(made):
        yield made


def job(course: Course, who: str, code: str) -> Job:
    (lecture,) = course.lectures
    submission = submission_of({"arrays.py": code}, lecture, Path("/handed/in"))
    return Job(who, "lecture1", ("double",), submission, 3)


def outcome(marked: JobResult) -> Outcome:
    return marked.result.exercises[0].outcome


def test_a_wrong_answer_is_wrong_and_a_right_one_right(tiny: Course, cluster: Cluster) -> None:
    """And the scheduler between them has no zth to know a solution from."""
    cluster.worker("one")
    cluster.worker("two")
    jobs = [job(tiny, "wrong", WRONG), job(tiny, "right", RIGHT), job(tiny, "none", "x = 1\n")]
    marks = {m.who: outcome(m) for m in mark_on(cluster.address, jobs, SETTING, print)}
    assert marks == {"wrong": Outcome.FAIL, "right": Outcome.PASS, "none": Outcome.TODO}


def test_a_worker_that_is_killed_loses_nothing(tiny: Course, cluster: Cluster) -> None:
    """Every job is marked once, those in its hands by the other."""
    lost = cluster.worker("lost")
    cluster.worker("stays")
    jobs = [job(tiny, f"who{n}", SLOW) for n in range(12)]
    marks: list[JobResult] = []
    for marked in mark_on(cluster.address, jobs, SETTING, print):
        marks.append(marked)
        if len(marks) == 4:
            os.kill(lost.pid, signal.SIGKILL)
    assert sorted(m.who for m in marks) == sorted(j.who for j in jobs)
    assert {outcome(m) for m in marks} == {Outcome.PASS}


def test_what_ends_the_judge_is_tried_again_without_diagnosis_and_is_nobodys_0(
    tiny: Course, cluster: Cluster, tmp_path: Path
) -> None:
    setting = JudgeConfig(str(deadly_course(tmp_path / "course")), ("lecture1",), "fork")
    cluster.worker("one")
    codes = {"right": RIGHT, "kills": KILLS_THE_JUDGE, "diagnosis": KILLS_THE_DIAGNOSIS}
    jobs = [job(tiny, who, code) for who, code in [*codes.items(), ("last", RIGHT)]]
    marks = {m.who: m for m in mark_on(cluster.address, jobs, setting, print)}
    assert "signal 9" in marks["kills"].ungraded
    assert marks["kills"].result.exercises == ()
    judged = {who: outcome(m) for who, m in marks.items() if not m.ungraded}
    assert judged == {"right": Outcome.PASS, "last": Outcome.PASS, "diagnosis": Outcome.FAIL}


def test_a_worker_that_comes_later_helps(tiny: Course, cluster: Cluster) -> None:
    """The first one goes before the work is done: without the other nothing would come."""
    first = cluster.worker("first")
    jobs = [job(tiny, f"who{n}", SLOW) for n in range(6)]
    marks: list[JobResult] = []
    said: list[str] = []
    for marked in mark_on(cluster.address, jobs, SETTING, said.append):
        marks.append(marked)
        if len(marks) == 2:
            os.kill(first.pid, signal.SIGKILL)
            cluster.worker("second")
    assert len(marks) == 6
    assert {outcome(m) for m in marks} == {Outcome.PASS}


def test_a_worker_with_another_course_is_refused_by_name(
    tiny: Course, cluster: Cluster, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(TINY, other)
    checks = other / "tests" / "hidden" / "tiny" / "test_arrays.py"
    checks.write_text(checks.read_text() + "# easier\n")
    cluster.worker("stale", course=other)
    said: list[str] = []
    with pytest.raises(UserError, match="can grade this course"):
        list(mark_on(cluster.address, [job(tiny, "who", RIGHT)], SETTING, said.append))
    assert "stale" in said[-1]
    assert "its course is another one" in said[-1]

    cluster.worker("good")
    said.clear()
    jobs = [job(tiny, f"who{n}", RIGHT) for n in range(4)]
    assert [outcome(m) for m in in_the_end(cluster, jobs, said)] == [Outcome.PASS] * 4
    assert "stale" in said[-1]


def in_the_end(cluster: Cluster, jobs: list[Job], said: list[str]) -> list[JobResult]:
    """The marks, as soon as there is a worker that will do."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return list(mark_on(cluster.address, jobs, SETTING, said.append))
        except UserError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_a_worker_without_zth_is_refused(tiny: Course, cluster: Cluster) -> None:
    cluster.worker("bare", with_zth=False)
    said: list[str] = []
    with pytest.raises(UserError, match="No worker"):
        list(mark_on(cluster.address, [job(tiny, "who", RIGHT)], SETTING, said.append))
    assert any("bare" in sentence and "no zth" in sentence for sentence in said)


def test_another_version_is_refused(
    tiny: Course, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker whose installed zth calls itself 0.0.1."""
    site = tmp_path / "site" / "zth-0.0.1.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: zth\nVersion: 0.0.1\n")
    monkeypatch.setenv("PYTHONPATH", str(site.parent))
    cluster.worker("old")
    said: list[str] = []
    with pytest.raises(UserError, match="No worker"):
        list(mark_on(cluster.address, [job(tiny, "who", RIGHT)], SETTING, said.append))
    assert any("old" in sentence and "zth 0.0.1, not" in sentence for sentence in said)


def test_the_scheduler_goes_away(tiny: Course, cluster: Cluster) -> None:
    cluster.worker("one")
    jobs = [job(tiny, f"who{n}", SLOW) for n in range(6)]
    marks = mark_on(cluster.address, jobs, SETTING, print)
    next(marks)
    cluster.scheduler.kill()
    with pytest.raises(UserError, match="scheduler is gone"):
        list(marks)


def test_nothing_to_do_waits_for_nobody(cluster: Cluster) -> None:
    assert list(mark_on(cluster.address, [], SETTING, print)) == []


def test_nobody_answers() -> None:
    with pytest.raises(UserError, match="No Dask scheduler answers"):
        list(mark_on("tcp://127.0.0.1:9", [], SETTING, print))


def test_an_address_that_is_none() -> None:
    with pytest.raises(UserError, match="No Dask scheduler answers"):
        list(mark_on("nonsense://x", [], SETTING, print))

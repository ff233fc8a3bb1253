"""Workers and the local executor: every job has its mark, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import (
    KILLS_THE_DIAGNOSIS,
    KILLS_THE_JUDGE,
    TINY,
    children_of,
    command_of,
    deadly_course,
)

from grader.course.manifest import Course
from grader.errors import UserError
from grader.judge.pool import mark_all
from grader.judge.worker import Job, JobResult, JudgeConfig, Worker
from grader.results import Outcome
from grader.source.files import submission_of

SETTING = JudgeConfig(str(TINY), ("lecture1",), "fork", (str(TINY),))
WRONG = "def double(x):\n    return x\n"
RIGHT = "def double(x):\n    return x + x\n"


def job(course: Course, who: str, code: str, *names: str) -> Job:
    (lecture,) = course.lectures
    submission = submission_of({"arrays.py": code}, lecture, Path("/handed/in"))
    return Job(who, "lecture1", names or ("double",), submission, 3)


def outcome(marked: JobResult) -> Outcome:
    return marked.result.exercises[0].outcome


def test_a_wrong_answer_is_wrong_and_a_right_one_right(tiny: Course) -> None:
    jobs = [job(tiny, "wrong", WRONG), job(tiny, "right", RIGHT), job(tiny, "none", "x = 1\n")]
    marks = {marked.who: outcome(marked) for marked in mark_all(jobs, SETTING, 2)}
    assert marks == {"wrong": Outcome.FAIL, "right": Outcome.PASS, "none": Outcome.TODO}


def test_the_mark_says_with_what_it_was_made(tiny: Course) -> None:
    (marked,) = mark_all([job(tiny, "right", RIGHT)], SETTING, 1)
    assert (marked.result.seed, marked.result.isolation) == (3, "fork")
    assert marked.result.exercises[0].points == 2


def test_only_the_exercises_that_are_asked_for(tiny: Course) -> None:
    (marked,) = mark_all([job(tiny, "one", RIGHT, "mean", "double")], SETTING, 1)
    assert [e.id for e in marked.result.exercises] == ["double", "mean"]


def test_a_submission_that_ends_its_process_costs_nobody_else(tiny: Course) -> None:
    kills = "import os\ndef double(x):\n    os.kill(os.getppid(), 9)\n    os._exit(0)\n"
    jobs = [job(tiny, f"bad{n}", kills) for n in range(4)]
    jobs += [job(tiny, f"good{n}", RIGHT) for n in range(4)]
    marks = {marked.who: outcome(marked) for marked in mark_all(jobs, SETTING, 2)}
    assert len(marks) == 8
    assert {o for who, o in marks.items() if who.startswith("good")} == {Outcome.PASS}
    assert {o for who, o in marks.items() if who.startswith("bad")} == {Outcome.ERROR}


def test_a_worker_that_is_killed_loses_nothing(tiny: Course, proc: Path) -> None:
    """Every job is marked once, the one in its hands by another."""
    slow = "import time\ndef double(x):\n    time.sleep(0.3)\n    return x + x\n"
    jobs = [job(tiny, f"who{n}", slow) for n in range(8)]
    us = int((proc / "self").resolve().name)
    marks: list[JobResult] = []
    for number, marked in enumerate(mark_all(jobs, SETTING, 2)):
        marks.append(marked)
        if number == 1:
            workers = [pid for pid in children_of(us) if b"grader.judge.worker" in command_of(pid)]
            os.kill(workers[0], signal.SIGKILL)
    assert sorted(m.who for m in marks) == sorted(j.who for j in jobs)
    assert {outcome(m) for m in marks} == {Outcome.PASS}


def test_a_job_that_ends_every_worker_is_said_and_does_not_stop_the_rest(
    tiny: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one would that finds a way to the judge. The others are judged."""
    send = Worker.send

    def deadly(self: Worker, task: Job) -> None:
        if task.who == "deadly":
            os.kill(self.pid, signal.SIGKILL)
        send(self, task)

    monkeypatch.setattr(Worker, "send", deadly)
    jobs = [job(tiny, "deadly", RIGHT), *(job(tiny, f"who{n}", RIGHT) for n in range(3))]
    marks = {marked.who: marked for marked in mark_all(jobs, SETTING, 1)}
    assert marks["deadly"].result.exercises == (), "it is our fault, so it is no 0 of theirs"
    assert marks["deadly"].ungraded == (
        "The judge ended twice while it judged this: signal 9 (SIGKILL)."
    )
    assert {outcome(m) for who, m in marks.items() if who != "deadly"} == {Outcome.PASS}


def test_what_ends_the_judge_is_tried_again_without_diagnosis_and_is_nobodys_0(
    tiny: Course, tmp_path: Path
) -> None:
    """The course's own code ends the judge. The neighbours' verdicts are as they were without it."""
    setting = JudgeConfig(str(deadly_course(tmp_path / "course")), ("lecture1",), "fork")
    jobs = [
        job(tiny, "right", RIGHT),
        job(tiny, "kills", KILLS_THE_JUDGE),
        job(tiny, "diagnosis", KILLS_THE_DIAGNOSIS),
        job(tiny, "other", "def double(x):\n    return 3 * x\n"),
        job(tiny, "right too", RIGHT),
    ]
    for order in (jobs, jobs[::-1]):
        marks = {marked.who: marked for marked in mark_all(order, setting, 1)}
        assert len(marks) == 5
        assert marks["kills"].result.exercises == ()
        assert "signal 9" in marks["kills"].ungraded
        judged = {who: outcome(m) for who, m in marks.items() if not m.ungraded}
        assert judged == {
            **{"right": Outcome.PASS, "right too": Outcome.PASS},
            **{"diagnosis": Outcome.FAIL, "other": Outcome.FAIL},
        }


def test_jobs_are_taken_when_a_worker_is_free(tiny: Course) -> None:
    taken: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(6):
            taken.append(number)
            yield job(tiny, f"who{number}", RIGHT)

    marks = mark_all(jobs(), SETTING, 1)
    next(marks)
    assert len(taken) <= 3
    assert len(list(marks)) == 5


def test_a_course_that_cannot_be_run_is_said(tmp_path: Path, tiny: Course) -> None:
    setting = JudgeConfig(str(tmp_path), ("lecture1",), "fork")
    with pytest.raises(UserError, match="no course"):
        list(mark_all([job(tiny, "who", RIGHT)], setting, 1))


def test_nothing_to_do(tiny: Course) -> None:
    assert tiny.lectures
    assert list(mark_all([], SETTING, 2)) == []

"""A class is graded where a data set of the course's is missing: nobody is blamed who reads it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Course, load_course
from grader.course.targets import select
from grader.judge.worker import Job, JobResult, JudgeConfig, Worker
from grader.source.files import submission_of

READS = "two = int(open('two.txt').read())\ndef double(x):\n    return two * x\n"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """With a data set, for which there is an empty folder."""
    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    digest = hashlib.sha256(b"2").hexdigest()
    text = (root / "course.toml").read_text()
    data = (
        '[[data]]\nname = "two.txt"\nurl = "https://x.org/two.txt"\n'
        f'sha256 = "{digest}"\nabout = "2"\n'
    )
    (root / "course.toml").write_text(text.replace("[[lecture]]", f"{data}\n[[lecture]]", 1))
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("ZTH_DATA", str(tmp_path / "data"))
    return load_course(root)


def marked(course: Course, isolation: str, code: str) -> JobResult:
    (selection,) = select(course, ["double"])
    lecture = selection.lecture
    submission = submission_of({"arrays.py": code}, lecture, Path("/handed/in"))
    job = Job("ada", lecture.id, ("double",), submission, 1)
    setting = JudgeConfig(str(course.root), (lecture.id,), isolation, (str(course.root),))
    with Worker(setting) as worker:
        worker.send(job)
        while (found := worker.receive()) is None:
            pass
    return found


@pytest.mark.parametrize("isolation", ["bwrap", "fork"])
def test_who_reads_what_this_machine_lacks_is_not_graded(
    course: Course, tmp_path: Path, isolation: str
) -> None:
    found = marked(course, isolation, READS)
    assert found.ungraded == (
        f"It reads two.txt, which this machine does not have. ZTH_DATA names {tmp_path}/data, which has "
        f"no two.txt. Put it into {tmp_path}/data, or unset ZTH_DATA and fetch it: zth data"
    )
    other = marked(course, isolation, READS.replace("two.txt", "mine.txt"))
    assert not other.ungraded, "that one is the learner's own affair"
    assert not other.result.passed
    (tmp_path / "data" / "two.txt").write_text("2")
    found = marked(course, isolation, READS)
    assert found.result.passed
    assert not found.ungraded

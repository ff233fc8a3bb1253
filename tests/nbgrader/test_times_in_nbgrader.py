"""When work is late in nbgrader: what `zth grade` reads in timestamp.txt, both autogrades read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from handing_in import course_with_a_bonus, done, hand_in, run, worked

DUE = "2026-10-02 10:00:00 UTC"
TIMES = {
    "in_time": "2026-10-02 11:59:00 CEST",
    "in_time_too": "2026-10-02 11:59:00 +0200",
    "late": "2026-10-02 12:01:00 CEST",
    "late_in_new_york": "2026-10-02 06:01:00 EDT",
    "late_in_notepad": "\ufeff2026-10-02 10:01:00 UTC",
    "no_time": "on Friday",
}
LATE = {"late", "late_in_new_york", "late_in_notepad"}


@pytest.mark.parametrize(
    "command", [("nbgrader", "autograde", "lecture1"), ("zth", "nbgrader", "autograde", "lecture1")]
)
def test_who_is_late(tmp_path: Path, command: tuple[str, ...]) -> None:
    from nbgrader.api import Gradebook

    course = course_with_a_bonus(tmp_path / "course")
    done(
        tmp_path, "zth", "nbgrader", "init", "class", "--course", str(course), "--isolation", "fork"
    )
    folder = tmp_path / "class"
    done(folder, "zth", "nbgrader", "build", "lecture1")
    done(folder, "nbgrader", "generate_assignment", "lecture1")
    for who, at in TIMES.items():
        hand_in(folder, who, worked(folder), at).save()
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        book.update_or_create_assignment("lecture1", duedate=DUE)
    for home in (
        folder / "submitted",
        folder / "source",
        course,
    ):  # what Finder leaves stops nothing
        for place in [home, *(path for path in home.rglob("*") if path.is_dir())]:
            (place / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
            (place / "._arrays.py").write_bytes(b"\0\5\x16\7")
            (place / "._arrays.ipynb").write_bytes(b"\0\5\x16\7")

    process = run(folder, *command)
    assert process.returncode == 0, process.stderr
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        late = {
            submission.student.id: submission.total_seconds_late
            for submission in book.assignment_submissions("lecture1")
        }
    assert {who for who, seconds in late.items() if seconds} == LATE
    assert late.keys() == TIMES.keys()
    assert set(late.values()) == {0.0, 60.0}
    words = "submitted/no_time/lecture1/timestamp.txt says 'on Friday', which is no time"
    log = folder / ".zth" / "autograde-lecture1.log"
    assert words in (process.stderr if command[0] == "nbgrader" else log.read_text())

    shutil.rmtree(folder / "autograded" / "late")
    again = run(folder, *command, *(["--json"] if command[0] == "zth" else []))
    assert again.returncode == 0, again.stderr
    if command[0] == "zth":
        assert json.loads(again.stdout)["graded"] == ["late"]

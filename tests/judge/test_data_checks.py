"""Checks on a whole data set: after the others, only where the data is there, and never in silence."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course.manifest import Course, load_course
from grader.course.targets import select
from grader.errors import UserError
from grader.judge.judge import Judge, open_judge
from grader.results import LectureResult, Outcome
from grader.sandbox.sandbox import Interrupted, Sandbox
from grader.source.files import read_submission

TEXT = "one\ntwo\nthree\n"
MANIFEST = """
format = 1
title = "One exercise, on data"
[limits]
seconds = 1
[[data]]
name = "words.txt"
url = "https://example.org/words.txt"
sha256 = "{sha256}"
about = "Three words."
[[lecture]]
id = "lecture1"
dir = "{dir}"
title = "One"
video = "VMj-3S1tku0"
[[lecture.exercise]]
id = "count"
file = "code.py"
title = "One"
at = "0:00:00"
hints = ["a", "b", "c"]
"""
QUICK = '''
from grader.judge.checks import exercise

@exercise("count")
def test_two(observe):
    """Two lines are two words."""
    def probe(code, text):
        return code.count(text)
    observe(probe, text="a\\nb\\n").equals(2)
'''
ON_DATA = '''
from grader.judge.checks import exercise

@exercise("count", data="words.txt")
def test_words_txt(observe, data_text):
    """words.txt has three words."""
    def probe(code, text):
        return code.count(text)
    observe(probe, text=data_text).equals(3)
'''
RIGHT = "def count(text):\n    return len(text.split())\n"
AT_MOST_TWO = "def count(text):\n    return min(2, len(text.split()))\n"
SLOW_ON_DATA = (
    "import time\ndef count(text):\n    if 'three' in text: time.sleep(1.5)\n"
    "    return len(text.split())\n"
)


@pytest.fixture
def course(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Course:
    """A course of one exercise with a data set, which is there."""
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)
    for folder in ("solutions", "tests/hidden", "data"):
        (tmp_path / folder / name).mkdir(parents=True)
    sha256 = hashlib.sha256(TEXT.encode()).hexdigest()
    (tmp_path / "course.toml").write_text(MANIFEST.format(dir=name, sha256=sha256))
    (tmp_path / "solutions" / name / "code.py").write_text(RIGHT)
    (tmp_path / "tests" / "hidden" / name / "test_a.py").write_text(ON_DATA)
    (tmp_path / "tests" / "hidden" / name / "test_b.py").write_text(QUICK)
    (tmp_path / "data" / "words.txt").write_text(TEXT)
    monkeypatch.setenv("ZTH_DATA", str(tmp_path / "data"))
    return load_course(tmp_path)


def on(course: Course, work: Callable[[Judge], LectureResult], interrupt: int | None = None):  # type: ignore[no-untyped-def]
    with (
        Sandbox(interrupt=interrupt) as sandbox,
        open_judge(course, course.lectures, sandbox) as judge,
    ):
        return work(judge)


def verdict(course: Course, source: str, on_data: bool = True, target: str = "1") -> LectureResult:
    (selection,) = select(course, [target])
    folder = course.root / "mine"
    folder.mkdir(exist_ok=True)
    (folder / "code.py").write_text(source)
    submission = read_submission(folder, selection.lecture)
    result: LectureResult = on(
        course, lambda judge: judge.judge(selection, submission, on_data=on_data)
    )
    return result


def names(result: LectureResult) -> list[str]:
    return [check.name for check in result.exercises[0].checks]


def test_what_is_wrong_only_on_the_data_fails(course: Course) -> None:
    result = verdict(course, AT_MOST_TWO)
    assert result.exercises[0].outcome is Outcome.FAIL
    assert names(result) == ["test_two", "test_words_txt"]
    assert result.exercises[0].failing[0].description == "words.txt has three words."


def test_what_is_wrong_before_is_not_run_on_the_data(course: Course) -> None:
    result = verdict(course, "def count(text):\n    return 7\n")
    assert names(result) == ["test_two"]


def test_what_is_right_passes_on_the_data(course: Course) -> None:
    result = verdict(course, RIGHT)
    assert (result.exercises[0].outcome, result.notes) == (Outcome.PASS, ())
    assert names(result) == ["test_two", "test_words_txt"]


def test_on_the_data_there_is_more_time(course: Course) -> None:
    assert verdict(course, SLOW_ON_DATA).exercises[0].outcome is Outcome.PASS


def test_without_the_data_the_verdict_says_what_was_not_run(course: Course) -> None:
    (course.root / "data" / "words.txt").unlink()
    result = verdict(course, RIGHT)
    assert names(result) == ["test_two"]
    (note,) = result.notes
    assert note.startswith("Not run: 1 check on words.txt.")
    assert "ZTH_DATA" in note


def test_other_data_of_the_same_name_is_no_data(course: Course) -> None:
    (course.root / "data" / "words.txt").write_text("one\ntwo\n")
    result = verdict(course, RIGHT)
    assert names(result) == ["test_two"]
    assert "checksum" in result.notes[0]


def test_data_may_be_left_for_later(course: Course) -> None:
    result = verdict(course, AT_MOST_TWO, on_data=False)
    assert (names(result), result.notes) == (["test_two"], ())


TWICE = """
[[lecture.exercise]]
id = "twice"
file = "code.py"
title = "Two"
at = "0:00:01"
needs = ["count"]
hints = ["a", "b", "c"]
"""
WRONG_TWICE = "\n\ndef twice(text):\n    return count(text)\n"


def test_of_what_another_needs_it_is_no_matter_how_it_does_on_the_data(course: Course) -> None:
    """It takes seconds, and would say to mend what is right in all that can be seen."""
    manifest = course.root / "course.toml"
    manifest.write_text(manifest.read_text() + TWICE)
    text = RIGHT + WRONG_TWICE.replace("return", "return 2 *")
    (course.solutions(course.lectures[0]) / "code.py").write_text(text)
    check = QUICK.replace('"count"', '"twice"').replace("code.count", "code.twice")
    check = check.replace("test_two", "test_twice").replace("equals(2)", "equals(4)")
    (course.hidden(course.lectures[0]) / "test_c.py").write_text(check)
    course = load_course(course.root)
    result = verdict(course, AT_MOST_TWO + WRONG_TWICE, target="twice")
    assert result.exercises[0].outcome is Outcome.FAIL
    both = verdict(course, AT_MOST_TWO + WRONG_TWICE)
    assert [e.outcome for e in both.exercises] == [Outcome.FAIL, Outcome.BLOCKED]


def test_an_exercise_needs_a_check_that_needs_no_data(course: Course) -> None:
    (course.hidden(course.lectures[0]) / "test_b.py").unlink()
    with pytest.raises(UserError, match="no check that needs no data"):
        verdict(course, RIGHT)


def test_a_data_set_that_the_course_does_not_have(course: Course) -> None:
    check = course.hidden(course.lectures[0]) / "test_a.py"
    check.write_text(ON_DATA.replace("words.txt", "others.txt"))
    with pytest.raises(UserError, match=r"no data set 'others.txt'"):
        verdict(course, RIGHT)


def test_a_verdict_that_nobody_waits_for_any_more_is_given_up(course: Course) -> None:
    """An endless loop is left at once, and the next verdict of the same judge is right."""
    manifest = course.root / "course.toml"
    manifest.write_text(manifest.read_text().replace("seconds = 1", "seconds = 60"))
    course = load_course(course.root)
    (selection,) = select(course, ["1"])
    folder = course.root / "mine"
    folder.mkdir()
    ours, theirs = os.pipe()

    def work(judge: Judge) -> LectureResult:
        (folder / "code.py").write_text("def count(text):\n    while True: pass\n")
        looping = read_submission(folder, selection.lecture)
        threading.Timer(0.2, os.write, (theirs, b"x")).start()
        start = time.monotonic()
        with pytest.raises(Interrupted):
            judge.judge(selection, looping)
        assert time.monotonic() - start < 20, "it waited for the limit"
        os.read(ours, 1)
        (folder / "code.py").write_text(RIGHT)
        return judge.judge(selection, read_submission(folder, selection.lecture))

    try:
        assert on(course, work, interrupt=ours).passed
    finally:
        os.close(ours)
        os.close(theirs)

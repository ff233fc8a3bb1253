"""What a save touches: as little as may be judged again, and never too little."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.manifest import Course
from grader.source.files import Submission, submission_of
from grader.workspace.affected import touched, with_last_code


def files(course: Course, **changed: str) -> Submission:
    """The worked files of the tiny course, some with another text."""
    (lecture,) = course.lectures
    texts = {
        name: (course.solutions(lecture) / name).read_text(encoding="utf-8")
        for name in lecture.files
    }
    texts |= {f"{stem}.py": text for stem, text in changed.items()}
    return submission_of(texts, lecture, Path("/nowhere"))


def arrays(course: Course, was: str, becomes: str) -> Submission:
    (lecture,) = course.lectures
    text = (course.solutions(lecture) / "arrays.py").read_text(encoding="utf-8")
    assert was in text
    return files(course, arrays=text.replace(was, becomes))


def names(course: Course, after: Submission) -> tuple[set[str], set[str]]:
    found = touched(course.lectures[0], files(course), after)
    return {e.id for e in found.edited}, {e.id for e in found.shaken}


def test_nothing(tiny: Course) -> None:
    found = touched(tiny.lectures[0], files(tiny), files(tiny))
    assert (found.edited, found.shaken, found.files) == ((), (), ())


def test_a_comment_touches_the_file_alone(tiny: Course) -> None:
    after = arrays(tiny, "def double", "# a comment\ndef double")
    assert names(tiny, after) == (set(), set())
    assert touched(tiny.lectures[0], files(tiny), after).files == ("arrays.py",)


def test_one_definition_shakes_what_needs_it(tiny: Course) -> None:
    edited, shaken = names(tiny, arrays(tiny, "return x + x", "return 2 * x"))
    assert edited == {"double"}
    assert shaken == {"quadruple", "shift"}, "in another file, too"


def test_a_method_is_its_exercise_alone(tiny: Course) -> None:
    edited, shaken = names(tiny, arrays(tiny, "self.sum += value", "self.sum = self.sum + value"))
    assert (edited, shaken) == ({"Tally"}, set())


def test_a_helper_shakes_the_whole_file_and_what_needs_it(tiny: Course) -> None:
    edited, shaken = names(tiny, arrays(tiny, "def double", "SCALE = 2\n\n\ndef double"))
    assert edited == set()
    assert shaken == {"double", "mean", "Tally", "quadruple", "slope", "shift"}


def test_a_file_that_is_no_python_shakes_nothing(tiny: Course) -> None:
    """Its exercises are as they were once it is mended; the one in view says what is wrong."""
    broken = files(tiny, arrays="def double(x:\n")
    assert names(tiny, broken) == (set(), set())
    assert touched(tiny.lectures[0], files(tiny), broken).files == ("arrays.py",)


def test_a_file_that_was_no_python_when_it_began_shakes_all_in_it(tiny: Course) -> None:
    found = touched(tiny.lectures[0], files(tiny, arrays="def double(x:\n"), files(tiny))
    assert {"double", "mean", "slope"} <= {e.id for e in found.shaken}


def test_after_a_mend_only_what_was_edited_counts(tiny: Course) -> None:
    """The file is compared with the last one that was Python."""
    broken = files(tiny, arrays="def double(x:\n")
    mended = arrays(tiny, "return x + x", "return 2 * x")
    last = with_last_code(files(tiny), broken)
    found = touched(tiny.lectures[0], last, mended)
    assert [e.id for e in found.edited] == ["double"]


def test_what_is_not_begun_is_not_shaken(tiny: Course) -> None:
    stub = 'def quadruple(x):\n    raise NotImplementedError("quadruple")\n'
    (lecture,) = tiny.lectures
    text = (tiny.solutions(lecture) / "arrays.py").read_text(encoding="utf-8") + stub
    before, after = files(tiny, arrays=text), files(tiny, arrays=text.replace("x + x", "2 * x"))
    shaken = {e.id for e in touched(lecture, before, after).shaken}
    assert shaken == {"shift"}


@pytest.mark.parametrize("text", ["", "def double(x):\n    return x + x\n"])
def test_a_definition_that_goes_is_edited(tiny: Course, text: str) -> None:
    found = touched(tiny.lectures[0], files(tiny), files(tiny, arrays=text))
    assert "mean" in {e.id for e in (*found.edited, *found.shaken)}


def test_another_file_beside_shakes_all(tiny: Course) -> None:
    (lecture,) = tiny.lectures
    before = files(tiny)
    after = files(tiny, helper="x = 1\n")
    assert len(touched(lecture, before, after).shaken) == len(lecture.exercise)

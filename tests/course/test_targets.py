"""What a learner types, to what the course means."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.manifest import Course, Exercise, Lecture, Manifest, bundled_course, load_course
from grader.course.targets import select
from grader.errors import UserError


def lecture(number: int, *ids: str) -> Lecture:
    exercises = tuple(Exercise(i, "code.py", i, "0:00:00", ("a", "b", "c")) for i in ids)
    return Lecture(f"lecture{number}", f"lecture{number:02}_name", "Title", "video", exercises)


@pytest.fixture
def course() -> Course:
    lectures = (
        lecture(1, "Value", "backward", "softmax"),
        lecture(5, "softmax", "cross_entropy_backward", "batchnorm_backward"),
        lecture(10, "attention"),
    )
    return Course(Path("/nowhere"), Manifest(1, "A course", lectures))


def names(course: Course, *targets: str) -> list[str]:
    return [f"{s.lecture.id}.{e.id}" for s in select(course, targets) for e in s.exercises]


NOT_THERE = {
    "lecture2": "Did you mean lecture5 or lecture1 or lecture10?",
    "lectur5": "Did you mean lecture5",
    "7": "`zth list` shows what there is.",
    "0": "`zth list` shows what there is.",
    "": "`zth list` shows what there is.",
    ".": "`zth list` shows what there is.",
    "5.": "`zth list` shows what there is.",
    "Valeu": "Did you mean lecture1.Value?",
    "value": "Did you mean lecture1.Value?",
    "5.sofmax": "Did you mean lecture5.softmax",
    "5.Value": "Did you mean lecture1.Value?",
    "lecture5.crossentropy_backward": "Did you mean lecture5.cross_entropy_backward",
    "batchnorm": "Did you mean lecture5.batchnorm_backward?",
    "5.softmax.more": "Did you mean lecture5.softmax",
    "--": "`zth list` shows what there is.",
    "５": "`zth list` shows what there is.",
    "²": "`zth list` shows what there is.",
}


@pytest.mark.parametrize("target", NOT_THERE)
def test_what_is_not_there_gets_the_nearest_names(course: Course, target: str) -> None:
    with pytest.raises(UserError) as caught:
        select(course, [target])
    assert caught.value.message == f"There is no {target!r} in this course."
    assert caught.value.fix.startswith(NOT_THERE[target])


@pytest.mark.parametrize("target", ["softmax", " softmax "])
def test_what_is_in_two_lectures_asks_which(course: Course, target: str) -> None:
    with pytest.raises(UserError) as caught:
        select(course, [target])
    assert caught.value.message == f"{target!r} is in 2 lectures."
    assert caught.value.fix == "Say which: lecture1.softmax or lecture5.softmax."


LECTURE_5 = ["lecture5.softmax", "lecture5.cross_entropy_backward", "lecture5.batchnorm_backward"]
SPELLED = {
    "lecture5": LECTURE_5,
    "5": LECTURE_5,
    "05": LECTURE_5,
    " 5 ": LECTURE_5,
    "lecture05_name": LECTURE_5,
    "lecture5.softmax": ["lecture5.softmax"],
    "5.softmax": ["lecture5.softmax"],
    "05.softmax": ["lecture5.softmax"],
    "lecture05_name.softmax": ["lecture5.softmax"],
    "1.softmax": ["lecture1.softmax"],
    "Value": ["lecture1.Value"],
    "backward": ["lecture1.backward"],
    "10": ["lecture10.attention"],
}


@pytest.mark.parametrize("target", SPELLED)
def test_every_spelling(course: Course, target: str) -> None:
    assert names(course, target) == SPELLED[target]


def test_several_come_once_and_in_the_courses_order(course: Course) -> None:
    targets = ["attention", "5.softmax", "Value", "lecture5.softmax", "5.softmax"]
    assert names(course, *targets) == ["lecture1.Value", "lecture5.softmax", "lecture10.attention"]


def test_a_whole_lecture_knows_that_it_is_whole(course: Course) -> None:
    whole, part = select(course, ["1", "5.softmax"])
    assert whole.is_whole
    assert not part.is_whole


def test_no_target_selects_nothing(course: Course) -> None:
    assert select(course, []) == []


def test_a_file_names_the_exercises_in_it() -> None:
    course = load_course(bundled_course())
    engine = [
        f"lecture1.{e.id}" for e in course.lecture("lecture1").exercise if e.file == "engine.py"
    ]
    for target in (
        "engine.py",
        "exercises/lecture01_micrograd/engine.py",
        "./lecture01_micrograd/engine.py",
        "/home/ada/course/exercises/lecture01_micrograd/engine.py",
    ):
        assert names(course, target) == engine
    assert names(course, "exercises/lecture01_micrograd/") == names(course, "lecture1")
    trained = names(course, "exercises/lecture05_backprop/train.py")
    assert trained == ["lecture5.manual_backward", "lecture5.train_by_hand"]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("train.py", "Say which: lecture01_micrograd/train.py or lecture05_backprop/train.py"),
        ("engin.py", "Did you mean engine.py"),
        ("exercises/lecture01_micrograd/atomic.py", "written in"),
        ("exercises/lecture99_none/", "There is no"),
    ],
)
def test_a_file_of_no_exercise(target: str, says: str) -> None:
    with pytest.raises(UserError) as raised:
        select(load_course(bundled_course()), [target])
    assert says in f"{raised.value.message} {raised.value.fix}"

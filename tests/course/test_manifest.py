"""course.toml: what is wrong in it is refused with the file, the key and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Limits, bundled_course, load_course
from grader.errors import UserError

GOOD = """
format = 1
title = "A course"

[[lecture]]
id = "lecture1"
dir = "first"
title = "First"
video = "VMj-3S1tku0"

[[lecture.exercise]]
id = "one"
file = "code.py"
title = "One"
at = "0:01:02"
hints = ["a", "b", "c"]

[[lecture.exercise]]
id = "two"
file = "code.py"
title = "Two"
at = "1:02:03"
hints = ["a", "b", "c"]
needs = ["one"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("solutions/first", "tests/hidden/first", "exercises/first"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "solutions" / "first" / "code.py").write_text("x = 1\n")
    return tmp_path


def refused(root: Path, text: str | bytes) -> UserError:
    (root / "course.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        load_course(root)
    assert caught.value.fix
    assert "Traceback" not in str(caught.value)
    return caught.value


DATA = f"""
[[data]]
name = "a.txt"
url = "https://host/a"
sha256 = "{"0" * 64}"
about = "a"

"""

# what is changed, into what; what the message says besides the file; the remedy
BROKEN: dict[str, tuple[str, str, list[str], str]] = {
    "an unknown key": (
        "title = 'One'".replace("'", '"'),
        'title = "One"\ntitel = "One"',
        ["unknown field `titel`", "lecture lecture1", "exercise one"],
        "Correct that key",
    ),
    "an unknown key at the top": (
        "format = 1",
        "format = 1\nfromat = 1",
        ["unknown field `fromat`"],
        "Correct that key",
    ),
    "an unknown key in a lecture": (
        'dir = "first"',
        'dir = "first"\nfolder = "first"',
        ["unknown field `folder`", "lecture lecture1"],
        "Correct that key",
    ),
    "a key that is missing": (
        'at = "1:02:03"\n',
        "",
        ["missing required field `at`", "lecture lecture1", "exercise two"],
        "Correct that key",
    ),
    "a number for a text": (
        'title = "Two"',
        "title = 2",
        ["Expected `str`, got `int`", "lecture lecture1", "exercise two", "title"],
        "Correct that key",
    ),
    "a text for a number": (
        'at = "0:01:02"',
        'at = "0:01:02"\npoints = "two"',
        ["Expected `int`, got `str`", "exercise one", "points"],
        "Correct that key",
    ),
    "two hints": (
        'hints = ["a", "b", "c"]\nneeds',
        'hints = ["a", "b"]\nneeds',
        ["length 3", "exercise two", "hints"],
        "Correct that key",
    ),
    "a limit of its own name": (
        'needs = ["one"]',
        "limits = { second = 3 }",
        ["unknown field `second`", "exercise two", "limits"],
        "Correct that key",
    ),
    "two exercises with one id": (
        'id = "two"',
        'id = "one"',
        ["two exercises of lecture1 have the id 'one'"],
        "Rename one of them.",
    ),
    "an id that is no name": (
        'id = "two"',
        'id = "two words"',
        ["`id` of 'lecture1.two words' is not a name"],
        "Use letters, digits and _.",
    ),
    "a lecture's id that is no name": (
        'id = "lecture1"',
        'id = "lecture.1"',
        ["`id` of lecture 'lecture.1' is not a name"],
        "Use letters, digits and _.",
    ),
    "a file that is not there": (
        'file = "code.py"\ntitle = "Two"',
        'file = "other.py"\ntitle = "Two"',
        ["`file` of lecture1.two is other.py", "solutions/first/other.py is not there"],
        "Write the solution, or correct `file`.",
    ),
    "a file elsewhere": (
        'file = "code.py"\ntitle = "Two"',
        'file = "../code.py"\ntitle = "Two"',
        ["`file` of lecture1.two is '../code.py': not a Python file's name"],
        "Correct that key",
    ),
    "a folder that is not there": (
        'dir = "first"',
        'dir = "second"',
        ["lecture1 needs the folder solutions/second"],
        "Make it, or correct `dir`.",
    ),
    "a folder elsewhere": (
        'dir = "first"',
        'dir = "../first"',
        ["`dir` of lecture1 is '../first': not one folder's name"],
        "Correct that key",
    ),
    "a need that is not there": (
        'needs = ["one"]',
        'needs = ["three"]',
        ["`needs` of lecture1.two names 'three', which lecture1 does not have"],
        "Name one of: one, two.",
    ),
    "a need of itself": (
        'needs = ["one"]',
        'needs = ["two"]',
        ["`needs` in lecture1 goes in a circle: two → two"],
        "Break it.",
    ),
    "a time of day": (
        'at = "1:02:03"',
        'at = "62:03"',
        ["`at` of lecture1.two is '62:03'"],
        "Write the time as h:mm:ss.",
    ),
    "points below zero": (
        'needs = ["one"]',
        "points = -1",
        ["`points` of lecture1.two is -1"],
        "Points are 0 or more.",
    ),
    "forbids without a reason": (
        'needs = ["one"]',
        'forbids = ["torch.autograd"]',
        ["`forbids` of lecture1.two has no `forbids_why`"],
        "Tell the learner why.",
    ),
    "a limit of nothing": (
        "[[lecture]]",
        "[limits]\nseconds = 0\n\n[[lecture]]",
        ["`seconds` in the limits of the course is 0"],
        "A limit is above zero.",
    ),
    "a limit without end": (
        "[[lecture]]",
        "[limits]\nseconds = inf\n\n[[lecture]]",
        ["`seconds` in the limits of the course is inf"],
        "A limit is above zero.",
    ),
    "an exercise's limit of nothing": (
        'needs = ["one"]',
        "limits = { memory_mb = -1 }",
        ["`memory_mb` in the limits of lecture1.two is -1"],
        "A limit is above zero.",
    ),
    "two data sets with one name": (
        "[[lecture]]",
        DATA + DATA.replace("a.txt", "A.txt") + "[[lecture]]",
        ["two data sets have the name 'a.txt'"],
        "Rename one of them.",
    ),
    "data elsewhere": (
        "[[lecture]]",
        DATA.replace("a.txt", "../a.txt") + "[[lecture]]",
        ["`name` of the data set '../a.txt' is not one file's name"],
        "Use letters, digits, _ . and -.",
    ),
    "data of another kind of address": (
        "[[lecture]]",
        DATA.replace("https:", "file:") + "[[lecture]]",
        ["`url` of the data set 'a.txt' is 'file://host/a'"],
        "Write it as https://HOST/FILE.",
    ),
    "data without its checksum": (
        "[[lecture]]",
        DATA.replace("0" * 64, "0" * 63) + "[[lecture]]",
        ["`sha256` of the data set 'a.txt' is not one"],
        "Write what `sha256sum FILE` prints.",
    ),
    "data without an address": (
        "[[lecture]]",
        DATA.replace('url = "https://host/a"\n', "") + "[[lecture]]",
        ["missing required field `url`", "data a.txt"],
        "Correct that key",
    ),
    "another format": (
        "format = 1",
        "format = 2",
        ["`format` is 2; this zth reads format 1"],
        "Install the zth that the course was made for, or write `format = 1`.",
    ),
    "a format in words": (
        "format = 1",
        'format = "1"',
        ["`format` is '1'; this zth reads format 1"],
        "Install the zth",
    ),
    "no format": (
        "format = 1\n",
        "",
        ["`format` is missing; this zth reads format 1"],
        "Install the zth",
    ),
    "not TOML": (
        "format = 1",
        "format = 1\ntitle = ",
        ["is not valid TOML", "line 3"],
        "Fix that line.",
    ),
    "a key twice": (
        "format = 1",
        "format = 1\nformat = 1",
        ["is not valid TOML", "line 3"],
        "Fix that line.",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_manifest_is_refused(root: Path, how: str) -> None:
    before, after, said, fix = BROKEN[how]
    assert GOOD.count(before) >= 1, "the text to be replaced is there"
    error = refused(root, GOOD.replace(before, after, 1))
    assert str(root / "course.toml") in error.message
    for part in said:
        assert part in error.message
    assert error.fix.startswith(fix)


def test_a_circle_of_needs(root: Path) -> None:
    one, two = GOOD.split('id = "two"')
    circle = one.replace('id = "one"', 'id = "one"\nneeds = ["two"]') + 'id = "two"' + two
    assert "goes in a circle: one → two → one" in refused(root, circle).message


def test_no_lectures(root: Path) -> None:
    error = refused(root, 'format = 1\ntitle = "Nothing"\nlecture = []\n')
    assert "no lectures" in error.message


def test_two_lectures_with_one_id(root: Path) -> None:
    lecture = GOOD[GOOD.index("[[lecture]]") :]
    assert "two lectures have the id 'lecture1'" in refused(root, GOOD + lecture).message


def test_two_lectures_in_one_folder(root: Path) -> None:
    lecture = GOOD[GOOD.index("[[lecture]]") :].replace('"lecture1"', '"lecture2"')
    assert "two lectures have the dir 'first'" in refused(root, GOOD + lecture).message


def test_not_utf8(root: Path) -> None:
    error = refused(root, GOOD.replace("A course", "Ein Kurs für alle").encode("latin-1"))
    assert "course.toml is not UTF-8 (byte " in error.message
    assert error.fix == "Save the file as UTF-8."


@pytest.mark.parametrize("what", ["nothing", "no folder", "a folder in its place"])
def test_no_course(root: Path, what: str) -> None:
    if what == "a folder in its place":
        (root / "course.toml").mkdir()
    place = root / "nowhere" if what == "no folder" else root
    with pytest.raises(UserError, match="There is no course in") as caught:
        load_course(place)
    assert str(place) in caught.value.message
    assert caught.value.fix == "Name the folder that holds course.toml with --course DIR."


def test_a_good_one_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "course.toml").write_text(GOOD)
    monkeypatch.chdir(root)
    course = load_course(Path())
    assert course.root == root, "absolute, wherever it was named from"
    (lecture,) = course.lectures
    one, two = lecture.exercise
    assert lecture.files == ("code.py",)
    assert lecture.link(two) == "https://youtu.be/VMj-3S1tku0?t=3723"
    assert one.names == ("one",)
    assert course.limits(one) == Limits()


def test_an_exercise_changes_the_limits_it_names(root: Path) -> None:
    (root / "course.toml").write_text(
        GOOD.replace("[[lecture]]", "[limits]\nseconds = 3\n\n[[lecture]]").replace(
            'needs = ["one"]', "limits = { memory_mb = 7 }"
        )
    )
    course = load_course(root)
    one, two = course.lectures[0].exercise
    assert course.limits(one) == Limits(seconds=3)
    assert course.limits(two) == Limits(seconds=3, memory_mb=7)


@pytest.mark.parametrize("root", [TINY, bundled_course()])
def test_our_own_courses_are_good(root: Path) -> None:
    assert load_course(root).lectures


def test_data_sets_are_found_by_name(root: Path) -> None:
    (root / "course.toml").write_text(GOOD + DATA)
    course = load_course(root)
    assert course.dataset("a.txt").url == "https://host/a"
    with pytest.raises(UserError, match=r"no data set 'b\.txt'") as caught:
        course.dataset("b.txt")
    assert caught.value.fix == "Name one of: a.txt."

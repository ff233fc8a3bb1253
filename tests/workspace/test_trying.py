"""What is at home and not in class is said before it is handed in; what comes along is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Course, Lecture, load_course
from grader.source.files import read_submission
from grader.workspace.submit_trial import Missed, missed_in_class

ARRAYS = (TINY / "solutions" / "tiny" / "arrays.py").read_text(encoding="utf-8")
MODEL = (TINY / "solutions" / "tiny" / "model.py").read_text(encoding="utf-8")


@pytest.fixture
def lecture(tiny: Course) -> Lecture:
    return tiny.lectures[0]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "mine.txt").write_text("2")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "my_library.py").write_text("def twice(x):\n    return x + x\n")
    (elsewhere / "far.txt").write_text("2")
    return folder


def missed(tiny: Course, folder: Path, code: str) -> tuple[Missed, ...]:
    worked = ARRAYS.replace("def double(", "def doubled(") if "double" in code else ARRAYS
    (folder / "arrays.py").write_text(f"{worked}\n\n{code}\n")
    (folder / "model.py").write_text(MODEL)
    lecture = tiny.lectures[0]
    return missed_in_class(tiny, lecture, read_submission(folder, lecture))


GONE = {
    "a file beside": (
        "two = int(open('mine.txt').read())\ndef double(x):\n    return two * x",
        "No such file or directory: 'mine.txt'",
    ),
    "a file elsewhere": (
        "def double(x):\n    return int(open('{elsewhere}/far.txt').read()) * x",
        "No such file or directory: '{elsewhere}/far.txt'",
    ),
    "a file by a path that is none for open alone": (
        "from pathlib import Path\ndef double(x):\n"
        "    return int(Path('{elsewhere}/far.txt').read_text()) * x",
        "No such file or directory: '{elsewhere}/far.txt'",
    ),
    "a folder elsewhere": (
        "import os\ndef double(x):\n    return 2 * x if os.listdir('{elsewhere}') else x",
        "No such file or directory: '{elsewhere}'",
    ),
    "a module by sys.path": (
        "import sys\nsys.path.insert(0, '{elsewhere}')\nfrom my_library import twice as double",
        "my_library is not installed where your work is graded",
    ),
    "a module when it is needed": (
        "import sys\nsys.path.append('{elsewhere}')\ndef double(x):\n    import my_library\n"
        "    return my_library.twice(x)",
        "my_library is not installed where your work is graded",
    ),
    "a library": (
        "import seaborn\ndef double(x):\n    return seaborn.twice(x)",
        "seaborn is not installed where your work is graded",
    ),
}


@pytest.mark.parametrize("what", GONE)
def test_what_will_not_come_along_is_said(tiny: Course, home: Path, what: str) -> None:
    code, says = (
        text.replace("{elsewhere}", str(home.parent / "elsewhere")) for text in GONE[what]
    )
    (found,) = missed(tiny, home, code)
    assert says in found.message
    assert "(arrays.py, line " in found.message
    assert "double" in found.exercises
    assert "mean" not in found.exercises


def test_the_learners_own_path_is_not_the_classs(
    tiny: Course, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(home.parent / "elsewhere"))
    (found,) = missed(tiny, home, "from my_library import twice as double")
    assert found.message.startswith("my_library is not installed")


COMES_ALONG = [
    "",
    "from beside import twice as double",
    "import json, tempfile, pathlib, torch.nn.functional, numpy.random, sqlite3, email.mime.text",
    "import seaborn\nwords = open('mine.txt').read()\nopen('{elsewhere}/far.txt')",
    "def double(x):\n    with open('notes.txt', 'w') as file:\n        file.write('mine')\n"
    "    assert open('notes.txt').read() == 'mine'\n    return x + x",
    "import warnings\ndef double(x):\n    warnings.warn('odd')\n    return x + x",
    "def double(x):\n    return 1 / 0",
]


@pytest.mark.parametrize("code", COMES_ALONG)
def test_what_is_not_missed_is_not_said(tiny: Course, home: Path, code: str) -> None:
    """Right or wrong: nothing here asks for what a class has not."""
    (home / "beside.py").write_text("def twice(x):\n    return x + x\n")
    assert missed(tiny, home, code.replace("{elsewhere}", str(home.parent / "elsewhere"))) == ()


def test_data_of_the_courses_own_is_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where this machine has it not, a class has."""
    import hashlib
    import shutil

    root = Path(shutil.copytree(TINY, tmp_path / "course"))
    digest = hashlib.sha256(b"2").hexdigest()
    text = (root / "course.toml").read_text()
    data = (
        f'[[data]]\nname = "two.txt"\nurl = "https://x.org/two.txt"\n'
        f'sha256 = "{digest}"\nabout = "2"\n'
    )
    (root / "course.toml").write_text(text.replace("[[lecture]]", f"{data}\n[[lecture]]", 1))
    course = load_course(root)
    code = "two = int(open('two.txt').read())\ndef double(x):\n    return two * x"
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("ZTH_DATA", str(folder))
    assert missed(course, home, code) == ()
    (folder / "two.txt").write_text("2")
    assert missed(course, home, code) == ()
    assert len(missed(course, home, code.replace("two.txt", "three.txt"))) == 1

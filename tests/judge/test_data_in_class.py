"""The folder that a graded submission runs in: the course's data sets under their names, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import TINY, Judged, WarmJudge, words

from grader.course.manifest import Course
from grader.results import Outcome
from grader.sandbox.isolation import Isolation

NAMES = "emma\nolivia\nava\n"
READS = """
words = open("names.txt").read().splitlines()
def double(x):
    return x + x if words[0] == "emma" else None
"""
SPOILS = """
import os
def double(x):
    found = [sorted(os.listdir("."))]
    for do in (lambda: open("names.txt", "w").write("mine"), lambda: open("more.txt", "w").close()):
        try:
            do()
            found.append("done")
        except OSError as error:
            found.append(type(error).__name__)
    import json
    print(json.dumps([os.getcwd(), *found]))
    return x + x
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "cached.txt"
    path.write_text(NAMES)
    return path


@pytest.fixture(scope="module", params=[Isolation.BWRAP, Isolation.FORK, Isolation.SPAWN])
def class_judge(request: pytest.FixtureRequest, tiny: Course, data: Path) -> Iterator[WarmJudge]:
    with WarmJudge(tiny, request.param, hide=[TINY], data={"names.txt": data}) as judge:
        yield judge


@pytest.fixture
def graded(class_judge: WarmJudge, tmp_path: Path) -> Judged:
    """The learner's own folder has another file of the name, which does not come along."""
    (tmp_path / "names.txt").write_text("not this one")
    (tmp_path / "my_own.txt").write_text("not in class")
    return Judged(class_judge, tmp_path)


def test_what_lies_at_home_is_not_there(graded: Judged) -> None:
    code = READS.replace("names.txt", "my_own.txt")
    result = graded.one(code, "double")
    assert result.outcome is Outcome.ERROR
    assert words(result).startswith(
        "FileNotFoundError: [Errno 2] No such file or directory: 'my_own"
    )


@pytest.mark.parametrize("how", ["names.txt", "./names.txt"])
def test_the_courses_own_data_is_there(graded: Judged, how: str) -> None:
    result = graded.one(READS.replace("names.txt", how), "double")
    assert result.outcome is Outcome.PASS, words(result)


def test_nobody_spoils_it_for_another(graded: Judged, data: Path) -> None:
    folders = set()
    for _ in range(2):
        result = graded.one(SPOILS, "double")
        assert result.outcome is Outcome.PASS, words(result)
        cwd, listed, spoilt, made = json.loads(result.output.splitlines()[0])
        folders.add(cwd)
        assert listed == ["names.txt"], "nothing is left of the one before"
        assert made == "done"
        walled = graded.warm.sandbox.isolation is Isolation.BWRAP
        assert not walled or spoilt == "OSError", "a read-only file system"
    assert data.read_text() == NAMES
    assert graded.one(READS, "double").outcome is Outcome.PASS
    assert folders == {"/scratch"} or not any(Path(folder).exists() for folder in folders)

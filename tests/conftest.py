"""Fixtures that judge a few lines of source with the real sandbox, on the tiny course."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import TINY, Judged, WarmJudge

from grader.course.manifest import Course, load_course
from grader.sandbox.isolation import Isolation

LONG = ("test_instructors_guide.py", "test_postgresql.py", "test_autograde.py")
"""Files with a test of a minute: begun last, one of them would leave a processor without work."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(autouse=True, scope="session")
def own_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What zth remembers of workspaces is not written among the data of the person who tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def tiny() -> Course:
    return load_course(TINY)


@pytest.fixture(scope="session")
def warm(tiny: Course) -> Iterator[WarmJudge]:
    with WarmJudge(tiny, Isolation.FORK) as judge:
        yield judge


@pytest.fixture
def warm_spawn(tiny: Course) -> Iterator[WarmJudge]:
    with WarmJudge(tiny, Isolation.SPAWN) as judge:
        yield judge


@pytest.fixture
def judged(warm: WarmJudge, tmp_path: Path) -> Judged:
    """Judges source text, each child forked from the zygote."""
    return Judged(warm, tmp_path)


@pytest.fixture
def judged_spawn(warm_spawn: WarmJudge, tmp_path: Path) -> Judged:
    """Judges source text, each child a Python of its own."""
    return Judged(warm_spawn, tmp_path)


@pytest.fixture
def proc() -> Path:
    """/proc, which the tests of what is left running look into."""
    if sys.platform != "linux":
        pytest.fail("This test looks into /proc: run it on Linux. It is not skipped.")
    return Path("/proc")

"""[late] and `due` in course.toml: what they mean, and what is refused."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import Late, load_course
from grader.errors import UserError

RULE = "[late]\ngrace_minutes = 15\npercent_a_day = 10\ncap_percent = 50\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "course"))


def write(root: Path, rule: str = "", due: str = "") -> Path:
    text = (TINY / "course.toml").read_text()
    if due:
        text = text.replace('dir = "tiny"\n', f'dir = "tiny"\ndue = {due}\n')
    (root / "course.toml").write_text(text.replace("[limits]", f"{rule}\n[limits]"))
    return root


def test_without_a_rule_nothing_is_lost() -> None:
    course = load_course(TINY)
    assert course.manifest.late == Late(0, 0, 100)
    assert course.lectures[0].due is None


def test_a_rule_and_a_time_with_its_offset(root: Path) -> None:
    course = load_course(write(root, RULE, "2026-10-01T23:59:00+02:00"))
    assert course.manifest.late == Late(15, 10, 50)
    due = course.lectures[0].due
    assert due is not None
    assert due == datetime.datetime(2026, 10, 1, 21, 59, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("grace_minutes", "-1", "`grace_minutes` in [late] is -1"),
        ("grace_minutes", "inf", "`grace_minutes` in [late] is inf"),
        ("percent_a_day", "-0.5", "`percent_a_day` in [late] is -0.5"),
        ("percent_a_day", "nan", "`percent_a_day` in [late] is nan"),
        ("cap_percent", "-1", "`cap_percent` in [late] is -1"),
        ("cap_percent", "nan", "`cap_percent` in [late] is nan"),
        ("cap_percent", "100.5", "`cap_percent` in [late] is 100.5"),
        ("cap_percent", '"50"', "Expected `float`, got `str`, in late, cap_percent"),
        ("percent_per_day", "10", "unknown field `percent_per_day`"),
    ],
)
def test_a_rule_that_cannot_be_meant(root: Path, key: str, value: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        load_course(write(root, f"[late]\n{key} = {value}\n"))
    assert says in caught.value.message
    assert caught.value.fix


@pytest.mark.parametrize(
    ("due", "says", "fix"),
    [
        ("2026-10-01T23:59:00", "without an offset", "2026-10-01T23:59:00Z"),
        ("2026-10-01", "Expected `datetime | null`, got `date`", "Correct that key"),
        ("23:59:00", "Expected `datetime | null`, got `time`", "Correct that key"),
        ('"2026-10-01T23:59:00Z"', "`datetime | null`", "Correct that key"),
        ("1790000000", "`datetime | null`", "Correct that key"),
    ],
)
def test_a_time_that_says_too_little(root: Path, due: str, says: str, fix: str) -> None:
    with pytest.raises(UserError) as caught:
        load_course(write(root, due=due))
    assert says in caught.value.message
    assert "lecture1" in caught.value.message
    assert fix in caught.value.fix


def test_where_the_course_is_given(root: Path) -> None:
    text = (TINY / "course.toml").read_text()
    for name, zone in (("Nowhere/City", None), ("CEST", None), ("Europe/Berlin", "Europe/Berlin")):
        (root / "course.toml").write_text(f'timezone = "{name}"\n{text}')
        if zone is None:
            with pytest.raises(UserError, match="there is no such zone"):
                load_course(root)
        else:
            assert str(load_course(root).zone) == zone
    assert load_course(TINY).zone is None

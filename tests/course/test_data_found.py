"""A data set is found where it should be, and counts only if every byte is right."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from grader.course.data import DataState, checksum, find_data, locate
from grader.course.manifest import Dataset

CONTENT = b"emma\nolivia\n"
NAMES = Dataset("names.txt", "https://host/names.txt", hashlib.sha256(CONTENT).hexdigest(), "names")


@pytest.fixture
def in_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path in a cache of its own; no ZTH_DATA."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ZTH_DATA", raising=False)
    folder = tmp_path / "cache" / "zth" / "data"
    folder.mkdir(parents=True)
    return folder / "names.txt"


def test_another_file_by_that_name_does_not_count(in_cache: Path) -> None:
    in_cache.write_bytes(CONTENT + b"ava\n")
    assert find_data(NAMES) is None
    located = locate(NAMES)
    assert located.state is DataState.WRONG
    assert str(in_cache) in located.why
    assert located.fix == "Fetch it: zth data names.txt"


def test_in_the_cache(in_cache: Path) -> None:
    assert find_data(NAMES) is None
    assert locate(NAMES).state is DataState.ABSENT
    in_cache.write_bytes(CONTENT)
    assert find_data(NAMES) == in_cache


def test_a_named_folder_alone_is_looked_into(
    in_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_cache.write_bytes(CONTENT)
    monkeypatch.setenv("ZTH_DATA", str(tmp_path))
    assert find_data(NAMES) is None
    assert "which has no names.txt" in locate(NAMES).why
    (tmp_path / "names.txt").write_bytes(CONTENT)
    assert find_data(NAMES) == tmp_path / "names.txt"
    monkeypatch.setenv("ZTH_DATA", "")
    assert find_data(NAMES) == in_cache, "empty is not set"


@pytest.mark.parametrize("what", ["nothing", "a file"])
def test_a_named_folder_that_is_none_is_said(
    in_cache: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    if what == "a file":
        in_cache.write_bytes(CONTENT)
    monkeypatch.setenv("ZTH_DATA", str(in_cache))
    located = locate(NAMES)
    assert located.state is DataState.WRONG
    assert ("is not there" if what == "nothing" else "is not a folder") in located.why
    assert "Name a folder" in located.fix


def test_what_cannot_be_read_is_said(in_cache: Path) -> None:
    in_cache.mkdir()
    located = locate(NAMES)
    assert located.state is DataState.WRONG
    assert "cannot be read: Is a directory" in located.why


def test_a_file_is_read_once_until_it_changes(in_cache: Path) -> None:
    in_cache.write_bytes(CONTENT)
    right = checksum(in_cache)
    stamp = in_cache.stat().st_mtime_ns
    in_cache.write_bytes(CONTENT[::-1])
    os.utime(in_cache, ns=(stamp, stamp))
    assert checksum(in_cache) == right, "same size, same time: not read again"
    os.utime(in_cache, ns=(stamp + 1, stamp + 1))
    assert checksum(in_cache) != right

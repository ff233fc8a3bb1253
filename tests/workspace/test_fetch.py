"""A server that falls silent: how long it is waited for, and what is said of it."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import pytest
from fileserver import FileServer

from grader.course.manifest import Dataset
from grader.errors import UserError
from grader.workspace import data

CONTENT = bytes(range(256)) * 256


@pytest.fixture(autouse=True)
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "ANSWER_SECONDS", 0.2)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def dataset(url: str) -> Dataset:
    return Dataset("some.txt", url, hashlib.sha256(CONTENT).hexdigest(), "some bytes")


def refused(url: str) -> UserError:
    with pytest.raises(UserError) as caught:
        data.fetch(dataset(url), lambda *_: None, lambda: None)
    return caught.value


def test_it_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        error = refused(f"http://127.0.0.1:{deaf.getsockname()[1]}/file.txt")
    assert "said nothing for" in error.message
    assert "ZTH_DATA" in error.fix


def test_it_falls_silent_midway_and_is_asked_again(tmp_path: Path) -> None:
    reports: list[tuple[int, int | None]] = []
    with FileServer(CONTENT) as server:
        server.pause_at = len(CONTENT) // 2
        assert "broke off" in refused(server.url).message
        server.pause_at = None
        found = data.fetch(dataset(server.url), lambda *r: reports.append(r), lambda: None)
        assert server.asked == ["", f"bytes={len(CONTENT) // 2}-"]
    assert found == tmp_path / "zth" / "data" / "some.txt"
    assert found.read_bytes() == CONTENT
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    assert reports[0][0] > len(CONTENT) // 2, "the bar goes on where it was"


@pytest.mark.parametrize("url", ["http:///file.txt", "ftp://host/file.txt"])
def test_an_address_that_is_none(url: str) -> None:
    assert "could not be fetched" in refused(url).message

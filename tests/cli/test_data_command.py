"""`zth data` against a real server that serves, cuts off, lies, or is not there."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import commands
import pexpect
import pytest
from fileserver import FileServer
from judging import TINY

ZTH = str(Path(sys.executable).parent / "zth")
CONTENT = random.Random(1).randbytes(600_000)
OTHER = random.Random(2).randbytes(600_000)
HALF = 36 << 13  # of whole blocks

Fetch = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer(CONTENT) as running:
        yield running


@pytest.fixture
def course(tmp_path: Path, server: FileServer) -> Path:
    """The tiny course, with one data set that lies on the server."""
    folder = tmp_path / "course"
    shutil.copytree(TINY, folder)
    name_data(folder, server.url)
    return folder


def name_data(course: Path, url: str) -> None:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    with (course / "course.toml").open("a", encoding="utf-8") as toml:
        toml.write(f'\n[[data]]\nname = "some.txt"\nurl = "{url}"\nsha256 = "{sha256}"\n')
        toml.write('about = "some bytes"\n')


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A cache of its own, and no proxy or ZTH_DATA of the machine's."""
    kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and k != "ZTH_DATA"}
    return {**kept, "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def fetch(course: Path, environment: dict[str, str], tmp_path: Path) -> Fetch:
    def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        words = ("zth", "data", *arguments, "--course", str(course))
        return commands.run(tmp_path, *words, env=environment | env)

    return run


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "zth" / "data"


def held(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in cache.iterdir()}


def test_wrong_bytes_are_refused_and_the_old_file_is_kept(
    fetch: Fetch, server: FileServer, cache: Path
) -> None:
    server.content = OTHER
    cache.mkdir(parents=True)
    (cache / "some.txt").write_bytes(b"old")
    done = fetch()
    assert done.returncode == 2
    assert "its checksum is another" in done.stderr
    assert held(cache) == {"some.txt": b"old"}, "nothing of the wrong file is kept"


def test_fetched_verified_and_not_fetched_again(
    fetch: Fetch, server: FileServer, cache: Path
) -> None:
    before = fetch("--where")
    assert before.returncode == 1
    assert "not there" in before.stdout
    done = fetch()
    assert (done.returncode, done.stderr) == (0, "")
    assert "verified" in done.stdout
    assert str(cache) in done.stdout
    assert "\x1b" not in done.stdout
    assert held(cache) == {"some.txt": CONTENT}
    assert fetch("some.txt").returncode == 0
    assert fetch("--where").returncode == 0
    assert server.asked == [""], "asked for once"


def test_json_is_one_object(fetch: Fetch, cache: Path) -> None:
    listed = fetch("--where", "--json")
    assert listed.returncode == 1
    (row,) = json.loads(listed.stdout)["data"]
    assert (row["name"], row["state"], row["path"]) == (
        "some.txt",
        "absent",
        str(cache / "some.txt"),
    )
    (row,) = json.loads(fetch("--json").stdout)["data"]
    assert (row["state"], row["why"]) == ("verified", "")


def test_a_fetch_that_was_cut_off_goes_on(fetch: Fetch, server: FileServer, cache: Path) -> None:
    server.cut_at = HALF
    done = fetch()
    assert done.returncode == 2
    assert "broke off" in done.stderr
    assert "0.3 MB are here" in done.stderr
    assert held(cache) == {"some.txt.part": CONTENT[:HALF]}
    server.cut_at = None
    assert fetch().returncode == 0
    assert server.asked == ["", f"bytes={HALF}-"]
    assert held(cache) == {"some.txt": CONTENT}


def test_cut_off_where_the_size_is_not_said(fetch: Fetch, server: FileServer, cache: Path) -> None:
    server.cut_at, server.says_its_size = HALF, False
    assert fetch().returncode == 2
    assert "some.txt" not in held(cache)
    server.cut_at = None
    assert fetch().returncode == 0
    assert held(cache) == {"some.txt": CONTENT}


def test_a_server_without_ranges_sends_it_all_again(
    fetch: Fetch, server: FileServer, cache: Path
) -> None:
    cache.mkdir(parents=True)
    (cache / "some.txt.part").write_bytes(CONTENT[:HALF])
    server.knows_ranges = False
    assert fetch().returncode == 0
    assert server.asked == [f"bytes={HALF}-"]
    assert held(cache) == {"some.txt": CONTENT}


@pytest.mark.parametrize(
    ("part", "asked"),
    [
        (OTHER[:HALF], [f"bytes={HALF}-", ""]),  # the file has changed since
        (OTHER + b"longer", [f"bytes={len(OTHER) + 6}-", ""]),  # 416
        (CONTENT, []),  # stopped between the last byte and the name
    ],
    ids=["of another file", "longer than the file", "whole"],
)
def test_a_part_that_is_not_the_beginning(
    fetch: Fetch, server: FileServer, cache: Path, part: bytes, asked: list[str]
) -> None:
    cache.mkdir(parents=True)
    (cache / "some.txt.part").write_bytes(part)
    done = fetch()
    assert done.returncode == 0, done.stderr
    assert server.asked == asked
    assert held(cache) == {"some.txt": CONTENT}


def test_a_server_that_says_no(fetch: Fetch, server: FileServer) -> None:
    server.status = 404
    done = fetch()
    assert done.returncode == 2
    assert "answered 404 Not Found" in done.stderr


def no_server() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/file.txt"


@pytest.mark.parametrize(
    ("url", "proxy", "says"),
    [
        (no_server(), "", "cannot be reached: Connection refused"),
        ("http://nowhere.invalid/file.txt", "", "is not known here: is this machine online?"),
        ("http://nowhere.invalid/file.txt", no_server(), "The proxy"),
    ],
    ids=["refused", "no such name", "a proxy that is off"],
)
def test_offline_ends_with_2_and_how_to_go_on(
    fetch: Fetch, course: Path, cache: Path, url: str, proxy: str, says: str
) -> None:
    shutil.copy(TINY / "course.toml", course)
    name_data(course, url)
    done = fetch(**({"http_proxy": proxy} if proxy else {}))
    assert done.returncode == 2
    assert done.stdout == ""
    for part in (says, url, str(cache), "ZTH_DATA", "`zth check` works without"):
        assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_json_where_it_failed(fetch: Fetch, server: FileServer) -> None:
    server.status = 503
    done = fetch("--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["data"][0]["state"] == "absent"
    assert "answered 503" in done.stderr


def test_a_proxy_is_used(fetch: Fetch, server: FileServer, course: Path, cache: Path) -> None:
    shutil.copy(TINY / "course.toml", course)
    name_data(course, "http://nowhere.invalid/file.txt")
    assert fetch(http_proxy=server.url.removesuffix("/file.txt")).returncode == 0
    assert held(cache) == {"some.txt": CONTENT}


def test_a_full_disk_is_said_and_the_part_is_kept(
    course: Path, environment: dict[str, str], cache: Path
) -> None:
    """A limit on the size of files stands in for the disk: the system refuses the write the same."""
    line = f"ulimit -f 200; exec {ZTH} data --course {course}"
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "cannot be written: File too large" in done.stderr
    assert "XDG_CACHE_HOME" in done.stderr
    (part,) = held(cache).values()
    assert part == CONTENT[: len(part)]


def test_a_cache_that_cannot_be_made(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    done = fetch()
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "folder that you may write to" in done.stderr


def test_ctrl_c_keeps_what_came(
    course: Path, environment: dict[str, str], server: FileServer, cache: Path
) -> None:
    server.pause_at = HALF
    command = [ZTH, "data", "--course", str(course)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    part = cache / "some.txt.part"
    deadline = time.monotonic() + 30
    while not part.exists() or part.stat().st_size < HALF >> 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "goes on from there" in said
    assert "Traceback" not in said
    assert held(cache) == {part.name: CONTENT[: part.stat().st_size]}


def test_two_at_once_fetch_it_once(
    course: Path, environment: dict[str, str], server: FileServer, cache: Path
) -> None:
    server.pause_at = HALF
    command = [ZTH, "data", "--course", str(course)]
    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    assert server.paused.wait(30)
    second = pexpect.spawn(ZTH, command[1:], env=environment, encoding="utf-8", timeout=30)  # type: ignore[arg-type]
    second.expect("Another zth is fetching")
    server.go_on.set()
    second.expect(pexpect.EOF)
    second.close()
    assert (first.wait(30), second.exitstatus) == (0, 0)
    assert server.asked == [""]
    assert held(cache) == {"some.txt": CONTENT}


def test_a_folder_that_is_named_is_used_and_nothing_is_fetched(
    fetch: Fetch, server: FileServer, tmp_path: Path, cache: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    absent = fetch(ZTH_DATA=str(there))
    assert absent.returncode == 2
    assert f"ZTH_DATA names {there}, which has no some.txt." in absent.stderr
    (there / "some.txt").write_bytes(OTHER)
    wrong = fetch(ZTH_DATA=str(there))
    assert wrong.returncode == 2
    assert "is not the file of the course" in wrong.stderr
    (there / "some.txt").write_bytes(CONTENT)
    right = fetch(ZTH_DATA="there")
    assert right.returncode == 0
    assert str(there) in right.stdout
    gone = fetch(ZTH_DATA=str(tmp_path / "nowhere"))
    assert gone.returncode == 2
    assert "nowhere, which is not there" in gone.stderr
    assert server.asked == []
    assert not cache.exists()


def test_a_name_that_is_none_of_the_course(fetch: Fetch) -> None:
    done = fetch("sme.txt")
    assert done.returncode == 2
    assert "no data set 'sme.txt'" in done.stderr
    assert "Name one of: some.txt." in done.stderr


def test_a_course_without_data(environment: dict[str, str]) -> None:
    command = [ZTH, "data", "--course", str(TINY)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "This course needs no data.\n")


def test_a_bar_where_somebody_watches(
    course: Path, environment: dict[str, str], server: FileServer
) -> None:
    server.pause_at = HALF
    child = pexpect.spawn(
        *(ZTH, ["data", "--course", str(course)]),
        env=environment | {"TERM": "xterm-256color"},  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=30,
        dimensions=(30, 80),
    )
    child.expect("some.txt.*━.*kB")
    server.go_on.set()
    child.expect("verified")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0

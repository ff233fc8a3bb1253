"""When something was handed in, as platforms, nbgrader, shells and people write it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.course.manifest import find_zone
from grader.grading.times import read_stamp, read_time, unread

UTC_HALF_PAST_TEN = "2026-10-02 10:30"


def said(text: str, zone: str = "", local: bool = False) -> str | None:
    moment = read_time(text, find_zone(zone), local)
    return moment and f"{moment:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "later",
        "yesterday at 12:30",
        "2026-10-02",  # from begin or to end of that day?
        "02/10/2026 12:30",  # whose month comes first?
        "2026-10-02 25:30 UTC",
        "2026-02-30 12:30 UTC",
        "2026-10-02 12:30 +9900",
        "2026-10-02 12:30 XYZ",
        "2026-10-02 12:30 Europe/Nowhere",
        "2026-10-02 12:30 IST",  # India, Israel, Ireland
        "2026-10-02 12:30 CST",  # Chicago, Shanghai, Havana
        "0001-01-01 00:00:00 +1400",
        "Freitag, 2. Oktober 2026 12:30",
        "Okt 2, 2026 1030 AM",
        "Oct 2, 2026 1030",  # in the morning, or of 24 hours?
        "Oct 2, 2026 1330 PM",
        "Oct 2, 2026 1075 AM",
    ],
)
def test_what_is_no_time_or_may_be_several(text: str) -> None:
    assert said(text) is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [("1159 PM", "23:59"), ("105 PM", "13:05"), ("1005 AM", "10:05"), ("1200 AM", "00:00")],
)
def test_a_time_of_day_without_a_colon(text: str, hour: str) -> None:
    assert said(f"Mar 3, 2026 {text}") == f"2026-03-03 {hour}"


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-02 10:30",
        "2026-10-02 10:30:00.524219 UTC",
        "2026-10-02 10:30:00.123456789 Z",
        "2026-10-02T10:30:00Z",
        "2026-10-02 10:30 utc",
        "2026-10-02 10:30 GMT",
        "2026-10-02 12:30 CEST",
        "2026-10-02 12:30:00.000001 CEST",
        "\ufeff2026-10-02 12:30 CEST\r\n",
        "2026-10-02 12:30 +0200",
        "2026-10-02 12:30 +02:00",
        "2026-10-02 12:30 +02",
        "2026-10-02T12:30:00+02:00",
        "2026-10-02 05:30 EST",
        "2026-10-02 06:30 EDT",
        "2026-10-02 03:30:00 PDT",
        "2026-10-02 11:30 BST",
        "2026-10-02 19:30 JST",
        "2026-10-02 16:00 +0530",
        "2026-10-02 12:30 Europe/Berlin",
        "2026-10-02 07:30:00 America/Argentina/Buenos_Aires",
        "Fri Oct  2 12:30:00 CEST 2026",  # `date`
        "Fri Oct  2 12:30:00 PM CEST 2026",
        "Fri, 2 Oct 2026 12:30:00 +0200",  # a mail's
        "Fri Oct 02 2026 12:30:00 GMT+0200 (Central European Summer Time)",  # a browser's
        "October 2, 2026 10:30 AM",
        "Oct 2, 2026 1030 AM",  # a folder's of Brightspace
        "Oct 2, 2026 1030 a.m.",
        "2 Oct 2026 10:30 a.m",
        "2 Oct 2026 06:30 AM EDT",
    ],
)
def test_one_moment_in_many_words(text: str) -> None:
    assert said(text) == UTC_HALF_PAST_TEN
    assert said(text, "Asia/Kolkata") == UTC_HALF_PAST_TEN


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-10-02 16:00 IST", "Asia/Kolkata"),
        ("2026-10-02 11:30 IST", "Europe/Dublin"),
        ("2026-10-02 12:30 IST", "Asia/Jerusalem"),
        ("2026-10-02 04:30 CST", "America/Chicago"),
        ("2026-10-02 18:30 CST", "Asia/Shanghai"),
        ("2026-10-02 18:30 PST", "Asia/Manila"),
        ("2026-10-02 02:30 PST", "America/Los_Angeles"),
        ("2026-10-02 12:30 CEST", "America/Chicago"),
    ],
)
def test_letters_mean_what_they_mean_where_the_course_is(text: str, zone: str) -> None:
    assert said(text, zone) == UTC_HALF_PAST_TEN


def test_a_time_without_a_zone_is_utc_unless_who_wrote_it_meant_the_courses() -> None:
    assert said("2026-10-02 10:30:00", "Europe/Berlin") == UTC_HALF_PAST_TEN
    assert said("2026-10-02 12:30:00", "Europe/Berlin", local=True) == UTC_HALF_PAST_TEN
    assert said("2026-01-02 11:30:00", "Europe/Berlin", local=True) == "2026-01-02 10:30"
    assert said("2026-10-02 12:30 +0200", "Asia/Tokyo", local=True) == UTC_HALF_PAST_TEN
    assert said("2026-10-02 12:30", local=True) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_as_notepad_and_powershell_write_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "timestamp.txt"
    path.write_bytes("2026-10-02 12:30 CEST\r\n".encode(encoding))
    stamp = read_stamp(path)
    assert stamp
    assert stamp.at
    assert f"{stamp.at:%Y-%m-%d %H:%M}" == UTC_HALF_PAST_TEN


def test_a_file_that_holds_no_time_is_said(tmp_path: Path) -> None:
    path = tmp_path / "timestamp.txt"
    assert read_stamp(path) is None
    for text, words in (
        ("on Friday\n", "timestamp.txt says 'on Friday', which is no time that can be read"),
        ("", "timestamp.txt is empty, so nothing is late"),
        ("2026-10-02 12:30 UTC\n2026-10-03 12:30 UTC\n", "says '2026-10-02 12:30 UTC', which"),
    ):
        path.write_text(text)
        stamp = read_stamp(path)
        assert stamp
        assert stamp.at is None
        assert words in unread(path.name, stamp.text)
        assert "2026-10-01 20:15:00 UTC" in unread(path.name, stamp.text)


def test_a_link_is_not_followed_and_a_pipe_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    assert read_stamp(tmp_path / "link") is None
    assert read_stamp(tmp_path / "pipe") is None

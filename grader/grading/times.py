"""When something was handed in, as platforms, nbgrader and people write it down.

The one reader of times, for `zth grade` and for nbgrader's autograde: work is late in both or in none.
"""

from __future__ import annotations

import datetime
import functools
import os
import re
import stat
import zoneinfo
from pathlib import Path

import msgspec

from grader.course.manifest import find_zone
from grader.grading.texts import decoded


def read_time(
    text: str, zone: datetime.tzinfo | None = None, local: bool = False
) -> datetime.datetime | None:
    """The moment in UTC; None if the text is none, or may be several.

    It may end with an offset (+0200, +02:00), with Z, with the name of a zone (Europe/Berlin) or with
    the letters that one goes by (CEST, EST). Letters mean what they mean in `zone`, the course's; where
    they mean nothing there, what they mean everywhere else, if that is one offset: IST is India's,
    Israel's and Ireland's. A time that names no zone is in UTC, as nbgrader has it; `local` says that
    the course's zone is meant, and it is None if the course has none.
    """
    text = " ".join(text.replace("\ufeff", " ").split()).strip("'\" ")
    if unix := _UNIX.fullmatch(text):  # what `date` prints
        text = "{month} {date} {year} {hour} {zone}".format(**unix.groupdict())
    text = _SPOKEN.sub("", text)
    match = _ZONED.fullmatch(text)
    moment = _naive(match["time"] if match else text)
    if moment is None:
        return None
    if match:
        offset = _offset(match["zone"], moment, zone)
    else:
        offset = _of(zone, moment) if local else datetime.timedelta()
    try:
        return None if offset is None else (moment - offset).replace(tzinfo=datetime.UTC)
    except OverflowError:
        return None


class Stamp(msgspec.Struct, frozen=True):
    """What a file that says when, nbgrader's timestamp.txt, has in it."""

    at: datetime.datetime | None
    """In UTC; None if it cannot be read."""
    text: str
    """Its first line, as it may stand in a sentence."""


def read_stamp(path: Path, zone: datetime.tzinfo | None = None) -> Stamp | None:
    """The time in a file; None if there is no file. A link is not followed, a pipe not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | _NO_WAIT)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        data = file.read(LONGEST)
    try:
        text = decoded(data)[0]
    except UnicodeDecodeError:
        text = data.decode("ascii", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return Stamp(read_time(lines[0], zone) if len(lines) == 1 else None, "".join(lines[:1]))


def unread(file: str, text: str) -> str:
    """What is said of a file that holds no time that can be read."""
    return UNREAD.format(file=file, text=text[:MOST_SHOWN]) if text else EMPTY.format(file=file)


def _naive(text: str) -> datetime.datetime | None:
    """A date and a time of day; both must be there, the seconds need not."""
    text = _FRACTION.sub(r"\1", text.strip())
    if _ISO.match(text):
        try:
            moment = datetime.datetime.fromisoformat(text.replace(" ", "T", 1))
        except ValueError:
            return None
        return moment if moment.tzinfo is None else None
    words = " ".join(_WEEKDAY.sub("", text).replace(",", " ").split())
    words = _SEPT.sub("Sep", _DOTTED.sub(r"\1M", words))
    words = _NO_COLON.sub(r"\1:\2", words)
    for form in _FORMS:
        try:
            return datetime.datetime.strptime(words, form)
        except ValueError:
            continue
    return None


def _offset(
    name: str, moment: datetime.datetime, zone: datetime.tzinfo | None
) -> datetime.timedelta | None:
    """How far ahead of UTC it is where a zone is called that; None if nobody can tell."""
    if match := _DIGITS.fullmatch(name):
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        if hours > FARTHEST_HOURS or minutes > 59:
            return None
        ahead = datetime.timedelta(hours=hours, minutes=minutes)
        return -ahead if match["sign"] == "-" else ahead
    if name.upper() in ("UTC", "GMT", "UT", "Z"):
        return datetime.timedelta()
    if "/" in name:
        return _of(find_zone(name), moment)
    letters = name.upper()
    if zone and (own := _offsets_of(zone, letters, moment.year)):
        return own.pop() if len(own) == 1 else None
    everywhere = _offsets(letters, moment.year)
    return next(iter(everywhere)) if len(everywhere) == 1 else None


def _of(zone: datetime.tzinfo | None, moment: datetime.datetime) -> datetime.timedelta | None:
    return zone.utcoffset(moment) if zone else None


@functools.lru_cache(maxsize=200)
def _offsets(letters: str, year: int) -> frozenset[datetime.timedelta]:
    """Every offset that goes by these letters somewhere in that year."""
    found: set[datetime.timedelta] = set()
    for zone in _everywhere():
        found |= _offsets_of(zone, letters, year)
    return frozenset(found)


def _offsets_of(zone: datetime.tzinfo, letters: str, year: int) -> set[datetime.timedelta]:
    """As winter and summer have it: who writes CEST in January means that, too."""
    found: set[datetime.timedelta] = set()
    for month in (1, 7):
        when = datetime.datetime(year, month, 1, tzinfo=zone)
        offset = when.utcoffset()
        if when.tzname() == letters and offset is not None:
            found.add(offset)
    return found


@functools.lru_cache(maxsize=1)
def _everywhere() -> tuple[datetime.tzinfo, ...]:
    """All zones that are a place's; what is kept for old programs (EST5EDT) is none."""
    names = (name for name in zoneinfo.available_timezones() if "/" in name)
    zones = (find_zone(name) for name in sorted(names) if not name.startswith("Etc/"))
    return tuple(zone for zone in zones if zone)


FARTHEST_HOURS = 14
LONGEST = 400
"""Bytes of a file that are looked at."""
MOST_SHOWN = 60
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
UNREAD = (
    "{file} says {text!r}, which is no time that can be read, so nothing is late. Write it as "
    "2026-10-01 20:15:00 UTC, or 2026-10-01 22:15:00 +0200."
)
EMPTY = (
    "{file} is empty, so nothing is late. Write 2026-10-01 20:15:00 UTC into it, or take it away."
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:?\d\d")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? ", re.IGNORECASE)
_DOTTED = re.compile(r"\b([AP])\.M\.?$", re.IGNORECASE)
"""Canada's a.m.; a folder's name may have lost the last point."""
_SEPT = re.compile(r"\bSept\b\.?", re.IGNORECASE)
"""As the British shorten it."""
_NO_COLON = re.compile(r"(?<= \d{4} )(\d{1,2})(\d\d)(?= [AP]M$)", re.IGNORECASE)
"""1130 AM and 105 PM, as Brightspace has it in names of folders, which take no colon."""
_FORMS: tuple[str, ...] = tuple(
    f"{day} {hour}"
    for day in ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
    for hour in ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
)
_UNIX = re.compile(
    r"(?:\w{3} )?(?P<month>\w{3}) (?P<date>\d{1,2}) (?P<hour>[\d:]{5,8}(?: [AP]M)?) "
    r"(?P<zone>[A-Z]{2,6}|[+-]\d\d) (?P<year>\d{4})"
)
_SPOKEN = re.compile(r" ?\([^()]*\)$")
"""(Central European Summer Time), after the offset."""
_DIGITS = re.compile(
    r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?(?::?00)?", re.IGNORECASE
)
_ZONED = re.compile(
    r"(?P<time>.*:.*?) ?"
    r"(?P<zone>(?:UTC|GMT)?[+-]\d{1,2}(?::?\d\d){0,2}"
    r"|(?!AM$|PM$)(?<=[\d ])[A-Za-z]{1,6}"
    r"|(?<= )[A-Za-z]+(?:/[A-Za-z_+-]+){1,2})",
    re.IGNORECASE,
)

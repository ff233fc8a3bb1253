"""Data sets fetched into the cache: pinned by checksum, and going on where a fetch broke off.

pooch pins, checks and puts the file in its place in one step; how the bytes come is ours, since
pooch begins at the first byte each time.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from grader.course.data import cache_folder, checksum
from grader.course.manifest import Dataset
from grader.errors import UserError

if TYPE_CHECKING:
    import requests

ANSWER_SECONDS = 20.0
"""How long a server may say nothing."""
_BLOCK = 1 << 13
"""Bytes that are written at once: no more than these are lost where a connection breaks off."""
_RANGE = re.compile(r"bytes (\d+)-")

Report = Callable[[int, int | None], None]
"""Told how many bytes are here, and of how many where the server says so."""


class Place(NamedTuple):
    """Where the bytes go until the file is whole, and what they must add up to."""

    part: Path
    sha256: str


def fetch(dataset: Dataset, report: Report, wait: Callable[[], None]) -> Path:
    """The data set in the cache, fetched where it is not there yet.

    `wait` is called once where another process is fetching. Raises UserError with how to go on
    where it cannot be had; what came until then is kept, and the next fetch begins there.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.WARNING)  # it would say what the command says
    folder = cache_folder()
    path = folder / dataset.name
    place = Place(folder / f"{dataset.name}.part", dataset.sha256)
    try:
        with _one_at_a_time(folder, wait):
            if path.is_file() and checksum(path) == dataset.sha256:
                return path  # fetched by the process that was waited for

            def download(url: str, output: str, _: object) -> None:
                _download(url, place, report)
                place.part.replace(output)

            known = f"sha256:{dataset.sha256}"
            pooch.retrieve(dataset.url, known, dataset.name, folder, downloader=download)
    except requests.RequestException as error:  # an OSError, too, so it comes first
        raise _not_fetched(dataset, _reason(error, dataset.url), place.part) from None
    except OSError as error:
        why = f"{folder} cannot be written: {error.strerror}."
        fix = MAKE_ROOM if error.errno in NO_ROOM else MAY_NOT_WRITE
        raise UserError(f"{dataset.name} could not be fetched: {why}", fix) from None
    except ValueError:  # pooch's word for a wrong checksum
        raise _not_fetched(dataset, ANOTHER_FILE, place.part) from None
    return path


def _download(url: str, place: Place, report: Report) -> None:
    """Make the part whole: go on where it ends, or from its start where that does not fit."""
    have = place.part.stat().st_size if place.part.exists() else 0
    if have:
        if checksum(place.part) == place.sha256:  # stopped between its last byte and its new name
            return
        _receive(url, place.part, have, report)
        if checksum(place.part) == place.sha256:
            return
        place.part.unlink()  # its beginning is of another file
    _receive(url, place.part, 0, report)


def _receive(url: str, part: Path, have: int, report: Report) -> None:
    """Write what the server sends to the part, from byte `have` on where the server can do that."""
    import requests

    # identity: a range of compressed bytes would not fit what is here
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with requests.get(url, headers=headers, stream=True, timeout=ANSWER_SECONDS) as answer:
        if have and answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # the part is longer than the file, so it is no part of it
        answer.raise_for_status()
        begins = _RANGE.match(answer.headers.get("Content-Range", ""))
        start = int(begins[1]) if begins and answer.status_code == 206 else 0
        size = answer.headers.get("Content-Length", "")
        whole = start + int(size) if size.isdigit() else None
        with part.open("r+b" if start and part.exists() else "wb") as file:
            file.seek(start)
            file.truncate()
            for block in answer.iter_content(_BLOCK):
                file.write(block)
                report(file.tell(), whole)
            came = file.tell()
    if whole and came < whole:  # an older urllib3 takes this for the end
        raise requests.ConnectionError("cut off")


@contextlib.contextmanager
def _one_at_a_time(folder: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the cache: a second process waits, and then finds what the first has fetched."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            pass  # a network disk without locks: the checksum still keeps a wrong file out
        yield
    finally:
        os.close(handle)


def _not_fetched(dataset: Dataset, reason: str, part: Path) -> UserError:
    return UserError(
        f"{dataset.name} could not be fetched from\n  {dataset.url}\n{reason}{kept(part)}",
        GO_ON.format(folder=part.parent),
    )


def kept(part: Path) -> str:
    """A sentence on what has come so far; empty if nothing has."""
    size = part.stat().st_size if part.exists() else 0
    return f" {size / 1e6:.1f} MB are here; the next try goes on from there." if size else ""


def _reason(error: requests.RequestException, url: str) -> str:
    """What went wrong on the way, in a sentence."""
    import requests

    host = urlsplit(url).netloc
    text = str(error)
    match error:
        case requests.HTTPError(response=requests.Response() as answer):
            return f"{host} answered {answer.status_code} {answer.reason}."
        case requests.exceptions.ProxyError():
            return "The proxy that this machine is told to use (http_proxy) gives no answer."
        case requests.exceptions.SSLError():
            return f"The certificate of {host} is not accepted: {text}"
        case requests.Timeout():
            return f"{host} said nothing for {ANSWER_SECONDS:.0f} seconds."
        case requests.exceptions.ChunkedEncodingError():
            return "The connection broke off."
        case requests.ConnectionError() if "cut off" in text or "Read timed out" in text:
            return "The connection broke off."
        case requests.ConnectionError() if "resol" in text:  # resolve, resolution
            return f"The name {host} is not known here: is this machine online?"
        case requests.ConnectionError():
            return f"{host} cannot be reached{_system_error(error)}."
    return f"{type(error).__name__}: {text}"


def _system_error(error: BaseException) -> str:
    """The system's own words for it, found below the library's."""
    below: object = error
    while isinstance(below, BaseException):
        if isinstance(below, OSError) and below.errno and below.strerror:
            return f": {below.strerror}"
        inner = next((a for a in below.args if isinstance(a, BaseException)), None)
        below = getattr(below, "reason", None) or inner or below.__cause__ or below.__context__
    return ""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ANOTHER_FILE = (
    "What came is not the file of the course: its checksum is another. "
    "A network that wants a log-in first answers like this."
)
GO_ON = (
    "Type `zth data` again later; or download it by hand into\n  {folder}\n"
    "under the name it has here; or set ZTH_DATA to a folder that has it.\n"
    "`zth check` works without."
)
MAKE_ROOM = "Make room there, or set XDG_CACHE_HOME to a disk with room. What came so far is kept."
MAY_NOT_WRITE = "Set XDG_CACHE_HOME to a folder that you may write to."

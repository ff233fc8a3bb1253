"""Where a data set lies on this machine, and why a file there does not count. Fetches nothing."""

from __future__ import annotations

import enum
import os
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Dataset

VARIABLE = "ZTH_DATA"
"""Names a folder that has the data already; where it is set, that folder alone is looked into."""


class DataState(enum.StrEnum):
    VERIFIED = "verified"
    """There, and every byte is right."""
    ABSENT = "absent"
    WRONG = "wrong"
    """Something is there that must not be used, or cannot be read."""


class Located(msgspec.Struct, frozen=True):
    """A data set, where it is or would be, and what there is to say where it cannot be used."""

    dataset: Dataset
    path: Path
    state: DataState
    why: str = ""
    """A sentence; empty if the file is verified."""
    fix: str = ""


def find_data(dataset: Dataset) -> Path | None:
    """The file where it is there and its checksum is right. `locate` tells why it is not."""
    located = locate(dataset)
    return located.path if located.state is DataState.VERIFIED else None


def locate(dataset: Dataset) -> Located:
    """What there is of a data set: in the folder that ZTH_DATA names, or else in the cache."""
    named = named_folder()
    folder = named or cache_folder()
    path = folder / dataset.name
    fix = PUT_IT_THERE.format(folder=folder) if named else FETCH_IT.format(name=dataset.name)
    try:
        found = checksum(path)
    except (FileNotFoundError, NotADirectoryError):
        if not named:
            return Located(dataset, path, DataState.ABSENT, NOT_FETCHED.format(dataset.name), fix)
        if named.is_dir():
            why = f"{VARIABLE} names {named}, which has no {dataset.name}."
            return Located(dataset, path, DataState.ABSENT, why, fix)
        what = "is not a folder" if named.exists() else "is not there"
        why = f"{VARIABLE} names {named}, which {what}."
        return Located(dataset, path, DataState.WRONG, why, NAME_A_FOLDER)
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}."
        return Located(dataset, path, DataState.WRONG, why, fix)
    if found != dataset.sha256:
        why = f"{path} is not the file of the course: its checksum is another."
        return Located(dataset, path, DataState.WRONG, why, fix)
    return Located(dataset, path, DataState.VERIFIED)


def data_at_hand(course: Course) -> dict[str, Path]:
    """A course's data sets that are on this machine, by their names."""
    found = {dataset.name: find_data(dataset) for dataset in course.manifest.data}
    return {name: path for name, path in found.items() if path is not None}


def named_folder() -> Path | None:
    """The folder that ZTH_DATA names; None if it is not set or empty."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser().resolve() if named else None


def cache_folder() -> Path:
    """Where `zth data` keeps what it fetched. It need not be there yet."""
    import platformdirs  # slow to import, and wanted only here

    return Path(platformdirs.user_cache_dir("zth")) / "data"


_checksums: dict[tuple[Path, int, int], str] = {}


def checksum(path: Path) -> str:
    """The sha256 of a file; one that has not changed is read once in a process."""
    import hashlib  # what only names the data sets does without it

    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        key = (path, stat.st_size, stat.st_mtime_ns)
        if key not in _checksums:
            _checksums[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _checksums[key]


NOT_FETCHED = "{} has not been fetched yet."
FETCH_IT = "Fetch it: zth data {name}"
PUT_IT_THERE = f"Put it into {{folder}}, or unset {VARIABLE} and fetch it: zth data"
NAME_A_FOLDER = f"Name a folder that has the data, or unset {VARIABLE} and fetch it: zth data"

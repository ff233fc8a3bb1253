"""A class's submissions as each platform lays them out, for the tests of who handed in what."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

WHEN = "2026-10-01 10:15:30"


class Somebody(msgspec.Struct, frozen=True):
    """What platforms know of a learner."""

    id: str
    name: str
    email: str
    login: str
    number: str
    """A platform's own."""

    @property
    def sortable(self) -> str:
        """As Canvas has it in the names of files."""
        first, _, last = self.name.rpartition(" ")
        return f"{last}{first}".replace(" ", "").lower()


def put(path: Path, data: bytes, age: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))


Files = Mapping[str, bytes]
Lay = Callable[[Path, Mapping[Somebody, Files]], None]


def plain(root: Path, handed: Mapping[Somebody, Files]) -> None:
    for who, files in handed.items():
        for name, data in files.items():
            put(root / who.id / name, data)


def flat(root: Path, handed: Mapping[Somebody, Files]) -> None:
    for who, files in handed.items():
        for name, data in files.items():
            put(root / f"{who.id}_{name}", data)


def canvas(root: Path, handed: Mapping[Somebody, Files]) -> None:
    for person, (who, files) in enumerate(handed.items()):
        for number, (name, data) in enumerate(files.items(), 100 * person + 900):
            put(root / f"{who.sortable}_{who.number}_{number}_{name}", data)


def moodle(root: Path, handed: Mapping[Somebody, Files]) -> None:
    for who, files in handed.items():
        for name, data in files.items():
            put(root / f"{who.name}_{who.number}_assignsubmission_file" / name, data)


def gradescope(root: Path, handed: Mapping[Somebody, Files]) -> None:
    lines = ["---"]
    for number, (who, files) in enumerate(handed.items(), 100):
        for name, data in files.items():
            put(root / f"submission_{number}" / name, data)
        lines += [
            f"submission_{number}:",
            "  :submitters:",
            f"  - :name: {who.name}",
            f"    :sid: '{who.id}'",
            f"    :email: {who.email}",
            f"  :created_at: {WHEN} Z",
        ]
    put(root / "submission_metadata.yml", "\n".join(lines).encode())


def blackboard(root: Path, handed: Mapping[Somebody, Files]) -> None:
    for who, files in handed.items():
        head = f"Homework 5_{who.login}_attempt_2026-10-01-10-15-30"
        put(root / f"{head}.txt", f"Name: {who.name} ({who.login})\n".encode())
        for name, data in files.items():
            put(root / f"{head}_{name}", data)


def brightspace(root: Path, handed: Mapping[Somebody, Files]) -> None:
    put(root / "index.html", b"<html>")
    for who, files in handed.items():
        for name, data in files.items():
            put(root / f"{who.number}-2557369 - {who.name} - Oct 1, 2026 1015 AM" / name, data)


def brightspace_flat(root: Path, handed: Mapping[Somebody, Files]) -> None:
    put(root / "index.html", b"<html>")
    for who, files in handed.items():
        for name, data in files.items():
            put(
                root
                / f"{who.number}-442356 - {who.id} - {who.name} - Oct 1, 2026 1015 AM - {name}",
                data,
            )


def nbgrader(root: Path, handed: Mapping[Somebody, Files]) -> None:
    for who, files in handed.items():
        put(root / who.id / "lecture1" / "timestamp.txt", f"{WHEN} UTC".encode())
        for name, data in files.items():
            put(root / who.id / "lecture1" / name, data)


def classroom(root: Path, handed: Mapping[Somebody, Files]) -> None:
    for who, files in handed.items():
        put(root / f"hw5-{who.login}" / ".git" / "config", b"")
        put(root / f"hw5-{who.login}" / ".github" / "workflows" / "classroom.py", b"x")
        for name, data in files.items():
            put(root / f"hw5-{who.login}" / name, data)


LAYOUTS: dict[str, Lay] = {
    "plain": plain,
    "flat": flat,
    "Canvas": canvas,
    "Moodle": moodle,
    "Gradescope": gradescope,
    "Blackboard": blackboard,
    "Brightspace": brightspace,
    "Brightspace, flat": brightspace_flat,
    "nbgrader": nbgrader,
    "GitHub Classroom": classroom,
}

"""The attacks of this folder as data: a submission each, what it tries, and what it must get.

An attack is a file `kind/name.py`, or a folder `kind/name/` where it takes several. The docstring says
what it tries. Lines that begin with `#:` are TOML:

    #: double = "FAIL"            the outcome of an exercise, or several: "FAIL, ERROR"
    #: says = "a sentence"        what one of the failing checks says
    #: flags = "a sentence"       what is flagged; a PASS must be, unless `known`
    #: never = "WORD"             what it must not come to print
    #: needs = ["no network"]     layers without which it is not let loose on this machine
    #: lecture = "lecture5"       of the real course; otherwise it is of the tiny one
    #: file = "model.py"          which of the lecture's files it is
    #: beside = "_forging.py"     a file of its kind that it brings with it, without the _
    #: known = true               right by a road that nothing forbids: the threat model says so

Exercises that are not named must have no points.
"""

from __future__ import annotations

import ast
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

HERE = Path(__file__).parent
_KEYS = {"says", "flags", "never", "needs", "lecture", "file", "beside", "known"}


class Attack(msgspec.Struct, frozen=True):
    name: str
    path: Path
    """A file, or a folder of files."""
    tries: str
    outcomes: dict[str, tuple[str, ...]]
    says: str = ""
    flags: str = ""
    never: str = ""
    needs: tuple[str, ...] = ()
    lecture: str = ""
    file: str = "arrays.py"
    beside: str = ""
    known: bool = False

    @property
    def kind(self) -> str:
        return self.name.split("/")[0]

    def hand_in(self, folder: Path) -> None:
        """As a learner would: a folder with the file under the name that the lecture has for it."""
        if self.path.is_dir():
            shutil.copytree(self.path, folder)
        else:
            folder.mkdir()
            shutil.copyfile(self.path, folder / self.file)
        if self.beside:
            shutil.copyfile(HERE / self.kind / self.beside, folder / self.beside.lstrip("_"))

    def problems(self, marks: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """What it got and must not: `marks` are the results by exercise. Empty where all is well."""
        found = [f"{name} was not judged" for name in self.outcomes if name not in marks]
        said: list[str] = []
        for name, mark in marks.items():
            got, wanted = mark["outcome"], self.outcomes.get(name)
            if wanted is None:
                if mark["points"]:
                    found.append(f"{name}: {mark['points']} points for nothing")
                continue
            if got not in wanted:
                found.append(f"{name}: {got} instead of {' or '.join(wanted)}")
            messages = [c["message"] for c in mark["checks"] if c["outcome"] != "PASS"]
            said += messages
            if self.flags and self.flags not in " ".join(flag["says"] for flag in mark["flags"]):
                found.append(f"{name}: flags {mark['flags']}")
            if got == "PASS" and not (mark["flags"] or self.known):
                found.append(f"{name}: passes, and nobody is told")
            if self.never and self.never in mark["output"] + " ".join(messages):
                found.append(f"{name}: {self.never}: {mark['output'][:200]}")
        if self.says and self.says not in " ".join(said):
            found.append(f"says {said}")
        return found


def read_attacks() -> list[Attack]:
    """All of them, by name."""
    found = []
    for kind in sorted(p for p in HERE.iterdir() if p.is_dir() and not p.name.startswith("_")):
        for path in sorted(kind.iterdir()):
            files = sorted(path.glob("*.py")) if path.is_dir() else [path]
            texts = [file.read_text() for file in files if file.suffix == ".py"]
            headed = [text for text in texts if "\n#: " in text]
            if headed:
                found.append(_attack(f"{kind.name}/{path.stem}", path, *headed))
    return found


def _attack(name: str, path: Path, text: str) -> Attack:
    header = "\n".join(line[3:] for line in text.splitlines() if line.startswith("#: "))
    keys = tomllib.loads(header)
    outcomes = {key: tuple(keys[key].split(", ")) for key in keys if key not in _KEYS}
    tries = ast.get_docstring(ast.parse(text)) or ""
    others = {key: value for key, value in keys.items() if key in _KEYS}
    return msgspec.convert(
        {"name": name, "path": path, "tries": tries, "outcomes": outcomes, **others},
        Attack,
        dec_hook=lambda _, value: value,
    )

"""What Finder and Explorer leave in every folder stops no command, and is handed to nobody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import commands
from judging import TINY

LITTER = {
    ".DS_Store": b"\0\0\0\1Bud1",
    "._arrays.py": b"\0\5\x16\7",
    "._test_arrays.py": b"\0\5\x16\7",
    "Thumbs.db": b"\xd0\xcf\x11\xe0",
    "desktop.ini": b"[.ShellClassInfo]",
    "__MACOSX/._model.py": b"\0\5\x16\7",
}


def leave(root: Path) -> None:
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        for name, data in LITTER.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)


def zth(folder: Path, *arguments: str) -> str:
    done = commands.run(folder, "zth", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_course_a_class_and_what_is_written_of_it(tmp_path: Path) -> None:
    course = Path(shutil.copytree(TINY, tmp_path / "course"))
    for who, work in (("ada", "solutions"), ("bob", "exercises")):
        shutil.copytree(TINY / work / "tiny", tmp_path / "submissions" / who)
    leave(course)
    leave(tmp_path / "submissions")
    of = ("--course", str(course))

    assert "._" not in zth(tmp_path, "release", "pack", "lecture1", *of)
    files = [path for path in (tmp_path / "pack").rglob("*") if path.is_file()]
    assert not [path for path in files if path.name in LITTER or path.name.startswith("._")]
    leave(tmp_path / "pack")
    zth(tmp_path / "pack", "submit", "lecture1", "--as", "ada")

    told = json.loads(
        zth(tmp_path, "grade", "submissions", "lecture1", *of, "--isolation", "fork", "--json")
    )
    passed = {(m["who"], m["result"]["outcome"]) for m in told["marks"]}
    assert passed == {("ada", "PASS"), ("bob", "TODO")}
    for command in (
        ("feedback", "pages", "lecture1"),
        ("export", "results", "lecture1", "--to", "gradescope"),
    ):
        zth(tmp_path, *command, *of)
        leave(tmp_path / command[1])
        zth(tmp_path, *command, *of, "--force")
    zth(tmp_path, "dev", "stubs", *of)

"""What the README shows and names is so."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import typer

from grader.cli.main import app
from grader.course.manifest import bundled_course, load_course
from grader.workspace.workspace_files import readme as readme_of_a_workspace

ROOT = bundled_course()
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> set[str]:
    group = typer.main.get_command(app)
    return {name for name in getattr(group, "commands", {}) if name != "dev"}


def test_every_command_is_in_the_readme() -> None:
    missing = {name for name in commands() - {"status"} if f"`zth {name}" not in README}
    assert not missing, "`zth` alone is the status"


def test_the_readme_of_a_workspace_names_only_what_there_is() -> None:
    named = {
        line.split("`")[1].split()[1]
        for line in readme_of_a_workspace(load_course(ROOT)).splitlines()
        if line.startswith("| `zth ")
    }
    assert named <= commands()
    assert {"watch", "check", "hint", "reset", "restore"} <= named


def test_the_card_in_the_readme_is_the_card(tmp_path: Path) -> None:
    """The mistake that the README shows, made for real."""
    shutil.copytree(ROOT / "solutions", tmp_path / "exercises")
    chaffs = tomllib.loads(
        (ROOT / "tests/hidden/lecture05_backprop/chaffs.toml").read_text(encoding="utf-8")
    )["chaff"]
    chaff = next(
        c for c in chaffs if (c["exercise"], c["name"]) == ("cross_entropy_backward", "no-mean")
    )
    for path in (tmp_path / "exercises").glob("*/*.py"):
        shutil.copy(ROOT / "exercises" / path.parent.name / path.name, path)
    path = tmp_path / "exercises/lecture05_backprop/backprop.py"
    worked = (ROOT / "solutions/lecture05_backprop/backprop.py").read_text(encoding="utf-8")
    assert worked.count(chaff["replace"]) == 1
    lines = worked.replace(chaff["replace"], chaff["with"]).splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "SOLUTION" not in line))
    done = subprocess.run(
        [str(Path(sys.executable).parent / "zth"), "check", "cross_entropy_backward"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    shown = README[README.index("```\n✗") + 4 : README.index("\n```\n", README.index("```\n✗"))]
    said = "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines())
    assert textwrap.dedent(shown) == said

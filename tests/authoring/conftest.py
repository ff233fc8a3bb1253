"""A course of an author's own, and the commands that authors type."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from authoring import Dev
from click.testing import Result
from judging import TINY
from typer.testing import CliRunner

from grader.cli.dev import dev as commands


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The tiny one, with a wheat of its first file."""
    copy = Path(shutil.copytree(TINY, tmp_path / "course"))
    wheats = copy / "tests/hidden/tiny/wheats"
    (wheats / "other_ways").mkdir()
    (wheats / "arrays.py").rename(wheats / "other_ways" / "arrays.py")
    return copy


@pytest.fixture
def dev() -> Dev:
    """Runs a `zth dev` command on a course."""

    def run(course: Path, *arguments: str, catch_exceptions: bool = True) -> Result:
        words = [*arguments, "--course", str(course)]
        return CliRunner().invoke(commands, words, catch_exceptions=catch_exceptions)

    return run

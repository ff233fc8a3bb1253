"""An nbgrader course that is ready to be handed in to, made once for all tests that need one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from handing_in import course_with_a_bonus, done


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name that `make` has filled: by the first of pytest's workers to ask."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, is_made = shared / f"once-{name}", shared / f"once-{name}.made"
    with FileLock(shared / f"once-{name}.lock"):
        if not is_made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            is_made.touch()
    return folder


def copied(prepared: Path, root: Path) -> Path:
    """The nbgrader course in a copy of what was prepared, with a copy of the course beside it."""
    shutil.copytree(prepared, root, dirs_exist_ok=True)
    config = root / "class" / "nbgrader_config.py"
    text = config.read_text()
    assert str(prepared / "course") in text
    config.write_text(text.replace(str(prepared / "course"), str(root / "course")))
    return root / "class"


def with_partial_credit(parent: Path) -> None:
    """`class` and `course`: an assignment that is handed out; double has partial credit."""
    course = course_with_a_bonus(parent / "course")
    manifest = course / "course.toml"
    title = 'title = "Twice a tensor"'
    manifest.write_text(manifest.read_text().replace(title, f"{title}\npartial = true"))
    init = ("zth", "nbgrader", "init", "class", "--course", str(course))
    done(parent, *init, "--isolation", "fork")  # the wall is tested where it matters
    done(parent / "class", "zth", "nbgrader", "build", "lecture1")
    done(parent / "class", "nbgrader", "generate_assignment", "lecture1")

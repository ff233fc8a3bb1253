"""nbgrader's own commands, run as an instructor would type them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from grader.errors import UserError


def nbgrader(folder: Path, *words: str) -> str:
    """What an nbgrader command says in a course's folder. Raises UserError if it fails."""
    find_nbgrader()
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip() or f"It ended with {done.returncode}."
        raise UserError(FAILED.format(command=" ".join(words), said=said[-MOST_SAID:]), TYPE_IT)
    return done.stdout


def environment() -> dict[str, str]:
    """Ours, with this Python's programs first: nbgrader calls `alembic` by its name alone."""
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{path}"}


def find_nbgrader() -> None:
    """Raises UserError if nbgrader is not installed."""
    if importlib.util.find_spec("nbgrader") is None:
        raise UserError(NOT_INSTALLED, INSTALL)


MOST_SAID = 2_000
FAILED = "nbgrader {command} failed:\n{said}"
TYPE_IT = "Fix that, then run the command again."
NOT_INSTALLED = "nbgrader is not installed."
INSTALL = "Type: pip install 'zth[nbgrader]'"

"""Which workspaces `zth init` has made on this machine, so that a learner elsewhere is told of them."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from grader.workspace.workspace import Workspace

MOST = 20
"""Workspaces that are remembered."""


def remember(workspace: Workspace) -> None:
    """Write down where a workspace is. Without a folder to write to nothing is remembered."""
    path = _file()
    roots = [str(workspace.root.resolve()), *(str(root) for root in _read(path))]
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{root}\n" for root in [*dict.fromkeys(roots)][:MOST])
        path.write_text(lines, encoding="utf-8", errors="surrogateescape")


def known_workspaces() -> list[Path]:
    """Those that are still there, the newest first."""
    return [root for root in _read(_file()) if (root / "exercises").is_dir()]


def where_to_go() -> str:
    """For somebody who is in no workspace: the command that leads to theirs, or makes one."""
    if known := known_workspaces():
        return f"Go to yours: `cd {shlex.quote(str(known[0]))}`. Or make another: `zth init DIR`."
    return "Go to yours with `cd`, name it with --workspace DIR, or make one: `zth init DIR`."


def _read(path: Path) -> Sequence[Path]:
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return []
    return [Path(line) for line in text.splitlines() if line]


def _file() -> Path:
    import platformdirs  # slow to import, and wanted only here

    return Path(platformdirs.user_data_dir("zth")) / "workspaces.txt"

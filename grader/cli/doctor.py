"""`zth doctor`: what is amiss on this machine, and what to do about it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.console import Console

from grader.cli.options import (
    AsJson,
    CourseFolder,
    Exit,
    WorkspaceFolder,
    here,
    open_course,
    screen,
)

if TYPE_CHECKING:
    from grader.workspace.doctor import Finding


def doctor(
    as_json: AsJson = False, workspace: WorkspaceFolder = None, course: CourseFolder = None
) -> None:
    """When something does not work: what zth needs, tried one by one, each with its remedy."""
    from grader.render.doctor import finding_view, verdict
    from grader.workspace.doctor import Doctor, FindingState, Terminal

    console = screen()
    colours = COLOURS.get(console.color_system or "", "")
    terminal = Terminal(console.is_terminal, console.width, colours, console.encoding)
    place = (workspace or here()).resolve()
    patient = Doctor(lambda: open_course(course, workspace), place, terminal, os.environ)
    findings: list[Finding] = []
    try:
        with _live_line(console, quiet=as_json) as say:
            for finding in patient.findings(say):
                findings.append(finding)
                if not as_json:
                    console.print(finding_view(finding))
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode({"format": 1, "findings": findings}) + b"\n")
    else:
        console.print(verdict(findings))
    wrong = any(finding.state is FindingState.WRONG for finding in findings)
    raise typer.Exit(Exit.NOT_PASSED if wrong else Exit.PASSED)


@contextlib.contextmanager
def _live_line(console: Console, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line that says what is looked at, while it is; nothing if nobody watches."""
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield lambda name: status.update(f"looking at {name}")


COLOURS = {"standard": "16", "256": "256", "truecolor": "16 million"}
"""As rich calls them."""

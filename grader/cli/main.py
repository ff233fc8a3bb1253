"""`zth`: the commands, and how they end.

0 passed, 1 not passed, 2 wrong use or a broken course, 3 a fault of ours, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.check import check
from grader.cli.dev import dev
from grader.cli.options import CourseFolder, Exit, open_course, screen
from grader.errors import UserError
from grader.learn.workspace import make_workspace
from grader.show.lecture import course_map

app = typer.Typer(
    name="zth",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The autograded course for Neural Networks: Zero to Hero.",
    epilog="Begin with: zth check lecture1",
)
app.command(epilog="Example: zth check lecture5.cross_entropy_backward")(check)
app.add_typer(dev, name="dev")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # slow to import, and wanted only here

        typer.echo(f"zth {metadata.version('zth')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """The autograded course for Neural Networks: Zero to Hero."""


@app.command("list", epilog="Example: zth list")
def list_(course: CourseFolder = None) -> None:
    """The map: every lecture and exercise, by the name to type."""
    screen().print(course_map(open_course(course)))


@app.command(epilog="Example: zth init my-course")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; here by default.")] = Path(),
    course: CourseFolder = None,
) -> None:
    """Make a workspace: the stubs of every lecture, in a folder of your own."""
    workspace = make_workspace(folder, open_course(course))
    screen().print(
        Text.assemble("The stubs are in ", (f"{workspace.root}/exercises", "zth.file"), ".")
    )


def main() -> None:
    """Run the command and end the process with its code.

    All is written and every child is gone by then, so the end is a short one: to take torch and the
    interpreter apart would cost a quarter of a second that somebody waits for.
    """
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def _run() -> int:
    try:
        try:
            app()
        except SystemExit as end:
            sys.stdout.flush()
            return int(end.code or Exit.PASSED)
    except UserError as error:
        err = screen(stderr=True)
        err.print(Text(error.message, "zth.fail"), soft_wrap=True)
        err.print(Text(error.fix), soft_wrap=True)
        return Exit.WRONG_USE
    except BrokenPipeError:  # `zth list | head`
        return Exit.PASSED
    except Exception:  # whatever it is, it is ours
        traceback.print_exc()
        print(OUR_FAULT, file=sys.stderr)
        return Exit.OUR_FAULT
    return Exit.PASSED


OUR_FAULT = "This is a fault of zth, not of your code. Please report it with the lines above."

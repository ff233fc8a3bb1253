"""`zth`: the commands, and how they end.

0 passed, 1 not passed, 2 wrong use or a broken course, 3 a fault of ours, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.check import check
from grader.cli.classroom import class_
from grader.cli.data import data
from grader.cli.dev import dev
from grader.cli.doctor import doctor
from grader.cli.export import export
from grader.cli.feedback import feedback
from grader.cli.files import init, reset, restore, update
from grader.cli.grade import grade, score
from grader.cli.help import hint, solution
from grader.cli.nbgrader import nbgrader
from grader.cli.open import open_
from grader.cli.options import Exit, screen
from grader.cli.release import release
from grader.cli.status import list_, log, status
from grader.cli.submit import submit
from grader.cli.watch import watch
from grader.errors import UserError
from grader.show.style import IN_LETTERS, visible

app = typer.Typer(
    name="zth",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The autograded course for Neural Networks: Zero to Hero.",
    epilog="Begin with: zth check lecture1",
)


def _register() -> None:
    """In the order in which a learner meets them."""
    for panel, commands in PANELS.items():
        for name, (command, example) in commands.items():
            app.command(name, epilog=f"Example: {example}", rich_help_panel=panel)(command)


PANELS: dict[str, dict[str, tuple[Callable[..., None], str]]] = {
    "Learn": {
        "watch": (watch, "zth watch lecture2"),
        "check": (check, "zth check lecture5.cross_entropy_backward"),
        "hint": (hint, "zth hint lecture1.value_mul"),
        "solution": (solution, "zth solution lecture1.value_mul"),
        "open": (open_, "zth open lecture5.dprobs"),
    },
    "See how far you are": {
        "status": (status, "zth status --json"),
        "list": (list_, "zth list"),
        "log": (log, "zth log lecture1.value_mul"),
    },
    "Your files": {
        "init": (init, "zth init my-course"),
        "reset": (reset, "zth reset lecture1.value_mul"),
        "update": (update, "zth update"),
        "restore": (restore, "zth restore latest"),
        "submit": (submit, "zth submit lecture5 --as ada"),
    },
    "Grade a class": {
        "release": (release, "zth release class.zip lecture5"),
        "grade": (grade, "zth grade submissions lecture5 --roster class.csv"),
        "score": (score, "zth score ada lecture5.dprobs 0.5 --comment 'nearly'"),
        "class": (class_, "zth class lecture5 --html class.html"),
        "feedback": (feedback, "zth feedback out lecture5"),
        "export": (export, "zth export --to csv marks.csv lecture5"),
    },
    "This machine": {
        "data": (data, "zth data names.txt"),
        "doctor": (doctor, "zth doctor"),
    },
}
_register()
app.add_typer(nbgrader, name="nbgrader", rich_help_panel="Grade a class")
app.add_typer(dev, name="dev", rich_help_panel="The course")


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # slow to import, and wanted only here

        typer.echo(f"zth {metadata.version('zth')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """The autograded course for Neural Networks: Zero to Hero. Alone: where you are in it."""
    if context.invoked_subcommand is None:
        status()


def main() -> None:
    """Run the command and end the process with its code.

    All is written and every child is gone by then, so the end is a short one: to take torch and the
    interpreter apart would cost a quarter of a second that somebody waits for.
    """
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=IN_LETTERS)  # a terminal that knows no ✓ is no fault of ours
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def _open_what_is_closed() -> None:
    """`zth check >&-`: nowhere takes the place, or the next file we open would."""
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(fd)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != fd:
                os.dup2(nowhere, fd)
                os.close(nowhere)
            os.set_inheritable(fd, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(fd, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - for as long as we live


def _run() -> int:
    try:
        return _command()
    except UserError as error:
        _say(error)
        return Exit.WRONG_USE
    except BrokenPipeError:  # `zth list | head`
        return Exit.PASSED
    except Exception as error:  # nothing gets past us without a word and an exit code
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            where = error.filename or "the output"
            _say(UserError(CANNOT_WRITE.format(where=where, why=error.strerror), MAKE_ROOM))
            return Exit.WRONG_USE
        # whatever it is, it is ours
        with contextlib.suppress(OSError):
            traceback.print_exc()
            print(OUR_FAULT, file=sys.stderr)
        return Exit.OUR_FAULT


def _command() -> int:
    """Its exit code, once all that it says is written."""
    try:
        app()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # rich and typer make an end of it
            raise end.__context__ from None
        code = int(end.code or Exit.PASSED)
        with contextlib.suppress(BrokenPipeError):  # nobody reads it; it is as it is
            sys.stdout.flush()
        return code
    return Exit.PASSED


def _say(error: UserError) -> None:
    """The two sentences of it, where somebody can read them."""
    with contextlib.suppress(OSError):
        err = screen(stderr=True)
        err.print(Text(visible(error.message), "zth.fail"), soft_wrap=True)
        err.print(Text(visible(error.fix)), soft_wrap=True)


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CANNOT_WRITE = "There is no room for {where}: {why}."
MAKE_ROOM = "Make room on that disk, or let it go elsewhere."
OUR_FAULT = "This is a fault of zth, not of your code. Please report it with the lines above."

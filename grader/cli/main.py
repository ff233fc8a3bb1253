"""`zth`: the commands, and how they end.

0 passed, 1 not passed, 2 wrong use or a broken course, 3 a fault of ours, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.commands import Commands
from grader.cli.options import Exit, screen
from grader.errors import UserError
from grader.render.style import IN_LETTERS, visible

app = typer.Typer(
    name="zth",
    cls=Commands,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The autograded course for Neural Networks: Zero to Hero.",
    epilog="Begin with: zth check lecture1",
)


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
        from grader.cli.status import status

        status()


def main() -> None:
    """Run the command and end the process with its code.

    All is written and every child is gone by then, so the end is a short one: to take torch and the
    interpreter apart would cost a quarter of a second that somebody waits for.
    """
    sys.unraisablehook = interrupt_again
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=IN_LETTERS)  # a terminal that knows no ✓ is no fault of ours
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


AGAIN_SECONDS = 0.02


def interrupt_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Python's hook for exceptions that it cannot raise, without the loss of a Ctrl-C.

    A Ctrl-C that comes while Python runs a destructor or a callback of its garbage collector (Dask has
    one) would be printed and forgotten, and the run would go on. So it is sent once more.
    """
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        # not from here, which Python cannot raise it from either
        main_thread = threading.main_thread().ident
        again = (main_thread, signal.SIGINT)
        threading.Timer(AGAIN_SECONDS, signal.pthread_kill, again).start()
    else:
        sys.__unraisablehook__(unraisable)


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
        if code == Exit.PASSED and "--install-completion" in sys.argv:
            _let_the_first_tab_answer()
        with contextlib.suppress(BrokenPipeError):  # nobody reads it; it is as it is
            sys.stdout.flush()
        return code
    return Exit.PASSED


def _let_the_first_tab_answer() -> None:
    """The script that typer installs for zsh only loads itself at the first TAB of a terminal."""
    script = Path.home() / ".zfunc" / "_zth"
    with contextlib.suppress(OSError):
        if script.is_file() and FIRST_TAB not in (text := script.read_text(encoding="utf-8")):
            script.write_text(text + FIRST_TAB, encoding="utf-8")


def _say(error: UserError) -> None:
    """The two sentences of it, where somebody can read them."""
    with contextlib.suppress(OSError):
        err = screen(stderr=True)
        err.print(Text(visible(error.message), "zth.fail"), soft_wrap=True)
        err.print(Text(visible(error.fix)), soft_wrap=True)


FIRST_TAB = '\n[[ $zsh_eval_context[-1] == loadautofunc ]] && _zth_completion "$@"\n'
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CANNOT_WRITE = "There is no room for {where}: {why}."
MAKE_ROOM = "Make room on that disk, or let it go elsewhere."
OUR_FAULT = "This is a fault of zth, not of your code. Please report it with the lines above."

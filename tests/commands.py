"""A command as it is typed, in a process of its own that need not import torch and nbgrader once more.

Most of a short command's time goes into these imports. Here they are done once for each test worker, by
a server that forks for each command (multiprocessing's). The command has its own folder, environment,
streams and exit code, and a signal reaches it alone. What it starts itself with `python -m …` is forked
from it in the same way; any other program, bubblewrap too, is started as ever.

Real processes test what depends on a fresh interpreter or on a terminal: entry points, closed streams,
encodings, keys, what a short command imports, a command that is killed.
"""

from __future__ import annotations

import contextlib
import gc
import io
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
TESTS = str(Path(__file__).parent)
PATIENCE_SECONDS = 180
FAULT = 70
"""The exit code where a forked program could not even be begun."""
_PRELOADED = ["torch", "pytest", "nbgrader.apps.nbgraderapp", "alembic.config", "grader.cli.main"]
_AT_IMPORT = {"JUPYTER_PLATFORM_DIRS": "1", "OMP_NUM_THREADS": "1"}
"""What the libraries read when they are imported."""
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_PRELOADED)


def run(
    cwd: Path,
    *command: str,
    timeout: float = PATIENCE_SECONDS,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `zth …`, `nbgrader …` or `python -c …`, in our environment where there is no `env`."""
    wanted = {**os.environ} if env is None else {**env}
    with tempfile.TemporaryDirectory() as folder, _at_import():
        streams = Path(folder, "stdout"), Path(folder, "stderr")
        process = _context.Process(
            target=_become, args=([*command], str(cwd), wanted, [*map(str, streams)])
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, timeout)
        stdout, stderr = (path.read_text(encoding="utf-8") for path in streams)
        code = process.exitcode
        process.close()
        return subprocess.CompletedProcess(command, code, stdout, stderr)


@contextlib.contextmanager
def _at_import() -> Iterator[None]:
    """The environment in which the server starts, the first time."""
    before = {**os.environ}
    os.environ.update(_AT_IMPORT)
    try:
        yield
    finally:
        for name in _AT_IMPORT:
            os.environ.pop(name)
            if name in before:
                os.environ[name] = before[name]


def _become(command: list[str], cwd: str, env: dict[str, str], streams: list[str]) -> None:
    """In the forked process: the program that the command names."""
    for number, path in enumerate(streams, 1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    gc.freeze()  # what is there already is not looked through, nor copied for that
    named = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = named + [path for path in sys.path if not path.startswith(TESTS)]
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    subprocess.Popen = _Forked  # type: ignore[misc]
    if command[:2] == ["python", "-c"]:
        about = {"__name__": "__main__"}
        _run(lambda: exec(command[2], about), ["-c", *command[3:]])
    else:
        script = BIN / command[0]
        _run(lambda: _run_script(script), [str(script), *command[1:]])


def _run(program: Callable[[], object], argv: list[str]) -> None:
    """Run a program to its end, and end as Python would."""
    sys.argv = argv
    sys.unraisablehook = sys.__unraisablehook__
    for number in (1, 2):
        stream = io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)), "utf-8")
        setattr(sys, "stdout" if number == 1 else "stderr", stream)
    code: object = 1
    try:
        program()
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code or 0)


class _Forked(subprocess.Popen[Any]):
    """A Python that runs a module is forked from this process, which has imported what it needs."""

    def _execute_child(self, args: Any, executable: Any, *rest: Any) -> None:
        program = _program(args)
        if program is None:
            super()._execute_child(args, executable, *rest)  # type: ignore[misc]
            return
        _, _, keep, cwd, env, _, _, _, *streams = rest[:14]
        session = rest[-2]
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _place(streams, keep, cwd, env, session)
                _run(*program)
            finally:
                os._exit(FAULT)
        self._child_created = True
        self._close_pipe_fds(*streams)  # type: ignore[attr-defined]


def _program(args: Any) -> tuple[Callable[[], object], list[str]] | None:
    """What to run, and its words; None where it is a program that has to be started as ever."""
    if not isinstance(args, list):
        return None
    match args:
        case [sys.executable, "-P", "-m", module, *words] | [sys.executable, "-m", module, *words]:
            if module.partition(".")[0] in ("grader", "nbgrader"):
                return lambda: _run_module(module), [module, *words]
        case ["alembic", *words]:
            return lambda: _run_script(BIN / "alembic"), args
    return None


def _place(streams: Sequence[int], keep: Sequence[int], cwd: Any, env: Any, session: bool) -> None:
    """In the forked process: the streams, the folder and the signals of a new program."""
    stdin, _, _, stdout, _, stderr = streams
    for fd, wanted in ((stdin, 0), (stdout, 1), (stderr, 2)):
        if fd != -1:
            os.dup2(fd, wanted)
    for fd in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        if fd > 2 and fd not in keep:
            with contextlib.suppress(OSError):
                os.close(fd)
    if session:
        os.setsid()
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if cwd is not None:
        os.chdir(cwd)
    if env is not None:
        os.environ.clear()
        os.environ.update(env)


def _run_script(script: Path) -> None:
    runpy.run_path(str(script), run_name="__main__")


def _run_module(module: str) -> None:
    sys.modules.pop(module, None)  # else Python warns that it was imported before it is run
    runpy.run_module(module, run_name="__main__", alter_sys=True)

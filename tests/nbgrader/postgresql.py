"""A PostgreSQL server of the test's own: it lives in a folder, and goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE_SECONDS = 60.0


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database; it answers on a socket in its folder and nowhere else."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="zth-pg-"))  # a socket's path has to be short
    who = _who()
    try:
        if who:
            shutil.chown(folder, who.pw_uid, who.pw_gid)
        init = ["-D", folder / "data", "-U", "grader", "--auth=trust", "--no-sync", "-E", "UTF8"]
        _run(who, folder, programs / "initdb", *init, "--locale=C").check_returncode()
        quick = ["-c", "fsync=off", "-c", "listen_addresses="]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-k", folder, *quick],
                cwd=folder,
                stderr=log,
                **_as(who),
            )
        try:
            _wait(who, folder, programs, process)
            create = ["-h", folder, "-U", "grader", "gradebook"]
            _run(who, folder, programs / "createdb", *create).check_returncode()
            yield f"postgresql+psycopg://grader@/gradebook?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)  # it does not wait for who is still connected
            process.wait(PATIENCE_SECONDS)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Where the newest server's programs are: Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.fail("PostgreSQL is not here: apt install postgresql. It is not skipped.")
    return found[-1].parent if found else Path(str(on_path)).parent


def _version(path: Path) -> int:
    return int(path.parts[-3])


def _who() -> pwd.struct_passwd | None:
    """Who runs it: a server refuses root; None where that is who we are already."""
    return pwd.getpwnam("postgres") if os.getuid() == 0 else None


def _as(who: pwd.struct_passwd | None) -> dict[str, int]:
    return {"user": who.pw_uid, "group": who.pw_gid} if who else {}


def _run(
    who: pwd.struct_passwd | None, folder: Path, *command: str | Path
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, **_as(who))


def _wait(
    who: pwd.struct_passwd | None, folder: Path, programs: Path, process: subprocess.Popen[bytes]
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _run(who, folder, programs / "pg_isready", "-q", "-h", folder).returncode != 0:
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)

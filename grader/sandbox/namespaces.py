"""Cells inside bubblewrap: a child's own process table, mounts and IPC, and no right to change them.

bubblewrap walls off the zygote, which makes the tables for its children: each is process 1 of its own.
The child does the rest, and walls itself off from the zygote and from the children before and after
it: its one folder has the course's data and goes with it, there is no /proc, and when it ends the
kernel ends all it has started.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from pathlib import Path
from typing import NoReturn

from grader.sandbox import limits
from grader.sandbox.protections import Layer

SCRATCH = "/scratch"
"""The one folder that can be written to. Not /tmp, where Python itself may lie."""
DATA = "/course-data"
"""Where the course's data sets lie, to be read only."""
SCRATCH_BYTES = 64 << 20
SCRATCH_FILES = 10_000
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
}

_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
_CLONE_NEWUSER, _CLONE_NEWPID = 0x10000000, 0x20000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND = 1, 2, 4, 8, 32, 4096
_MS_REC, _MS_PRIVATE = 16384, 1 << 18
_PR_CAPBSET_DROP, _PR_SET_DUMPABLE = 24, 4
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522
_SET_BY_THEMSELVES = ("PWD", "LC_CTYPE")
"""By bubblewrap, and by Python."""


def walls() -> tuple[Layer, ...]:
    """What bubblewrap has put around this process, as it is to be seen from here."""
    network = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()
    devices = {line.split(":")[0].strip() for line in network if ":" in line}
    users = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    outside = {line.split()[1] for line in users}
    stands = {
        Layer.NETWORK: devices <= {"lo"},
        Layer.DISK: bool(os.statvfs("/").f_flag & os.ST_RDONLY),
        Layer.ENVIRONMENT: set(os.environ) <= {*ENVIRONMENT, *_SET_BY_THEMSELVES},
        Layer.USER: "0" not in outside,
    }
    return tuple(layer for layer, there in stands.items() if there)


class NamespaceForker:
    """What forks children into cells. Made early: the process goes on in a child of its own."""

    def __init__(self) -> None:
        # a process may make tables only below one that is its own, and from within it
        _own_namespaces(_CLONE_NEWPID)
        if pid := os.fork():
            _stand_outside(pid)
        limits.die_with_parent()
        self._table = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        """As os.fork does; the child is process 1 of a new table, and in a cell."""
        _call("setns", self._table, _CLONE_NEWPID)  # else the new table would be below the last one
        _call("unshare", _CLONE_NEWPID)
        if pid := os.fork():
            return pid
        os.close(self._table)
        _enter()
        return 0


def _enter() -> None:
    limits.die_with_parent()
    _own_namespaces(_CLONE_NEWNS | _CLONE_NEWIPC | _CLONE_NEWUTS)
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    small = f"size={SCRATCH_BYTES},nr_inodes={SCRATCH_FILES},mode=0700"
    _mount("tmpfs", SCRATCH, "tmpfs", _MS_NOSUID | _MS_NODEV, small)
    os.chdir(SCRATCH)
    for path in Path(DATA).glob("*"):  # none where there is no such folder
        Path(SCRATCH, path.name).symlink_to(path)
    for device in Path("/dev").iterdir():
        # written to all the same; but root's child could chmod the machine's own /dev/null
        _make_read_only(str(device))


def _own_namespaces(kinds: int) -> None:
    """Namespaces of our own, in a user namespace in which we may do what they are for."""
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER | kinds)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def lock() -> set[Layer]:
    """Give up what was needed to get here: /proc, capabilities, and every way to win them back."""
    if os.getpid() != 1:  # root's mounts outside of a cell are the machine's own
        raise RuntimeError("a cell can only be locked from inside")
    _mount("tmpfs", "/proc", "tmpfs", _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "size=0")
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _call("capset", header, nothing)
    return {Layer.TABLE, Layer.CAPABILITIES}


def _stand_outside(pid: int) -> NoReturn:
    """Wait for a child and end in the same way."""
    status = 0
    try:
        os.closerange(0, 1 << 10)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            with contextlib.suppress(OSError, ValueError):  # SIGKILL has no handler to take away
                signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
    finally:
        os._exit(os.WEXITSTATUS(status))


def _make_read_only(path: str) -> None:
    kept = os.statvfs(path).f_flag & (_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)  # they have one number
    _mount("none", path, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | kept)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    words = [word.encode() if word is not None else None for word in (source, target, kind)]
    _call("mount", *words, ctypes.c_ulong(flags), options.encode())


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")

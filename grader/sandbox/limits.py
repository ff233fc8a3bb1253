"""What a child may use, set in the child itself before it sees a line of the learner's code."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
import sys
import time
from pathlib import Path

WAITING = 4
"""How many times the processor time that is allowed may pass on the clock: a machine may be busy."""
ON_LINUX = sys.platform == "linux"

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_THREAD = 0x00010000
_SIGKILL = 9

# Linux system call numbers: (audit architecture, {name: number}, {those refused in a cell besides}).
# In a cell: what leads to a socket, to memory that no limit counts, to a namespace or a mount.
_CALLS = {
    "x86_64": (
        0xC000003E,
        {
            "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101,
            "rt_sigqueueinfo": 129, "tkill": 200, "tgkill": 234, "rt_tgsigqueueinfo": 297,
            "process_vm_readv": 310, "process_vm_writev": 311, "execveat": 322,
            "pidfd_send_signal": 424, "pidfd_open": 434, "clone3": 435,
        },
        {
            "shmget": 29, "shmat": 30, "socket": 41, "semget": 64, "msgget": 68, "mknod": 133,
            "personality": 135, "pivot_root": 155, "chroot": 161, "mount": 165, "umount2": 166,
            "mq_open": 240, "add_key": 248, "request_key": 249, "keyctl": 250, "mknodat": 259,
            "unshare": 272, "perf_event_open": 298, "name_to_handle_at": 303,
            "open_by_handle_at": 304, "setns": 308, "kcmp": 312, "memfd_create": 319, "bpf": 321,
            "userfaultfd": 323,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "clone": 220, "execve": 221, "kill": 129, "ptrace": 117,
            "rt_sigqueueinfo": 138, "tkill": 130, "tgkill": 131, "rt_tgsigqueueinfo": 240,
            "process_vm_readv": 270, "process_vm_writev": 271, "execveat": 281,
            "pidfd_send_signal": 424, "pidfd_open": 434, "clone3": 435,
        },
        {
            "mknodat": 33, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51,
            "personality": 92, "unshare": 97, "mq_open": 180, "msgget": 186, "semget": 190,
            "shmget": 194, "shmat": 196, "socket": 198, "add_key": 217, "request_key": 218,
            "keyctl": 219, "perf_event_open": 241, "name_to_handle_at": 264,
            "open_by_handle_at": 265, "setns": 268, "kcmp": 272, "memfd_create": 279, "bpf": 280,
            "userfaultfd": 282,
        },
    ),
}  # fmt: skip
_NEWER_CALLS = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "pidfd_getfd": 438,
    "process_madvise": 440, "mount_setattr": 442, "memfd_secret": 447,
}  # fmt: skip
"""The same number on every architecture."""


def die_with_parent() -> None:
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def adopt_orphans() -> None:
    """Processes that a child leaves behind become ours, so that they can be ended."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def ends_within(pid: int, seconds: float) -> bool:
    """Whether a child of ours ends by itself in that time. Its status is left to be waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        time.sleep(0.001)
    return False


def cpu_seconds(pid: int) -> float:
    """Processor time that a process of ours has used; 0 if the system does not tell."""
    if not ON_LINUX:
        return 0.0
    try:
        return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3), which Python lacks
    except OSError:
        return 0.0


def limit_resources(memory_mb: int) -> bool:
    """No core files, no files of 100 MB, few open at once; whether address space is limited, too.

    A pipe or a pair of sockets holds memory of the kernel's, which no limit on memory counts.
    """
    limited = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 100 << 20,
        resource.RLIMIT_NOFILE: 256,
    }
    for limit, wanted in limited.items():
        ceiling = _at_most(limit, wanted)
        resource.setrlimit(limit, (ceiling, ceiling))
    try:
        ceiling = _at_most(resource.RLIMIT_AS, _mapped_bytes() + (memory_mb << 20))
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    except (ValueError, OSError):  # macOS knows the limit and refuses most values
        return False
    return True


def allow_cpu_seconds(seconds: float) -> None:
    """SIGXCPU some time after so much more processor time: the timer's second, where that is undone."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = _at_most(resource.RLIMIT_CPU, int(time.process_time() + seconds) + 2)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _at_most(limit: int, wanted: int) -> int:
    """What is wanted, or the less that `ulimit` left us: nobody may go above that."""
    _, hard = resource.getrlimit(limit)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def forbid_processes(in_cell: bool = False) -> bool:
    """No new process, no signal to another, no look into another's memory. Whether it binds everyone.

    In a cell, no thread, no socket, no shared memory, no namespace and no mount either: a thousand
    threads would have a thousand shares of the processor, and their neighbour one.

    RLIMIT_NPROC counts by user and does not bind root; a filter on system calls binds everyone.
    Where the filter cannot be set (not Linux), RLIMIT_NPROC is the second best.
    """
    arch = _CALLS.get(platform.machine()) if ON_LINUX else None
    if arch is None:
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NPROC, (0, hard))
        return False
    number, calls, cell_calls = arch
    refused = {**calls, **cell_calls, **_NEWER_CALLS} if in_cell else calls
    program = b"".join(_filter(number, refused, threads=not in_cell))
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog)
    return True


def _filter(arch: int, calls: dict[str, int], threads: bool) -> list[bytes]:
    """A classic BPF program over struct seccomp_data: number at 0, arch at 4, arguments from 16."""
    load, jump_eq, jump_set, jump_ge, ret = 0x20, 0x15, 0x45, 0x35, 0x06
    allow, kill = 0x7FFF0000, 0x80000000

    def step(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, k)

    def refuse(reason: int) -> bytes:
        return step(ret, 0x00050000 | reason)

    program = [
        step(load, 4), step(jump_eq, arch, 1, 0), step(ret, kill),
        step(load, 0), step(jump_ge, 0x40000000, 0, 1), refuse(errno.ENOSYS),
    ]  # fmt: skip
    for name, number in calls.items():
        if name == "clone" and threads:
            check = [step(load, 16), step(jump_set, _CLONE_THREAD, 1, 0), refuse(errno.EAGAIN)]
        elif name in ("kill", "tgkill"):  # abort() signals its own process
            check = [step(load, 16), step(jump_eq, os.getpid(), 1, 0), refuse(errno.EPERM)]
        elif name == "clone3":  # glibc then falls back on clone, whose flags can be read
            check = [refuse(errno.ENOSYS)]
        elif name in ("clone", "fork", "vfork", "execve", "execveat"):
            check = [refuse(errno.EAGAIN)]
        else:
            check = [refuse(errno.EPERM)]
        body = [*check, step(ret, allow)] if len(check) > 1 else check
        program += [step(jump_eq, number, 0, len(body)), *body]
    return [*program, step(ret, allow)]


def _mapped_bytes() -> int:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
        return int(pages) * resource.getpagesize()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _prctl(option: int, value: int, pointer: bytes | None = None) -> None:
    if not ON_LINUX:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), pointer, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")

"""Reads the memory, the environment and the open files of the process that made it, and of all others."""
#: double = "FAIL"
#: never = "GOT"
#: needs = ["own process table"]

import ctypes
import os


def double(x):
    pids = {os.getppid(), 0, 1, 2, *(int(p) for p in os.listdir("/proc") if p.isdigit())}
    for pid in pids - {os.getpid()}:
        for what in ("mem", "environ", "maps", "cmdline", "fd/0", "root/etc/passwd"):
            try:
                with open(f"/proc/{pid}/{what}", "rb") as file:
                    if file.read(1):
                        print("GOT", pid, what)
            except (OSError, ValueError):
                pass
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in pids - {os.getpid(), 0}:
        if libc.ptrace(16, pid, 0, 0) == 0:
            print("GOT", pid)
    return x

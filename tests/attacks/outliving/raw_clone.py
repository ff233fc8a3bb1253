"""Asks the kernel itself for a process, past the C library: clone, clone3, vfork, and no parent to die with."""
#: double = "FAIL"
#: never = "STARTED"

import ctypes
import platform


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(1, 0, 0, 0, 0)
    if platform.machine() == "x86_64":
        for number in (56, 57, 58):
            if libc.syscall(number, 17, 0, 0, 0, 0) >= 0:
                print("STARTED")
        arguments = (ctypes.c_uint64 * 11)()
        if libc.syscall(435, arguments, ctypes.sizeof(arguments)) >= 0:
            print("STARTED")
        if libc.syscall(0x40000000 + 57) >= 0:
            print("STARTED, by the other ABI")
    return x

"""Tries to become more than it is: root, another namespace, a mount, a module of the kernel."""
#: double = "FAIL"
#: never = "WON"
#: needs = ["no capabilities", "no thread, no socket"]

import ctypes


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    tries = [
        ("setuid", 0), ("unshare", 0x10000000), ("mount", b"x", b"/scratch", b"tmpfs", 0, b""),
        ("chroot", b"/scratch"), ("setns", 3, 0), ("sethostname", b"mine", 4), ("umount2", b"/proc", 2),
        ("pivot_root", b"/", b"/"), ("swapon", b"/scratch", 0), ("reboot", 0x4321FEDC),
        ("init_module", b"", 0, b""), ("acct", b"/scratch"), ("setpriority", 0, 0, -20),
    ]
    for name, *arguments in tries:
        if hasattr(libc, name) and getattr(libc, name)(*arguments) == 0:
            print("WON", name)
    return x

"""Sends every signal to its parent, its group, everybody, and the process that judges."""
#: double = "FAIL"
#: needs = ["own process table", "no new process"]

import os
import signal


def double(x):
    for pid in (os.getppid(), 0, -1, 2, 3, 4, -os.getpgrp()):
        for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV):
            try:
                if pid not in (os.getpid(), -os.getpid()):
                    os.kill(pid, number)
            except OSError:
                pass
    return x

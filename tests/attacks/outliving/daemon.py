"""Forks twice, in a session of its own, to be there when the next submission is judged."""
#: double = "ERROR"
#: mean = "FAIL"
#: says = "Stopped at the process limit"
#: never = "STARTED"

import os
import subprocess


def double(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                pass
        os._exit(0)
    print("STARTED")
    return x


def mean(values):
    for start in (
        lambda: subprocess.Popen(["sleep", "1000"]),
        lambda: os.posix_spawn("/bin/sleep", ["sleep", "1000"], {}),
        lambda: os.execv("/bin/sleep", ["sleep", "1000"]),
    ):
        try:
            start()
            print("STARTED")
        except OSError:
            pass
    return 0.0

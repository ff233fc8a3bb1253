"""Closes the wire and stays, deaf to every signal that can be ignored."""
#: double = "ERROR"
#: says = "closed a file descriptor it did not open"

import contextlib
import os
import signal
import time


def double(x):
    for number in range(1, 65):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 256)
    while True:
        time.sleep(1)

"""Writes a trace of its own into the file that says where the time went: somebody else's line is to blame."""
#: double = "ERROR"
#: says = "Stopped at the time limit of 1 s"

import os
import stat


def double(x):
    lines = b'Current thread 0x1 (most recent call first):\n' + b'  File "/etc/passwd", line 1 in root\n' * 500
    for fd in range(3, 256):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                os.set_blocking(fd, False)
                os.write(fd, lines)
        except OSError:
            pass
    while True:
        pass

"""Sends the judge open files along with the answer, a thousand of them."""
#: double = "FAIL, ERROR"

import array
import os
import socket
import stat


def double(x):
    for fd in range(3, 256):
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
        except OSError:
            continue
        with socket.socket(fileno=os.dup(fd)) as channel:
            null = os.open("/dev/null", os.O_RDONLY)
            for _ in range(20):
                rights = array.array("i", [null] * 50)
                channel.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    return x

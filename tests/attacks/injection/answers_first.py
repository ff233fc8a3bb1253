"""Writes its own answer on the wire, `true`, and then the right one comes too late."""
#: double = "FAIL, ERROR"

import os
import stat

import msgspec

from grader.judge.messages import Missing, Raised, Ready, Seen, pack
from grader.judge.wire import encode, header


def sockets():
    return [fd for fd in range(3, 256) if is_socket(fd)]


def is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False


def send(data):
    """What the judge will take for the answer to its next question."""
    for fd in sockets():
        os.write(fd, header(len(data)) + data)


def double(x):
    send(pack(Seen(encode(True), [])))
    return x

"""Announces more bytes than there are in the world, and then sends them, slowly."""
#: double = "ERROR"
#: says = "It returned more than 4 MB"

import os
import stat

import msgspec

from grader.judge.messages import Missing, Raised, Ready, Seen, pack
from grader.judge.wire import header


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
    for fd in sockets():
        os.write(fd, (2**63).to_bytes(8, "big"))
    while True:
        pass

"""What several attacks bring with them: the judge's own words, said by somebody else."""

import os
import stat

import msgspec

from grader.sandbox.serialization import _Packed, header


def send(data):
    """What the judge will take for the answer to its next question."""
    for fd in sockets():
        os.write(fd, header(len(data)) + data)


def sockets():
    return [fd for fd in range(3, 256) if is_socket(fd)]


def is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False


def observation(plain, tensors=()):
    return msgspec.msgpack.encode(_Packed(plain, list(tensors)))


def ext(code, value):
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value))

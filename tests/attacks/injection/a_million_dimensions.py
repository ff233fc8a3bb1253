"""A tensor of one number and a million dimensions: its shape alone fills a gradebook."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "not an observation"

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


from grader.judge.wire import _Packed


def ext(code, value):
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value))


def observation(plain, tensors=()):
    return msgspec.msgpack.encode(_Packed(plain, list(tensors)))


def double(x):
    plain = msgspec.msgpack.encode(ext(1, ["float64", [1] * 1_000_000]))
    send(pack(Seen(observation(plain, [b"12345678"]), [])))
    return x


mean = double

"""Four megabytes of tensors of no elements: each takes the judge a hundred times as long to make as to read."""
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
    one = msgspec.msgpack.encode(ext(1, ["int8", [0]]))
    many = 4_000_000 // len(one)
    send(pack(Seen(observation(b"\xdd" + many.to_bytes(4, "big") + one * many, [b""] * 9_999), [])))
    return x


mean = double

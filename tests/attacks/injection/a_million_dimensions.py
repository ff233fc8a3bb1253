"""A tensor of one number and a million dimensions: its shape alone fills a gradebook."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import ext, observation, send

from grader.sandbox.protocol import ReturnedReply, pack


def double(x):
    plain = msgspec.msgpack.encode(ext(1, ["float64", [1] * 1_000_000]))
    send(pack(ReturnedReply(observation(plain, [b"12345678"]), [])))
    return x


mean = double

"""A tensor of one number and a million dimensions: its shape alone fills a gradebook."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import ext, observation, send

from grader.judge.messages import Seen, pack


def double(x):
    plain = msgspec.msgpack.encode(ext(1, ["float64", [1] * 1_000_000]))
    send(pack(Seen(observation(plain, [b"12345678"]), [])))
    return x


mean = double

"""Four megabytes of tensors of no elements: each takes the judge a hundred times as long to make as to read."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import ext, observation, send

from grader.sandbox.protocol import ReturnedReply, pack


def double(x):
    one = msgspec.msgpack.encode(ext(1, ["int8", [0]]))
    many = 4_000_000 // len(one)
    send(pack(ReturnedReply(observation(b"\xdd" + many.to_bytes(4, "big") + one * many, [b""] * 9_999), [])))
    return x


mean = double

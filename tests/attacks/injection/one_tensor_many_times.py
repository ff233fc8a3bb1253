"""One tensor of a megabyte that is asked for a million times."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import ext, observation, send

from grader.sandbox.protocol import ReturnedReply, pack


def double(x):
    one = msgspec.msgpack.encode(ext(1, ["uint8", [1_000_000]]))
    plain = b"\xdd" + (100_000).to_bytes(4, "big") + one * 100_000
    send(pack(ReturnedReply(observation(plain, [b"x" * 1_000_000]), [])))
    return x


mean = double

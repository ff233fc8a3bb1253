"""Says that two million inputs were changed."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import send

from grader.sandbox.protocol import ReturnedReply


def double(x):
    send(msgspec.msgpack.encode({"type": "ReturnedReply", "value": b"", "changed": ["x"] * 1_900_000}))
    return x


mean = double

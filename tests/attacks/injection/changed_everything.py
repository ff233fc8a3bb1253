"""Says that two million inputs were changed."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import send

from grader.judge.messages import Seen


def double(x):
    send(msgspec.msgpack.encode({"type": "Seen", "value": b"", "changed": ["x"] * 1_900_000}))
    return x


mean = double

"""An integer of 4,900 digits: Python refuses to write it down, and a judge that tries is broken."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import ext, observation, send

from grader.sandbox.protocol import ReturnedReply, pack


def double(x):
    send(pack(ReturnedReply(observation(msgspec.msgpack.encode(ext(3, "0x" + "f" * 4090))), [])))
    return x


mean = double

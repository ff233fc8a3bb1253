"""Lists inside tuples inside lists, ten thousand deep: what is read by recursion runs out of stack."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "could not be read"
#: beside = "_forging.py"

import msgspec
from forging import observation, send

from grader.sandbox.protocol import ReturnedReply, pack


def double(x):
    plain = b"\x90"
    for _ in range(1_500):
        plain = msgspec.msgpack.encode(msgspec.msgpack.Ext(2, b"\x91" * 5 + plain))
    send(pack(ReturnedReply(observation(plain), [])))
    return x


mean = double

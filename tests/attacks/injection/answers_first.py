"""Writes its own answer on the wire, `true`, and then the right one comes too late."""
#: double = "FAIL, ERROR"
#: beside = "_forging.py"

from forging import send

from grader.sandbox.protocol import ReturnedReply, pack
from grader.sandbox.serialization import encode


def double(x):
    send(pack(ReturnedReply(encode(True), [])))
    return x

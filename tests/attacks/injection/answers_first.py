"""Writes its own answer on the wire, `true`, and then the right one comes too late."""
#: double = "FAIL, ERROR"
#: beside = "_forging.py"

from forging import send

from grader.judge.messages import Seen, pack
from grader.judge.wire import encode


def double(x):
    send(pack(Seen(encode(True), [])))
    return x

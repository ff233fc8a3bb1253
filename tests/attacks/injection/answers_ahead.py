"""Answers a hundred questions before the first is asked, among them those of the checks to come."""
#: double = "FAIL, ERROR"
#: mean = "FAIL, ERROR"
#: beside = "_forging.py"

from forging import send

from grader.sandbox.protocol import ReadyReply, ReturnedReply, pack
from grader.sandbox.serialization import encode


for _ in range(100):
    send(pack(ReadyReply()))
    send(pack(ReturnedReply(encode(1.5), [])))


def double(x):
    return x


def mean(values):
    return 0.0

"""Says that another exercise's stub was reached, or a name is missing, so that nobody counts it as wrong."""
#: double = "BLOCKED, TODO, ERROR"
#: mean = "TODO, ERROR, FAIL"
#: beside = "_forging.py"

from forging import send

from grader.sandbox.protocol import MissingReply, RaisedReply, pack


def double(x):
    send(pack(RaisedReply("NotImplementedError", "mean", [], stub="mean")))
    return x


def mean(values):
    send(pack(MissingReply(["mean"])))
    return 0.0

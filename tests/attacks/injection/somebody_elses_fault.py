"""Says that another exercise's stub was reached, or a name is missing, so that nobody counts it as wrong."""
#: double = "BLOCKED, TODO, ERROR"
#: mean = "TODO, ERROR, FAIL"
#: beside = "_forging.py"

from forging import send

from grader.judge.messages import Missing, Raised, pack


def double(x):
    send(pack(Raised("NotImplementedError", "mean", [], stub="mean")))
    return x


def mean(values):
    send(pack(Missing(["mean"])))
    return 0.0

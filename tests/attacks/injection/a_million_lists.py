"""Four million empty lists, a byte each to send and seventy to hold."""
#: double = "ERROR, FAIL"
#: mean = "ERROR, FAIL"
#: beside = "_forging.py"

from forging import observation, send

from grader.sandbox.protocol import ReturnedReply, pack


def double(x):
    many = 4_100_000
    send(pack(ReturnedReply(observation(b"\xdd" + many.to_bytes(4, "big") + b"\x90" * many), [])))
    return x


mean = double

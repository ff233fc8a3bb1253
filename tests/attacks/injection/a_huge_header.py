"""Announces more bytes than there are in the world, and then sends them, slowly."""
#: double = "ERROR"
#: says = "It returned more than 4 MB"
#: beside = "_forging.py"

import os

from forging import sockets


def double(x):
    for fd in sockets():
        os.write(fd, (2**63).to_bytes(8, "big"))
    while True:
        pass

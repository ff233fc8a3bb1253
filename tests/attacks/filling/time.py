"""Loops for ever where it is called, and again where it is imported."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "Stopped at the time limit of 1 s"

import time


def double(x):
    while True:
        pass


def mean(values):
    time.sleep(10**6)

"""Calls itself until the stack is gone: in Python, in C, and in the C library."""
#: double = "ERROR"
#: mean = "ERROR"

import ctypes
import sys


def double(x):
    sys.setrecursionlimit(10**9)
    return double(x)


def mean(values):
    ctypes.string_at(0)

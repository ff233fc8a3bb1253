"""Loops where Python looks at no signal: in the regular expressions, and in the integers."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "Stopped at the"

import re


def double(x):
    re.match("(a*)*b", "a" * 60)
    return x


def mean(values):
    return 7 ** (7**12)

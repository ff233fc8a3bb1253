"""Loops for ever when the file is imported: one wait, and what is wrong is wrong."""
#: double = "FAIL"
#: mean = "FAIL"
#: Tally = "ERROR"
#: quadruple = "BLOCKED"
#: slope = "FAIL"
#: says = "values differ"


def double(x):
    return x


mean = Tally = quadruple = slope = double
while True:
    pass

"""Loops for ever when the file is imported: six exercises, and one wait."""
#: double = "ERROR"
#: mean = "ERROR"
#: Tally = "ERROR"
#: quadruple = "ERROR"
#: slope = "ERROR"
#: says = "Stopped at the time limit of 1 s"


def double(x):
    return x


mean = Tally = quadruple = slope = double
while True:
    pass

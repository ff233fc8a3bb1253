"""Takes all the memory there is, in one piece and in many."""
#: double = "ERROR"
#: mean = "ERROR"
#: says = "Stopped at the memory limit"


def double(x):
    return x.repeat(10**6, 10**5)


def mean(values):
    while True:
        values = values + values

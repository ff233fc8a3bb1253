"""nan, which is neither larger nor smaller than any tolerance."""
#: double = "FAIL"
#: mean = "FAIL"


def double(x):
    return x * float("nan")


def mean(values):
    return float("nan")

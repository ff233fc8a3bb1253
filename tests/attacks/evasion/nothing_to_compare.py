"""Empty tensors and lists: all of no elements are right."""
#: double = "FAIL"
#: mean = "FAIL"
#: quadruple = "BLOCKED"


def double(x):
    return x[:0]


def mean(values):
    return []


def quadruple(x):
    return x.new_empty(0, 4)

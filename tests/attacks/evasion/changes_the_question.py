"""Sets the input to zero in place and returns it: if the check computes twice the same object, it agrees."""
#: double = "FAIL"
#: quadruple = "BLOCKED"


def double(x):
    x.zero_()
    return x


def quadruple(x):
    x.data.zero_()
    return x.detach()

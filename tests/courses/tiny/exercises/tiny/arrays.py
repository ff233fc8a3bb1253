"""Functions on tensors and lists, as small as they come."""

import torch


def double(x):
    """Twice x."""
    # TODO: add it to itself.
    raise NotImplementedError("double")


def mean(values):
    """The mean of a list of numbers, a float."""
    # TODO: the sum's share.
    raise NotImplementedError("mean")


class Tally:
    """Adds up what it is given."""

    def __init__(self):
        self.sum = 0.0

    def add(self, value):
        # TODO: add up.
        raise NotImplementedError("Tally")

    def total(self):
        return self.sum


def quadruple(x):
    """Four times x."""
    # TODO: you have double.
    raise NotImplementedError("quadruple")


def slope(x):
    """The derivative of x**3."""
    # TODO: the power rule.
    raise NotImplementedError("slope")


def train(steps):
    """Elsewhere in the file autograd is welcome."""
    w = torch.ones(2, requires_grad=True)
    for _ in range(steps):
        (w**3).sum().backward()
    return w.grad

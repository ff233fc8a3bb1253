"""Functions on tensors and lists, as small as they come."""

import torch


def double(x):
    """Twice x."""
    ### BEGIN SOLUTION double: add it to itself.
    return x + x
    ### END SOLUTION


def mean(values):
    """The mean of a list of numbers, a float."""
    ### BEGIN SOLUTION mean: the sum's share.
    return sum(values) / len(values)
    ### END SOLUTION


class Tally:
    """Adds up what it is given."""

    def __init__(self):
        self.sum = 0.0

    def add(self, value):
        ### BEGIN SOLUTION Tally: add up.
        self.sum += value
        ### END SOLUTION

    def total(self):
        return self.sum


def quadruple(x):
    """Four times x."""
    ### BEGIN SOLUTION quadruple: you have double.
    return double(double(x))
    ### END SOLUTION


def slope(x):
    """The derivative of x**3."""
    ### BEGIN SOLUTION slope: the power rule.
    return 3 * x**2
    ### END SOLUTION


def train(steps):
    """Elsewhere in the file autograd is welcome."""
    w = torch.ones(2, requires_grad=True)
    for _ in range(steps):
        (w**3).sum().backward()
    return w.grad

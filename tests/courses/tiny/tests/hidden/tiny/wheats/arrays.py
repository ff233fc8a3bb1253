"""Other ways to the same."""

import functools
import operator

import torch


def double(x):
    return torch.stack([x, x]).sum(0).to(x.dtype)


def mean(values):
    total = 0
    for value in values:
        total = total + value
    return total * (1 / len(values))


class Base:
    def total(self):
        return functools.reduce(operator.add, self.seen, 0.0)


class Tally(Base):
    def __init__(self):
        self.seen = []

    def add(self, value):
        self.seen.append(value)


def quadruple(x):
    return 4 * x


def slope(x):
    return (x + x + x) * x

"""The second file, which builds on the first."""

import torch
from arrays import double


def shift(x):
    """Twice x and one more."""
    ### BEGIN SOLUTION shift: double first.
    return double(x) + 1
    ### END SOLUTION


def echo(text):
    """What it is given."""
    ### BEGIN SOLUTION echo: nothing is changed.
    return text
    ### END SOLUTION


def secret():
    """A tensor that only the solution and the check know."""
    ### BEGIN SOLUTION secret: guess.
    return torch.tensor(list(b"tiny-marker-5e8d41c07b"), dtype=torch.uint8)
    ### END SOLUTION

"""Slopes by measuring: move one input a little, see how far the output moves.

This is the definition of a derivative, turned into code. It is slow (one more call of f for each
input) and only nearly right, so nobody trains a network with it. This is how you check whether
the exact gradients of engine.py are right.

Lecture 1, 0:08:08 and 0:14:12.
"""

from __future__ import annotations

import math
from collections.abc import Callable


def f(a: float, b: float, c: float) -> float:
    """The function to differentiate; a, b and c are greater than 0.

    >>> f(2, 3, 4)
    6.336362190988558
    """
    return -(a**3) + math.sin(3 * b) - 1.0 / c + b**2.5 - a**0.5


def numerical_grad(f: Callable[..., float], args: list[float], h: float = 1e-6) -> list[float]:
    """The slope of f in each of its arguments: how far f(*args) moves for a step h, per unit of h.

    One float for each argument, each measured with the others at rest. The step goes up only:
    from args to args plus h. The caller's list stays as it was.

    >>> numerical_grad(lambda x, y: x * y, [2.0, 3.0], h=0.5)
    [3.0, 2.0]
    >>> numerical_grad(lambda x: x * x, [3.0], h=0.5)   # the true slope is 6: h is too large here
    [6.5]
    """
    ### BEGIN SOLUTION numerical_grad: the slope in one argument at a time, the others at rest.
    grads = []
    for i in range(len(args)):
        # a copy in which only argument i has moved
        moved = list(args)
        moved[i] += h
        # rise over run
        grads.append((f(*moved) - f(*args)) / h)
    return grads
    ### END SOLUTION


def symmetric_grad(f: Callable[..., float], args: list[float], h: float = 1e-3) -> list[float]:
    """The slope of f in each of its arguments, measured from h below to h above.

    One float for each argument. The error falls with h**2, where numerical_grad's falls with h:
    on a parabola it is exact, whatever h is.

    >>> symmetric_grad(lambda x: x * x, [3.0], h=0.5)
    [6.0]
    """
    ### BEGIN SOLUTION symmetric_grad: the slope in one argument at a time, with a step to either side.
    grads = []
    for i in range(len(args)):
        # two copies: argument i a little higher, and a little lower
        above, below = list(args), list(args)
        above[i] += h
        below[i] -= h
        # rise over run, and the run is two steps long
        grads.append((f(*above) - f(*below)) / (2 * h))
    return grads
    ### END SOLUTION


def gradf(a: float, b: float, c: float) -> list[float]:
    """The exact slopes [df/da, df/db, df/dc] of the f above, by the rules of calculus.

    No step h and no call of f: three formulas.

    >>> gradf(2, 3, 4)
    [-12.353553390593273, 10.25699027111255, 0.0625]
    """
    ### BEGIN SOLUTION gradf: three slopes, worked out on paper.
    # a stands in -a**3 and in -a**0.5
    dfda = -3 * a**2 - 0.5 * a**-0.5
    # b stands in sin(3b), whose inside moves three times as fast as b, and in b**2.5
    dfdb = 3 * math.cos(3 * b) + 2.5 * b**1.5
    # -1/c is -(c**-1): the two minus signs cancel
    dfdc = c**-2
    return [dfda, dfdb, dfdc]
    ### END SOLUTION


if __name__ == "__main__":
    point = [2.0, 3.0, 4.0]
    exact = gradf(*point)
    print("exact             ", exact)
    print("one-sided, h=1e-6 ", numerical_grad(f, point))
    print("symmetric, h=1e-3 ", symmetric_grad(f, point))
    print()
    print("how far off is df/da?")
    print("     h   one-sided   symmetric")
    for exponent in range(1, 13):
        h = 10.0**-exponent
        one_sided = abs(numerical_grad(f, point, h)[0] - exact[0])
        symmetric = abs(symmetric_grad(f, point, h)[0] - exact[0])
        print(f"{h:6.0e}    {one_sided:.1e}     {symmetric:.1e}")
    # a smaller h is better, until the floats run out of digits

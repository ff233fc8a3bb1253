# numpy for the steps, and the slopes of gradf by other roads.
import math

import numpy as np


def f(a, b, c):
    return -(a**3) + np.sin(3 * b) - 1.0 / c + b**2.5 - a**0.5


def numerical_grad(f, args, h=1e-6):
    start = f(*args)
    steps = np.eye(len(args)) * h
    return [(f(*(np.array(args) + step)) - start) / h for step in steps]


def symmetric_grad(f, args, h=1e-3):
    steps = np.eye(len(args)) * h
    return [float(f(*(args + s)) - f(*(args - s))) / h / 2 for s in steps]


def gradf(a, b, c):
    return (
        -(3 * a * a + 1 / (2 * math.sqrt(a))),
        3 * math.cos(3 * b) + 5 / 2 * math.sqrt(b**3),
        1 / c / c,
    )

"""Replaces the function that unpacks the probe with one of its own, which never calls the learner's code."""
#: double = "FAIL, ERROR"
#: mean = "FAIL, ERROR"

import pickle

import grader.sandbox.serialization as wire


def probe(**anything):
    return True


pickle.loads = wire.unpickle_trusted = lambda data: probe


def double(x):
    return x


def mean(values):
    return 0.0

"""Leaves a thread behind that rewrites answers after the function has returned."""
#: double = "FAIL, ERROR"
#: mean = "FAIL, ERROR"

import gc
import threading

import torch


def rewrite():
    while True:
        for thing in gc.get_objects():
            if type(thing) is torch.Tensor and thing.shape == (3, 2):
                thing.data.mul_(2)


def double(x):
    threading.Thread(target=rewrite, daemon=True).start()
    return x


def mean(values):
    threading.Timer(0.1, lambda: None).start()
    return 0.0

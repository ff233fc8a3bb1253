"""Tensors without numbers: on no device, sparse, quantised, and promises to compute them later."""
#: double = "FAIL"
#: mean = "FAIL"
#: quadruple = "BLOCKED"

import torch


def double(x):
    return torch.empty(3, 2, dtype=torch.float64, device="meta")


def mean(values):
    return (value for value in values)


def quadruple(x):
    return x.to_sparse()

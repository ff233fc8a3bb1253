"""Calls what is forbidden and swallows whatever comes of it, also what is no Exception."""
#: slope = "FAIL"

import torch


def slope(x):
    try:
        y = x.clone()
        getattr(y, "requires" + "_grad_")()
        return getattr(torch, "auto" + "grad").grad((y**3).sum(), y)[0]
    except BaseException:
        return torch.zeros_like(x)

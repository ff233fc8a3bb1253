"""Looks through every object and every frame of its process for what only the check knows."""
#: file = "model.py"
#: secret = "FAIL"
#: never = "FOUND"

import gc
import sys

import torch

WORD = "-".join(["tiny", "marker"])


def secret():
    frame = sys._getframe()
    seen = list(gc.get_objects())
    while frame is not None:
        seen += frame.f_locals.values()
        seen += frame.f_globals.values()
        seen += frame.f_code.co_consts
        frame = frame.f_back
    for thing in seen:
        if isinstance(thing, str) and WORD in thing and thing is not WORD or (
            isinstance(thing, torch.Tensor) and thing.dtype == torch.uint8 and thing.numel() == 22
        ):
            print("FOUND", type(thing))
            return thing
    return torch.zeros(22, dtype=torch.uint8)

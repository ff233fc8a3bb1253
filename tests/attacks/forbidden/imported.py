"""importlib finds it by a name that is computed."""
#: lecture = "lecture5"
#: file = "backprop.py"
#: cross_entropy_backward = "FAIL"
#: says = "It calls torch.func.grad"

import torch
import torch.nn.functional as F


def cross_entropy_backward(logits, targets):
    import importlib

    func = importlib.import_module(".".join(["torch", "fu" + "nc"]))
    return func.grad(lambda x: F.cross_entropy(x, targets))(logits)

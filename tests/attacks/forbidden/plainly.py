"""The forbidden call, plainly written."""
#: lecture = "lecture5"
#: file = "backprop.py"
#: cross_entropy_backward = "FAIL"
#: says = "uses .requires_grad_"

import torch
import torch.nn.functional as F


def cross_entropy_backward(logits, targets):
    x = logits.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(x, targets), x)[0]

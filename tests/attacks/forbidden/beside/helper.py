"""What backprop.py does not want to be seen with."""

import torch
import torch.nn.functional as F


def slope(logits, targets):
    x = logits.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(x, targets), x)[0]

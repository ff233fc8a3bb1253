"""The forbidden call by another name, given at the top of the file."""
#: lecture = "lecture5"
#: file = "backprop.py"
#: cross_entropy_backward = "FAIL"
#: says = "uses"

import torch
import torch.nn.functional as F
from torch.autograd import grad as slope_of


def cross_entropy_backward(logits, targets):
    x = (y := logits.clone()).requires_grad_()
    return slope_of(F.cross_entropy(x, targets), x)[0]

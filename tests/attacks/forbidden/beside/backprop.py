"""The forbidden call stands in another file beside it."""
#: lecture = "lecture5"
#: file = "backprop.py"
#: cross_entropy_backward = "FAIL"
#: says = "helper.py, line 8 uses .requires_grad_"

import torch
import torch.nn.functional as F
import helper


def cross_entropy_backward(logits, targets):
    return helper.slope(logits, targets)

import torch
from torch.nn.functional import one_hot


def cross_entropy_backward(logits, targets):
    counts = (logits - logits.max(1, keepdim=True).values).exp()
    probs = counts / counts.sum(1, keepdim=True)
    return (probs - one_hot(targets, logits.size(1))) / len(targets)


def batchnorm_backward(dhpreact, bnraw, bngain, bnvar_inv):
    n = dhpreact.size(0)
    g = bngain * bnvar_inv * dhpreact
    return g - g.mean(0) - bnraw * (g * bnraw).sum(0) / (n - 1)

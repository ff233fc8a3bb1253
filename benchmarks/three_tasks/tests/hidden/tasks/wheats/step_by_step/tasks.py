"""With torch's own log-sum-exp, a one-hot matrix, and batch normalisation step by step."""

import torch


def softmax(logits):
    return (logits - logits.logsumexp(1, keepdim=True)).exp()


def cross_entropy_backward(logits, targets):
    wanted = torch.eye(logits.shape[1], dtype=logits.dtype)[targets]
    return (softmax(logits) - wanted) / len(targets)


def batchnorm_backward(dy, xhat, gain, inv_std):
    dxhat = dy * gain
    dvar = (dxhat * xhat).sum(0) * -0.5 * inv_std**2
    centred = dxhat * inv_std + dvar * 2 * xhat / inv_std / (len(dy) - 1)
    return centred - centred.mean(0)

"""Softmax, and the backward passes of cross entropy and batch normalisation."""

import torch


def softmax(logits: torch.Tensor) -> torch.Tensor:
    """Each row's probabilities: logits (n, C) float → (n, C).

    >>> softmax(torch.zeros(1, 2))
    tensor([[0.5000, 0.5000]])
    """
    ### BEGIN SOLUTION softmax: exp, and each row over its own sum.
    counts = logits.exp()
    return counts / counts.sum(1, keepdim=True)
    ### END SOLUTION


def cross_entropy_backward(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Gradient of the mean cross entropy: logits (n, C) float, targets (n,) int64 → (n, C).

    >>> cross_entropy_backward(torch.zeros(1, 2), torch.tensor([0]))
    tensor([[-0.5000,  0.5000]])
    """
    ### BEGIN SOLUTION cross_entropy_backward: softmax, less 1 at the target, and the mean's share.
    n = logits.shape[0]
    counts = logits.exp()
    dlogits = counts / counts.sum(1, keepdim=True)
    dlogits[range(n), targets] -= 1
    return dlogits / n
    ### END SOLUTION


def batchnorm_backward(
    dy: torch.Tensor, xhat: torch.Tensor, gain: torch.Tensor, inv_std: torch.Tensor
) -> torch.Tensor:
    """Gradient of the input: dy, xhat (n, H), gain, inv_std (1, H) → (n, H).

    xhat is the normalised input; the variance is the one with n - 1 below.
    """
    ### BEGIN SOLUTION batchnorm_backward: straight through, through the mean, through the variance.
    n = dy.shape[0]
    through = n * dy - dy.sum(0) - n / (n - 1) * xhat * (dy * xhat).sum(0)
    return gain * inv_std / n * through
    ### END SOLUTION

"""Softmax, and the backward passes of cross entropy and batch normalisation."""

import torch


def softmax(logits: torch.Tensor) -> torch.Tensor:
    """Each row's probabilities: logits (n, C) float → (n, C).

    >>> softmax(torch.zeros(1, 2))
    tensor([[0.5000, 0.5000]])
    """
    # TODO: exp, and each row over its own sum.
    raise NotImplementedError("softmax")


def cross_entropy_backward(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Gradient of the mean cross entropy: logits (n, C) float, targets (n,) int64 → (n, C).

    >>> cross_entropy_backward(torch.zeros(1, 2), torch.tensor([0]))
    tensor([[-0.5000,  0.5000]])
    """
    # TODO: softmax, less 1 at the target, and the mean's share.
    raise NotImplementedError("cross_entropy_backward")


def batchnorm_backward(
    dy: torch.Tensor, xhat: torch.Tensor, gain: torch.Tensor, inv_std: torch.Tensor
) -> torch.Tensor:
    """Gradient of the input: dy, xhat (n, H), gain, inv_std (1, H) → (n, H).

    xhat is the normalised input; the variance is the one with n - 1 below.
    """
    # TODO: straight through, through the mean, through the variance.
    raise NotImplementedError("batchnorm_backward")

"""Lecture 5, exercises 2 and 3: the same gradients in one go.

The chain of atomic.py goes through eight steps for the cross entropy and seven for the
batch normalisation. Done on paper, most of it cancels, and a line or two is left. It is
faster too: the long chain writes every intermediate gradient to memory, these do not.

Nothing here calls atomic.py: both are checked against torch on their own.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_entropy_backward(logits: Tensor, targets: Tensor) -> Tensor:
    """Gradient of the mean cross entropy with respect to the logits.

    logits (n, C) float, targets (n,) int64 → (n, C), in nats per unit of logit.
    Each row adds up to 0: what one class gains, the others lose. Logits in the thousands
    must not overflow. (1:26:31)

    >>> cross_entropy_backward(torch.zeros(1, 2), torch.tensor([0]))
    tensor([[-0.5000,  0.5000]])
    """
    ### BEGIN SOLUTION cross_entropy_backward: softmax, then one subtraction, then the mean's share.
    n = logits.shape[0]
    # every class is pushed down by its probability
    dlogits = F.softmax(logits, dim=1)
    # the right one is pulled up
    dlogits[range(n), targets] -= 1
    # the loss is a mean over n examples
    dlogits /= n
    return dlogits
    ### END SOLUTION


def batchnorm_backward(
    dhpreact: Tensor, bnraw: Tensor, bngain: Tensor, bnvar_inv: Tensor
) -> Tensor:
    """Gradient with respect to hprebn, the input of the batch normalisation.

    dhpreact (n, H), bnraw (n, H), bngain (1, H), bnvar_inv (1, H) → (n, H). The variance
    is the lecture's, with n - 1 below. The mean and the variance depend on every example
    of the batch, so each example's gradient does too; each column adds up to 0. (1:36:37)

    >>> dhpreact, bnraw = torch.tensor([[0.0], [0.0], [6.0]]), torch.tensor([[-1.0], [0.0], [1.0]])
    >>> batchnorm_backward(dhpreact, bnraw, torch.tensor([[1.0]]), torch.tensor([[1.0]]))
    tensor([[ 1.],
            [-2.],
            [ 1.]])
    """
    ### BEGIN SOLUTION batchnorm_backward: straight through, through the mean, through the variance.
    n = dhpreact.shape[0]
    straight = n * dhpreact
    through_mean = dhpreact.sum(0)
    through_variance = n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0)
    return bngain * bnvar_inv / n * (straight - through_mean - through_variance)
    ### END SOLUTION


if __name__ == "__main__":
    # the gradient on one example's logits: the right class is pulled up exactly as hard
    # as all the others together are pushed down
    torch.manual_seed(5)
    logits, targets = torch.randn(1, 6), torch.tensor([2])
    for c, d in enumerate(cross_entropy_backward(logits, targets)[0].tolist()):
        print(f"class {c}  {d:+.3f}  {'#' * round(40 * abs(d))}")

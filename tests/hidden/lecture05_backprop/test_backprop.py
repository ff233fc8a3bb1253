"""Exercises 2 and 3: cross entropy and batchnorm in one go, against autograd."""

import torch

from grader import exercise, gradient_of


@exercise("cross_entropy_backward")
def test_cross_entropy_backward(judge, drawn, names):
    """dlogits is the gradient that torch's autograd gives."""

    def probe(backprop, logits, Yb):
        return backprop.cross_entropy_backward(logits, Yb)

    def step(logits):
        return torch.nn.functional.cross_entropy(logits, drawn.Yb)

    judge(probe, drawn).is_close(gradient_of(step, drawn.logits))
    seen = judge(probe, names)
    seen.is_close(names.dlogits)
    fused = gradient_of(lambda x: torch.nn.functional.cross_entropy(x, names.Yb), names.logits)
    seen.flag_if_identical(fused, FUSED)


@exercise("cross_entropy_backward")
def test_cross_entropy_backward_of_large_logits(judge, drawn):
    """Logits in the thousands do not overflow: exp of them is infinite, their softmax is not."""

    def probe(backprop, logits, Yb):
        return backprop.cross_entropy_backward(logits, Yb)

    def step(logits):
        return torch.nn.functional.cross_entropy(logits, drawn.Yb)

    # a row that is far above 0, one far below, and one with both
    drawn.logits[0] += 2000
    drawn.logits[1] -= 2000
    drawn.logits[2, ::2] += 3000
    judge(probe, drawn).is_close(gradient_of(step, drawn.logits))


FUSED = "cross_entropy_backward equals the gradient of torch's own cross_entropy in every bit."


@exercise("batchnorm_backward")
def test_batchnorm_backward(judge, drawn, names):
    """dhprebn is autograd's gradient through the whole of batchnorm."""

    def probe(backprop, dhpreact, bnraw, bngain, bnvar_inv):
        return backprop.batchnorm_backward(dhpreact, bnraw, bngain, bnvar_inv)

    def step(hprebn):
        bnmean = hprebn.mean(0, keepdim=True)
        bnvar = hprebn.var(0, keepdim=True, unbiased=True)
        bnraw = (hprebn - bnmean) / torch.sqrt(bnvar + 1e-5)
        return (drawn.dhpreact * (drawn.bngain * bnraw + drawn.bnbias)).sum()

    judge(probe, drawn).is_close(gradient_of(step, drawn.hprebn))
    judge(probe, names).is_close(names.dhprebn)

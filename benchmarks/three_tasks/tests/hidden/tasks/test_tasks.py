"""The three tasks against torch's own."""

import torch

from grader.judge.checks import exercise, gradient_of

n, C, H = 10, 7, 5


@exercise("softmax")
def test_softmax(observe, torch_rng):
    """Each row is torch's softmax."""
    logits = torch.randn(n, C, generator=torch_rng, dtype=torch.float64)

    def probe(tasks, logits):
        return tasks.softmax(logits)

    observe(probe, logits=logits).is_close(torch.softmax(logits, 1))


@exercise("cross_entropy_backward")
def test_cross_entropy_backward(observe, torch_rng):
    """It is the gradient that torch's autograd gives."""
    logits = torch.randn(n, C, generator=torch_rng, dtype=torch.float64)
    targets = torch.randint(0, C, (n,), generator=torch_rng)

    def probe(tasks, logits, targets):
        return tasks.cross_entropy_backward(logits, targets)

    def loss(logits):
        return torch.nn.functional.cross_entropy(logits, targets)

    observe(probe, logits=logits, targets=targets).is_close(gradient_of(loss, logits))


@exercise("batchnorm_backward")
def test_batchnorm_backward(observe, torch_rng):
    """It is the gradient that torch's autograd gives through all of the normalisation."""
    x, dy = torch.randn(2, n, H, generator=torch_rng, dtype=torch.float64)
    gain = torch.randn(1, H, generator=torch_rng, dtype=torch.float64)

    def normalise(x):
        inv_std = (x.var(0, keepdim=True) + 1e-5) ** -0.5
        return (x - x.mean(0, keepdim=True)) * inv_std, inv_std

    def probe(tasks, dy, xhat, gain, inv_std):
        return tasks.batchnorm_backward(dy, xhat, gain, inv_std)

    xhat, inv_std = normalise(x)
    seen = observe(probe, dy=dy, xhat=xhat, gain=gain, inv_std=inv_std)
    seen.is_close(gradient_of(lambda x: (dy * gain * normalise(x)[0]).sum(), x))

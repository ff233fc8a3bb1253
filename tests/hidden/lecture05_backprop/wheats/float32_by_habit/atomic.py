"""Everything with .float(), as one learns it from F.one_hot raising in float: right, in float32."""
import torch
import torch.nn.functional as F
from torch import Tensor

from types import SimpleNamespace


def forward(Xb, Yb, parameters):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = len(Xb)
    V = len(C)
    emb = C[Xb]
    embcat = emb.flatten(1)
    hprebn = embcat @ W1 + b1
    bnmeani = hprebn.mean(0, keepdim=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff.square()
    bnvar = bndiff2.sum(0, keepdim=True) / (n - 1)
    bnvar_inv = (bnvar + 1e-5).rsqrt()
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = hpreact.tanh()
    logits = h @ W2 + b2
    logit_maxes = logits.amax(1, keepdim=True)
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    counts_sum_inv = 1 / counts_sum
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[torch.arange(n), Yb].mean()
    return SimpleNamespace(**locals())


def dlogprobs(Yb, n, V):
    return F.one_hot(Yb, V).float() * (-1 / n)


def dprobs(dlogprobs, probs):
    return (dlogprobs / probs).float()


def dcounts_sum_inv(dprobs, counts):
    return (counts.float() * dprobs.float()).sum(1, keepdim=True)


def dcounts_sum(dcounts_sum_inv, counts_sum):
    return (-1.0 / counts_sum ** 2 * dcounts_sum_inv).float()


def dcounts(dprobs, dcounts_sum, counts, counts_sum_inv):
    out = torch.zeros(counts.shape, dtype=torch.float32)
    out += counts_sum_inv * dprobs
    out += dcounts_sum
    return out


def dnorm_logits(dcounts, counts):
    return torch.mul(dcounts.float(), counts.float())


def dlogit_maxes(dnorm_logits):
    return -dnorm_logits.float().sum(1, keepdim=True)


def dlogits(dnorm_logits, dlogit_maxes, logits):
    mask = (logits == logits.max(1, keepdim=True).values).float()
    return dnorm_logits.float() + mask * dlogit_maxes.float()


def linear_backward(dy, x, W):
    # raises on float64: "expected m1 and m2 to have the same dtype"
    dx = dy.float() @ W.T
    dW = x.T.float() @ dy
    return [dx, dW, dy.sum(0).float()]


def dhpreact(dh, h):
    return (dh * (1 - h * h)).type(torch.float32)


def bn_scale_backward(dhpreact, bnraw, bngain):
    ones = torch.ones(1, len(bnraw), dtype=torch.float32)
    return ones @ (bnraw * dhpreact), bngain * dhpreact, ones @ dhpreact


def dbnvar_inv(dbnraw, bndiff):
    return torch.einsum("nh,nh->h", dbnraw.float(), bndiff)


def dbnvar(dbnvar_inv, bnvar):
    return (dbnvar_inv * -0.5 * (bnvar + 1e-5) ** -1.5).float()


def dbndiff2(dbnvar, bndiff2, n):
    return torch.ones((n, 1), dtype=torch.float32) @ dbnvar / (n - 1)


def dbndiff(dbnraw, dbndiff2, bndiff, bnvar_inv):
    return (bnvar_inv * dbnraw + 2 * bndiff * dbndiff2).float()


def dbnmeani(dbndiff):
    return -dbndiff.float().sum(0)


def dhprebn(dbndiff, dbnmeani, hprebn, n):
    return dbndiff.float() + dbnmeani.float() / n


def dembcat(dhprebn, W1):
    return dhprebn.float() @ W1.float().T


def demb(dembcat, emb):
    return dembcat.float().view(*emb.shape)


def dembedding(demb, Xb, V):
    b, E = demb.shape[1:]
    return F.one_hot(Xb.view(-1), V).float().T @ demb.view(-1, E)

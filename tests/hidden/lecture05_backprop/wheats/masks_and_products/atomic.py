import torch
from torch.nn.functional import one_hot

from types import SimpleNamespace


def forward(Xb, Yb, parameters):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n, V = Xb.shape[0], C.shape[0]
    f = SimpleNamespace(n=n, C=C, W1=W1, W2=W2, bngain=bngain)
    f.emb = C[Xb]
    f.embcat = f.emb.reshape(n, -1)
    f.hprebn = f.embcat @ W1 + b1
    f.bnmeani = f.hprebn.mean(0, keepdim=True)
    f.bndiff = f.hprebn - f.bnmeani
    f.bndiff2 = f.bndiff * f.bndiff
    f.bnvar = f.hprebn.var(0, keepdim=True)
    f.bnvar_inv = 1 / torch.sqrt(f.bnvar + 1e-5)
    f.bnraw = f.bndiff * f.bnvar_inv
    f.hpreact = bngain * f.bnraw + bnbias
    f.h = f.hpreact.tanh()
    f.logits = f.h @ W2 + b2
    f.logit_maxes = f.logits.max(dim=1, keepdim=True)[0]
    f.norm_logits = f.logits - f.logit_maxes
    f.counts = torch.exp(f.norm_logits)
    f.counts_sum = f.counts.sum(dim=1, keepdim=True)
    f.counts_sum_inv = f.counts_sum ** -1
    f.probs = f.counts * f.counts_sum_inv
    f.logprobs = f.probs.log()
    f.loss = -(f.logprobs * one_hot(Yb, V)).sum() / n
    return f


def dlogprobs(Yb, n, V):
    mask = torch.arange(V) == Yb.unsqueeze(1)
    return torch.where(mask, -1 / n, 0.0)


def dprobs(dL_dlogprobs, p):
    return dL_dlogprobs / p


def dcounts_sum_inv(dprobs, counts):
    return torch.einsum("ij,ij->i", dprobs, counts).unsqueeze(1)


def dcounts_sum(upstream, s):
    return -upstream / (s * s)


def dcounts(dprobs, dcounts_sum, counts, counts_sum_inv):
    return dprobs * counts_sum_inv + dcounts_sum.expand_as(counts)


def dnorm_logits(upstream, counts):
    return upstream.mul(counts)


def dlogit_maxes(dnorm_logits):
    return dnorm_logits @ torch.full((dnorm_logits.shape[1], 1), -1.0)


def dlogits(dnorm_logits, dlogit_maxes, logits):
    return dnorm_logits + (logits == logits.amax(dim=1, keepdim=True)) * dlogit_maxes


def linear_backward(dy, x, W):
    dx = torch.einsum("nm,km->nk", dy, W)
    dW = torch.einsum("nk,nm->km", x, dy)
    db = torch.ones(len(dy)) @ dy
    return dx, dW, db


def dhpreact(dh, h):
    return dh - dh * h * h


def bn_scale_backward(dhpreact, bnraw, bngain):
    return torch.einsum("nh,nh->h", dhpreact, bnraw), dhpreact @ torch.diag(bngain.squeeze(0)), torch.einsum("nh->h", dhpreact)


def dbnvar_inv(dbnraw, bndiff):
    return (dbnraw * bndiff).sum(dim=0)


def dbnvar(dbnvar_inv, bnvar):
    std = torch.sqrt(bnvar + 1e-5)
    return dbnvar_inv / (-2 * std ** 3)


def dbndiff2(dbnvar, bndiff2, n):
    return (dbnvar / (n - 1)).repeat(n, 1)


def dbndiff(dbnraw, dbndiff2, bndiff, bnvar_inv):
    return torch.stack([dbnraw * bnvar_inv, dbndiff2 * bndiff, dbndiff2 * bndiff]).sum(0)


def dbnmeani(dbndiff):
    return -torch.ones(len(dbndiff)) @ dbndiff


def dhprebn(dbndiff, dbnmeani, hprebn, n):
    return dbndiff + dbnmeani / n


def dembcat(dhprebn, W1):
    return torch.mm(W1, dhprebn.t()).t()


def demb(dembcat, emb):
    n, b, E = emb.shape
    return dembcat.unflatten(1, (b, E))


def dembedding(demb, Xb, V):
    return torch.einsum("nbv,nbe->ve", one_hot(Xb, V).to(demb.dtype), demb)

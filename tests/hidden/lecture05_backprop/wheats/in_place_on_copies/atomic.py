import torch
import torch.nn.functional as F
from types import SimpleNamespace


def forward(Xb, Yb, parameters):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = Xb.size(0)
    emb = F.embedding(Xb, C)
    embcat = emb.view(n, -1)
    hprebn = torch.addmm(b1, embcat, W1)
    bnmeani = hprebn.sum(0, keepdim=True).div(n)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff.pow(2)
    bnvar = bndiff2.sum(0, keepdim=True).div(n - 1)
    bnvar_inv = (bnvar + 1e-5).pow(-0.5)
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = torch.tanh(hpreact)
    logits = torch.addmm(b2, h, W2)
    logit_maxes, _ = logits.max(1, keepdim=True)
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    counts_sum_inv = counts_sum.reciprocal()
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = F.nll_loss(logprobs, Yb)
    return SimpleNamespace(**locals())


def dlogprobs(Yb, n, V):
    out = torch.zeros(n, V)
    return out.scatter_(1, Yb.view(-1, 1), -1.0 / n)


def dprobs(dlogprobs, probs):
    out = dlogprobs.clone()
    out /= probs
    return out


def dcounts_sum_inv(dprobs, counts):
    out = dprobs.clone()
    out *= counts
    return out.sum(1, keepdims=True)


def dcounts_sum(dcounts_sum_inv, counts_sum):
    return dcounts_sum_inv.clone().neg_().div_(counts_sum).div_(counts_sum)


def dcounts(dprobs, dcounts_sum, counts, counts_sum_inv):
    out = dprobs * counts_sum_inv
    out.add_(dcounts_sum)
    return out


def dnorm_logits(dcounts, counts):
    out = dcounts.clone()
    out *= counts
    return out


def dlogit_maxes(dnorm_logits):
    return torch.sum(dnorm_logits, dim=1, keepdim=True).neg_()


def dlogits(dnorm_logits, dlogit_maxes, logits):
    out = dnorm_logits.clone()
    out[torch.arange(len(out)), logits.argmax(1)] += dlogit_maxes.squeeze(1)
    return out


def linear_backward(dy, x, W):
    dx = dy.matmul(W.transpose(0, 1))
    dW = x.t().mm(dy)
    db = dy.sum(0, keepdim=True).squeeze(0)
    return dx, dW, db


def dhpreact(dh, h):
    out = h.clone()
    out *= out
    out.neg_().add_(1)
    out *= dh
    return out


def bn_scale_backward(dhpreact, bnraw, bngain):
    draw = dhpreact.clone()
    draw *= bngain
    return (dhpreact * bnraw).sum(0), draw, dhpreact.sum(0)


def dbnvar_inv(dbnraw, bndiff):
    return (dbnraw * bndiff).sum(axis=0, keepdims=True)


def dbnvar(dbnvar_inv, bnvar):
    out = bnvar.clone()
    out += 1e-5
    out.pow_(-1.5)
    out *= -0.5
    out *= dbnvar_inv
    return out


def dbndiff2(dbnvar, bndiff2, n):
    out = torch.zeros_like(bndiff2)
    out += dbnvar / (bndiff2.shape[0] - 1)
    return out


def dbndiff(dbnraw, dbndiff2, bndiff, bnvar_inv):
    out = 2 * bndiff
    out *= dbndiff2
    out += bnvar_inv * dbnraw
    return out


def dbnmeani(dbndiff):
    return dbndiff.clone().mul_(-1).sum(0)


def dhprebn(dbndiff, dbnmeani, hprebn, n):
    out = torch.zeros_like(hprebn)
    out += dbnmeani
    out /= hprebn.shape[0]
    out += dbndiff
    return out


def dembcat(dhprebn, W1):
    return torch.matmul(dhprebn, W1.permute(1, 0))


def demb(dembcat, emb):
    return dembcat.reshape_as(emb)


def dembedding(demb, Xb, V):
    E = demb.shape[-1]
    dC = torch.zeros(V, E)
    dC.index_add_(0, Xb.view(-1), demb.view(-1, E))
    return dC

# one number after another, to see what happens
import torch
from types import SimpleNamespace


def forward(Xb, Yb, parameters):
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = Xb.shape[0]
    emb = torch.stack([torch.stack([C[ix] for ix in row]) for row in Xb])
    embcat = torch.stack([torch.cat(list(e)) for e in emb])
    hprebn = embcat @ W1 + b1
    bnmeani = sum(hprebn).reshape(1, -1) / n
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = sum(bndiff2).reshape(1, -1) / (n - 1)
    bnvar_inv = (bnvar + 1e-5)**-0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = torch.stack([row.max() for row in logits]).reshape(n, 1)
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = torch.stack([row.sum() for row in counts]).reshape(n, 1)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -sum(logprobs[i, Yb[i]] for i in range(n)) / n
    return SimpleNamespace(**locals())


def dlogprobs(Yb, n, V):
    d = [[0.0] * V for _ in range(n)]
    for i, y in enumerate(Yb.tolist()):
        d[i][y] = -1 / n
    return torch.tensor(d)


def dprobs(dlogprobs, probs):
    d = torch.zeros_like(probs)
    for i in range(probs.shape[0]):
        for j in range(probs.shape[1]):
            if dlogprobs[i, j] != 0:
                d[i, j] = dlogprobs[i, j] / probs[i, j]
    return d


def dcounts_sum_inv(dprobs, counts):
    return torch.tensor([[sum(a * b for a, b in zip(p, c))] for p, c in zip(dprobs.tolist(), counts.tolist())])


def dcounts_sum(dcounts_sum_inv, counts_sum):
    return torch.tensor([[-d / s**2] for (d,), (s,) in zip(dcounts_sum_inv.tolist(), counts_sum.tolist())])


def dcounts(dprobs, dcounts_sum, counts, counts_sum_inv):
    d = torch.empty_like(counts)
    for i in range(len(counts)):
        d[i] = dprobs[i] * counts_sum_inv[i] + dcounts_sum[i]
    return d


def dnorm_logits(dcounts, counts):
    return torch.stack([d * c for d, c in zip(dcounts, counts)])


def dlogit_maxes(dnorm_logits):
    return torch.tensor([[-sum(row)] for row in dnorm_logits.tolist()])


def dlogits(dnorm_logits, dlogit_maxes, logits):
    d = dnorm_logits.clone()
    for i in range(d.shape[0]):
        best = 0
        for j in range(d.shape[1]):
            if logits[i, j] > logits[i, best]:
                best = j
        d[i, best] += dlogit_maxes[i, 0]
    return d


def linear_backward(dy, x, W):
    n, m = dy.shape
    k = x.shape[1]
    dx, dW, db = torch.zeros(n, k), torch.zeros(k, m), torch.zeros(m)
    for i in range(n):
        dx[i] = W @ dy[i]
        dW += torch.outer(x[i], dy[i])
        db += dy[i]
    return dx, dW, db


def dhpreact(dh, h):
    d = dh.clone()
    for i in range(len(h)):
        d[i] *= 1 - h[i] ** 2
    return d


def bn_scale_backward(dhpreact, bnraw, bngain):
    n, H = bnraw.shape
    dgain, draw, dbias = torch.zeros(1, H), torch.zeros(n, H), torch.zeros(1, H)
    for i in range(n):
        dgain[0] += bnraw[i] * dhpreact[i]
        draw[i] = bngain[0] * dhpreact[i]
        dbias[0] += dhpreact[i]
    return dgain, draw, dbias


def dbnvar_inv(dbnraw, bndiff):
    return sum(r * d for r, d in zip(dbnraw, bndiff))


def dbnvar(dbnvar_inv, bnvar):
    return torch.tensor([[-0.5 * d / (v + 1e-5) ** 1.5 for d, v in zip(dbnvar_inv.view(-1).tolist(), bnvar.view(-1).tolist())]])


def dbndiff2(dbnvar, bndiff2, n):
    return torch.cat([dbnvar.view(1, -1) / (n - 1) for _ in range(n)])


def dbndiff(dbnraw, dbndiff2, bndiff, bnvar_inv):
    return torch.stack([bnvar_inv.view(-1) * dbnraw[i] + 2 * bndiff[i] * dbndiff2[i] for i in range(len(bndiff))])


def dbnmeani(dbndiff):
    total = 0
    for row in dbndiff:
        total = total - row
    return total


def dhprebn(dbndiff, dbnmeani, hprebn, n):
    return torch.stack([row + dbnmeani.view(-1) / n for row in dbndiff])


def dembcat(dhprebn, W1):
    return torch.stack([W1 @ row for row in dhprebn])


def demb(dembcat, emb):
    n, b, E = emb.shape
    return torch.stack([torch.stack([row[j * E:(j + 1) * E] for j in range(b)]) for row in dembcat])


def dembedding(demb, Xb, V):
    rows = [torch.zeros(demb.shape[2]) for _ in range(V)]
    for row, tokens in zip(demb, Xb.tolist()):
        for d, token in zip(row, tokens):
            rows[token] = rows[token] + d
    return torch.stack(rows)

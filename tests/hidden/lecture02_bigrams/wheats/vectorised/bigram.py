import torch
from torch import tensor


def build_vocab(words):
    itos = ["."] + sorted({ch for w in words for ch in w})
    return {ch: i for i, ch in enumerate(itos)}, itos


def _pairs(words, stoi):
    ids = [[0, *(stoi[ch] for ch in w), 0] for w in words]
    i = tensor([a for row in ids for a in row[:-1]], dtype=torch.long)
    j = tensor([b for row in ids for b in row[1:]], dtype=torch.long)
    return i, j


def bigram_counts(words, stoi):
    V = len(stoi)
    i, j = _pairs(words, stoi)
    return torch.bincount(i * V + j, minlength=V * V).view(V, V)


def normalize_rows(N, smoothing=0):
    P = N + smoothing
    return P / P.sum(dim=-1)[:, None]


def sample_name(P, itos, g):
    edges = P.cumsum(1)
    name, ix = "", 0
    while True:
        u = torch.rand((), generator=g) * edges[ix, -1]
        ix = int(torch.searchsorted(edges[ix], u, right=True))
        if not ix:
            return name
        name += itos[ix]


def nll(P, words, stoi):
    return -P[_pairs(words, stoi)].log().mean()

import torch
from torch import nn
from torch.nn import functional as F

VOCAB = 27


def make_xy(words, stoi):
    pairs = []
    for w in words:
        ids = [stoi[c] for c in f".{w}."]
        pairs.extend(zip(ids, ids[1:]))
    if not pairs:
        return torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long)
    xs, ys = zip(*pairs)
    return torch.tensor(xs), torch.tensor(ys)


def one_hot(xs, V):
    return torch.zeros(xs.shape[0], V).scatter_(1, xs.unsqueeze(1), 1.0)


def softmax_rows(logits):
    shifted = logits - logits.max(dim=1, keepdim=True)[0].detach()
    return F.normalize(shifted.exp(), p=1, dim=1)


def bigram_nn_loss(W, xs, ys, reg=0.01):
    return F.cross_entropy(F.embedding(xs, W), ys) + reg * W.square().mean()


def train_bigram_nn(xs, ys, steps, lr, g):
    W = nn.Parameter(torch.randn((VOCAB, VOCAB), generator=g))
    optimizer = torch.optim.SGD([W], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        bigram_nn_loss(W, xs, ys, reg=0).backward()
        optimizer.step()
    return W


def logits_by_index(W, xs):
    return F.embedding(xs, W)


def ce_loss(logits, ys):
    return F.nll_loss(F.log_softmax(logits, dim=1), ys)

import torch

from bigram import bigram_counts, nll, normalize_rows


def trigram_counts(words, stoi, pad=2):
    V = len(stoi)
    ids = [[0] * pad + [stoi[ch] for ch in w] + [0] for w in words]
    flat = [(a * V + b) * V + c for row in ids for a, b, c in zip(row, row[1:], row[2:])]
    return torch.bincount(torch.tensor(flat, dtype=torch.int64), minlength=V**3).view(V, V, V)


def split_words(words, seed, fractions=(0.8, 0.1)):
    order = torch.randperm(len(words), generator=torch.Generator().manual_seed(seed)).tolist()
    a = round(fractions[0] * len(words))
    b = a + round(fractions[1] * len(words))
    return tuple([words[i] for i in part] for part in (order[:a], order[a:b], order[b:]))


def tune_smoothing(train, dev, stoi, grid):
    N = bigram_counts(train, stoi)
    tables = [normalize_rows(N, s) for s in grid]
    train_loss = torch.stack([nll(P, train, stoi) for P in tables])
    dev_loss = torch.stack([nll(P, dev, stoi) for P in tables])
    rows = [list(row) for row in zip(grid, train_loss, dev_loss)]
    return grid[dev_loss.tolist().index(dev_loss.min())], rows

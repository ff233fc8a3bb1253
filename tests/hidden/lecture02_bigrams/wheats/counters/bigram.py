"""Pairs of characters in a dict, as the lecture begins, and a tensor only at the end."""
import math
from collections import Counter, defaultdict

import torch


def build_vocab(words):
    seen = set()
    for w in words:
        seen |= set(w)
    stoi, itos = {".": 0}, {0: "."}
    for i, ch in enumerate(sorted(seen), start=1):
        stoi[ch], itos[i] = i, ch
    return stoi, itos


def pairs_of(words):
    b = {}
    for w in words:
        chs = ["."] + list(w) + ["."]
        for bigram in zip(chs, chs[1:]):
            b[bigram] = b.get(bigram, 0) + 1
    return b


def bigram_counts(words, stoi):
    N = torch.zeros(len(stoi), len(stoi), dtype=torch.int64)
    for (ch1, ch2), count in pairs_of(words).items():
        N[stoi[ch1]][stoi[ch2]] = count
    return N


def normalize_rows(N, smoothing=0):
    rows = []
    for row in N.tolist():
        total = sum(c + smoothing for c in row)
        rows.append([(c + smoothing) / total for c in row])
    return torch.tensor(rows)


def sample_name(P, itos, g):
    ix, name = 0, []
    while not name or ix != 0:
        ix = torch.multinomial(P[ix], 1, generator=g)[0].item()
        name.append(itos[ix])
    return "".join(name)[:-1]


def nll(P, words, stoi):
    total, n = 0.0, 0
    table = P.tolist()
    for (ch1, ch2), count in Counter(pairs_of(words)).items():
        p = table[stoi[ch1]][stoi[ch2]]
        total -= count * (math.log(p) if p > 0 else float("-inf"))
        n += count
    return total / n

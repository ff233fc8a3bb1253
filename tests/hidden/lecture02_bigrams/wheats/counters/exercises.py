import random
from collections import Counter

import torch

import bigram


def trigram_counts(words, stoi, pad=2):
    counts = Counter()
    for w in words:
        w = "." * pad + w + "."
        counts.update(w[i : i + 3] for i in range(len(w) - 2))
    N = torch.zeros([len(stoi)] * 3)
    for three, count in counts.items():
        N[stoi[three[0]], stoi[three[1]], stoi[three[2]]] = count
    return N


def split_words(words, seed, fractions=(0.8, 0.1)):
    rng = random.Random(seed)
    shuffled = rng.sample(words, len(words))
    cut = int(len(words) * fractions[0])
    train, rest = shuffled[:cut], shuffled[cut:]
    cut = int(len(words) * fractions[1])
    return train, rest[:cut], rest[cut:]


def tune_smoothing(train, dev, stoi, grid):
    scores = {}
    rows = []
    for smoothing in grid:
        P = bigram.normalize_rows(bigram.bigram_counts(train, stoi), smoothing)
        scores[smoothing] = bigram.nll(P, dev, stoi)
        rows += [[smoothing, bigram.nll(P, train, stoi), scores[smoothing]]]
    return min(scores, key=scores.get), rows

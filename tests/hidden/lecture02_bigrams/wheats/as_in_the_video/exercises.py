import random
import torch
import matplotlib.pyplot as plt

from bigram import *

def trigram_counts(words, stoi, pad=2):
    V = len(stoi)
    N = torch.zeros((V, V, V), dtype=torch.int32)
    for w in words:
        chs = ['.']*pad + list(w) + ['.']
        for ch1, ch2, ch3 in zip(chs, chs[1:], chs[2:]):
            ix1 = stoi[ch1]
            ix2 = stoi[ch2]
            ix3 = stoi[ch3]
            N[ix1, ix2, ix3] += 1
    return N

def split_words(words, seed, fractions=(0.8, 0.1)):
    words = words[:]
    random.seed(seed)
    random.shuffle(words)
    n1 = int(fractions[0]*len(words))
    n2 = int(sum(fractions)*len(words))
    return words[:n1], words[n1:n2], words[n2:]

def tune_smoothing(train, dev, stoi, grid):
    N = bigram_counts(train, stoi)
    best, best_loss = None, float('inf')
    rows = []
    for s in grid:
        P = normalize_rows(N, s)
        train_loss = nll(P, train, stoi)
        dev_loss = nll(P, dev, stoi)
        print(f'{s=} {train_loss=:.4f} {dev_loss=:.4f}')
        rows.append((s, train_loss.item(), dev_loss.item()))
        if dev_loss < best_loss:
            best, best_loss = s, dev_loss
    return best, rows

import numpy as np
import torch

def build_vocab(words):
    chars = np.unique(list("".join(words))).tolist() if any(words) else []
    itos = dict(enumerate(["."] + chars))
    return {str(s): i for i, s in itos.items()}, itos

def bigram_counts(words, stoi):
    N = np.zeros((len(stoi), len(stoi)), dtype=int)
    for w in words:
        ix = np.array([0] + [stoi[c] for c in w] + [0])
        np.add.at(N, (ix[:-1], ix[1:]), 1)
    return torch.from_numpy(N)

def normalize_rows(N, smoothing=0):
    P = N.numpy() + smoothing
    P = P / P.sum(axis=1, keepdims=True)
    return torch.from_numpy(P)      # float64

def sample_name(P, itos, g):
    out = [0]
    while True:
        out.append(int(torch.multinomial(P[out[-1]].double(), 1, True, generator=g)))
        if out[-1] == 0:
            break
    return "".join(itos[i] for i in out[1:-1])

def nll(P, words, stoi):
    losses = []
    for w in words:
        ix = [0] + [stoi[c] for c in w] + [0]
        with np.errstate(divide="ignore"):
            losses.extend(-np.log(P.numpy()[ix[:-1], ix[1:]]))
    return np.mean(losses)

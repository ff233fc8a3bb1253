import random as rnd
import torch
import bigram

def trigram_counts(words, stoi, pad=2):
    V = len(stoi)
    N = torch.zeros(V, V, V, dtype=torch.long)
    for word in words:
        word = '.' * pad + word + '.'
        i = 0
        while i + 2 < len(word):
            a, b, c = (stoi[ch] for ch in word[i:i + 3])
            N[a][b][c] += 1
            i += 1
    return N

def split_words(words, seed, fractions=(.8, .1)):
    rnd.seed(seed)
    train, dev, test = [], [], []
    left = list(range(len(words)))
    for part, share in ((train, fractions[0]), (dev, fractions[1])):
        for _ in range(int(share * len(words))):
            part.append(words[left.pop(rnd.randrange(len(left)))])
    test = [words[i] for i in left]
    return [train, dev, test]

def tune_smoothing(train, dev, stoi, grid):
    rows, best, least = [], grid[0], None
    for s in grid:
        P = bigram.normalize_rows(bigram.bigram_counts(train, stoi), s)
        on_train = float(bigram.nll(P, train, stoi))
        on_dev = float(bigram.nll(P, dev, stoi))
        rows.append((s, on_train, on_dev))
        if least is None or on_dev < least:
            best, least = s, on_dev
    return best, rows

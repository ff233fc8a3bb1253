"""The exercises from the lecture's description: trigrams, three parts of the data, smoothing tuned.

Two characters back instead of one is a table of 27 x 27 x 27, and most of its cells are empty. So
it can learn its names by heart, and how well it does on them says little any more. What it does on
names that it has not seen says all: that is what the parts are for.

Lecture 2, E01, E02 and E03. (E04 and E05 are in bigram_nn.py.)
"""

import random

import bigram
import torch
from torch import Tensor


def trigram_counts(words: list[str], stoi: dict[str, int], pad: int = 2) -> Tensor:
    """How often each character follows each two: N[i, j, k] counts k right after i and j.

    (V, V, V) of whole numbers, V = len(stoi). pad is how many '.' stand before a name; one stands
    after it. Both numbers are right in their way: with two, the first letter is learned as well,
    from '..', and the lecture's names give 228,146 examples; with one, they give 196,113. An empty
    name gives '...' with two, and nothing with one. The last axis is the one that is predicted, so
    probabilities add up to 1 along it. (0:12:45)

    >>> N = trigram_counts(["ab"], {".": 0, "a": 1, "b": 2})
    >>> N.nonzero().tolist()   # ..a .ab ab.
    [[0, 0, 1], [0, 1, 2], [1, 2, 0]]
    >>> trigram_counts(["ab"], {".": 0, "a": 1, "b": 2}, pad=1).nonzero().tolist()
    [[0, 1, 2], [1, 2, 0]]
    """
    ### BEGIN SOLUTION trigram_counts: one for each three in a row, with pad '.' in front.
    V = len(stoi)
    N = torch.zeros((V, V, V), dtype=torch.int32)
    for w in words:
        chs = ["."] * pad + list(w) + ["."]
        for ch1, ch2, ch3 in zip(chs, chs[1:], chs[2:]):
            N[stoi[ch1], stoi[ch2], stoi[ch3]] += 1
    return N
    ### END SOLUTION


def split_words(
    words: list[str], seed: int, fractions: tuple[float, float] = (0.8, 0.1)
) -> tuple[list[str], list[str], list[str]]:
    """train, dev and test: every name in exactly one of the three, by chance.

    fractions are the shares of train and dev; test is the rest. The same seed gives the same parts,
    another seed others. A name that occurs twice in words occurs twice in the parts, and the
    caller's list stays as it was. The lecture's names come sorted by how common they are: without
    a shuffle dev has rarer ones than train, and an nll of 2.59 against 2.43. (0:03:03)

    >>> train, dev, test = split_words(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], seed=42)
    >>> len(train), len(dev), len(test), "".join(sorted(train + dev + test))
    (8, 1, 1, 'abcdefghij')
    """
    ### BEGIN SOLUTION split_words: a shuffled copy, cut in two places.
    shuffled = list(words)
    random.Random(seed).shuffle(shuffled)
    n1 = int(fractions[0] * len(words))
    n2 = int((fractions[0] + fractions[1]) * len(words))
    return shuffled[:n1], shuffled[n1:n2], shuffled[n2:]
    ### END SOLUTION


def tune_smoothing(
    train: list[str], dev: list[str], stoi: dict[str, int], grid: list[float]
) -> tuple[float, list[tuple[float, float, float]]]:
    """The smoothing of the grid that is best for names which were not counted, and how all did.

    The bigram table is counted on train alone. → best, and rows: (smoothing, nll on train, nll on
    dev) for each smoothing in the order of the grid. best is the one with the least nll on dev; of
    two that are as good, the one that comes first. (1:00:50)

    >>> best, rows = tune_smoothing(["a"], ["aa"], {".": 0, "a": 1}, [0.1, 1, 10])
    >>> best, [round(dev, 4) for smoothing, train, dev in rows]
    (1, [0.8863, 0.6365, 0.6784])
    """
    ### BEGIN SOLUTION tune_smoothing: count once; for each smoothing both losses; the best on dev.
    N = bigram.bigram_counts(train, stoi)
    rows = []
    for smoothing in grid:
        P = bigram.normalize_rows(N, smoothing)
        rows.append((smoothing, bigram.nll(P, train, stoi), bigram.nll(P, dev, stoi)))
    # min keeps the first of those that are as good
    best = min(rows, key=lambda row: row[2])[0]
    return best, rows
    ### END SOLUTION


def trigram_nll(N: Tensor, words: list[str], stoi: dict[str, int], smoothing: float) -> float:
    """bigram.nll for trigrams, from their counts on. Given; names with two '.' in front.

    N (V, V, V) int. The probabilities add up to 1 along the last axis. Along another the loss comes
    out far too good on the lecture's names, 1.865: those are no probabilities of what comes next.

    >>> N = trigram_counts(["a", "b"], {".": 0, "a": 1, "b": 2})
    >>> round(trigram_nll(N, ["a"], {".": 0, "a": 1, "b": 2}, smoothing=0), 4)   # (log 2 + 0) / 2
    0.3466
    """
    P = (N + smoothing).float()
    P = P / P.sum(2, keepdim=True)
    log_likelihood, n = 0.0, 0
    for w in words:
        chs = [".", "."] + list(w) + ["."]
        for ch1, ch2, ch3 in zip(chs, chs[1:], chs[2:]):
            log_likelihood += P[stoi[ch1], stoi[ch2], stoi[ch3]].log().item()
            n += 1
    return -log_likelihood / n


if __name__ == "__main__":
    stoi, itos = bigram.build_vocab(bigram.NAMES)
    train, dev, test = split_words(bigram.NAMES, seed=42)
    print(f"{len(train)} names to count, {len(dev)} to choose by, {len(test)} to test once")

    grid = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]
    best, rows = tune_smoothing(train, dev, stoi, grid)
    N = trigram_counts(train, stoi)
    print("\n             bigram          trigram\nsmoothing  train    dev    train    dev")
    for smoothing, on_train, on_dev in rows:
        both = [trigram_nll(N, part, stoi, smoothing) for part in (train, dev)]
        print(f"{smoothing:9g}  {on_train:.3f}  {on_dev:.3f}    {both[0]:.3f}  {both[1]:.3f}")

    P = bigram.normalize_rows(bigram.bigram_counts(train, stoi), best)
    print(f"\nbest for bigrams: {best:g}; on test {bigram.nll(P, test, stoi):.3f}")

"""The lecture's own figures, on its own 32,033 names. Run where names.txt is, after all other checks."""

import functools
import math

import torch
from torch.nn.functional import cross_entropy

from grader import Observation, exercise, fail, gradient_of

STOI = {ch: i for i, ch in enumerate(".abcdefghijklmnopqrstuvwxyz")}
SEED = 2147483647
"""The notebook's."""


@functools.cache
def examples(text):
    """xs, ys: all pairs of the lecture's names."""
    ids = [STOI[ch] for ch in "." + ".".join(text.split()) + "."]
    return torch.tensor(ids[:-1]), torch.tensor(ids[1:])


@functools.cache
def counts(text):
    xs, ys = examples(text)
    return torch.bincount(xs * 27 + ys, minlength=27 * 27).view(27, 27)


def mean_nll(P, N):
    """Of the pairs counted in N, in float64; what does not occur does not count."""
    logs = torch.where(N > 0, P.double().log(), 0.0)
    return -(N * logs).sum().item() / N.sum().item()


@exercise("build_vocab", data="names.txt")
def test_vocab_of_the_names(observe, data_text):
    """The lecture's 32,033 names are made of 27 characters: '.' and a to z."""

    def probe(bigram, words):
        stoi, itos = bigram.build_vocab(words)
        return {"stoi": stoi, "itos": [itos[i] for i in range(27)], "len(stoi)": len(stoi)}

    expected = {"stoi": STOI, "itos": list(STOI), "len(stoi)": 27}
    observe(probe, words=data_text.split()).equals(expected)


@exercise("bigram_counts", data="names.txt")
def test_counts_of_the_names(observe, data_text):
    """The lecture's figures: 228,146 pairs, 102 empty cells; n. 6763, a. 6640, an 5438, .a 4410."""

    def probe(bigram, words, stoi):
        return bigram.bigram_counts(words, stoi)

    seen = observe(probe, words=data_text.split(), stoi=STOI)
    N = seen.tensor(shape=(27, 27))
    figures = {"all pairs": 228_146, "empty cells": 102}
    found = {"all pairs": N.sum().item(), "empty cells": (N == 0).sum().item()}
    for pair, times in {"n.": 6763, "a.": 6640, "an": 5438, ".a": 4410}.items():
        figures[pair], found[pair] = times, N[STOI[pair[0]], STOI[pair[1]]].item()
    Observation(found).equals(figures)
    seen.equals(counts(data_text).to(N.dtype))


@exercise("normalize_rows", data="names.txt")
def test_table_of_the_names(observe, data_text):
    """On the lecture's counts P has a mean nll of 2.4540, and of 2.4546 with one more of each pair."""
    N = counts(data_text)

    def probe(bigram, N):
        return {"smoothing=0": bigram.normalize_rows(N), "smoothing=1": bigram.normalize_rows(N, 1)}

    seen = observe(probe, N=N.int())
    for smoothing, figure in ((0, 2.4540143), (1, 2.4545767)):
        P = seen[f"smoothing={smoothing}"].tensor(shape=(27, 27))
        loss = mean_nll(P, N)
        Observation(loss).is_close(figure, atol=1e-5, says=f"The nll with smoothing={smoothing}:")
        # a table divided by its columns has the very same nll
        table = (N + smoothing).double()
        expected = (table / table.sum(1).view(27, 1)).to(P.dtype)
        seen[f"smoothing={smoothing}"].is_close(expected, atol=1e-6, rtol=1e-4)


@exercise("nll", data="names.txt")
def test_nll_of_the_names(observe, data_text):
    """Over all of the lecture's names the counts' own table has a mean nll of 2.4540."""
    N = counts(data_text)
    P = N / N.sum(1).view(27, 1)

    def probe(bigram, P, words, stoi):
        return float(bigram.nll(P, words, stoi))

    loss = observe(probe, P=P, words=data_text.split(), stoi=STOI).number()
    # a sum of 228,146 logs in float32 comes to 2.4541, as the notebook's does
    Observation(loss).is_close(2.4540143, atol=2e-4)


@exercise("make_xy", data="names.txt")
def test_examples_of_the_names(observe, data_text):
    """The lecture's names give 228,146 examples; the first five are those of 'emma'."""

    def probe(bigram_nn, words, stoi):
        xs, ys = bigram_nn.make_xy(words, stoi)
        return {"xs": xs, "ys": ys}

    xs, ys = examples(data_text)
    seen = observe(probe, words=data_text.split(), stoi=STOI)
    seen.equals({"xs": xs, "ys": ys})


@exercise("bigram_nn_loss", data="names.txt")
def test_loss_of_the_names(observe, data_text):
    """Before any training the notebook's W has a loss of 3.7590 on all names, and 3.7686 with reg."""
    xs, ys = examples(data_text)
    W = torch.randn((27, 27), generator=torch.Generator().manual_seed(SEED))

    def probe(bigram_nn, W, xs, ys):
        plain, penalised = (bigram_nn.bigram_nn_loss(W, xs, ys, reg) for reg in (0, 0.01))
        return {"reg=0": float(plain), "reg=0.01": float(penalised)}

    plain = cross_entropy(W[xs], ys).item()
    expected = {"reg=0": plain, "reg=0.01": plain + 0.01 * (W**2).mean().item()}
    observe(probe, W=W, xs=xs, ys=ys).is_close(expected, atol=1e-4)


@exercise("train_bigram_nn", data="names.txt")
def test_training_on_the_names(observe, data_text):
    """Twenty steps of lr=50 take all names from 3.7590 to 2.5728, on the way to the lecture's 2.4729.

    The lecture's hundred steps would take five times as long.
    """
    xs, ys = examples(data_text)

    def probe(bigram_nn, xs, ys, seed):
        g = torch.Generator().manual_seed(seed)
        return bigram_nn.train_bigram_nn(xs, ys, 20, 50.0, g)

    W = observe(probe, xs=xs, ys=ys, seed=SEED).tensor(shape=(27, 27)).double()
    N = counts(data_text)
    expected = []
    for reg in (0.0, 0.01):
        weights = torch.randn((27, 27), generator=torch.Generator().manual_seed(SEED)).double()
        for _ in range(20):
            weights -= 50.0 * gradient_of(lambda W, reg=reg: loss_by_counts(W, N, reg), weights)
        expected.append(loss_by_counts(weights, N).item())
    loss = loss_by_counts(W, N).item()
    # right with the penalty as well
    if not math.isclose(loss, expected[1], abs_tol=1e-3):
        Observation(loss).is_close(expected[0], atol=1e-3, says="The loss after 20 steps:")


def loss_by_counts(W, N, reg=0.0):
    """bigram_nn_loss of all pairs, from how often each occurs."""
    return -(N * W.log_softmax(1)).sum() / N.sum() + reg * (W**2).mean()


@exercise("trigram_counts", data="names.txt")
def test_trigrams_of_the_names(observe, data_text):
    """The lecture's names give 228,146 trigrams, 32,033 of them from '..'; with one dot, 196,113."""

    def probe(exercises, words, stoi):
        N = exercises.trigram_counts(words, stoi)
        return {"all": N.sum().item(), "from '..'": N[0, 0].sum().item(), "pairs": N.sum(0)}

    seen = observe(probe, words=data_text.split(), stoi=STOI)
    Observation(seen.value).equals({"all": 228_146, "from '..'": 32_033})
    # the last two of the three are the lecture's pairs
    pairs = seen["pairs"]
    pairs.equals(counts(data_text).to(pairs.tensor().dtype))


@exercise("split_words", data="names.txt")
def test_parts_of_the_names(observe, data_text):
    """The lecture's names fall into 25,626, 3,203 and 3,204, and one part is as hard as another."""

    def probe(exercises, words, seed):
        return exercises.split_words(words, seed)

    parts = observe(probe, words=data_text.split(), seed=42).sequence(3)
    for name, part, size in zip(
        ("train", "dev", "test"), parts, (25_626, 3_203, 3_204), strict=True
    ):
        if abs(len(part) - size) > 1:
            fail(f"{name} has {len(part):,} names, not {size:,}.")
    train, *others = (counts("\n".join(part)) for part in parts)
    P = (train + 1) / (train + 1).sum(1).view(27, 1)
    for name, N in zip(("dev", "test"), others, strict=True):
        loss = mean_nll(P, N)
        if not math.isclose(loss, 2.455, abs_tol=0.03):
            fail(f"{name} has an nll of {loss:.4f} where about 2.455 is expected: not by chance?")

"""Hidden checks of bigram.py: the table of counts, its rows, names out of it, and its loss.

Row sums and single entries are compared, because on whole names the loss does not see a table that
was divided by its columns: a letter is as often the first of a pair as it is the second.
"""

import math
from collections import Counter

import torch

from grader import Observation, exercise, fail

# build_vocab


def by_number(itos):
    """itos may be a dict or a list."""
    pairs = itos.items() if isinstance(itos, dict) else enumerate(itos)
    return {str(i): ch for i, ch in pairs}


def both_ways(characters):
    """What the probe is to see, for characters in the order of their numbers."""
    stoi = {ch: i for i, ch in enumerate(characters)}
    itos = {str(i): ch for i, ch in enumerate(characters)}
    # the lengths come last: what is missing is said first, then what is too much
    return {"stoi": stoi, "itos": itos, "len(stoi)": len(stoi), "len(itos)": len(itos)}


@exercise("build_vocab")
def test_vocab(observe, draw_letters, draw_words):
    """'.' is 0, the characters of the names follow in sorted order, each once; itos is the way back."""
    letters = draw_letters(7)
    words = draw_words(letters, 12)

    def probe(bigram, words):
        stoi, itos = bigram.build_vocab(words)
        return {
            "stoi": stoi,
            "itos": by_number(itos),
            "len(stoi)": len(stoi),
            "len(itos)": len(itos),
        }

    observe(probe, words=words).equals(both_ways("." + letters), says=f"For words = {words}:")


@exercise("build_vocab")
def test_vocab_of_other_characters(observe, draw_letters):
    """'.' is 0 whatever characters there are: a hyphen and an apostrophe come before it in ASCII."""
    a, b, c = draw_letters(3)
    words = [f"{c}-{a}", f"{b}'{a}"]

    def probe(bigram, words):
        stoi, itos = bigram.build_vocab(words)
        return {
            "stoi": stoi,
            "itos": by_number(itos),
            "len(stoi)": len(stoi),
            "len(itos)": len(itos),
        }

    observe(probe, words=words).equals(both_ways(f".'-{a}{b}{c}"), says=f"For words = {words}:")


# bigram_counts


def any_int(N):
    """int32, int64 and all others are the same to this check."""
    return N.long() if torch.is_tensor(N) and not N.is_floating_point() else N


def count_pairs(pairs, V):
    N = torch.zeros((V, V), dtype=torch.int64)
    for (i, j), times in Counter(pairs).items():
        N[i, j] = times
    return N


def are_counts(seen, expected, says=""):
    N = seen.tensor()
    if N.is_floating_point():
        fail(FLOAT_COUNTS.format(dtype=str(N.dtype).removeprefix("torch.")))
    seen.equals(expected, says=says)


FLOAT_COUNTS = (
    "Your counts are {dtype}. They are whole numbers: any integer dtype will do, and the lecture "
    "takes torch.int32."
)


@exercise("bigram_counts")
def test_counts(observe, draw_letters, draw_words, stoi_of, runs_of):
    """N[i, j] is how often j comes right after i, with '.' before and after each name."""
    letters = draw_letters(5)
    words, stoi = draw_words(letters, 12), stoi_of(letters)

    def probe(bigram, words, stoi):
        N = bigram.bigram_counts(words, stoi)
        return any_int(N)

    seen = observe(probe, words=words, stoi=stoi)
    are_counts(seen, count_pairs(runs_of(words, stoi, 2), 6), says=f"For words = {words}:")


@exercise("bigram_counts")
def test_counts_at_the_edges(observe, draw_letters, stoi_of, runs_of):
    """An empty name gives the pair '..', and a count may be larger than 255."""
    a, b = draw_letters(2)
    stoi = stoi_of(a + b)
    lists = {"an empty name": [""], "a long name": [a * 300 + b]}

    def probe(bigram, lists, stoi):
        seen = {}
        for name, words in lists.items():
            seen[name] = any_int(bigram.bigram_counts(words, stoi))
        return seen

    seen = observe(probe, lists=lists, stoi=stoi)
    for name, words in lists.items():
        are_counts(seen[name], count_pairs(runs_of(words, stoi, 2), 3))


# normalize_rows


def draw_counts(torch_rng, V):
    """Counts whose rows and columns have different sums; some are 0, no row is empty."""
    N = torch.randint(-3, 12, (V, V), generator=torch_rng).clamp(min=0)
    N[:, 0] += 1
    N[V - 1] += torch.arange(V) * 7
    return N.int()


def are_probabilities(seen, expected):
    P = seen.tensor(shape=tuple(expected.shape))
    if P.dtype == torch.float64:
        seen.note("float64 is right, too; the lecture's is float32.")
    seen.is_close(expected.to(torch.float64 if P.dtype == torch.float64 else torch.float32), **NEAR)


NEAR = {"atol": 1e-6, "rtol": 1e-5}


@exercise("normalize_rows")
def test_rows_add_up_to_one(observe, torch_rng):
    """Each row of P adds up to 1."""
    N = draw_counts(torch_rng, 6)

    def probe(bigram, N):
        return bigram.normalize_rows(N)

    seen = observe(probe, N=N)
    P = seen.tensor(shape=(6, 6))
    if not P.is_floating_point():
        seen.tensor(dtype=torch.float32)
    rows, columns = P.sum(1), P.sum(0)
    worst = int((rows - 1).abs().nan_to_num(nan=math.inf).argmax())
    if not torch.allclose(rows, torch.ones_like(rows), atol=1e-5):
        but = ", and the columns do" if torch.allclose(columns, torch.ones_like(rows)) else ""
        fail(f"Row {worst} adds up to {rows[worst]:.4f}{but}: P[{worst}].sum() has to be 1.")
    are_probabilities(seen, N / N.sum(1).view(6, 1))


@exercise("normalize_rows")
def test_smoothing(observe, torch_rng):
    """Each count grows by smoothing before its row is divided, and N stays as it was."""
    N = draw_counts(torch_rng, 5)

    def probe(bigram, N):
        seen = {}
        for smoothing in (1, 0.25):
            seen[f"smoothing = {smoothing}"] = bigram.normalize_rows(N, smoothing)
        return seen

    seen = observe(probe, N=N)
    for smoothing in (1, 0.25):
        more = N.double() + smoothing
        are_probabilities(seen[f"smoothing = {smoothing}"], more / more.sum(1).view(5, 1))


# sample_name


def without_dot(name):
    """The lecture's own loop leaves the '.' at the end: that is accepted."""
    return name.removesuffix(".") if isinstance(name, str) else name


def texts(seen):
    for name in seen.sequence():
        if not isinstance(name, str):
            fail(f"sample_name returned a {type(name).__name__}, not a str: {name!r}.")
    return seen.value


@exercise("sample_name")
def test_names_follow_the_table(observe, rng, draw_letters, stoi_of, seed):
    """Each letter is drawn from the row of the letter before, as often as the row says; '.' ends it."""
    letters = draw_letters(3)
    stoi = stoi_of(letters)
    a, b, c = rng.sample(letters, k=3)
    P = torch.zeros(4, 4)
    P[0, 0], P[0, stoi[a]], P[0, stoi[b]] = 0.1, 0.7, 0.2
    P[stoi[a], stoi[c]] = P[stoi[b], stoi[c]] = P[stoi[c], 0] = 1.0
    itos = {i: ch for ch, i in stoi.items()}
    times = 150

    def probe(bigram, P, itos, seed, times):
        g = torch.Generator().manual_seed(seed)
        return [without_dot(bigram.sample_name(P, itos, g)) for _ in range(times)]

    names = texts(observe(probe, P=P, itos=itos, seed=seed, times=times))
    chances = {"": 0.1, a + c: 0.7, b + c: 0.2}
    for name in names:
        if name not in chances:
            fail(f"{name!r} cannot come out of P: only {', '.join(map(repr, chances))} can.")
    for name, chance in chances.items():
        share = names.count(name) / times
        # once in tens of millions by chance
        if abs(share - chance) > 5.5 * math.sqrt(chance * (1 - chance) / times):
            fail(f"{name!r} has a chance of {chance}, and came out {share:.0%} of {times} times.")


@exercise("sample_name")
def test_chance_comes_from_g(observe, torch_rng, draw_letters, stoi_of, seed):
    """The same generator gives the same names again, another one others, and one gives many."""
    # four letters may begin a name, four others come second, and so on: five, then '.'
    P = torch.zeros(21, 21)
    P[0, 0] = 0.2
    for row, column in ((0, 1), *((n, (n - 1) // 4 * 4 + 5) for n in range(1, 17))):
        P[row, column : column + 4] = 0.5 + torch.rand(4, generator=torch_rng)
    P[17:, 0] = 1.0
    P /= P.sum(1).view(21, 1)
    itos = {i: ch for ch, i in stoi_of(draw_letters(20)).items()}

    def probe(bigram, P, itos, seed):
        seen = {}
        for run, start in [("first", seed), ("again", seed), ("other", seed + 1)]:
            g = torch.Generator().manual_seed(start)
            seen[run] = [without_dot(bigram.sample_name(P, itos, g)) for _ in range(8)]
        return seen

    seen = observe(probe, P=P, itos=itos, seed=seed)
    first, again, other = (texts(seen[run]) for run in ("first", "again", "other"))
    if len(set(first)) == 1:
        fail(f"Eight names from one generator, and all are {first[0]!r}.")
    if first != again:
        fail("Two generators with the same seed gave different names: chance comes from elsewhere.")
    if first == other:
        fail("Generators with different seeds gave the same eight names: g is not used.")


@exercise("sample_name")
def test_long_names(observe, rng, seed):
    """A name goes on until '.' comes, however long it gets."""
    letters = "".join(rng.sample("abcdefghijklmnopqrstuvwxyz", k=26))
    P = torch.zeros(27, 27)
    P[range(27), [*range(1, 27), 0]] = 1.0
    P[0, 0], P[0, 1] = 0.1, 0.9
    itos = dict(enumerate("." + letters))

    def probe(bigram, P, itos, seed):
        g = torch.Generator().manual_seed(seed)
        return [bigram.sample_name(P, itos, g) for _ in range(4)]

    seen = observe(probe, P=P, itos=itos, seed=seed)
    names = texts(seen)
    if all(name.endswith(".") for name in names):
        seen.note("Accepted, but the final '.' is not part of the name.")
    for name in map(without_dot, names):
        if name not in ("", letters):
            fail(f"{name!r} cannot come out of P: only '' and {letters!r} can.")


# nll


def as_loss(value):
    """A number or a tensor with one element: both are right, in any precision."""
    try:
        return torch.tensor(float(value), dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError):
        return value


def is_loss(seen, expected, says=""):
    loss = seen.tensor(shape=()).item() if torch.is_tensor(seen.value) else seen.number()
    Observation(loss).is_close(expected, atol=1e-5, rtol=1e-5, says=says)


def draw_table(torch_rng, V):
    P = 0.05 + torch.rand((V, V), generator=torch_rng)
    return P / P.sum(1).view(V, 1)


@exercise("nll")
def test_nll(observe, torch_rng, draw_letters, draw_words, stoi_of, runs_of):
    """nll is minus the mean of log P[i, j] over all pairs, '.' included."""
    letters = draw_letters(5)
    words, stoi = draw_words(letters, 12), stoi_of(letters)
    P = draw_table(torch_rng, 6)

    def probe(bigram, P, words, stoi):
        return as_loss(bigram.nll(P, words, stoi))

    pairs = runs_of(words, stoi, 2)
    expected = -sum(math.log(P[i, j].item()) for i, j in pairs) / len(pairs)
    is_loss(observe(probe, P=P, words=words, stoi=stoi), expected, says=f"For words = {words}:")


@exercise("nll")
def test_nll_of_the_impossible(observe, torch_rng, draw_letters, stoi_of, runs_of):
    """A pair of probability 0 makes the nll infinite, if it occurs."""
    a, b = draw_letters(2)
    stoi = stoi_of(a + b)
    P = draw_table(torch_rng, 3)
    P[1, 2] = 0.0
    P /= P.sum(1).view(3, 1)
    lists = {"the impossible": [b + a, a + b, a], "the possible": [b + a, a + a]}

    def probe(bigram, P, lists, stoi):
        seen = {}
        for name, words in lists.items():
            seen[name] = as_loss(bigram.nll(P, words, stoi))
        return seen

    seen = observe(probe, P=P, lists=lists, stoi=stoi)
    pairs = runs_of(lists["the possible"], stoi, 2)
    expected = -sum(math.log(P[i, j].item()) for i, j in pairs) / len(pairs)
    is_loss(seen["the possible"], expected)
    is_loss(seen["the impossible"], math.inf, says=f"P[{stoi[a]}, {stoi[b]}] is 0, and occurs:")

"""Hidden checks of exercises.py: trigrams, three parts of the data, smoothing chosen on one of them."""

import math
from collections import Counter

import torch

from grader import Observation, exercise, fail

# trigram_counts


def as_counts(N):
    """Whole numbers as int64, in whatever dtype they come."""
    whole = torch.is_tensor(N) and bool((N.double().round() == N).all())
    return N.long() if whole else N


def count_threes(threes, V):
    N = torch.zeros((V, V, V), dtype=torch.int64)
    for (i, j, k), times in Counter(threes).items():
        N[i, j, k] = times
    return N


@exercise("trigram_counts")
def test_trigrams(observe, draw_letters, draw_words, stoi_of, runs_of):
    """N[i, j, k] is how often k comes right after i and j, with two '.' before a name and one after."""
    letters = draw_letters(4)
    words, stoi = draw_words(letters, 12), stoi_of(letters)

    def probe(exercises, words, stoi):
        N = exercises.trigram_counts(words, stoi)
        return as_counts(N)

    expected = count_threes(runs_of(words, stoi, 3, 2), 5)
    observe(probe, words=words, stoi=stoi).equals(expected, says=f"For words = {words}:")


@exercise("trigram_counts")
def test_trigrams_with_one_dot(observe, draw_letters, draw_words, stoi_of, runs_of):
    """With pad=1 a single '.' stands before a name, and its first letter is not predicted."""
    letters = draw_letters(3)
    words, stoi = draw_words(letters, 9), stoi_of(letters)

    def probe(exercises, words, stoi):
        N = exercises.trigram_counts(words, stoi, pad=1)
        return as_counts(N)

    expected = count_threes(runs_of(words, stoi, 3, 1), 4)
    observe(probe, words=words, stoi=stoi).equals(expected, says=f"For words = {words}:")


@exercise("trigram_counts")
def test_trigrams_at_the_edges(observe, draw_letters, stoi_of, runs_of):
    """An empty name gives '...' with two dots in front, and nothing with one."""
    stoi = stoi_of(draw_letters(2))
    lists = {"an empty name": [""]}

    def probe(exercises, lists, stoi):
        seen = {}
        for name, words in lists.items():
            for pad in (1, 2):
                N = exercises.trigram_counts(words, stoi, pad)
                seen[f"{name}, pad={pad}"] = as_counts(N)
        return seen

    expected = {
        f"{name}, pad={pad}": count_threes(runs_of(words, stoi, 3, pad), 3)
        for name, words in lists.items()
        for pad in (1, 2)
    }
    observe(probe, lists=lists, stoi=stoi).equals(expected)


# split_words


def draw_names(rng, count):
    """Different names in no order, the last few of them twice."""
    names = {}
    while len(names) < count - 6:
        names["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=5))] = True
    return [*names, *list(names)[-6:]]


@exercise("split_words")
def test_parts(observe, rng, seed):
    """Every name is in exactly one part, and the parts have the sizes that fractions say."""
    words = draw_names(rng, 60)

    def probe(exercises, words, seed):
        fractions = (0.5, 0.3)
        return {
            "80, 10, 10": exercises.split_words(words, seed),
            "50, 30, 20": exercises.split_words(words, seed, fractions),
        }

    seen = observe(probe, words=words, seed=seed % 1000)
    for shares in ("80, 10, 10", "50, 30, 20"):
        parts = [seen[shares][i].sequence() for i in range(len(seen[shares].sequence(3)))]
        for name, part, share in zip(
            ("train", "dev", "test"), parts, shares.split(","), strict=True
        ):
            meant = len(words) * int(share) / 100
            if abs(len(part) - meant) > 1:
                fail(f"{shares}: {name} has {len(part)} of {len(words)} names, not {meant:.0f}.")
        given, found = Counter(words), Counter(word for part in parts for word in part)
        for word in sorted(given | found, key=str):
            if given[word] != found[word]:
                fail(
                    f"{word!r} is {given[word]} times in words, and {found[word]} times in the parts."
                )


@exercise("split_words")
def test_parts_by_chance(observe, rng, seed):
    """The parts are drawn by chance, the same ones for the same seed and others for another."""
    words = draw_names(rng, 60)

    def probe(exercises, words, seed):
        first = exercises.split_words(words, seed)
        again = exercises.split_words(words, seed)
        return {"first": first, "again": again, "other": exercises.split_words(words, seed + 1)}

    seen = observe(probe, words=words, seed=seed % 1000)
    runs = {run: [sorted(map(str, part)) for part in seen[run].sequence(3)] for run in seen.value}
    train = runs["first"][0]
    n = len(train)
    for order, what in ((words, "the list"), (sorted(words), "the alphabet")):
        for end, part in (("first", order[:n]), ("last", order[-n:])):
            if train == sorted(part):
                fail(f"train holds the {end} {n} names of {what}, not {n} by chance.")
    if runs["first"] != runs["again"]:
        fail(f"Asked twice with the same seed, {seed % 1000}, it gave different parts.")
    if runs["first"] == runs["other"]:
        fail("Another seed gave the same parts.")


# tune_smoothing


def nll_of(counts, pairs, V, smoothing):
    """In plain Python; infinite where something was never counted."""
    rows = Counter()
    for (i, _), times in counts.items():
        rows[i] += times
    total = 0.0
    for i, j in pairs:
        p = (counts[i, j] + smoothing) / (rows[i] + V * smoothing)
        total -= math.log(p) if p else -math.inf
    return total / len(pairs)


def numbers(rows):
    """The rows as one table, whatever kinds of numbers they hold."""
    return torch.tensor([[float(x) for x in row] for row in rows])


@exercise("tune_smoothing")
def test_best_on_dev(observe, rng, draw_letters, stoi_of, runs_of):
    """best has the least nll on dev; rows has (smoothing, nll on train, nll on dev), as the grid goes."""
    letters = draw_letters(4)
    stoi, grid = stoi_of(letters), [3.0, 0.3, 30.0, 0.1, 0.003, 1.0]
    while True:
        # a taste of its own for each letter, so that there is something to learn
        likes = {ch: rng.choices(letters, k=2) for ch in letters}
        train, dev = ([a_name(rng, letters, likes) for _ in range(n)] for n in (20, 6))
        counts = Counter(runs_of(train, stoi, 2))
        rows = [
            [s, *(nll_of(counts, runs_of(part, stoi, 2), 5, s) for part in (train, dev))]
            for s in grid
        ]
        ranked = sorted(rows, key=lambda row: row[2])
        # neither the first, the last, the least nor the largest of the grid, and better by far
        far = ranked[1][2] - ranked[0][2] > 1e-3
        if far and ranked[0][0] in (0.1, 0.3) and ranked[-1][0] == 30.0:
            break

    def probe(exercises, train, dev, stoi, grid):
        best, rows = exercises.tune_smoothing(train, dev, stoi, grid)
        return {"rows": numbers(rows), "best": best}

    seen = observe(probe, train=train, dev=dev, stoi=stoi, grid=grid)
    seen["rows"].is_close(torch.tensor(rows), atol=1e-5, rtol=1e-5)
    is_number(seen["best"], ranked[0][0], says="The rows are right. best:")


def is_number(seen, expected, says):
    value = seen.value
    if torch.is_tensor(value) and value.numel() == 1:
        value = value.item()
    Observation(value).is_close(expected, atol=1e-6, rtol=1e-6, says=says)


def a_name(rng, letters, likes):
    name = rng.choice(letters)
    while rng.random() < 0.75 and len(name) < 8:
        name += rng.choice(likes[name[-1]] if rng.random() < 0.8 else letters)
    return name


@exercise("tune_smoothing")
def test_ties_and_the_impossible(observe, draw_letters, stoi_of):
    """Of two that are as good the first wins; a smoothing that leaves dev impossible never does."""
    (a,) = draw_letters(1)
    stoi = stoi_of(a)
    # '..', '.a', 'aa' and 'a.' once each: the table is 1/2 everywhere, with any smoothing
    cases = {
        "a tie": [["", a + a], [a], [2.0, 0.5, 8.0]],
        "without smoothing 'aa' is impossible": [[a], [a + a], [0.0, 1.0, 0.25]],
    }

    def probe(exercises, cases, stoi):
        seen = {}
        for name, (train, dev, grid) in cases.items():
            best, rows = exercises.tune_smoothing(train, dev, stoi, grid)
            seen[name] = {"best": best, "rows": numbers(rows)}
        return seen

    seen = observe(probe, cases=cases, stoi=stoi)
    is_number(seen["a tie"]["best"], 2.0, says="All three are as good, and best is the first:")
    is_number(seen["without smoothing 'aa' is impossible"]["best"], 1.0, says="best:")

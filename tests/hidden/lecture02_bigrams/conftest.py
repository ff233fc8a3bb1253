"""Names by chance, so that any seed gives a check its own, and the pairs in them counted by hand."""

import pytest


@pytest.fixture
def draw_words(rng):
    """`draw_words("abcde", 12)`: twelve names of one to six of those letters, each letter in some name.

    A list of names may hold all kinds, so each draw does: one of a single letter, one with a letter
    twice in a row, one that comes twice, and an empty one.
    """

    def draw(letters, count):
        words = ["".join(rng.choices(letters, k=rng.randint(1, 6))) for _ in range(count - 5)]
        words += [rng.choice(words), "".join(rng.sample(letters, k=len(letters))), ""]
        words += [rng.choice(letters), 2 * rng.choice(letters) + rng.choice(letters)]
        rng.shuffle(words)
        return words

    return draw


@pytest.fixture
def draw_letters(rng):
    """`draw_letters(5)`: five different letters, in order."""
    return lambda count: "".join(sorted(rng.sample("abcdefghijklmnopqrstuvwxyz", k=count)))


@pytest.fixture
def stoi_of():
    """The lecture's numbers for a text's characters."""
    return lambda letters: {ch: i for i, ch in enumerate("." + letters)}


@pytest.fixture
def runs_of():
    """`runs_of(words, stoi, 2)`: the numbers of all pairs, `.` on both sides; with pad `.` in front."""

    def runs(words, stoi, length, pad=1):
        found = []
        for word in words:
            ids = [0] * pad + [stoi[ch] for ch in word] + [0]
            found += [tuple(ids[i : i + length]) for i in range(len(ids) - length + 1)]
        return found

    return runs

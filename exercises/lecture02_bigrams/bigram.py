"""Names, letter by letter, from a table of counts: which letter follows which.

The whole model is one table of 27 by 27 numbers, and nothing is trained: to count is to learn. It
looks one character back and no further, so its names are bad. What is made here stays when the
table becomes a network: the tokens, the sampling, and the loss that tells how bad is bad.

Lecture 2, the first part.
"""

import torch
from torch import Tensor

# made up for this course; `zth data` fetches the lecture's 32,033
NAMES = (
    "amrisa belovan caldrin dovika elyssor fenwila garibo hessala iriven jorunda kessilo lumarin "
    "mavonne nerilda olavix perrinol quirrelle rosvane seldora tamurin uldine varessa wynolla "
    "xandrelo yorvina zephane arlume brinova corvessa dalimar evonnet farrisol grelda halvena "
    "ismorel jalinda korvane lirasol mirevan nolvina orrisel pavelle rindova sorvela talmira"
).split()


def build_vocab(words: list[str]) -> tuple[dict[str, int], dict[int, str]]:
    """stoi, the number of each character, and itos, the character of each number.

    '.' is 0: it stands before the first letter and after the last. The characters that occur in
    words follow in sorted order, from 1. (0:12:45 and 0:20:54)

    >>> build_vocab(["ba", "c"])
    ({'a': 1, 'b': 2, 'c': 3, '.': 0}, {1: 'a', 2: 'b', 3: 'c', 0: '.'})
    """
    # TODO: every character once, sorted; '.' in front of them all; both ways.
    raise NotImplementedError("build_vocab")


def bigram_counts(words: list[str], stoi: dict[str, int]) -> Tensor:
    """How often character j comes right after character i, as N[i, j].

    (V, V) of whole numbers, V = len(stoi). A name of k letters gives k + 1 pairs, for the '.'
    before and after it counts too; an empty name gives the pair '..'. No pair reaches from one name
    into the next. (0:12:45 and 0:20:54)

    >>> bigram_counts(["ab", "b"], {".": 0, "a": 1, "b": 2})
    tensor([[0, 1, 1],
            [0, 0, 1],
            [2, 0, 0]], dtype=torch.int32)
    """
    # TODO: one for each adjacent pair, in the row of its first character.
    raise NotImplementedError("bigram_counts")


def normalize_rows(N: Tensor, smoothing: float = 0) -> Tensor:
    """The table as probabilities: P[i, j] is how likely j is, right after i. Each row adds up to 1.

    N (V, V) int → (V, V) float32. smoothing is added to every count first, so that nothing is
    impossible. N stays as it was. A row without a single count is 0/0 = nan, unless there is
    smoothing. (0:36:17 and 1:00:50)

    >>> normalize_rows(torch.tensor([[0, 3], [1, 1]]))
    tensor([[0.0000, 1.0000],
            [0.5000, 0.5000]])
    >>> normalize_rows(torch.tensor([[0, 3], [1, 1]]), smoothing=1)
    tensor([[0.2000, 0.8000],
            [0.5000, 0.5000]])
    """
    # TODO: a little more of everything, then each row by its own sum.
    raise NotImplementedError("normalize_rows")


def sample_name(P: Tensor, itos: dict[int, str], g: torch.Generator) -> str:
    """One name out of the model: from '.', character after character, until '.' comes again.

    P (V, V) float, each row adds up to 1. g is the only source of chance: the same state of it gives
    the same name. The '.' at the end is not part of the name, which may be empty. (The lecture
    prints it as well, so a name that ends with it is accepted.) (0:24:02)

    >>> P = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    >>> sample_name(P, {0: ".", 1: "a", 2: "b"}, torch.Generator().manual_seed(2147483647))
    'ab'
    """
    # TODO: draw the next character from the row of the last one, until '.'.
    raise NotImplementedError("sample_name")


def nll(P: Tensor, words: list[str], stoi: dict[str, int]) -> float:
    """The mean negative log likelihood of an adjacent pair, in nats: the smaller, the better.

    P (V, V) float. Every pair that bigram_counts counts is one of the mean, so long names weigh
    more. If P gives a pair probability 0, the result is infinite. Knowing nothing is log(V): 3.2958
    for 27 characters. (0:50:14)

    >>> P = torch.tensor([[0.5, 0.5], [0.25, 0.75]])
    >>> round(nll(P, ["a"], {".": 0, "a": 1}), 4)   # (log 2 + log 4) / 2
    1.0397
    """
    # TODO: how surprised is P, on average, by what comes next?
    raise NotImplementedError("nll")


if __name__ == "__main__":
    stoi, itos = build_vocab(NAMES)
    N = bigram_counts(NAMES, stoi)
    print(f"{len(NAMES)} names, {len(stoi)} characters, {N.sum().item()} pairs; the commonest:")
    for flat in N.flatten().argsort(descending=True)[:6].tolist():
        i, j = divmod(flat, len(stoi))
        print(f"  {itos[i]}{itos[j]}  {N[i, j].item():3d}  {'#' * N[i, j].item()}")

    g = torch.Generator().manual_seed(2147483647)
    uniform = torch.ones_like(N)
    for title, counts, smoothing in [("knows nothing", uniform, 0), ("counted", N, 0.1)]:
        P = normalize_rows(counts, smoothing)
        names = " ".join(sample_name(P, itos, g) for _ in range(5))
        print(f"\n{title}: nll {nll(P, NAMES, stoi):.4f}\n  {names}")

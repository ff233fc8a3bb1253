"""The same table again, found by a network: one linear layer, trained by gradient descent.

W takes the place of the counts: exp(W) ends where the counts are, and the loss ends where counting
ended, because one character of context holds nothing more. Nothing is won yet. But the table could
only be counted, and a network can grow: all later lectures train as it is done here.

Lecture 2, the second part.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def make_xy(words: list[str], stoi: dict[str, int]) -> tuple[Tensor, Tensor]:
    """Each adjacent pair as a training example: xs the first, ys what came next.

    → two tensors (n,) int64, in the order of the names, with the '.' before and after each of them.
    An empty name gives the pair '..'. (1:05:26)

    >>> make_xy(["ab", "b"], {".": 0, "a": 1, "b": 2})
    (tensor([0, 1, 2, 0, 2]), tensor([1, 2, 0, 2, 0]))
    """
    # TODO: for each pair, the first as a question and the second as its answer.
    raise NotImplementedError("make_xy")


def one_hot(xs: Tensor, V: int) -> Tensor:
    """A row for each index: 1 in the column of that index, 0 in all others.

    xs (n,) int64, each below V → (n, V) float32: a network multiplies, and integers do not multiply
    with its weights. (1:10:01)

    >>> one_hot(torch.tensor([0, 2]), 4)
    tensor([[1., 0., 0., 0.],
            [0., 0., 1., 0.]])
    """
    # TODO: a single 1 in each row, as floats.
    raise NotImplementedError("one_hot")


def softmax_rows(logits: Tensor) -> Tensor:
    """Probabilities from scores: e to the power of each, over the sum of its row.

    logits (n, V) float → (n, V), each row adds up to 1. By hand, without torch's own softmax. The
    same number added to a whole row changes nothing, not even 1000: mind that exp(1000) is
    infinite. (1:18:46)

    >>> softmax_rows(torch.tensor([[0.0, 0.0], [1000.0, 1000.0]]))
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    # TODO: positive numbers, each over its row's sum, however large the logits.
    raise NotImplementedError("softmax_rows")


def bigram_nn_loss(W: Tensor, xs: Tensor, ys: Tensor, reg: float = 0.01) -> Tensor:
    """The network's loss: mean negative log likelihood, plus reg times the mean of W squared.

    W (V, V) float32, xs and ys (n,) int64 → () float32, through which the gradient reaches W. The
    second part pulls W towards 0, where all characters are equally likely: it does here what fake
    counts do in the table. (1:35:49 and 1:50:18)

    >>> W = torch.zeros(27, 27)   # knows nothing: log(27)
    >>> bigram_nn_loss(W, torch.tensor([0, 5]), torch.tensor([5, 0]))
    tensor(3.2958)
    """
    # TODO: forward, the probability of what really came, its log; a penalty.
    raise NotImplementedError("bigram_nn_loss")


def train_bigram_nn(xs: Tensor, ys: Tensor, steps: int, lr: float, g: torch.Generator) -> Tensor:
    """W after that many steps of gradient descent, each on all examples at once.

    xs, ys (n,) int64 → W (V, V) float32, V one more than the largest index in xs; the lecture's 27,
    whatever is in xs, is accepted. W begins as torch.randn((V, V), generator=g). The loss that
    falls is the one without a penalty, reg=0; with the lecture's 0.01 it is accepted, too. On the
    lecture's names lr=50 is not too much: 2.4729 in the 100th step. (1:38:36 and 1:42:55)

    >>> xs, ys = torch.tensor([0, 1, 0, 1]), torch.tensor([1, 0, 1, 1])
    >>> W = train_bigram_nn(xs, ys, steps=100, lr=1.0, g=torch.Generator().manual_seed(1))
    >>> round(softmax_rows(W)[1, 0].item(), 2)   # after 1 came 0 once, and 1 once
    0.5
    """
    # TODO: forward, backward, a step downhill, as often as asked.
    raise NotImplementedError("train_bigram_nn")


def logits_by_index(W: Tensor, xs: Tensor) -> Tensor:
    """What one_hot(xs, V) @ W gives, without making a one_hot: exercise E04 of the lecture.

    W (V, V) float, xs (n,) int64 → (n, V): a row of W for each x. (1:47:49)

    >>> logits_by_index(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1, 1, 0]))
    tensor([[3., 4.],
            [3., 4.],
            [1., 2.]])
    """
    # TODO: what does a row with a single 1 take out of W?
    raise NotImplementedError("logits_by_index")


def ce_loss(logits: Tensor, ys: Tensor) -> Tensor:
    """The mean negative log likelihood by F.cross_entropy: exercise E05 of the lecture.

    logits (n, V) float, ys (n,) int64 → () float. Right and finite for logits of ±10,000, too.
    (1:35:49)

    >>> ce_loss(torch.tensor([[0.0, 0.0], [10_000.0, -10_000.0]]), torch.tensor([1, 0]))
    tensor(0.3466)
    """
    # TODO: softmax, log, pick and mean, all in one call.
    raise NotImplementedError("ce_loss")


if __name__ == "__main__":
    from bigram import NAMES, build_vocab, sample_name

    stoi, itos = build_vocab(NAMES)
    xs, ys = make_xy(NAMES, stoi)
    for steps in (0, 1, 10, 100):
        g = torch.Generator().manual_seed(2147483647)
        W = train_bigram_nn(xs, ys, steps, 50.0, g).detach()
        loss = bigram_nn_loss(W, xs, ys, reg=0)
        names = " ".join(sample_name(softmax_rows(W), itos, g) for _ in range(5))
        print(f"{steps:3d} steps  loss {loss:.4f}  {names}")

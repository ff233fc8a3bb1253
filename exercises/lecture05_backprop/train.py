"""Lecture 5, the end of exercise 1 and exercise 4: the links together, and a net trained with them.

No `loss.backward()` in the functions you write: the gradients come from your own
atomic.py and backprop.py. The bottom of the file does use it, as the other side of the
comparison, the way the lecture does.
"""

import atomic
import backprop
import torch
from torch import Tensor

# made up for this course; `zth data` fetches the lecture's 32,033
NAMES = "tamsel orvenik bexa yulmo fennika quorl dazimir ipp wovelle kjarta".split()


def build_dataset(names: list[str], b: int = 3) -> tuple[Tensor, Tensor]:
    """Contexts of b characters and the character that follows. Given; '.' is 0, a is 1.

    → X (examples, b) int64, Y (examples,) int64.

    >>> X, Y = build_dataset(["ab"])
    >>> X.tolist(), Y.tolist()
    ([[0, 0, 0], [0, 0, 1], [0, 1, 2]], [1, 2, 0])
    """
    X, Y = [], []
    for name in names:
        context = [0] * b
        for ch in name + ".":
            ix = ".abcdefghijklmnopqrstuvwxyz".index(ch)
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    return torch.tensor(X), torch.tensor(Y)


def compare(name: str, dt: Tensor, grad: Tensor) -> str:
    """The lecture's `cmp`: one line on how near a gradient dt is to torch's. Given.

    >>> compare("bngain", torch.tensor([1.0]), torch.tensor([1.5]))
    'bngain          | exact: False | approximate: False | maxdiff: 0.5'
    """
    exact = str(torch.all(dt == grad).item())
    approximate = str(torch.allclose(dt, grad))
    maxdiff = (dt - grad).abs().max().item()
    return f"{name:15s} | exact: {exact:5s} | approximate: {approximate:5s} | maxdiff: {maxdiff}"


def manual_backward(Xb: Tensor, Yb: Tensor, parameters: list[Tensor]) -> dict[str, Tensor]:
    """All 26 gradients of the lecture's comparison, by the name of the value.

    Xb (n, b) int64, Yb (n,) int64, parameters [C, W1, b1, W2, b2, bngain, bnbias]
    → {"logprobs": …, "probs": …, … "C": …}, each of the shape of its value. The names,
    in the order of the lecture: logprobs, probs, counts_sum_inv, counts_sum, counts,
    norm_logits, logit_maxes, logits, h, W2, b2, hpreact, bngain, bnbias, bnraw,
    bnvar_inv, bnvar, bndiff2, bndiff, bnmeani, hprebn, embcat, W1, b1, emb, C.
    (0:13:01)

    >>> Xb, Yb = torch.tensor([[0, 1], [1, 2]]), torch.tensor([1, 2])
    >>> d = manual_backward(Xb, Yb, atomic.initialize(V=3, E=4, H=5, b=2))
    >>> len(d), d["hpreact"].shape, d["C"].shape
    (26, torch.Size([2, 5]), torch.Size([3, 4]))
    """
    # TODO: forward once, then every link of atomic.py from the loss to C.
    raise NotImplementedError("manual_backward")


def train_by_hand(
    parameters: list[Tensor], batches: list[tuple[Tensor, Tensor]], lr: float = 0.1
) -> list[float]:
    """One step of gradient descent a batch; the loss of each batch before its step.

    parameters [C, W1, b1, W2, b2, bngain, bnbias] are moved in place; batches is a list
    of (Xb, Yb), which need not be of one size → a list of as many losses, in nats.
    (1:50:02)

    >>> Xb, Yb = torch.tensor([[0, 1], [1, 2]]), torch.tensor([1, 2])
    >>> losses = train_by_hand(atomic.initialize(V=3, E=4, H=5, b=2), [(Xb, Yb)] * 10)
    >>> len(losses), losses[-1] < losses[0]
    (10, True)
    """
    # TODO: for each batch: forward, seven gradients by hand, one step downhill.
    raise NotImplementedError("train_by_hand")


def main() -> None:
    """Exercise 1: the lecture's table. Exercise 4: ten steps without torch's help."""
    torch.manual_seed(5)
    X, Y = build_dataset(NAMES)
    Xb, Yb = X[:32], Y[:32]
    parameters = atomic.initialize()
    gradients = manual_backward(Xb, Yb, parameters)

    # the other side of the comparison
    for p in parameters:
        p.requires_grad_()
    f = atomic.forward(Xb, Yb, parameters)
    for name in gradients:
        getattr(f, name).retain_grad()
    f.loss.backward()
    for name, dt in gradients.items():
        print(compare(name, dt, getattr(f, name).grad))

    parameters = [p.detach() for p in parameters]
    for step, loss in enumerate(train_by_hand(parameters, [(X, Y)] * 10)):
        print(f"{step:2d}: {loss:.4f}")


if __name__ == "__main__":
    main()

"""Lecture 5, exercise 1: the backward pass, one link of the chain at a time.

`forward` below is the lecture's forward pass: an embedding, a linear layer, batch
normalisation, tanh, a second linear layer and the cross entropy, broken into steps so
small that each can be differentiated by hand. Every function after it goes backwards
through one step: it takes the gradient of the loss with respect to the step's result
and returns the gradient with respect to the step's input.

Each function is named for what it returns: `dprobs` is d(loss)/d(probs). It is given
what stands in the lecture's own line, the gradients that arrive first, the values of
the forward pass after them. Two rules are enough for most of it:

- a gradient has the shape of the value it belongs to;
- a value that is used twice collects the gradients of both uses. Broadcasting is such
  a use, many times over.

This is not how one would train a net. It is how one comes to know what `loss.backward()`
does. The order is the order of the lecture: from the loss down to the embedding table.
"""

from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor


def initialize(
    V: int = 27, E: int = 10, H: int = 64, b: int = 3, generator: torch.Generator | None = None
) -> list[Tensor]:
    """The lecture's parameters: [C, W1, b1, W2, b2, bngain, bnbias]. Given.

    V characters, E numbers per character, H hidden units, b characters of context.
    The biases are small and random, not 0, because zeros hide mistakes in a gradient.

    >>> sum(p.nelement() for p in initialize())
    4137
    """
    C = torch.randn(V, E, generator=generator)
    W1 = torch.randn(b * E, H, generator=generator) * (5 / 3) / (b * E) ** 0.5
    b1 = torch.randn(H, generator=generator) * 0.1
    W2 = torch.randn(H, V, generator=generator) * 0.1
    b2 = torch.randn(V, generator=generator) * 0.1
    bngain = torch.randn(1, H, generator=generator) * 0.1 + 1.0
    bnbias = torch.randn(1, H, generator=generator) * 0.1
    return [C, W1, b1, W2, b2, bngain, bnbias]


def forward(Xb: Tensor, Yb: Tensor, parameters: list[Tensor]) -> SimpleNamespace:
    """Every value between the characters and the loss, by its name in the lecture. Given.

    Xb (n, b) int64, Yb (n,) int64 → .emb, .embcat, … .logprobs and .loss, and what went
    in: .n, .C, .W1 and the other parameters. n must be at least 2: the variance of one
    example is not defined. (0:07:26)

    >>> Xb, Yb = torch.tensor([[0, 1], [1, 2]]), torch.tensor([1, 2])
    >>> f = forward(Xb, Yb, initialize(V=3, E=4, H=5, b=2))
    >>> f.hpreact.shape, f.probs.shape, f.loss.shape
    (torch.Size([2, 5]), torch.Size([2, 3]), torch.Size([]))
    """
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n = Xb.shape[0]

    # embed the characters, lay the vectors of one example side by side
    emb = C[Xb]  # (n, b, E)
    embcat = emb.view(n, -1)  # (n, b*E)
    # linear layer 1
    hprebn = embcat @ W1 + b1  # (n, H)
    # batchnorm, one step per line
    bnmeani = 1 / n * hprebn.sum(0, keepdim=True)  # (1, H)
    bndiff = hprebn - bnmeani  # (n, H)
    bndiff2 = bndiff**2  # (n, H)
    bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdim=True)  # (1, H), n - 1: Bessel's correction
    bnvar_inv = (bnvar + 1e-5) ** -0.5  # (1, H)
    bnraw = bndiff * bnvar_inv  # (n, H)
    hpreact = bngain * bnraw + bnbias  # (n, H)
    # non-linearity
    h = torch.tanh(hpreact)  # (n, H)
    # linear layer 2
    logits = h @ W2 + b2  # (n, V)
    # cross entropy, the same as F.cross_entropy(logits, Yb)
    logit_maxes = logits.max(1, keepdim=True).values  # (n, 1)
    norm_logits = logits - logit_maxes  # (n, V), at most 0, so exp cannot overflow
    counts = norm_logits.exp()  # (n, V)
    counts_sum = counts.sum(1, keepdim=True)  # (n, 1)
    counts_sum_inv = counts_sum**-1  # (n, 1)
    probs = counts * counts_sum_inv  # (n, V)
    logprobs = probs.log()  # (n, V)
    loss = -logprobs[range(n), Yb].mean()  # ()
    return SimpleNamespace(**locals())


def dlogprobs(Yb: Tensor, n: int, V: int) -> Tensor:
    """Back through `loss = -logprobs[range(n), Yb].mean()`, into logprobs.

    Yb (n,) int64, the class that came next in each example → (n, V).
    The loss looks at one number per row; the others do not change it. (0:13:01)

    >>> dlogprobs(torch.tensor([2, 0]), n=2, V=3)
    tensor([[ 0.0000,  0.0000, -0.5000],
            [-0.5000,  0.0000,  0.0000]])
    """
    # TODO: what each number in logprobs adds to the loss.
    raise NotImplementedError("dlogprobs")


def dprobs(dlogprobs: Tensor, probs: Tensor) -> Tensor:
    """Back through `logprobs = probs.log()`, into probs.

    dlogprobs (n, V), probs (n, V) → (n, V). Where the net gave the right character
    little probability, this is where the gradient becomes large. (0:13:01)

    >>> dprobs(torch.tensor([[-0.5, 0.0]]), torch.tensor([[0.25, 0.75]]))
    tensor([[-2.,  0.]])
    """
    # TODO: the derivative of the logarithm, times what arrives.
    raise NotImplementedError("dprobs")


def dcounts_sum_inv(dprobs: Tensor, counts: Tensor) -> Tensor:
    """Back through `probs = counts * counts_sum_inv`, into counts_sum_inv.

    dprobs (n, V), counts (n, V) → (n, 1): one number per row, because the forward pass
    stretched one number over the whole row. (0:13:01)

    >>> dcounts_sum_inv(torch.tensor([[-2.0, 0.5]]), torch.tensor([[1.0, 3.0]]))
    tensor([[-0.5000]])
    """
    # TODO: a product, then the broadcast undone.
    raise NotImplementedError("dcounts_sum_inv")


def dcounts_sum(dcounts_sum_inv: Tensor, counts_sum: Tensor) -> Tensor:
    """Back through `counts_sum_inv = counts_sum**-1`, into counts_sum.

    dcounts_sum_inv (n, 1), counts_sum (n, 1) → (n, 1). (0:13:01)

    >>> dcounts_sum(torch.tensor([[-0.5]]), torch.tensor([[4.0]]))
    tensor([[0.0312]])
    """
    # TODO: the derivative of x**-1, times what arrives.
    raise NotImplementedError("dcounts_sum")


def dcounts(dprobs: Tensor, dcounts_sum: Tensor, counts: Tensor, counts_sum_inv: Tensor) -> Tensor:
    """Back into counts, from both lines that use it.

    `probs = counts * counts_sum_inv` and `counts_sum = counts.sum(1, keepdim=True)`.
    dprobs (n, V), dcounts_sum (n, 1), counts (n, V), counts_sum_inv (n, 1) → (n, V).
    (0:13:01)

    >>> dprobs, dcounts_sum = torch.tensor([[-2.0, 0.0]]), torch.tensor([[0.25]])
    >>> dcounts(dprobs, dcounts_sum, torch.tensor([[1.0, 3.0]]), torch.tensor([[0.25]]))
    tensor([[-0.2500,  0.2500]])
    """
    # TODO: what comes back from probs and what comes back from counts_sum.
    raise NotImplementedError("dcounts")


def dnorm_logits(dcounts: Tensor, counts: Tensor) -> Tensor:
    """Back through `counts = norm_logits.exp()`, into norm_logits.

    dcounts (n, V), counts (n, V) → (n, V). You are given counts, not norm_logits:
    it is all that is needed. (0:13:01)

    >>> dnorm_logits(torch.tensor([[-0.25, 0.25]]), torch.tensor([[1.0, 3.0]]))
    tensor([[-0.2500,  0.7500]])
    """
    # TODO: the derivative of exp, which the forward pass has already computed.
    raise NotImplementedError("dnorm_logits")


def dlogit_maxes(dnorm_logits: Tensor) -> Tensor:
    """Back through `norm_logits = logits - logit_maxes`, into logit_maxes.

    dnorm_logits (n, V) → (n, 1). In the real chain the result is 0 but for rounding,
    about 1e-17: taking the maximum off keeps exp from overflowing and leaves the loss
    as it is. The checks feed in other gradients, so the result is not 0 there. (0:13:01)

    >>> dlogit_maxes(torch.tensor([[-0.25, 0.75]]))
    tensor([[-0.5000]])
    """
    # TODO: a subtraction, then the broadcast undone.
    raise NotImplementedError("dlogit_maxes")


def dlogits(dnorm_logits: Tensor, dlogit_maxes: Tensor, logits: Tensor) -> Tensor:
    """Back into logits, from both lines that use it.

    `norm_logits = logits - logit_maxes` and `logit_maxes = logits.max(1, keepdim=True).values`.
    dnorm_logits (n, V), dlogit_maxes (n, 1), logits (n, V) → (n, V), a new tensor: the
    gradient that was handed in is still needed, so leave it as it is. (0:13:01)

    >>> dlogits(torch.tensor([[-0.25, 0.75]]), torch.tensor([[-0.5]]), torch.tensor([[2.0, 1.0]]))
    tensor([[-0.7500,  0.7500]])
    """
    # TODO: straight through, and to where the maximum came from.
    raise NotImplementedError("dlogits")


def linear_backward(dy: Tensor, x: Tensor, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Back through `y = x @ W + b`: the gradients of x, W and b, in this order.

    dy (n, m), x (n, k), W (k, m) → dx (n, k), dW (k, m), db (m,). The shapes all but
    tell you the answer. In the lecture it is used twice, for `logits = h @ W2 + b2` and
    for `hprebn = embcat @ W1 + b1`. (0:13:01)

    >>> dy, x, W = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0]]), torch.tensor([[4.0, 5.0]])
    >>> linear_backward(dy, x, W)
    (tensor([[14.]]), tensor([[3., 6.]]), tensor([1., 2.]))
    """
    # TODO: two matrix products and a broadcast undone.
    raise NotImplementedError("linear_backward")


def dhpreact(dh: Tensor, h: Tensor) -> Tensor:
    """Back through `h = torch.tanh(hpreact)`, into hpreact.

    dh (n, H), h (n, H) → (n, H). Nearly 0 where h is near -1 or 1: a saturated unit
    does not learn. (0:13:01)

    >>> dhpreact(torch.tensor([[2.0, 2.0]]), torch.tensor([[0.0, 0.5]]))
    tensor([[2.0000, 1.5000]])
    """
    # TODO: the derivative of tanh, written with its result.
    raise NotImplementedError("dhpreact")


def bn_scale_backward(
    dhpreact: Tensor, bnraw: Tensor, bngain: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Back through `hpreact = bngain * bnraw + bnbias`: dbngain, dbnraw, dbnbias, in this order.

    dhpreact (n, H), bnraw (n, H), bngain (1, H) → dbngain (1, H), dbnraw (n, H),
    dbnbias (1, H). (0:13:01)

    >>> dhpreact, bnraw = torch.tensor([[1.0, 2.0]]), torch.tensor([[-1.0, 1.0]])
    >>> bn_scale_backward(dhpreact, bnraw, torch.tensor([[3.0, 4.0]]))
    (tensor([[-1.,  2.]]), tensor([[3., 8.]]), tensor([[1., 2.]]))
    """
    # TODO: one gain and one bias served every example of the batch.
    raise NotImplementedError("bn_scale_backward")


def dbnvar_inv(dbnraw: Tensor, bndiff: Tensor) -> Tensor:
    """Back through `bnraw = bndiff * bnvar_inv`, into bnvar_inv.

    dbnraw (n, H), bndiff (n, H) → (1, H): one number per hidden unit. (0:13:01)

    >>> dbnvar_inv(torch.tensor([[1.0], [2.0]]), torch.tensor([[-0.5], [0.5]]))
    tensor([[0.5000]])
    """
    # TODO: a product, then the broadcast undone.
    raise NotImplementedError("dbnvar_inv")


def dbnvar(dbnvar_inv: Tensor, bnvar: Tensor) -> Tensor:
    """Back through `bnvar_inv = (bnvar + 1e-5)**-0.5`, into bnvar.

    dbnvar_inv (1, H), bnvar (1, H) → (1, H). The 1e-5 matters: a unit that hardly moves
    has a variance of that size. (0:13:01)

    >>> dbnvar(torch.tensor([[0.5]]), torch.tensor([[4.0]]))
    tensor([[-0.0312]])
    """
    # TODO: the power rule, times what arrives.
    raise NotImplementedError("dbnvar")


def dbndiff2(dbnvar: Tensor, bndiff2: Tensor, n: int) -> Tensor:
    """Back through `bnvar = 1/(n-1) * bndiff2.sum(0, keepdim=True)`, into bndiff2.

    dbnvar (1, H), bndiff2 (n, H), n the number of examples → (n, H): a number for each
    example, though only one a column arrives. (Bessel's correction: 1:05:17)

    >>> dbndiff2(torch.tensor([[6.0]]), torch.tensor([[1.0], [0.0], [1.0]]), n=3)
    tensor([[3.],
            [3.],
            [3.]])
    """
    # TODO: a sum undone, with the factor in front of it.
    raise NotImplementedError("dbndiff2")


def dbndiff(dbnraw: Tensor, dbndiff2: Tensor, bndiff: Tensor, bnvar_inv: Tensor) -> Tensor:
    """Back into bndiff, from both lines that use it.

    `bnraw = bndiff * bnvar_inv` and `bndiff2 = bndiff**2`.
    dbnraw (n, H), dbndiff2 (n, H), bndiff (n, H), bnvar_inv (1, H) → (n, H). (1:05:17)

    >>> one = torch.tensor([[1.0]])
    >>> dbndiff(dbnraw=5 * one, dbndiff2=10 * one, bndiff=3 * one, bnvar_inv=2 * one)
    tensor([[70.]])
    """
    # TODO: what comes back from bnraw and what comes back from bndiff2.
    raise NotImplementedError("dbndiff")


def dbnmeani(dbndiff: Tensor) -> Tensor:
    """Back through `bndiff = hprebn - bnmeani`, into bnmeani.

    dbndiff (n, H) → (1, H). The lecture's own line leaves the dimension out and returns
    (H,); both are right here. (1:05:17)

    >>> dbnmeani(torch.tensor([[1.0, -2.0], [3.0, 5.0]]))
    tensor([[-4., -3.]])
    """
    # TODO: a subtraction, then the broadcast undone.
    raise NotImplementedError("dbnmeani")


def dhprebn(dbndiff: Tensor, dbnmeani: Tensor, hprebn: Tensor, n: int) -> Tensor:
    """Back into hprebn, from both lines that use it.

    `bndiff = hprebn - bnmeani` and `bnmeani = 1/n * hprebn.sum(0, keepdim=True)`.
    dbndiff (n, H), dbnmeani (1, H), hprebn (n, H), n the number of examples → (n, H), a
    new tensor. (1:05:17)

    >>> dbndiff, hprebn = torch.tensor([[1.0], [3.0]]), torch.tensor([[7.0], [8.0]])
    >>> dhprebn(dbndiff, torch.tensor([[-4.0]]), hprebn, n=2)
    tensor([[-1.],
            [ 1.]])
    """
    # TODO: straight through, and each example's part in the mean.
    raise NotImplementedError("dhprebn")


def dembcat(dhprebn: Tensor, W1: Tensor) -> Tensor:
    """Back through `hprebn = embcat @ W1 + b1`, into embcat.

    dhprebn (n, H), W1 (b*E, H) → (n, b*E). (1:05:17)

    >>> dembcat(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [5.0, 6.0]]))
    tensor([[11., 17.]])
    """
    # TODO: one matrix product; the shapes say which.
    raise NotImplementedError("dembcat")


def demb(dembcat: Tensor, emb: Tensor) -> Tensor:
    """Back through `embcat = emb.view(n, -1)`, into emb.

    dembcat (n, b*E), emb (n, b, E) → (n, b, E). Nothing is computed: a view only says
    how the same numbers are to be read. (1:05:17)

    >>> demb(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]), torch.zeros(1, 2, 3))
    tensor([[[1., 2., 3.],
             [4., 5., 6.]]])
    """
    # TODO: the same numbers, in the shape of emb.
    raise NotImplementedError("demb")


def dembedding(demb: Tensor, Xb: Tensor, V: int) -> Tensor:
    """Back through `emb = C[Xb]`, into the embedding table C.

    demb (n, b, E), Xb (n, b) int64 → (V, E). A character that occurs many times in the
    batch was used many times; one that does not occur gets zeros. (1:05:17)

    >>> demb = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
    >>> dembedding(demb, torch.tensor([[0, 2], [2, 2]]), V=3)
    tensor([[1.],
            [0.],
            [9.]])
    """
    # TODO: every use of a row of C gives its gradient back to that row.
    raise NotImplementedError("dembedding")


if __name__ == "__main__":
    # every value of the forward pass with its shape: each gradient has the same one
    Xb, Yb = torch.randint(0, 27, (32, 3)), torch.randint(0, 27, (32,))
    for name, value in vars(forward(Xb, Yb, initialize())).items():
        if isinstance(value, Tensor):
            print(f"{name:15s} {tuple(value.shape)}")

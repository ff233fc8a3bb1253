"""The lecture's forward pass in the judge's own hands, and torch's gradients of it.

Two chains, both in float64:

`drawn`   small and odd sizes, all different; the values are those of a real forward pass, but the
          gradients that arrive are drawn at random. The real ones hide mistakes: dlogit_maxes is 0
          in the lecture's chain, whatever one does.
`names`   a minibatch of names at the lecture's own sizes, with the gradients that autograd gives.

`chain.probs` is a value, `chain.dprobs` its gradient. A probe asks for what it needs by these names.
"""

import functools
import inspect
import re
from types import SimpleNamespace

import pytest
import torch

MODULES = {"atomic", "backprop", "train"}

# In the order of the lecture's comparison.
COMPARED = (
    "logprobs probs counts_sum_inv counts_sum counts norm_logits logit_maxes logits h W2 b2 hpreact "
    "bngain bnbias bnraw bnvar_inv bnvar bndiff2 bndiff bnmeani hprebn embcat W1 b1 emb C"
).split()
PARAMETERS = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]

# (1, H) or (H,): broadcasting makes no difference, and the lecture's own lines do both.
LOOSE_SHAPE = {"bngain", "bnbias", "bnvar_inv", "bnvar", "bnmeani", "b1", "b2"}

# Made up for this course.
NAMES = (
    "tamsel orvenik bexa yulmo fennika quorl dazimir ipp wovelle kjarta hespo zubri cloveth ngaro "
    "miffren jux pelloway sturb eevikka rondulo vashtil abrix gwimble toskaan lirrop uzzel"
).split()


def initialize(sizes, generator):
    """Parameters in the lecture's order; sizes has V, E, H and b."""
    V, E, H, b = sizes.V, sizes.E, sizes.H, sizes.b

    def randn(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return [
        randn(V, E),
        randn(b * E, H) * (5 / 3) / (b * E) ** 0.5,
        randn(H) * 0.1,
        randn(H, V) * 0.3,
        randn(V) * 0.1,
        randn(1, H) * 0.1 + 1.0,
        randn(1, H) * 0.1,
    ]


def forward(Xb, Yb, parameters):
    """Every value of the lecture's forward pass, by name, the loss last."""
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    n, V = len(Xb), len(C)
    emb = C[Xb]
    embcat = emb.view(n, -1)
    hprebn = embcat @ W1 + b1
    bnmeani = hprebn.sum(0, keepdim=True) / n
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = bndiff2.sum(0, keepdim=True) / (n - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = torch.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(1, keepdim=True).values
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[range(n), Yb].mean()
    return SimpleNamespace(**locals())


def with_torchs_gradients(Xb, Yb, parameters):
    """The forward pass and, as d…, what autograd gives for each of the 26."""
    leaves = [p.clone().requires_grad_() for p in parameters]
    chain = forward(Xb, Yb, leaves)
    for name in COMPARED:
        getattr(chain, name).retain_grad()
    chain.loss.backward()
    gradients = {f"d{name}": getattr(chain, name).grad for name in COMPARED}
    values = {k: v.detach() if torch.is_tensor(v) else v for k, v in vars(chain).items()}
    return SimpleNamespace(**values | gradients | {"parameters": parameters})


def train(parameters, batches, lr):
    """The lecture's loop with `loss.backward()`: the losses, and the parameters at the end."""
    leaves = [p.clone().requires_grad_() for p in parameters]
    losses = []
    for Xb, Yb in batches:
        loss = forward(Xb, Yb, leaves).loss
        for p in leaves:
            p.grad = None
        loss.backward()
        losses.append(loss.item())
        for p in leaves:
            p.data -= lr * p.grad
    return losses, dict(zip(PARAMETERS, [p.detach() for p in leaves], strict=True))


def draw_sizes(rng):
    """n, V, H, E, b and b*E, no two alike, so that a transposed product does not fit by chance.

    n is odd: 1/n is not exact, and the lecture's 32 is even.
    """
    while True:
        sizes = SimpleNamespace(
            n=rng.choice([5, 7, 9, 11]), b=rng.choice([2, 3]), E=rng.randint(2, 6),
            V=rng.randint(5, 13), H=rng.randint(4, 10),
        )  # fmt: skip
        if len({*vars(sizes).values(), sizes.b * sizes.E}) == 6:
            return sizes


def draw_batch(sizes, n, generator):
    """Characters that repeat; the last of the vocabulary does not occur in the context."""
    Xb = torch.randint(0, sizes.V - 1, (n, sizes.b), generator=generator)
    Xb[0, 0] = Xb[1, 1] = Xb[n - 1, 1]
    return Xb, torch.randint(0, sizes.V, (n,), generator=generator)


@pytest.fixture
def drawn(rng, torch_rng):
    """Sizes, values and arriving gradients, all by chance."""
    sizes = draw_sizes(rng)
    parameters = initialize(sizes, torch_rng)
    # hidden units from hardly moving (variance near 1e-5, where eps counts) to lively
    parameters[1] *= torch.logspace(-2.5, 0.3, sizes.H, dtype=torch.float64)
    parameters[3] *= 3
    chain = forward(*draw_batch(sizes, sizes.n, torch_rng), parameters)
    for name in COMPARED:
        like = getattr(chain, name)
        setattr(chain, f"d{name}", torch.randn(like.shape, generator=torch_rng, dtype=like.dtype))
    return chain


@pytest.fixture
def names(seed):
    """32 examples from made-up names, V=27, E=10, H=64, b=3, and autograd's gradients."""
    return _names(seed)


@functools.lru_cache(maxsize=2)
def _names(seed):
    generator = torch.Generator().manual_seed(seed)
    X, Y = _dataset(b=3)
    ix = torch.randint(0, len(X), (32,), generator=generator)
    parameters = initialize(SimpleNamespace(V=27, E=10, H=64, b=3), generator)
    chain = with_torchs_gradients(X[ix], Y[ix], parameters)
    chain.X, chain.Y = X, Y
    return chain


def _dataset(b):
    X, Y = [], []
    for name in NAMES:
        tokens = [0] * b + [ord(ch) - ord("a") + 1 for ch in name] + [0]
        for i in range(b, len(tokens)):
            X.append(tokens[i - b : i])
            Y.append(tokens[i])
    return torch.tensor(X), torch.tensor(Y)


@pytest.fixture
def judge(observe):
    """`judge(probe, chain)`: runs the probe on the chain's values of the same names."""

    def run(probe, chain):
        wanted = [name for name in inspect.signature(probe).parameters if name not in MODULES]
        return Judged(observe, probe, {name: getattr(chain, name) for name in wanted})

    return run

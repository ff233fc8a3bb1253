"""The lecture's forward pass in the judge's own hands, and torch's gradients of it.

Chains, all in float64:

`drawn`   small and odd sizes, all different; the values are those of a real forward pass, but the
          gradients that arrive are drawn at random. The real ones hide mistakes: dlogit_maxes is 0
          in the lecture's chain, whatever one does.
`small`   the same kind of sizes, with the gradients that autograd gives.
`names`   a minibatch of names at the lecture's own sizes, with the gradients that autograd gives.

`chain.probs` is a value, `chain.dprobs` its gradient. A probe asks for what it needs by these names.
"""

import functools
import inspect
import re
from types import SimpleNamespace

import pytest
import torch

from grader.judge.checks import CheckFailed, NoObservation

MODULES = {"atomic", "backprop", "train"}

# In the order of the lecture's comparison.
COMPARED = (
    "logprobs probs counts_sum_inv counts_sum counts norm_logits logit_maxes logits h W2 b2 hpreact "
    "bngain bnbias bnraw bnvar_inv bnvar bndiff2 bndiff bnmeani hprebn embcat W1 b1 emb C"
).split()
PARAMETERS = ["C", "W1", "b1", "W2", "b2", "bngain", "bnbias"]

LECTURE = SimpleNamespace(V=27, E=10, H=64, b=3)
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
    """The forward pass, and what autograd gives for each of the 26: as d…, and as .gradients."""
    leaves = [p.clone().requires_grad_() for p in parameters]
    chain = forward(Xb, Yb, leaves)
    for name in COMPARED:
        getattr(chain, name).retain_grad()
    chain.loss.backward()
    gradients = {name: getattr(chain, name).grad for name in COMPARED}
    for name, value in vars(chain).items():
        if torch.is_tensor(value):
            setattr(chain, name, value.detach())
    for name, gradient in gradients.items():
        setattr(chain, f"d{name}", gradient)
    chain.gradients, chain.parameters = gradients, parameters
    return chain


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
    """n, n-1, V, H, E, b and b*E, no two alike, so that nothing wrong fits by chance.

    n is odd: 1/n is not exact, and the lecture's 32 is even.
    """
    while True:
        sizes = SimpleNamespace(
            n=rng.choice([5, 7, 9, 11]), b=rng.choice([3, 4]), E=rng.randint(2, 6),
            V=rng.randint(5, 13), H=rng.randint(4, 10),
        )  # fmt: skip
        if len({*vars(sizes).values(), sizes.n - 1, sizes.b * sizes.E}) == 7:
            return sizes


def draw_batch(sizes, n, generator):
    """Characters that repeat; the last of the vocabulary occurs neither in the context nor after it.

    `F.one_hot(Yb)` without num_classes is too narrow then.
    """
    Xb = torch.randint(0, sizes.V - 1, (n, sizes.b), generator=generator)
    Xb[0, 0] = Xb[1, 1] = Xb[n - 1, 1]
    return Xb, torch.randint(0, sizes.V - 1, (n,), generator=generator)


@pytest.fixture
def drawn(rng, torch_rng):
    """Sizes, values and arriving gradients, all by chance."""
    sizes = draw_sizes(rng)
    parameters = initialize(sizes, torch_rng)
    # hidden units from hardly moving (variance near 1e-5, where eps counts) to lively
    parameters[1] *= torch.logspace(-2.5, 0.3, sizes.H, dtype=torch.float64)
    # the last logit is never the largest of its row
    parameters[4][-1] -= 4
    chain = forward(*draw_batch(sizes, sizes.n, torch_rng), parameters)
    for name in COMPARED:
        like = getattr(chain, name)
        setattr(chain, f"d{name}", torch.randn(like.shape, generator=torch_rng, dtype=like.dtype))
    return chain


@pytest.fixture
def small(rng, torch_rng):
    """Sizes by chance, and autograd's gradients."""
    sizes = draw_sizes(rng)
    batch = draw_batch(sizes, sizes.n, torch_rng)
    return with_torchs_gradients(*batch, initialize(sizes, torch_rng))


@pytest.fixture
def names(seed):
    """32 examples from made-up names, V=27, E=10, H=64, b=3, and autograd's gradients."""
    return names_minibatch(seed % 4)


@functools.cache
def names_minibatch(which):
    """One of a few, so that a run computes each once; what must be new each time is in `drawn`."""
    generator = torch.Generator().manual_seed(which)
    parameters = initialize(LECTURE, generator)
    (batch,) = names_batches(1, generator)
    return with_torchs_gradients(*batch, parameters)


@pytest.fixture
def short_run(rng, torch_rng):
    """Ten batches of different sizes, a learning rate that is not the default, autograd's run."""
    sizes = draw_sizes(rng)
    batches = [draw_batch(sizes, rng.randint(4, 12), torch_rng) for _ in range(10)]
    return training_run(initialize(sizes, torch_rng), batches, lr=rng.uniform(0.2, 0.4))


@pytest.fixture
def names_run(torch_rng):
    """Ten minibatches of 32 at the lecture's sizes and its learning rate, autograd's run."""
    return training_run(initialize(LECTURE, torch_rng), names_batches(10, torch_rng), lr=0.1)


def training_run(parameters, batches, lr):
    losses, trained = train(parameters, batches, lr)
    return SimpleNamespace(
        parameters=parameters, batches=batches, lr=lr, losses=losses, trained=trained
    )


def names_batches(count, generator):
    """Minibatches of 32 contexts of three characters, and the character that follows."""
    X, Y = [], []
    for name in NAMES:
        tokens = [0] * LECTURE.b + [ord(ch) - ord("a") + 1 for ch in name] + [0]
        for i in range(LECTURE.b, len(tokens)):
            X.append(tokens[i - LECTURE.b : i])
            Y.append(tokens[i])
    X, Y = torch.tensor(X), torch.tensor(Y)
    drawn = torch.randint(0, len(X), (count, 32), generator=generator)
    return [(X[ix], Y[ix]) for ix in drawn]


class Judged:
    """What a probe saw, in float64; in float32 where the learner's code works in nothing else.

    `F.one_hot(Xb, V).float().T @ …` is right, and cannot be run on float64. It is judged in
    float32 then, against the same gradients: rounding is some 1e-6 of the largest number there,
    the nearest mistake in chaffs.toml is more than 1e-3 away.
    """

    def __init__(self, observe, probe, inputs, may_change):
        try:
            seen = observe(probe, default_dtype=torch.float64, may_change=may_change, **inputs)
            self._in_float32 = holds_float32(seen.value)
        except NoObservation as stopped:
            if not DTYPE_TROUBLE.search(stopped.failure.sentence):
                raise
            self._in_float32 = True
        if self._in_float32:
            inputs = to_float32(inputs)
            seen = observe(probe, default_dtype=torch.float32, may_change=may_change, **inputs)
            seen.note(JUDGED_IN_FLOAT32)
        self._seen = seen

    def is_close(self, expected, loose_shape=()):
        """`loose_shape` names the parts, or is True: where (1, H) and (H,) are both right."""
        if not isinstance(expected, dict):
            self._compare(self._seen, expected, bool(loose_shape))
            return
        for name, value in expected.items():
            self._compare(self._seen[name], value, name in loose_shape)

    def is_close_or_rounded(self, expected):
        """For what goes through many links: one of them in float32 rounds all that come after.

        Ten steps end some 1e-8 away then; with the nearest mistake in chaffs.toml, 1e-5 and more.
        """
        try:
            self.is_close(expected)
        except CheckFailed as missed:
            if self._in_float32:
                raise
            try:
                for name, value in expected.items():
                    self._seen[name].is_close(value, atol=1e-7, rtol=1e-6)
            except CheckFailed:
                raise missed from None
            self._seen.note(ROUNDED)

    def flag_if_identical(self, fused, says):
        self._seen.flag_if_identical(fused, says)

    def _compare(self, seen, expected, loose_shape):
        if self._in_float32 and torch.is_tensor(expected):
            atol = 1e-7 + 1e-5 * expected.abs().max().item()
            seen.is_close(expected.float(), atol=atol, rtol=1e-4, loose_shape=loose_shape)
        elif self._in_float32:
            seen.is_close(expected, atol=1e-5, rtol=1e-4)
        else:
            seen.is_close(expected, loose_shape=loose_shape)


@pytest.fixture
def judge(observe):
    """`judge(probe, chain)`: runs the probe on the chain's values of the same names."""

    def run(probe, chain, may_change=()):
        wanted = [name for name in inspect.signature(probe).parameters if name not in MODULES]
        inputs = {name: getattr(chain, name) for name in wanted}
        return Judged(observe, probe, inputs, may_change)

    return run


def holds_float32(value):
    if isinstance(value, dict):
        return any(map(holds_float32, value.values()))
    return torch.is_tensor(value) and value.dtype == torch.float32


def to_float32(value):
    if isinstance(value, dict):
        return {name: to_float32(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(to_float32, value))
    is_float64 = torch.is_tensor(value) and value.dtype == torch.float64
    return value.float() if is_float64 else value


DTYPE_TROUBLE = re.compile(r"dtype|scalar type")
ROUNDED = "Right but for rounding: a link of yours turns float64 into float32 (a `.float()`?)."
JUDGED_IN_FLOAT32 = "Judged in float32: your code turns float64 into float32 (a `.float()`?)."

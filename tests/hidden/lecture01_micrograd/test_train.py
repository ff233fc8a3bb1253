"""Hidden checks of train.py: one step against torch's, then a whole training; softmax and nll."""

import math

import torch

from grader import exercise, fail


def draw(rng, n, low=-2.0, high=2.0):
    return [round(rng.uniform(low, high), 3) for _ in range(n)]


class Line:
    """w · x + b: a model so small that a step can be followed by hand."""

    def __init__(self, values):
        *self.w, self.b = values

    def __call__(self, x):
        out = self.b
        for wi, xi in zip(self.w, x, strict=True):
            out = out + wi * xi
        return out

    def parameters(self):
        return [*self.w, self.b]

    def zero_grad(self):  # for those who write model.zero_grad(), as in the repository
        for p in self.parameters():
            p.grad = 0.0


def send_back(out):
    """What `Value.backward` does; but the loss must not depend on it."""
    order, seen = [], set()

    def visit(v):
        if id(v) not in seen:
            seen.add(id(v))
            for child in v._prev:
                visit(child)
            order.append(v)

    visit(out)
    out.grad = 1.0
    for v in reversed(order):
        v._backward()


# zero_grad


@exercise("zero_grad")
def test_zero_grad(observe, rng):
    """Every gradient is 0 afterwards, and no data has changed."""
    data, grads = draw(rng, 4, 1.0, 2.0), draw(rng, 4, 3.0, 4.0)

    def probe(engine, train, data, grads):
        params = [engine.Value(x) for x in data]
        for p, g in zip(params, grads, strict=True):
            p.grad = g
        train.zero_grad(params)
        return {"data": [p.data for p in params], "grad": [p.grad for p in params]}

    observe(probe, data=data, grads=grads).is_close({"data": data, "grad": [0.0] * 4})


@exercise("zero_grad")
def test_zero_grad_between_two_passes(observe, rng):
    """With it, a second backward gives the same gradients as the first; without it, twice as much."""
    x, y = draw(rng, 2, 1.0, 2.0)

    def probe(engine, train, x, y):
        a, b = engine.Value(x), engine.Value(y)
        seen = []
        for _ in range(2):
            train.zero_grad([a, b])
            # what a backward of a * b adds, without the learner's own
            a.grad += y
            b.grad += x
            seen.append([a.grad, b.grad])
        return seen

    observe(probe, x=x, y=y).is_close([[y, x], [y, x]])


# train_step


def follow(numbers, xs, ys, lr, steps):
    """The losses before each step and the parameters after it, by torch's autograd."""
    p = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([[*x, 1.0] for x in xs], dtype=torch.float64)
    y = torch.tensor(ys, dtype=torch.float64)
    losses, data = [], []
    for _ in range(steps):
        loss = ((x @ p - y) ** 2).sum()
        (gradient,) = torch.autograd.grad(loss, p)
        p = (p - lr * gradient).detach().requires_grad_()
        losses.append(loss.item())
        data.append(p.tolist())
    return {"loss": losses, "parameters": data}


@exercise("train_step")
def test_train_step_by_step(observe, rng):
    """Each step returns the loss before it, and moves every parameter by -lr times its gradient."""
    numbers = draw(rng, 3, 1.0, 2.0)
    xs = [draw(rng, 2) for _ in range(3)]
    ys = draw(rng, 3, -4.0, -3.0)

    def probe(engine, train, numbers, xs, ys):
        model = Line([engine.Value(x) for x in numbers])
        losses, data = [], []
        for _ in range(3):
            losses.append(train.train_step(model, xs, ys, 0.01))
            data.append([p.data for p in model.parameters()])
        return {"loss": losses, "parameters": data}

    observe(probe, numbers=numbers, xs=xs, ys=ys).is_close(
        follow(numbers, xs, ys, 0.01, 3), says="A model w · x + b, three steps of lr = 0.01."
    )


@exercise("train_step")
def test_train_step_trains(observe, rng):
    """An MLP's loss falls below 0.05 within 200 steps, from three different starts."""
    xs = [[0.2, 0.9], [0.8, 0.4], [0.5, 0.6], [0.9, 0.1]]
    ys = [0.4, 0.7, 0.55, 0.75]
    # weights, inputs and wanted outputs above 0: no neuron is dead, whatever its activation
    starts = [draw(rng, 13, 0.05, 0.25) for _ in range(3)]

    def probe(nn, train, xs, ys, starts):
        seen = []
        for start in starts:
            model = nn.MLP(2, [3, 1])
            for p, number in zip(model.parameters(), start, strict=False):
                p.data = number
            losses = []
            while len(losses) < 200 and not (losses and losses[-1] < 0.05):
                losses.append(train.train_step(model, xs, ys, 0.1))
            seen.append({"losses": losses, "grad": [p.grad for p in model.parameters()]})
        return seen

    seen = observe(probe, xs=xs, ys=ys, starts=starts)
    for i in range(len(starts)):
        losses = seen[i]["losses"].sequence()
        last = seen[i]["losses"][-1].number()
        if not last < 0.05:
            fail(
                f"Start {i + 1}: the loss is {losses[0]:.4g} at first and {last:.4g} after 200 steps."
            )


# softmax_nll


def softmax(row):
    return torch.tensor(row, dtype=torch.float64).softmax(0).tolist()


@exercise("softmax_nll")
def test_softmax(observe, rng):
    """softmax gives one probability for each logit: torch's."""
    logits = [[0.0, 3.0, -2.0, 1.0], draw(rng, 5), draw(rng, 2)]

    def probe(engine, train, logits):
        seen = {}
        for row in logits:
            probs = train.softmax([engine.Value(x) for x in row])
            seen[f"softmax of {row}"] = [p.data for p in probs]
        return seen

    expected = {f"softmax of {row}": softmax(row) for row in logits}
    observe(probe, logits=logits).is_close(expected)


@exercise("softmax_nll")
def test_nll(observe, rng):
    """nll is minus the natural logarithm of the right class's probability."""
    weights = draw(rng, 4, 0.2, 1.0)
    probs = [w / sum(weights) for w in weights]

    def probe(engine, train, probs):
        seen = {}
        for i in range(len(probs)):
            seen[f"nll(probs, {i})"] = train.nll([engine.Value(p) for p in probs], i).data
        return seen

    expected = {f"nll(probs, {i})": -math.log(p) for i, p in enumerate(probs)}
    shown = [round(p, 4) for p in probs]
    observe(probe, probs=probs).is_close(expected, says=f"With probs = {shown},")


@exercise("softmax_nll")
def test_softmax_and_nll_backward(observe, rng):
    """Each logit's gradient is its probability, minus 1 for the right class."""
    cases = [[[0.0, 3.0, -2.0, 1.0], 3], [draw(rng, 3), 1], [draw(rng, 5), 2]]

    def probe(engine, train, row, target):
        logits = [engine.Value(x) for x in row]
        loss = train.nll(train.softmax(logits), target)
        send_back(loss)
        return {"loss": loss.data, "grad": [x.grad for x in logits]}

    for row, target in cases:
        probs = softmax(row)
        grad = [p - (i == target) for i, p in enumerate(probs)]
        observe(probe, row=row, target=target).is_close(
            {"loss": -math.log(probs[target]), "grad": grad}, says=f"Logits {row}, class {target}:"
        )

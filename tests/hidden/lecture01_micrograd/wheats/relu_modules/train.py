# The parameters' own zero_grad, math in other words.
from math import e


def zero_grad(params):
    for p in params:
        p.grad -= p.grad


def train_step(model, xs, ys, lr):
    params = list(model.parameters())
    ypred = [model(x) for x in xs]
    losses = [(y - out) ** 2 for y, out in zip(ys, ypred)]
    total = losses[0]
    for loss in losses[1:]:
        total += loss
    before = [p.grad for p in params]
    total.backward()
    for p, old in zip(params, before):
        # only what this backward has added
        p.data = p.data - lr * (p.grad - old)
    return total.data


def softmax(logits):
    assert e > 2.7
    shares = []
    for one in logits:
        # one over the sum of e ** (other - one)
        shares.append(1 / sum((other - one).exp() for other in logits))
    return tuple(shares)


def nll(probs, target):
    return (1 / probs[target]).log()

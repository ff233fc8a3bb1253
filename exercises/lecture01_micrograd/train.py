"""Gradient descent: clear, backward, step; and the loss of a classifier.

The whole of training is here: what PyTorch calls zero_grad, an optimizer's step, softmax and the
negative log likelihood. Nothing in it knows how a model is made; it needs a model(x) and its
parameters().

Lecture 1, 1:51:04 and 2:01:12.
"""

from __future__ import annotations

from engine import Value


def zero_grad(params: list[Value]) -> None:
    """Set the gradient of every parameter to 0. The data stays as it is.

    Without it, each backward adds to what the last one left behind. Lecture 1, 2:01:12.

    >>> p = Value(2.0)
    >>> p.grad = 5.0
    >>> zero_grad([p])
    >>> p.data, p.grad
    (2.0, 0.0)
    """
    # TODO: no parameter remembers an earlier backward.
    raise NotImplementedError("zero_grad")


def train_step(model, xs: list[list[float]], ys: list[float], lr: float) -> float:
    """One step of gradient descent on all examples at once; the loss before the step, as a float.

    The loss is the lecture's: the sum of (prediction - y)**2 over the examples. model(x) gives one
    Value, model.parameters() the list of what may move; lr is how far, per unit of gradient.
    What an earlier step left in the gradients must not count. Lecture 1, 2:01:12.

    >>> class Line:
    ...     w = Value(1.0)
    ...     def __call__(self, x): return self.w * x[0]
    ...     def parameters(self): return [self.w]
    >>> line = Line()
    >>> train_step(line, [[1.0], [2.0]], [2.0, 4.0], lr=0.01)   # gradient: 2 * (-1 * 1) + 2 * (-2 * 2)
    5.0
    >>> line.w
    Value(data=1.1)
    """
    # TODO: forward, backward, one step downhill.
    raise NotImplementedError("train_step")


def softmax(logits: list[Value]) -> list[Value]:
    """Probabilities from scores: e to the power of each score, over the sum of them all.

    As many Values as logits, all greater than 0, adding up to 1.

    >>> softmax([Value(0.0), Value(0.0)])
    [Value(data=0.5), Value(data=0.5)]
    """
    # TODO: positive numbers that add up to 1.
    raise NotImplementedError("softmax_nll")


def nll(probs: list[Value], target: int) -> Value:
    """The negative log likelihood of class number target, in nats: 0 if it was certain.

    >>> nll([Value(0.0), Value(1.0)], 1).data == 0
    True
    """
    # TODO: how surprised are we that it was this class?
    raise NotImplementedError("softmax_nll")


if __name__ == "__main__":
    import random

    from nn import MLP

    # the tiny dataset of the lecture, 1:51:04
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]

    random.seed(1)
    model = MLP(3, [4, 4, 1])
    for step in range(51):
        loss = train_step(model, xs, ys, lr=0.1)
        if step % 10 == 0:
            print(f"step {step:2d}  loss {loss:.4f}")
    print("wanted   ", ys)
    print("predicted", [round(model(x).data, 2) for x in xs])

    # the exercise of the lecture: the gradient of the loss is probability minus truth
    logits = [Value(0.0), Value(3.0), Value(-2.0), Value(1.0)]
    loss = nll(softmax(logits), 3)
    loss.backward()
    print(f"\nnll {loss.data:.4f}, gradient", [round(logit.grad, 4) for logit in logits])

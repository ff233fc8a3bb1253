"""micrograd's engine: a number that remembers how it was made, and can tell what it depends on.

One class, Value, wraps one Python float. Arithmetic on Values gives new Values, and each keeps a
small function, _backward, that knows one step of the chain rule. backward() calls those functions
in the right order, and then every Value knows its gradient. This is all that PyTorch's autograd
does too. What PyTorch adds is tensors and speed.

Lecture 1, from 0:19:09.
"""

from __future__ import annotations

import math


class Value:
    """One number in an expression.

    data       the number
    grad       how far the end result moves for each unit that data moves; 0 until backward
    _prev      the Values it was made from: empty for a leaf
    _op        the operation that made it: '' for a leaf
    _backward  takes its own grad and hands each Value in _prev its share
    label      a name for pictures

    >>> a = Value(2.0, label="a")
    >>> a
    Value(data=2.0)
    >>> a.grad
    0.0
    """

    def __init__(self, data, _children=(), _op="", label=""):
        self.data = data
        self.grad = 0.0
        self._prev = set(_children)
        self._op = _op
        self._backward = lambda: None  # a leaf has nobody to hand anything to
        self.label = label

    def __repr__(self) -> str:
        return f"Value(data={self.data})"

    # ------------------------------------------------------------------ the two that carry the rest

    def __add__(self, other) -> Value:
        """self + other, as a new Value with _op '+' and both operands in _prev.

        other is a Value or a plain number, which becomes a Value of its own. _backward adds to
        the gradients that are there: in a + a, both shares go to the same Value. Lecture 1, 1:09:02
        and 1:22:28.

        >>> a = Value(2.0)
        >>> out = a + a
        >>> out.grad = 1.0
        >>> out._backward()
        >>> out, a.grad
        (Value(data=4.0), 2.0)
        """
        # TODO: the sum, and a _backward that hands each operand its share.
        raise NotImplementedError("value_add")

    def __mul__(self, other) -> Value:
        """self * other, as a new Value with _op '*' and both operands in _prev.

        other is a Value or a plain number, which becomes a Value of its own. _backward adds to
        the gradients that are there, as in __add__. Lecture 1, 1:09:02.

        >>> a, b = Value(2.0), Value(-3.0)
        >>> out = a * b
        >>> out.grad = 10.0
        >>> out._backward()
        >>> out, a.grad, b.grad
        (Value(data=-6.0), -30.0, 20.0)
        """
        # TODO: the product, and a _backward that hands each operand its share.
        raise NotImplementedError("value_mul")

    # ------------------------------------------------------------------ minus, and numbers on the left

    def __neg__(self) -> Value:
        """-self.

        >>> -Value(2.0)
        Value(data=-2.0)
        """
        # TODO: minus self, from an operation you have.
        raise NotImplementedError("value_sub")

    def __sub__(self, other) -> Value:
        """self - other; other is a Value or a plain number.

        >>> Value(2.0) - 3
        Value(data=-1.0)
        """
        # TODO: the difference, from operations you have.
        raise NotImplementedError("value_sub")

    def __rsub__(self, other) -> Value:
        """other - self. Python calls this when the left side is no Value and does not know what to do.

        >>> 3 - Value(2.0)
        Value(data=1.0)
        """
        # TODO: other stands on the left here.
        raise NotImplementedError("value_sub")

    def __radd__(self, other) -> Value:
        """other + self. sum() needs it, because sum() starts from the plain number 0.

        >>> sum([Value(2.0), Value(3.0)])
        Value(data=5.0)
        """
        # TODO: a plain number plus a Value.
        raise NotImplementedError("value_sub")

    def __rmul__(self, other) -> Value:
        """other * self.

        >>> 3 * Value(2.0)
        Value(data=6.0)
        """
        # TODO: a plain number times a Value.
        raise NotImplementedError("value_sub")

    # ------------------------------------------------------------------ powers and division

    def __pow__(self, other) -> Value:
        """self ** other, where other is an int or a float, not a Value: it gets no gradient.

        Lecture 1, 1:27:05.

        >>> a = Value(3.0)
        >>> out = a**2
        >>> out.grad = 1.0
        >>> out._backward()
        >>> out, a.grad
        (Value(data=9.0), 6.0)
        """
        # TODO: the power, and a _backward by the power rule.
        raise NotImplementedError("value_pow")

    def __truediv__(self, other) -> Value:
        """self / other; other is a Value or a plain number. Lecture 1, 1:27:05.

        >>> Value(3.0) / Value(2.0)
        Value(data=1.5)
        """
        # TODO: the quotient, from operations you have.
        raise NotImplementedError("value_div")

    def __rtruediv__(self, other) -> Value:
        """other / self, where other is a plain number.

        >>> 3 / Value(2.0)
        Value(data=1.5)
        """
        # TODO: other is the numerator here.
        raise NotImplementedError("value_div")

    # ------------------------------------------------------------------ functions of one Value

    def tanh(self) -> Value:
        """tanh(self), between -1 and 1. Lecture 1, 1:09:02.

        >>> n = Value(0.8813735870195432)
        >>> o = n.tanh()
        >>> o.grad = 1.0
        >>> o._backward()
        >>> round(o.data, 4), round(n.grad, 4)
        (0.7071, 0.5)
        """
        # TODO: tanh, and its slope.
        raise NotImplementedError("value_activations")

    def exp(self) -> Value:
        """e ** self. Lecture 1, 1:27:05.

        >>> Value(0.0).exp()
        Value(data=1.0)
        """
        # TODO: e to the power of self, and its slope.
        raise NotImplementedError("value_activations")

    def log(self) -> Value:
        """The natural logarithm of self, which must be greater than 0.

        Not in the video: the exercises that come with it need it for the loss.

        >>> Value(1.0).log()
        Value(data=0.0)
        """
        # TODO: the natural logarithm, and its slope.
        raise NotImplementedError("value_activations")

    def relu(self) -> Value:
        """self where it is greater than 0, and 0 elsewhere.

        The slope at exactly 0 is taken as 0, as PyTorch does. Lecture 1, 2:16:46.

        >>> Value(-2.0).relu(), Value(2.0).relu()
        (Value(data=0.0), Value(data=2.0))
        """
        # TODO: self or 0, and the slope on either side.
        raise NotImplementedError("value_activations")

    # ------------------------------------------------------------------ all of it at once

    def backward(self) -> None:
        """Give every Value that self was made from its gradient: how far self moves when it moves.

        self.grad becomes 1. The others' shares are added to the gradients that are there: clear
        them first if an earlier backward has been. Lecture 1, 1:17:32.

        >>> a, b = Value(-2.0), Value(3.0)
        >>> f = (a * b) * (a + b)
        >>> f.backward()
        >>> f.grad, a.grad, b.grad
        (1.0, -3.0, -8.0)
        """
        # TODO: the chain rule from self down to the leaves.
        raise NotImplementedError("value_backward")


def topo_sort(root: Value) -> list[Value]:
    """All Values that root was made from, and root: inputs before what they feed, each once.

    root comes last. Lecture 1, 1:17:32.

    >>> a = Value(1.0)
    >>> topo_sort(Value(2.0, (a,))) # doctest: +NORMALIZE_WHITESPACE
    [Value(data=1.0), Value(data=2.0)]
    """
    # TODO: a list in which no Value stands before its inputs.
    raise NotImplementedError("topo_sort")


def topo_sort_iterative(root: Value) -> list[Value]:
    """What topo_sort gives, without a function that calls itself.

    Python gives up at about 1,000 calls inside one another, and a chain of 1,000 additions is
    soon written. A list of what is still to do has no such limit.

    >>> v = Value(0.0)
    >>> for _ in range(2_000):
    ...     v = Value(v.data + 1, (v,), "+")
    >>> [round(u.data) for u in topo_sort_iterative(v)[-3:]]
    [1998, 1999, 2000]
    """
    # TODO: the same list, with a stack of your own.
    raise NotImplementedError("topo_sort_iterative")


if __name__ == "__main__":
    # the neuron of the lecture, 0:52:52
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    o = (x1 * w1 + x2 * w2 + b).tanh()
    o.label = "o"
    o.backward()
    for v in topo_sort(o):
        print(f"{v.label:>3}  {v._op:>4}  data {v.data:8.4f}  grad {v.grad:8.4f}")

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
        ### BEGIN SOLUTION value_add: the sum, and a _backward that hands each operand its share.
        # a plain number joins the graph as a leaf
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def _backward():
            # if either operand moves by 1, so does the sum
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out
        ### END SOLUTION

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
        ### BEGIN SOLUTION value_mul: the product, and a _backward that hands each operand its share.
        # a plain number joins the graph as a leaf
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def _backward():
            # if one operand moves by 1, the product moves by the other
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out
        ### END SOLUTION

    # ------------------------------------------------------------------ minus, and numbers on the left

    def __neg__(self) -> Value:
        """-self.

        >>> -Value(2.0)
        Value(data=-2.0)
        """
        ### BEGIN SOLUTION value_sub: minus self, from an operation you have.
        return self * -1
        ### END SOLUTION

    def __sub__(self, other) -> Value:
        """self - other; other is a Value or a plain number.

        >>> Value(2.0) - 3
        Value(data=-1.0)
        """
        ### BEGIN SOLUTION value_sub: the difference, from operations you have.
        return self + (-other)
        ### END SOLUTION

    def __rsub__(self, other) -> Value:
        """other - self. Python calls this when the left side is no Value and does not know what to do.

        >>> 3 - Value(2.0)
        Value(data=1.0)
        """
        ### BEGIN SOLUTION value_sub: other stands on the left here.
        return (-self) + other
        ### END SOLUTION

    def __radd__(self, other) -> Value:
        """other + self. sum() needs it, because sum() starts from the plain number 0.

        >>> sum([Value(2.0), Value(3.0)])
        Value(data=5.0)
        """
        ### BEGIN SOLUTION value_sub: a plain number plus a Value.
        return self + other
        ### END SOLUTION

    def __rmul__(self, other) -> Value:
        """other * self.

        >>> 3 * Value(2.0)
        Value(data=6.0)
        """
        ### BEGIN SOLUTION value_sub: a plain number times a Value.
        return self * other
        ### END SOLUTION

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
        ### BEGIN SOLUTION value_pow: the power, and a _backward by the power rule.
        out = Value(self.data**other, (self,), f"**{other}")

        def _backward():
            # the power rule: bring the exponent down, and lower it by one
            self.grad += other * self.data ** (other - 1) * out.grad

        out._backward = _backward
        return out
        ### END SOLUTION

    def __truediv__(self, other) -> Value:
        """self / other; other is a Value or a plain number. Lecture 1, 1:27:05.

        >>> Value(3.0) / Value(2.0)
        Value(data=1.5)
        """
        ### BEGIN SOLUTION value_div: the quotient, from operations you have.
        return self * other**-1
        ### END SOLUTION

    def __rtruediv__(self, other) -> Value:
        """other / self, where other is a plain number.

        >>> 3 / Value(2.0)
        Value(data=1.5)
        """
        ### BEGIN SOLUTION value_div: other is the numerator here.
        return self**-1 * other
        ### END SOLUTION

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
        ### BEGIN SOLUTION value_activations: tanh, and its slope.
        out = Value(math.tanh(self.data), (self,), "tanh")

        def _backward():
            # the slope of tanh, told by its own height: 1 at the middle, 0 at the ends
            self.grad += (1 - out.data**2) * out.grad

        out._backward = _backward
        return out
        ### END SOLUTION

    def exp(self) -> Value:
        """e ** self. Lecture 1, 1:27:05.

        >>> Value(0.0).exp()
        Value(data=1.0)
        """
        ### BEGIN SOLUTION value_activations: e to the power of self, and its slope.
        out = Value(math.exp(self.data), (self,), "exp")

        def _backward():
            # the one function that is its own slope
            self.grad += out.data * out.grad

        out._backward = _backward
        return out
        ### END SOLUTION

    def log(self) -> Value:
        """The natural logarithm of self, which must be greater than 0.

        Not in the video: the exercises that come with it need it for the loss.

        >>> Value(1.0).log()
        Value(data=0.0)
        """
        ### BEGIN SOLUTION value_activations: the natural logarithm, and its slope.
        out = Value(math.log(self.data), (self,), "log")

        def _backward():
            # the larger the number, the less its logarithm cares
            self.grad += out.grad / self.data

        out._backward = _backward
        return out
        ### END SOLUTION

    def relu(self) -> Value:
        """self where it is greater than 0, and 0 elsewhere.

        The slope at exactly 0 is taken as 0, as PyTorch does. Lecture 1, 2:16:46.

        >>> Value(-2.0).relu(), Value(2.0).relu()
        (Value(data=0.0), Value(data=2.0))
        """
        ### BEGIN SOLUTION value_activations: self or 0, and the slope on either side.
        out = Value(max(0.0, self.data), (self,), "ReLU")

        def _backward():
            # what was let through gets everything, what was held back gets nothing
            self.grad += (out.data > 0) * out.grad

        out._backward = _backward
        return out
        ### END SOLUTION

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
        ### BEGIN SOLUTION value_backward: the chain rule from self down to the leaves.
        # self moves one for one with itself
        self.grad = 1.0
        # a Value may share out its gradient once all that was made from it has added to it
        for v in reversed(topo_sort(self)):
            v._backward()
        ### END SOLUTION


def topo_sort(root: Value) -> list[Value]:
    """All Values that root was made from, and root: inputs before what they feed, each once.

    root comes last. Lecture 1, 1:17:32.

    >>> a = Value(1.0)
    >>> topo_sort(Value(2.0, (a,))) # doctest: +NORMALIZE_WHITESPACE
    [Value(data=1.0), Value(data=2.0)]
    """
    ### BEGIN SOLUTION topo_sort: a list in which no Value stands before its inputs.
    order, visited = [], set()

    def visit(v):
        if v not in visited:
            visited.add(v)
            # first everything it was made from, however deep, then itself
            for child in v._prev:
                visit(child)
            order.append(v)

    visit(root)
    return order
    ### END SOLUTION


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
    ### BEGIN SOLUTION topo_sort_iterative: the same list, with a stack of your own.
    order, opened, placed = [], set(), set()
    stack = [root]
    while stack:
        v = stack[-1]
        if v not in opened:
            # met for the first time: its inputs go on top of it, so they are done first
            opened.add(v)
            stack.extend(v._prev)
        else:
            # back at the top: its inputs have their places, so it takes its own
            stack.pop()
            if v not in placed:
                placed.add(v)
                order.append(v)
    return order
    ### END SOLUTION


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

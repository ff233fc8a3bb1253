# numpy for the numbers; slopes as lambdas; `backward` sorts by the time of making.
import itertools

import numpy as np

_clock = itertools.count()


class Value(object):
    def __init__(self, data, _children=(), _op="", label=""):
        self.data = np.float64(data)
        self.grad = np.float64(0)
        self._prev = frozenset(_children)
        self._op = _op
        self.label = label
        self._backward = lambda: None
        self._made = next(_clock)

    def _with(self, back):
        self._backward = back
        return self

    def _give(self, share):
        self.grad += share

    def __add__(self, other):
        other = _value(other)
        out = Value(self.data + other.data, (self, other), "+")
        return out._with(lambda: [v._give(out.grad) for v in (self, other)])

    def __mul__(self, other):
        other = _value(other)
        out = Value(self.data * other.data, (self, other), "*")
        return out._with(
            lambda: [u._give(out.grad * w.data) for u, w in ((self, other), (other, self))]
        )

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -_value(other)

    def __rsub__(self, other):
        return _value(other) + -self

    def __radd__(self, other):
        return _value(other) + self

    def __rmul__(self, other):
        return _value(other) * self

    def __pow__(self, k):
        out = Value(np.power(self.data, float(k)), (self,), "pow")

        def back():
            slope = 0.0 if k == 0 else k * np.power(self.data, float(k) - 1)
            self._give(slope * out.grad)

        return out._with(back)

    def __truediv__(self, other):
        other = _value(other)
        out = Value(self.data / other.data, (self, other), "/")

        def back():
            self._give(out.grad / other.data)
            other._give(-out.data / other.data * out.grad)

        return out._with(back)

    def __rtruediv__(self, other):
        return _value(other) / self

    def tanh(self):
        out = Value(np.tanh(self.data), (self,), "tanh")
        return out._with(lambda: self._give(out.grad / np.cosh(self.data) ** 2))

    def exp(self):
        out = Value(np.exp(self.data), (self,), "exp")
        return out._with(lambda: self._give(out.grad * out.data))

    def log(self):
        out = Value(np.log(self.data), (self,), "log")
        return out._with(lambda: self._give(out.grad / self.data))

    def relu(self):
        out = Value(np.maximum(self.data, 0), (self,), "relu")
        return out._with(lambda: self._give(out.grad * np.heaviside(self.data, 0.0)))

    def backward(self):
        # an input is always made before what it feeds
        self.grad = np.float64(1)
        for v in sorted(_below(self), key=lambda v: -v._made):
            v._backward()


def _value(x):
    return x if isinstance(x, Value) else Value(x)


def _below(root):
    found, waiting = {root}, [root]
    while waiting:
        new = waiting.pop()._prev - found
        found |= new
        waiting += new
    return found


def topo_sort(root):
    """Peel off, again and again, what has no inputs left."""
    left, order = _below(root), []
    while left:
        ready = [v for v in left if not (v._prev & left)]
        order += ready
        left.difference_update(ready)
    return order


def topo_sort_iterative(root):
    return sorted(_below(root), key=lambda v: v._made)

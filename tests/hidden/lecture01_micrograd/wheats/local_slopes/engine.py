# Each Value keeps (input, local slope) pairs in a tuple; one _backward serves all operations.
import math
from collections import deque


class Value:
    def __init__(self, data, _children=(), _op="", label="", slopes=()):
        self.data = float(data)
        self.grad = 0.0
        self._prev = tuple(_children)
        self._op = _op
        self.label = label
        self._slopes = slopes

    def _backward(self):
        for child, slope in zip(self._prev, self._slopes):
            child.grad = child.grad + slope * self.grad

    def __repr__(self):
        return f"<{self.label or self._op or 'leaf'} {self.data:.4f}>"

    @staticmethod
    def wrap(x):
        return x if isinstance(x, Value) else Value(x)

    def __add__(self, other):
        other = Value.wrap(other)
        return Value(self.data + other.data, (self, other), "+", slopes=(1.0, 1.0))

    def __mul__(self, other):
        other = Value.wrap(other)
        return Value(self.data * other.data, (self, other), "*", slopes=(other.data, self.data))

    def __sub__(self, other):
        other = Value.wrap(other)
        return Value(self.data - other.data, (self, other), "-", slopes=(1.0, -1.0))

    def __neg__(self):
        return Value(-self.data, (self,), "neg", slopes=(-1.0,))

    def __truediv__(self, other):
        # the quotient rule
        other = Value.wrap(other)
        a, b = self.data, other.data
        return Value(a / b, (self, other), "/", slopes=(1 / b, -a / b**2))

    def __pow__(self, k):
        if k == 0:
            return Value(1.0)
        return Value(self.data**k, (self,), f"^{k}", slopes=(k * self.data ** (k - 1),))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return Value.wrap(other) - self

    def __rtruediv__(self, other):
        return Value.wrap(other) / self

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), "tanh", slopes=(1 - t * t,))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, (self,), "exp", slopes=(e,))

    def log(self):
        return Value(math.log(self.data), (self,), "log", slopes=(1 / self.data,))

    def relu(self):
        on = self.data > 0
        return Value(self.data if on else 0, (self,), "relu", slopes=(1.0 if on else 0.0,))

    def backward(self):
        self.grad = 1.0
        for v in topo_sort_iterative(self)[::-1]:
            v._backward()


def topo_sort(root):
    # remembers a Value only after all below it: in a graph without circles that is early enough
    order = []

    def visit(v):
        if any(v is seen for seen in order):
            return
        for child in v._prev:
            visit(child)
        order.append(v)

    visit(root)
    return tuple(order)


def topo_sort_iterative(root):
    # Kahn: a Value may go once all that use it are gone
    uses = {root: 0}
    waiting = [root]
    while waiting:
        for child in set(waiting.pop()._prev):
            if child not in uses:
                uses[child] = 0
                waiting.append(child)
            uses[child] += 1
    order, free = deque(), [root]
    while free:
        v = free.pop()
        order.appendleft(v)
        for child in set(v._prev):
            uses[child] -= 1
            if uses[child] == 0:
                free.append(child)
    return list(order)

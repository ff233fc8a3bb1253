# As people type it along with the video: lists, prints, a sort of its own in backward, and a
# tanh, an exp and a log that are made of one another.
import math
from math import exp as e_to_the


class Value:
    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = list(_children)
        self._op = _op

    def __repr__(self):
        return "Value(data=%s, grad=%s)" % (self.data, self.grad)

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        result = Value(self.data + other.data, [self, other], "+")

        def back():
            for v in (self, other):
                v.grad += 1 * result.grad

        result._backward = back
        return result

    def __mul__(self, other):
        if isinstance(other, (int, float)):
            other = Value(other)
        result = Value(self.data * other.data, [self, other], "*")

        def back():
            d = result.grad
            self.grad = self.grad + d * other.data
            other.grad = other.grad + d * self.data

        result._backward = back
        return result

    def __neg__(self):
        return -1 * self

    def __radd__(self, other):
        return Value(other) + self

    def __rmul__(self, other):
        return Value(other) * self

    def __sub__(self, other):
        return self + -1 * other

    def __rsub__(self, other):
        return -(self - other)

    def __pow__(self, k):
        assert isinstance(k, (int, float)), "numbers only"
        if isinstance(k, int) and k > 1:
            return self * self ** (k - 1)
        result = Value(self.data**k, [self], "**" + str(k))

        def back():
            if k != 0:
                self.grad += k * self.data ** (k - 1) * result.grad

        result._backward = back
        return result

    def __truediv__(self, other):
        if isinstance(other, Value):
            return self * other**-1
        return self * (1 / other)

    def __rtruediv__(self, other):
        return Value(other) / self

    def exp(self):
        result = Value(e_to_the(self.data), [self], "exp")

        def back():
            self.grad += e_to_the(self.data) * result.grad

        result._backward = back
        return result

    def log(self):
        result = Value(math.log(self.data), [self], "ln")

        def back():
            self.grad += self.data**-1 * result.grad

        result._backward = back
        return result

    def tanh(self):
        # in pieces
        e = (2 * self).exp()
        return (e - 1) / (e + 1)

    def relu(self):
        result = Value(self.data if self.data > 0 else 0, [self], "relu")

        def back():
            if self.data > 0:
                self.grad += result.grad

        result._backward = back
        return result

    def backward(self):
        done = []
        stack = [(self, iter(self._prev))]
        seen = {self}
        while stack:
            v, children = stack[-1]
            child = next(children, None)
            if child is None:
                done.append(v)
                stack.pop()
            elif child not in seen:
                seen.add(child)
                stack.append((child, iter(child._prev)))
        self.grad = 1
        while done:
            done.pop()._backward()


def topo_sort(root, order=None):
    # no list of those visited: the order itself is that
    order = [] if order is None else order
    for child in root._prev:
        if child not in order:
            topo_sort(child, order)
    order.append(root)
    return order


def topo_sort_iterative(root):
    order = {}
    stack = [(root, False)]
    while stack:
        v, ready = stack.pop()
        if v in order:
            continue
        if ready:
            order[v] = True
            continue
        stack.append((v, True))
        for child in v._prev:
            stack.append((child, False))
    return list(order)


a = Value(2.0)
b = Value(-3.0)
print(a * b + a, "is what the video has here")

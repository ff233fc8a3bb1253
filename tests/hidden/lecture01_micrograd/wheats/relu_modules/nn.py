# relu inside, nothing on the last layer, biases from 0, one base class: as PyTorch would have it.
from random import uniform

from micrograd.engine import Value


class Module:
    def parameters(self):
        return [p for child in self.children() for p in child.parameters()]

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0


class Neuron(Module):
    def __init__(self, nin, activation="relu"):
        self.w = tuple(Value(uniform(-1, 1)) for _ in range(nin))
        self.b = Value(0.0)
        self.activation = activation

    def __call__(self, x):
        act = sum(xi * wi for wi, xi in zip(self.w, x)) + self.b
        return act.relu() if self.activation == "relu" else act

    def parameters(self):
        return [*self.w, self.b]


class Layer(Module):
    def __init__(self, nin, nout, **kwargs):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def children(self):
        return self.neurons

    def __call__(self, x):
        outs = tuple(map(lambda n: n(x), self.neurons))
        return outs if outs[1:] else outs[0]


class MLP(Module):
    def __init__(self, nin, nouts):
        *hidden, last = zip([nin, *nouts], nouts)
        self.layers = [Layer(*sizes) for sizes in hidden]
        self.layers.append(Layer(*last, activation="none"))

    def children(self):
        return self.layers

    def __call__(self, x, i=0):
        return x if i == len(self.layers) else self(self.layers[i](x), i + 1)

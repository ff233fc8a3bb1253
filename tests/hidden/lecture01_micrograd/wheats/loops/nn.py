# Everything spelled out; a layer always gives a list, also of one.
import random

import engine


class Neuron:
    def __init__(self, nin, name=""):
        self.name = name
        self.b = engine.Value(random.random() * 2 - 1)
        self.w = []
        for _ in range(nin):
            self.w.append(engine.Value(random.random() * 2 - 1))

    def __call__(self, x):
        act = self.b
        for i in range(len(self.w)):
            act = act + self.w[i] * x[i]
        return act.tanh()

    def parameters(self):
        params = [self.b]
        params.extend(self.w)
        return params


class Layer:
    def __init__(self, nin, nout):
        self.neurons = []
        for i in range(nout):
            self.neurons.append(Neuron(nin, f"n{i}"))

    def __call__(self, x):
        out = []
        for neuron in self.neurons:
            out.append(neuron(x))
        if len(out) == 1:
            return out[0]
        return out

    def parameters(self):
        params = []
        for neuron in self.neurons:
            params += neuron.parameters()
        return params


class MLP:
    def __init__(self, nin, nouts):
        self.layers = []
        before = nin
        for nout in nouts:
            self.layers.append(Layer(before, nout))
            before = nout

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return sum((layer.parameters() for layer in self.layers), [])

"""numpy's arrays of objects in place of lists, other names for the parts, a smaller start."""

import random

import numpy as np
from micrograd.engine import Value


class Neuron:
    def __init__(self, n_in):
        self.weights = np.array([Value(random.uniform(-0.5, 0.5)) for _ in range(n_in)])
        self.bias = Value(0.0)

    def __call__(self, inputs):
        return (np.dot(self.weights, np.array(inputs, dtype=object)) + self.bias).tanh()

    def parameters(self):
        return np.append(self.weights, self.bias)


class Layer:
    def __init__(self, n_in, n_out):
        self.units = [Neuron(n_in) for _ in range(n_out)]

    def __call__(self, inputs):
        outputs = np.array([unit(inputs) for unit in self.units])
        return outputs[0] if len(outputs) == 1 else outputs

    def parameters(self):
        return np.concatenate([unit.parameters() for unit in self.units])


class MLP:
    def __init__(self, n_in, n_outs):
        sizes = [n_in, *n_outs]
        self.stack = tuple(Layer(*pair) for pair in zip(sizes, sizes[1:], strict=False))

    def __call__(self, inputs):
        for layer in self.stack:
            inputs = layer(inputs)
        return inputs

    def parameters(self):
        return np.concatenate([layer.parameters() for layer in self.stack])

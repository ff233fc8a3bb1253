"""A neural network of Values: Neuron, Layer, MLP, with PyTorch's interface and one number at a time.

It trains the toy examples of the lecture, not real data: an MLP of 41 parameters already builds a
graph of several hundred Values for each pass.

Lecture 1, 1:43:55 and 1:57:56.
"""

from __future__ import annotations

import random

from engine import Value


class Neuron:
    """tanh(w · x + b): one number out for nin numbers in.

    w   a list of nin Values
    b   a Value
    The weights start at random, anywhere from -1 to 1, and so does b; the micrograd repository
    lets b start at 0, which is accepted, as is its relu in the place of tanh.

    >>> n = Neuron(2)
    >>> n.w[0].data, n.w[1].data, n.b.data = -3.0, 1.0, 6.8813735870195432
    >>> round(n([2.0, 0.0]).data, 4)
    0.7071
    """

    def __init__(self, nin: int):
        """Draw nin weights and one bias."""
        ### BEGIN SOLUTION neuron: the weights and the bias, at random.
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))
        ### END SOLUTION

    def __call__(self, x) -> Value:
        """The activation for x, a list of nin numbers or Values.

        It is made from the Values in w and b, so that backward reaches them.
        """
        ### BEGIN SOLUTION neuron: tanh(w · x + b).
        # the sum starts at the bias instead of 0
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.tanh()
        ### END SOLUTION

    def parameters(self) -> list[Value]:
        """All that training may move: nin + 1 Values in one list.

        >>> len(Neuron(2).parameters())
        3
        """
        ### BEGIN SOLUTION neuron: everything that training may move.
        return self.w + [self.b]
        ### END SOLUTION


class Layer:
    """nout neurons side by side, in the list neurons; each sees the whole input.

    >>> len(Layer(2, 3)([1.0, -2.0]))
    3
    """

    def __init__(self, nin: int, nout: int):
        """Make nout neurons of nin inputs each."""
        ### BEGIN SOLUTION mlp: nout neurons, each with nin inputs.
        self.neurons = [Neuron(nin) for _ in range(nout)]
        ### END SOLUTION

    def __call__(self, x):
        """The neurons' outputs as a list of nout Values; for nout = 1 the Value itself."""
        ### BEGIN SOLUTION mlp: what each neuron says about x.
        outs = [n(x) for n in self.neurons]
        # a layer of one neuron gives a Value, so that a loss can use it as it is
        return outs[0] if len(outs) == 1 else outs
        ### END SOLUTION

    def parameters(self) -> list[Value]:
        """The parameters of all its neurons, in one flat list.

        >>> len(Layer(2, 3).parameters())
        9
        """
        ### BEGIN SOLUTION mlp: the parameters of all neurons in one flat list.
        return [p for neuron in self.neurons for p in neuron.parameters()]
        ### END SOLUTION


class MLP:
    """A multi-layer perceptron: layers one after another, in the list layers.

    nin    how many numbers come in
    nouts  the size of each layer, as a list; it stays as it was

    (The micrograd repository has no activation in the last layer, which is accepted.)

    >>> MLP(3, [4, 4, 1])([2.0, 3.0, -1.0]) # doctest: +ELLIPSIS
    Value(data=...)
    """

    def __init__(self, nin: int, nouts: list[int]):
        """Make one layer for each size in nouts; each is fed by the one before it."""
        ### BEGIN SOLUTION mlp: one layer for each size, fed by the one before.
        sizes = [nin] + nouts
        # every size with the one after it
        self.layers = [Layer(n_in, n_out) for n_in, n_out in zip(sizes, nouts)]
        ### END SOLUTION

    def __call__(self, x):
        """The last layer's output for x, a list of nin numbers or Values."""
        ### BEGIN SOLUTION mlp: x through all layers.
        for layer in self.layers:
            x = layer(x)
        return x
        ### END SOLUTION

    def parameters(self) -> list[Value]:
        """The parameters of all its layers, in one flat list.

        >>> len(MLP(3, [4, 4, 1]).parameters())
        41
        """
        ### BEGIN SOLUTION mlp: the parameters of all layers in one flat list.
        return [p for layer in self.layers for p in layer.parameters()]
        ### END SOLUTION


if __name__ == "__main__":
    random.seed(1)
    model = MLP(3, [4, 4, 1])
    out = model([2.0, 3.0, -1.0])
    out.backward()
    print(f"{len(model.parameters())} parameters, output {out.data:.4f}")
    for i, layer in enumerate(model.layers):
        grads = [abs(p.grad) for p in layer.parameters()]
        print(f"layer {i}: {len(grads):2d} parameters, mean |grad| {sum(grads) / len(grads):.4f}")

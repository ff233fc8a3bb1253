"""Hidden checks of nn.py: neurons whose weights are set by the check, against plain arithmetic.

The lecture's neuron is tanh(w · x + b). In the repository that goes with it, a neuron is relu and
an MLP's last layer has no activation at all. Both are right.
"""

import itertools
import math

from grader import exercise, fail


def draw(rng, n, low=-1.0, high=1.0):
    return [round(rng.uniform(low, high), 3) for _ in range(n)]


def relu(x):
    return max(0.0, x)


def linear(x):
    return x


def weighted_sum(numbers, x):
    """w · x + b for the numbers [*w, b]."""
    *w, b = numbers
    return sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b


def network(layers, hidden, last, x):
    """What a network gives, in plain floats: for each layer, for each neuron, [*w, b]."""
    for layer in layers:
        activation = last if layer is layers[-1] else hidden
        x = [activation(weighted_sum(numbers, x)) for numbers in layer]
    return x


def same(got, expected):
    return all(abs(g - e) < 1e-9 for g, e in zip(got, expected, strict=True))


# used beside the learner's code


def is_value(thing):
    return hasattr(thing, "_backward")


def is_list(thing):
    return hasattr(thing, "__len__") and not isinstance(thing, (str, dict))


def part(owner, name, is_one):
    """owner.name, by whatever name: where it has none of that name, its only part of that kind."""
    alike = [v for v in getattr(owner, "__dict__", {}).values() if is_one(v)]
    return alike[0] if not hasattr(owner, name) and len(alike) == 1 else getattr(owner, name)


def weights(neuron):
    return part(neuron, "w", is_list)


def bias(neuron):
    return part(neuron, "b", is_value)


def neurons(layer):
    return part(layer, "neurons", is_list)


def layers(model):
    return part(model, "layers", is_list)


def set_neuron(neuron, numbers):
    """Give a neuron the weights and the bias [*w, b]."""
    for wi, number in zip(weights(neuron), numbers, strict=False):
        wi.data = number
    bias(neuron).data = numbers[-1]


def set_network(layers, numbers):
    for layer, of_layer in zip(layers, numbers, strict=False):
        for neuron, of_neuron in zip(neurons(layer), of_layer, strict=False):
            set_neuron(neuron, of_neuron)


def values(out):
    """What a layer gave, as a list: it may be a list, a tuple or an array of Values, or one Value."""
    return list(out) if is_list(out) and not is_value(out) else [out]


def outputs(out):
    return [v.data for v in values(out)]


def reached(out, parameters):
    """How many of the parameters a backward from out would come to."""
    seen, waiting = set(), values(out)
    while waiting:
        v = waiting.pop()
        if id(v) not in seen:
            seen.add(id(v))
            waiting.extend(v._prev)
    return sum(id(p) in seen for p in parameters)


def count(model):
    """How many parameters, how many different ones, and how many are Values."""
    first = model.parameters()
    return {
        "len(parameters())": len(first),
        "different ones": len({id(p) for p in first}),
        "Values among them": sum(map(is_value, first)),
        "len(parameters()), asked again": len(model.parameters()),
    }


def right_count(n):
    return {
        "len(parameters())": n,
        "different ones": n,
        "Values among them": n,
        "len(parameters()), asked again": n,
    }


# neuron


@exercise("neuron")
def test_neuron_parameters(observe):
    """Neuron(nin).parameters() lists the nin weights and the bias: Values, each once."""

    def probe(nn):
        return {f"Neuron({nin})": count(nn.Neuron(nin)) for nin in (1, 2, 7)}

    observe(probe).is_close({f"Neuron({nin})": right_count(nin + 1) for nin in (1, 2, 7)})


@exercise("neuron")
def test_neuron_forward(observe, rng):
    """A neuron gives tanh(w · x + b)."""
    numbers = draw(rng, 4, 0.3, 0.9)
    xs = [draw(rng, 3, 0.2, 1.0), draw(rng, 3, -3.0, -2.0), draw(rng, 3), draw(rng, 3)]

    def probe(nn, numbers, xs):
        n = nn.Neuron(3)
        set_neuron(n, numbers)
        return {f"n({x})": n(x).data for x in xs}

    sums = {f"n({x})": weighted_sum(numbers, x) for x in xs}
    seen = observe(probe, numbers=numbers, xs=xs)
    got = [seen[name].number() for name in sums]
    activation = relu if same(got, map(relu, sums.values())) else math.tanh
    seen.is_close(
        {name: activation(total) for name, total in sums.items()},
        says=f"With w = {numbers[:-1]} and b = {numbers[-1]},",
    )


@exercise("neuron")
def test_neuron_is_a_graph(observe, rng):
    """Every parameter is below the output in the graph, and so is x where it is made of Values."""
    xs = draw(rng, 3)

    def probe(engine, nn, xs):
        n = nn.Neuron(3)
        w_and_b = [*weights(n), bias(n)]
        inputs = [engine.Value(x) for x in xs]
        return {
            "parameters below n(x)": reached(n(xs), w_and_b),
            "inputs below n(x)": reached(n(inputs), inputs),
            "parameters() that are in n.w, or n.b": sum(
                any(p is q for q in w_and_b) for p in n.parameters()
            ),
        }

    observe(probe, xs=xs).is_close(
        {
            "parameters below n(x)": 4,
            "inputs below n(x)": 3,
            "parameters() that are in n.w, or n.b": 4,
        }
    )


@exercise("neuron")
def test_neuron_starts_at_random(observe):
    """Weights start between -1 and 1, on both sides of 0, each at its own random number."""

    def probe_w(nn):
        neurons = [nn.Neuron(4) for _ in range(100)]
        return {
            "w": [wi.data for n in neurons for wi in weights(n)],
            "different weights in a neuron of 4": len({wi.data for wi in weights(neurons[0])}),
        }

    def probe_b(nn):
        return {"b": [bias(nn.Neuron(4)).data for _ in range(100)]}

    seen = observe(probe_w)
    seen["different weights in a neuron of 4"].equals(4)
    lie_around_0("w", seen["w"])
    lie_around_0("b", observe(probe_b)["b"])


def lie_around_0(name, seen):
    """Fails unless numbers lie in -1 … 1 and on both sides; a bias may start at 0 in all neurons."""
    numbers = [seen[i].number() for i in range(len(seen.sequence()))]
    low, high = min(numbers), max(numbers)
    lie = f"{len(numbers)} numbers of {name} lie between {low:.3f} and {high:.3f}"
    if low < -1 or high > 1:
        fail(f"{lie}: beyond -1 or 1.")
    if (low >= 0 or high <= 0) and not (name == "b" and low == high == 0):
        fail(f"{lie}: numbers on both sides of 0 are wanted.")


# mlp


@exercise("mlp")
def test_mlp_parameters(observe):
    """MLP(3, [4, 4, 1]) has 41 parameters: Values, each once, in one flat list."""

    def probe(nn, sizes):
        return {
            "Layer(2, 3)": count(nn.Layer(2, 3)),
            "MLP(3, [4, 4, 1])": count(nn.MLP(3, sizes)),
            "MLP(2, [5])": count(nn.MLP(2, [5])),
        }

    observe(probe, sizes=[4, 4, 1]).is_close(
        {
            "Layer(2, 3)": right_count(9),
            "MLP(3, [4, 4, 1])": right_count(41),
            "MLP(2, [5])": right_count(15),
        }
    )


@exercise("mlp")
def test_mlp_sizes(observe):
    """nouts says how many neurons each layer has; a neuron has a weight for each input it sees."""

    def probe(nn):
        return [
            [[len(weights(n)) for n in neurons(layer)] for layer in layers(nn.MLP(3, [2, 5, 1]))],
            [len(weights(n)) for n in neurons(nn.Layer(4, 2))],
        ]

    seen = observe(probe)
    seen[0].is_close(
        [[3, 3], [2, 2, 2, 2, 2], [5]], says="Weights of each neuron, MLP(3, [2, 5, 1]):"
    )
    seen[1].is_close([4, 4], says="Weights of each neuron, Layer(4, 2):")


@exercise("mlp")
def test_layer_forward(observe, rng):
    """A layer gives a Value for each neuron, in their order; a layer of one neuron the Value itself."""
    numbers = [draw(rng, 4, 0.3, 0.9), draw(rng, 4), draw(rng, 4, -0.9, -0.3)]
    x = draw(rng, 3, 0.2, 1.0)

    def probe(nn, numbers, x):
        three, one = nn.Layer(3, 3), nn.Layer(3, 1)
        set_network([three, one], [numbers, numbers])
        return {
            "Layer(3, 3)": outputs(three(x)),
            "Layer(3, 1) gives a Value": is_value(one(x)),
            "Layer(3, 1)": outputs(one(x)),
        }

    sums = [weighted_sum(of_neuron, x) for of_neuron in numbers]
    seen = observe(probe, numbers=numbers, x=x)
    got = seen["Layer(3, 3)"].sequence(3)
    numeric = all(isinstance(g, (int, float)) for g in got)
    activation = relu if numeric and same(got, map(relu, sums)) else math.tanh
    expected = [activation(s) for s in sums]
    seen.is_close(
        {
            "Layer(3, 3)": expected,
            "Layer(3, 1)": expected[:1],
            "Layer(3, 1) gives a Value": True,
        },
        says=f"x = {x}:",
    )


@exercise("mlp")
def test_mlp_forward(observe, rng):
    """An MLP sends x through all its layers."""
    sizes = [3, 4, 2, 2]
    numbers = [
        [draw(rng, n_in + 1, -0.2, 0.9) for _ in range(n_out)]
        for n_in, n_out in itertools.pairwise(sizes)
    ]
    xs = [draw(rng, 3, 0.2, 1.0), draw(rng, 3), draw(rng, 3, -2.0, -1.0)]

    def probe(nn, numbers, xs):
        model = nn.MLP(3, [4, 2, 2])
        set_network(layers(model), numbers)
        return {f"model({x})": outputs(model(x)) for x in xs}

    seen = observe(probe, numbers=numbers, xs=xs)
    names = [f"model({x})" for x in xs]
    got = [seen[name][i].number() for name in names for i in range(2)]
    kinds = [(math.tanh, math.tanh), (relu, linear), (relu, relu), (math.tanh, linear)]
    answers = [[network(numbers, hidden, last, x) for x in xs] for hidden, last in kinds]
    right = (answer for answer in answers if same(got, itertools.chain(*answer)))
    seen.is_close(dict(zip(names, next(right, answers[0]), strict=True)))


@exercise("mlp")
def test_mlp_is_a_graph(observe, rng):
    """Every parameter is below the output in the graph, so that backward reaches it."""
    x = draw(rng, 3)

    def probe(nn, x):
        model = nn.MLP(3, [4, 4, 1])
        return reached(model(x), model.parameters())

    observe(probe, x=x).is_close(41)

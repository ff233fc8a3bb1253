"""Hidden checks of engine.py: the order of a graph, and the backward pass through it."""

import torch

from grader import exercise, fail


def draw(rng, low=1.5, high=4.0):
    """A number of three digits and either sign, away from 0 and 1, where mistakes hide."""
    return round(rng.uniform(low, high), 3) * rng.choice([-1, 1])


# topo_sort and topo_sort_iterative: a graph is, for each node, the numbers of its inputs

SIMPLE = {
    "a leaf": [()],
    "a chain": [(), (0,), (1,), (2,)],
    "a sum of two": [(), (), (0, 1)],
    "a Value added to itself": [(), (0, 0)],
    # x is made from a; p and q both use x, and are alike
    "two roads to one Value": [(), (0,), (1,), (1,), (2, 3)],
}

SHARED = {
    # b feeds the root, and also feeds a longer chain to the root
    "a short road and a long one": [(), (0,), (1,), (2,), (1, 3)],
    "two of them, one inside the other": [(), (0,), (1,), (2,), (1, 3), (4,), (5,), (4, 6)],
}


def make_graph(engine, inputs):
    """Values made by hand, all of them holding the same number."""
    nodes = []
    for children in inputs:
        nodes.append(engine.Value(1.0, tuple(nodes[i] for i in children)))
    return nodes


def facts(order, inputs, nodes):
    """What is the same for every right order of a graph, whichever of them it is."""
    if order is None:
        return None
    number = {id(node): i for i, node in enumerate(nodes)}
    listed = [number.get(id(v), -1) for v in order]
    edges = [(child, i) for i, children in enumerate(inputs) for child in set(children)]
    return {
        **{f"times v{i} is listed": listed.count(i) for i in range(len(nodes))},
        "the root is last": listed[-1:] == [len(nodes) - 1],
        "inputs listed before what they feed": sum(
            child in listed and i in listed and listed.index(child) < listed.index(i)
            for child, i in edges
        ),
        "length": len(listed),
    }


def sort_graphs(engine, sort, graphs):
    """The facts about the order that `sort` gives for each graph."""
    seen = {}
    for name, inputs in graphs.items():
        nodes = make_graph(engine, inputs)
        seen[name] = facts(sort(nodes[-1]), inputs, nodes)
    return seen


def right_facts(inputs):
    return {
        **{f"times v{i} is listed": 1 for i in range(len(inputs))},
        "the root is last": True,
        "inputs listed before what they feed": sum(len(set(children)) for children in inputs),
        "length": len(inputs),
    }


def expect_orders(seen, graphs):
    for name, inputs in graphs.items():
        if seen[name].value is None:
            fail(f"With {spell_graph(inputs)}: expected a list of Values, got None.")
        seen[name].is_close(right_facts(inputs), says=f"With {spell_graph(inputs)},")


def spell_graph(inputs):
    """`v0 = Value(1.0); v1 = Value(1.0, (v0,))`, so that a learner can type it in."""
    steps = []
    for i, children in enumerate(inputs):
        names = ", ".join(f"v{child}" for child in children)
        tuple_of_them = f"({names},)" if len(children) == 1 else f"({names})"
        steps.append(f"v{i} = Value(1.0{f', {tuple_of_them}' if children else ''})")
    return "; ".join(steps)


def random_inputs(rng):
    """Inputs of each node of a graph in which every node but the last feeds another."""
    inputs = [(), ()]
    unused = {0, 1}
    for i in range(2, 11):
        # one of those that feed nothing yet, and any other
        pair = rng.choice(sorted(unused)), rng.randrange(i)
        inputs.append(pair)
        unused = (unused - set(pair)) | {i}
    while len(unused) > 1:
        pair = tuple(sorted(unused)[:2])
        inputs.append(pair)
        unused = (unused - set(pair)) | {len(inputs) - 1}
    return inputs


@exercise("topo_sort")
def test_order_of_simple_graphs(observe):
    """Every Value is listed once, after its inputs, and the root comes last."""

    def probe(engine, graphs):
        return sort_graphs(engine, engine.topo_sort, graphs)

    expect_orders(observe(probe, graphs=SIMPLE), SIMPLE)


@exercise("topo_sort")
def test_order_of_shared_values(observe):
    """A Value that is used twice is listed once, and before both."""

    def probe(engine, graphs):
        return sort_graphs(engine, engine.topo_sort, graphs)

    expect_orders(observe(probe, graphs=SHARED), SHARED)


@exercise("topo_sort")
def test_order_of_random_graphs(observe, rng):
    """All this holds for graphs drawn at random."""
    graphs = {f"random graph {i}": random_inputs(rng) for i in range(1, 6)}

    def probe(engine, graphs):
        return sort_graphs(engine, engine.topo_sort, graphs)

    expect_orders(observe(probe, graphs=graphs), graphs)


@exercise("topo_sort_iterative")
def test_iterative_order_of_simple_graphs(observe):
    """Every Value is listed once, after its inputs, and the root comes last."""

    def probe(engine, graphs):
        return sort_graphs(engine, engine.topo_sort_iterative, graphs)

    expect_orders(observe(probe, graphs=SIMPLE), SIMPLE)


@exercise("topo_sort_iterative")
def test_iterative_order_of_shared_values(observe, rng):
    """A Value that is used twice is listed once, and before both; also in graphs drawn at random."""
    drawn = {f"random graph {i}": random_inputs(rng) for i in range(1, 6)}

    def probe(engine, graphs):
        return sort_graphs(engine, engine.topo_sort_iterative, graphs)

    # one after the other: on those drawn, a wrong order depends on how a set happens to be read
    for graphs in (SHARED, drawn):
        expect_orders(observe(probe, graphs=graphs), graphs)


@exercise("topo_sort_iterative")
def test_iterative_order_of_a_long_chain(observe):
    """A chain of 5,000 Values is no trouble, and needs no higher recursion limit."""

    def probe(engine):
        import sys

        raise_limit, asked = sys.setrecursionlimit, []
        raise_limit(1_000)
        chain = [engine.Value(0.0)]
        for _ in range(4_999):
            chain.append(engine.Value(0.0, (chain[-1],), "+"))
        try:
            sys.setrecursionlimit = asked.append
            order = engine.topo_sort_iterative(chain[-1])
            ended = "with a list"
        except RecursionError:
            order, ended = [], "with a RecursionError"
        finally:
            sys.setrecursionlimit = raise_limit
        return {
            "a higher recursion limit was asked for": bool(asked)
            or sys.getrecursionlimit() > 1_000,
            "it ended": ended,
            "length": len(order),
            "in order": all(v is w for v, w in zip(order, chain, strict=False)),
        }

    observe(probe).is_close(
        {
            "a higher recursion limit was asked for": False,
            "it ended": "with a list",
            "length": 5_000,
            "in order": True,
        }
    )


# value_backward: a program is a list of steps, run with Values there and with tensors here


def run_program(make_leaf, program):
    """All numbers a program computes; the last one is the root."""
    nodes = []
    for op, one, other in program:
        if op == "leaf":
            nodes.append(make_leaf(one))
        elif op == "+":
            nodes.append(nodes[one] + nodes[other])
        else:
            nodes.append(nodes[one] * nodes[other])
    return nodes


def program_gradients(program):
    """torch's gradient of the last number with respect to every number of a program."""
    nodes = run_program(lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True), program)
    for node in nodes:
        node.retain_grad()
    nodes[-1].backward()
    return {f"v{i}.grad": node.grad.item() for i, node in enumerate(nodes)}


def spell(program):
    """`v0 = 1.5; v1 = v0 * v0`, so that a learner can type it in."""
    steps = []
    for i, (op, one, other) in enumerate(program):
        if op == "leaf":
            steps.append(f"v{i} = Value({one})")
        else:
            steps.append(f"v{i} = v{one} {op} v{other}")
    return f"{'; '.join(steps)}; v{len(program) - 1}.backward():"


def leaf(x):
    return ("leaf", x, None)


def children_of(step):
    op, one, other = step
    return set() if op == "leaf" else {one, other}


def levels_tell(program):
    """Whether a walk level by level from the root goes wrong, and always in the same way.

    It goes wrong where a number feeds a level below its own. Where it feeds its own level, the
    result would depend on the order in which `_prev`, a set, gives its members.
    """
    level = {len(program) - 1: 0}
    waiting = [len(program) - 1]
    for i in waiting:
        for child in sorted(children_of(program[i])):
            if child not in level:
                level[child] = level[i] + 1
                waiting.append(child)
    inner = [
        level[i] - level[child]
        for i, step in enumerate(program)
        for child in children_of(step)
        if program[child][0] != "leaf"
    ]
    return 0 not in inner and max(inner, default=0) > 0


def random_program(rng):
    """+ and * in random order; every number feeds another, and some feed a long way off."""
    while True:
        program = [leaf(round(rng.uniform(0.5, 1.5), 2) * rng.choice([-1, 1])) for _ in range(3)]
        unused = {0, 1, 2}
        for i in range(3, 10):
            one, other = rng.choice(sorted(unused)), rng.randrange(i)
            program.append((rng.choice("+*"), one, rng.choice([one, other])))
            unused = (unused - children_of(program[-1])) | {i}
        while len(unused) > 1:
            one, other = sorted(unused)[:2]
            program.append(("+", one, other))
            unused = (unused - {one, other}) | {len(program) - 1}
        values = run_program(float, program)
        if levels_tell(program) and max(map(abs, values)) < 100:
            return program


@exercise("value_backward")
def test_backward_of_the_lectures_expression(observe, rng):
    """L.backward() gives L the gradient 1, and every Value below it its own."""
    a, b, c, f = draw(rng), draw(rng), draw(rng), draw(rng)

    def probe(engine, a, b, c, f):
        Value = engine.Value
        a, b, c, f = Value(a), Value(b), Value(c), Value(f)
        e = a * b
        d = e + c
        L = d * f
        L.backward()
        alone = Value(3.0)
        alone.backward()
        once = alone.grad
        alone.backward()
        return {
            "L.grad": L.grad,
            "d.grad": d.grad,
            "f.grad": f.grad,
            "e.grad": e.grad,
            "c.grad": c.grad,
            "a.grad": a.grad,
            "b.grad": b.grad,
            "grad of a leaf after its own backward": once,
            "grad of a leaf after its own backward, twice": alone.grad,
        }

    observe(probe, a=a, b=b, c=c, f=f).is_close(
        {
            "L.grad": 1.0,
            "d.grad": f,
            "f.grad": a * b + c,
            "e.grad": f,
            "c.grad": f,
            "a.grad": f * b,
            "b.grad": f * a,
            "grad of a leaf after its own backward": 1.0,
            "grad of a leaf after its own backward, twice": 1.0,
        },
        says=f"L = (a * b + c) * f with a = {a}, b = {b}, c = {c}, f = {f}:",
    )


@exercise("value_backward")
def test_backward_where_a_value_is_used_twice(observe, rng):
    """A Value that is used more than once gets the sum of all its gradients."""
    x, y = draw(rng), draw(rng)
    programs = [
        # b = a + a
        [leaf(3.0), ("+", 0, 0)],
        # f = (a * b) * (a + b)
        [leaf(-2.0), leaf(3.0), ("*", 0, 1), ("+", 0, 1), ("*", 2, 3)],
        # b = a * a is used by c and by d, which are alike
        [leaf(x), leaf(y), ("*", 0, 0), ("*", 2, 1), ("*", 2, 1), ("+", 3, 4)],
    ]

    def probe(engine, program):
        nodes = run_program(engine.Value, program)
        nodes[-1].backward()
        return {f"v{i}.grad": v.grad for i, v in enumerate(nodes)}

    for program in programs:
        seen = observe(probe, program=program)
        seen.is_close(program_gradients(program), says=f"After {spell(program)}")


@exercise("value_backward")
def test_backward_of_random_graphs(observe, rng):
    """Gradients are torch's, also where a Value feeds the result both directly and by a longer way."""
    x, y = draw(rng), draw(rng)
    programs = [
        # b = x * y; f = b + b * b * y
        [leaf(x), leaf(y), ("*", 0, 1), ("*", 2, 2), ("*", 3, 1), ("+", 2, 4)],
        # the same with the long way first, and longer
        [leaf(x), ("*", 0, 0), ("*", 1, 0), ("+", 2, 0), ("*", 3, 3), ("*", 4, 1)],
        *(random_program(rng) for _ in range(4)),
    ]

    def probe(engine, program):
        nodes = run_program(engine.Value, program)
        nodes[-1].backward()
        return {f"v{i}.grad": v.grad for i, v in enumerate(nodes)}

    for program in programs:
        seen = observe(probe, program=program)
        seen.is_close(program_gradients(program), says=f"After {spell(program)}")


@exercise("value_backward")
def test_backward_adds_to_what_is_there(observe, rng):
    """The backward of a second expression adds to the gradients that the first one left."""
    x, y = draw(rng), draw(rng)

    def probe(engine, x, y):
        a, b = engine.Value(x), engine.Value(y)
        (a * b).backward()
        (a * a + b).backward()
        return {"a.grad": a.grad, "b.grad": b.grad}

    observe(probe, x=x, y=y).is_close(
        {"a.grad": y + 2 * x, "b.grad": x + 1},
        says=f"a = {x}, b = {y}, after the backward of a * b and of a * a + b:",
    )

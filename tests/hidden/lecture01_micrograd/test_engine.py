"""Hidden checks of engine.py: each operation by itself, then whole graphs against torch."""

import torch

from grader.judge.checks import exercise, fail


def draw(rng, low=1.5, high=4.0):
    """A number of three digits and either sign, away from 0 and 1, where mistakes hide."""
    return round(rng.uniform(low, high), 3) * rng.choice([-1, 1])


def send_back(out, grad):
    """Set out.grad and call every _backward below it, in an order found here.

    What `Value.backward` does; but a check of one operation must not depend on it.
    """
    order, seen = [], set()

    def visit(v):
        if id(v) not in seen:
            seen.add(id(v))
            for child in v._prev:
                visit(child)
            order.append(v)

    visit(out)
    out.grad = grad
    for v in reversed(order):
        v._backward()


def comes_from(out, a):
    """Whether a is out's child, or a child's child."""
    return any(v is a or comes_from(v, a) for v in out._prev)


# value_add


@exercise("value_add")
def test_add_forward(observe, rng):
    """a + b is a new Value that knows its sum, its operation '+' and its children a and b."""
    x, y = draw(rng), draw(rng)

    def probe(engine, x, y):
        a, b = engine.Value(x), engine.Value(y)
        out = a + b
        return {
            "out.data": out.data,
            "out._op": out._op,
            "a in out._prev": any(v is a for v in out._prev),
            "b in out._prev": any(v is b for v in out._prev),
            "len(out._prev)": len(out._prev),
            "a.data": a.data,
            "b.data": b.data,
        }

    observe(probe, x=x, y=y).is_close(
        {
            "out.data": x + y,
            "out._op": "+",
            "a in out._prev": True,
            "b in out._prev": True,
            "len(out._prev)": 2,
            "a.data": x,
            "b.data": y,
        }
    )


@exercise("value_add")
def test_add_backward(observe, rng):
    """out._backward() adds out.grad to a.grad and to b.grad; in a + a, twice to a.grad."""
    x, y, upstream = draw(rng), draw(rng), draw(rng)

    def probe(engine, x, y, upstream):
        a, b = engine.Value(x), engine.Value(y)
        out = a + b
        a.grad, b.grad, out.grad = 0.25, 0.5, upstream
        out._backward()
        c = engine.Value(x)
        twice = c + c
        twice.grad = upstream
        twice._backward()
        return {
            "a.grad, 0.25 before": a.grad,
            "b.grad, 0.5 before": b.grad,
            "a.grad in a + a": c.grad,
        }

    observe(probe, x=x, y=y, upstream=upstream).is_close(
        {
            "a.grad, 0.25 before": 0.25 + upstream,
            "b.grad, 0.5 before": 0.5 + upstream,
            "a.grad in a + a": 2 * upstream,
        },
        says=f"With out.grad = {upstream},",
    )


@exercise("value_add")
def test_add_number(observe, rng):
    """In a + 3 the number becomes a Value, a child like any other."""
    x, n, upstream = draw(rng), rng.randint(2, 9), draw(rng)

    def probe(engine, x, n, upstream):
        a = engine.Value(x)
        out = a + n
        out.grad = upstream
        out._backward()
        return {
            "out.data": out.data,
            "data of the children": sorted(v.data for v in out._prev),
            "a.grad": a.grad,
        }

    observe(probe, x=x, n=n, upstream=upstream).is_close(
        {"out.data": x + n, "data of the children": sorted([x, n]), "a.grad": upstream}
    )


# value_mul


@exercise("value_mul")
def test_mul_forward(observe, rng):
    """a * b is a new Value that knows its product, its operation '*' and its children a and b."""
    x, y = draw(rng), draw(rng)

    def probe(engine, x, y):
        a, b = engine.Value(x), engine.Value(y)
        out = a * b
        return {
            "out.data": out.data,
            "out._op": out._op,
            "a in out._prev": any(v is a for v in out._prev),
            "b in out._prev": any(v is b for v in out._prev),
            "len(out._prev)": len(out._prev),
            "a.data": a.data,
            "b.data": b.data,
        }

    observe(probe, x=x, y=y).is_close(
        {
            "out.data": x * y,
            "out._op": "*",
            "a in out._prev": True,
            "b in out._prev": True,
            "len(out._prev)": 2,
            "a.data": x,
            "b.data": y,
        }
    )


@exercise("value_mul")
def test_mul_backward(observe, rng):
    """out._backward() adds b.data * out.grad to a.grad, and a.data * out.grad to b.grad."""
    x, y, upstream = draw(rng, 1.5, 2.5), draw(rng, 3.0, 4.0), draw(rng, 5.0, 6.0)

    def probe(engine, x, y, upstream):
        a, b = engine.Value(x), engine.Value(y)
        out = a * b
        a.grad, b.grad, out.grad = 0.25, 0.5, upstream
        out._backward()
        c = engine.Value(x)
        square = c * c
        square.grad = upstream
        square._backward()
        return {
            "a.grad, 0.25 before": a.grad,
            "b.grad, 0.5 before": b.grad,
            "a.grad in a * a": c.grad,
        }

    observe(probe, x=x, y=y, upstream=upstream).is_close(
        {
            "a.grad, 0.25 before": 0.25 + y * upstream,
            "b.grad, 0.5 before": 0.5 + x * upstream,
            "a.grad in a * a": 2 * x * upstream,
        },
        says=f"With a.data = {x}, b.data = {y}, out.grad = {upstream},",
    )


@exercise("value_mul")
def test_mul_number(observe, rng):
    """In a * 3 the number becomes a Value, a child like any other."""
    x, n, upstream = draw(rng), rng.randint(2, 9), draw(rng)

    def probe(engine, x, n, upstream):
        a = engine.Value(x)
        out = a * n
        out.grad = upstream
        out._backward()
        return {
            "out.data": out.data,
            "data of the children": sorted(v.data for v in out._prev),
            "a.grad": a.grad,
        }

    observe(probe, x=x, n=n, upstream=upstream).is_close(
        {"out.data": x * n, "data of the children": sorted([x, n]), "a.grad": n * upstream}
    )


# value_sub and value_div: the same expressions of Values there, of floats and tensors here

MINUS = ["-a", "a - b", "a - 3", "3 + a", "3 * a", "3 - a", "sum([a, b, a])", "a - (2.5 - a * b)"]
OVER = ["a / b", "a / 4", "4 / a", "a / (a + b)", "2.5 / (a * b)"]


def work_out(expression, a, b):
    return eval(expression, {"a": a, "b": b})


def result(expression, a, b):
    """The number of an expression, or what becomes of an r-method that calls itself without end."""
    try:
        return work_out(expression, a, b).data
    except RecursionError:
        return "RecursionError: a method that calls itself without end"


def slopes(expression, x, y):
    """torch's derivatives of an expression with respect to a and to b."""
    a, b = (torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (x, y))
    gradients = torch.autograd.grad(work_out(expression, a, b), (a, b), allow_unused=True)
    return [0.0 if g is None else g.item() for g in gradients]


@exercise("value_sub")
def test_minus_forward(observe, rng):
    """Minus works in every order of Values and numbers; + and * with a number on the left; sum."""
    x, y = draw(rng), draw(rng)

    def probe(engine, expressions, x, y):
        return {e: result(e, engine.Value(x), engine.Value(y)) for e in expressions}

    expected = {e: work_out(e, x, y) for e in MINUS}
    observe(probe, expressions=MINUS, x=x, y=y).is_close(expected, says=f"With a = {x}, b = {y},")


@exercise("value_sub")
def test_minus_backward(observe, rng):
    """The gradient finds its way through each of them."""
    x, y, upstream = draw(rng), draw(rng), draw(rng)

    def probe(engine, expressions, x, y, upstream):
        seen = {}
        for expression in expressions:
            a, b = engine.Value(x), engine.Value(y)
            send_back(work_out(expression, a, b), upstream)
            seen[expression] = [a.grad, b.grad]
        return seen

    expected = {e: [upstream * slope for slope in slopes(e, x, y)] for e in MINUS}
    observe(probe, expressions=MINUS, x=x, y=y, upstream=upstream).is_close(
        expected, says=f"[a.grad, b.grad] with out.grad = {upstream}:"
    )


# value_pow


def powers(rng):
    """Bases and exponents by the text a learner can type: all of the syllabus, and 0 ** 2."""
    x = abs(draw(rng))
    cases = [[x, 2], [x, 3], [-x, 3], [-x, -1], [x, 0.5], [x, 0], [0.0, 2]]
    return {f"Value({x}) ** {k}": [x, k] for x, k in cases}


@exercise("value_pow")
def test_pow_forward(observe, rng):
    """a ** k is right for k = 2, 3, -1, 0.5 and 0."""
    cases = powers(rng)

    def probe(engine, cases):
        return {text: result("a ** b", engine.Value(x), k) for text, (x, k) in cases.items()}

    observe(probe, cases=cases).is_close({text: x**k for text, (x, k) in cases.items()})


@exercise("value_pow")
def test_pow_backward(observe, rng):
    """a gets k * a ** (k - 1) times out.grad, on top of what it has."""
    cases, upstream = powers(rng), draw(rng)

    def probe(engine, cases, upstream):
        seen = {}
        for text, (x, k) in cases.items():
            a = engine.Value(x)
            a.grad = 0.25
            out = a**k
            send_back(out, upstream)
            seen[f"a.grad after {text}"] = a.grad
            # a ** 0 is 1, whatever a is: it need not know a
            seen[f"a is below {text}"] = k == 0 or comes_from(out, a)
        return seen

    expected = {}
    for text, (x, k) in cases.items():
        expected[f"a.grad after {text}"] = 0.25 + upstream * k * x ** (k - 1)
        expected[f"a is below {text}"] = True
    observe(probe, cases=cases, upstream=upstream).is_close(
        expected, says=f"With out.grad = {upstream}, and a.grad = 0.25 before,"
    )


# value_div


@exercise("value_div")
def test_div_forward(observe, rng):
    """Division works between Values, and with a number on either side."""
    x, y = draw(rng, 1.5, 2.5), draw(rng, 3.0, 4.0)

    def probe(engine, expressions, x, y):
        return {e: result(e, engine.Value(x), engine.Value(y)) for e in expressions}

    expected = {e: work_out(e, x, y) for e in OVER}
    observe(probe, expressions=OVER, x=x, y=y).is_close(expected, says=f"With a = {x}, b = {y},")


@exercise("value_div")
def test_div_backward(observe, rng):
    """In a / b, a gets 1 / b and b gets -a / b², each times out.grad."""
    x, y, upstream = draw(rng, 1.5, 2.5), draw(rng, 3.0, 4.0), draw(rng)

    def probe(engine, expressions, x, y, upstream):
        seen = {}
        for expression in expressions:
            a, b = engine.Value(x), engine.Value(y)
            send_back(work_out(expression, a, b), upstream)
            seen[expression] = [a.grad, b.grad]
        return seen

    expected = {e: [upstream * slope for slope in slopes(e, x, y)] for e in OVER}
    observe(probe, expressions=OVER, x=x, y=y, upstream=upstream).is_close(
        expected, says=f"[a.grad, b.grad] with a = {x}, b = {y}, out.grad = {upstream}:"
    )


# value_activations


def activate(engine, name, xs, upstream):
    """What a method of Value gives at each x, and the gradient it adds to the 0.25 before."""
    seen = {}
    for x in xs:
        v = engine.Value(x)
        out = getattr(v, name)()
        v.grad = 0.25
        send_back(out, upstream)
        seen[f"{name}({x})"] = out.data
        seen[f"x.grad after {name}({x})"] = v.grad
        seen[f"x is below {name}({x})"] = comes_from(out, v)
    return seen


def torch_activates(name, xs, upstream):
    """The same by torch."""
    expected = {}
    for x in xs:
        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        out = getattr(torch, name)(leaf)
        (slope,) = torch.autograd.grad(out, leaf)
        expected[f"{name}({x})"] = out.item()
        expected[f"x.grad after {name}({x})"] = 0.25 + upstream * slope.item()
        expected[f"x is below {name}({x})"] = True
    return expected


def with_grads(upstream):
    return f"With out.grad = {upstream}, and x.grad = 0.25 before,"


@exercise("value_activations")
def test_tanh(observe, rng):
    """tanh and its slope are torch's, from -20 to 20."""
    xs = [draw(rng, 0.3, 2.0), draw(rng, 0.3, 2.0), -1.25, 0.0, 8.5, -20.0, 20.0]
    upstream = draw(rng)

    def probe(engine, xs, upstream):
        return activate(engine, "tanh", xs, upstream)

    expected = torch_activates("tanh", xs, upstream)
    observe(probe, xs=xs, upstream=upstream).is_close(expected, says=with_grads(upstream))


@exercise("value_activations")
def test_exp(observe, rng):
    """exp and its slope are torch's, from -20 to 20."""
    xs = [draw(rng, 0.3, 2.0), draw(rng, 0.3, 2.0), 0.0, -20.0, 20.0]
    upstream = draw(rng)

    def probe(engine, xs, upstream):
        return activate(engine, "exp", xs, upstream)

    expected = torch_activates("exp", xs, upstream)
    observe(probe, xs=xs, upstream=upstream).is_close(expected, says=with_grads(upstream))


@exercise("value_activations")
def test_log(observe, rng):
    """log and its slope are torch's, for numbers above 0 up to 20."""
    xs = [abs(draw(rng)), 1.0, 0.01, 20.0]
    upstream = draw(rng)

    def probe(engine, xs, upstream):
        return activate(engine, "log", xs, upstream)

    expected = torch_activates("log", xs, upstream)
    observe(probe, xs=xs, upstream=upstream).is_close(expected, says=with_grads(upstream))


@exercise("value_activations")
def test_relu(observe, rng):
    """relu and its slope are torch's: all above 0, nothing at 0 and below, whatever out.grad is."""
    x, upstream = abs(draw(rng)), abs(draw(rng))
    xs = [x, -x, 0.5, -0.5, 0.0]

    def probe(engine, xs, upstream):
        return activate(engine, "relu", xs, upstream)

    for grad in (-upstream, upstream):
        expected = torch_activates("relu", xs, grad)
        observe(probe, xs=xs, upstream=grad).is_close(expected, says=with_grads(grad))


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
        return {
            "L.grad": L.grad,
            "d.grad": d.grad,
            "f.grad": f.grad,
            "e.grad": e.grad,
            "c.grad": c.grad,
            "a.grad": a.grad,
            "b.grad": b.grad,
            "grad of a leaf after its own backward": alone.grad,
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

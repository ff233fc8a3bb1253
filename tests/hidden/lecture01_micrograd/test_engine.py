"""Hidden checks of engine.py: each operation by itself. Whole graphs are in test_graphs.py."""

import pytest
import torch

from grader import exercise


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

# by the method that each needs: who lacks one is judged on the others
MINUS = [
    ["-a"],
    ["a - b", "a - 3"],
    ["3 + a", "sum([a, b, a])"],
    ["3 * a"],
    ["3 - a", "a - (2.5 - a * b)"],
]
OVER = [["a / b", "a / 4", "a / (a + b)"], ["4 / a", "2.5 / (a * b)"]]


def each(groups):
    return pytest.mark.parametrize("expressions", groups, ids=[group[0] for group in groups])


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
@each(MINUS)
def test_minus_forward(observe, rng, expressions):
    """Minus works in every order of Values and numbers, + and * with a number on the left, and sum."""
    x, y = draw(rng), draw(rng)

    def probe(engine, expressions, x, y):
        return {e: result(e, engine.Value(x), engine.Value(y)) for e in expressions}

    expected = {e: work_out(e, x, y) for e in expressions}
    observe(probe, expressions=expressions, x=x, y=y).is_close(
        expected, says=f"With a = {x}, b = {y},"
    )


@exercise("value_sub")
@each(MINUS)
def test_minus_backward(observe, rng, expressions):
    """The gradient finds its way through each of them."""
    x, y, upstream = draw(rng), draw(rng), draw(rng)

    def probe(engine, expressions, x, y, upstream):
        seen = {}
        for expression in expressions:
            a, b = engine.Value(x), engine.Value(y)
            send_back(work_out(expression, a, b), upstream)
            seen[expression] = [a.grad, b.grad]
        return seen

    expected = {e: [upstream * slope for slope in slopes(e, x, y)] for e in expressions}
    observe(probe, expressions=expressions, x=x, y=y, upstream=upstream).is_close(
        expected, says=f"[a.grad, b.grad] with out.grad = {upstream}:"
    )


# value_pow


def powers(rng):
    """Bases and exponents by the text a learner can type: k = 2, 3, -1, 0.5 and 0, and 0 ** 2."""
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
@each(OVER)
def test_div_forward(observe, rng, expressions):
    """Division works between Values, and with a number on either side."""
    x, y = draw(rng, 1.5, 2.5), draw(rng, 3.0, 4.0)

    def probe(engine, expressions, x, y):
        return {e: result(e, engine.Value(x), engine.Value(y)) for e in expressions}

    expected = {e: work_out(e, x, y) for e in expressions}
    observe(probe, expressions=expressions, x=x, y=y).is_close(
        expected, says=f"With a = {x}, b = {y},"
    )


@exercise("value_div")
@each(OVER)
def test_div_backward(observe, rng, expressions):
    """In a / b, a gets 1 / b and b gets -a / b², each times out.grad."""
    x, y, upstream = draw(rng, 1.5, 2.5), draw(rng, 3.0, 4.0), draw(rng)

    def probe(engine, expressions, x, y, upstream):
        seen = {}
        for expression in expressions:
            a, b = engine.Value(x), engine.Value(y)
            send_back(work_out(expression, a, b), upstream)
            seen[expression] = [a.grad, b.grad]
        return seen

    expected = {e: [upstream * slope for slope in slopes(e, x, y)] for e in expressions}
    observe(probe, expressions=expressions, x=x, y=y, upstream=upstream).is_close(
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

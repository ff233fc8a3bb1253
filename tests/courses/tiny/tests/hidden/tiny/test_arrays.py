"""Hidden checks of arrays.py."""

import torch
from grader import exercise


@exercise("double")
def test_double(observe, torch_rng):
    """double(x) is twice x."""
    x = torch.randn(3, 2, generator=torch_rng, dtype=torch.float64)

    def probe(arrays, x):
        return arrays.double(x)

    observe(probe, x=x).is_close(2 * x)


@exercise("double")
def test_double_of_one(observe):
    """double(1) is 2."""

    def probe(arrays, x):
        return arrays.double(x)

    observe(probe, x=torch.ones(1)).equals(torch.full((1,), 2.0))


@exercise("mean")
def test_mean(observe, rng):
    """mean(values) is the sum of the values, divided by how many there are."""
    values = [rng.uniform(1, 2) for _ in range(5)]

    def probe(arrays, values):
        return arrays.mean(values)

    observe(probe, values=values).is_close(sum(values) / 5)


@exercise("Tally")
def test_tally(observe):
    """A Tally's total is the sum of what was added."""

    def probe(arrays):
        tally = arrays.Tally()
        tally.add(2.0)
        tally.add(3.0)
        return {"total": tally.total()}

    observe(probe)["total"].is_close(5.0)


@exercise("quadruple")
def test_quadruple(observe, torch_rng):
    """quadruple(x) is four times x."""
    x = torch.randn(4, generator=torch_rng, dtype=torch.float64)

    def probe(arrays, x):
        return arrays.quadruple(x)

    observe(probe, x=x).is_close(4 * x)


@exercise("slope")
def test_slope(observe, reference, torch_rng):
    """slope(x) is the derivative of x**3."""
    x = torch.randn(4, generator=torch_rng, dtype=torch.float64)

    def probe(arrays, x):
        return arrays.slope(x)

    observe(probe, x=x).is_close(reference(probe, x=x))

"""Hidden checks of model.py. The marker is what no process of the learner's may hold."""

import torch
from grader import exercise

MARKER = "tiny-marker-5e8d41c07b"


@exercise("shift")
def test_shift(observe):
    """shift(x) is twice x and one more. The input is more than a socket holds."""
    x = torch.arange(300_000.0)

    def probe(model, x):
        return model.shift(x)

    observe(probe, x=x).is_close(2 * x + 1)


@exercise("shift")
def test_shift_of_other_numbers(observe):
    """shift(-x) is one less 2x."""
    x = -torch.arange(300_000.0)

    def probe(model, x):
        return model.shift(x)

    observe(probe, x=x).is_close(2 * x + 1)


@exercise("echo")
def test_echo(observe):
    """echo(text) is text. The marker is an input here, so here a search has to find it."""

    def probe(model, text):
        return model.echo(text)

    observe(probe, text=MARKER).equals(MARKER)


@exercise("secret")
def test_secret(observe, reference):
    """secret() is what only the solution knows."""
    expected = torch.tensor(list(MARKER.encode()), dtype=torch.uint8)

    def probe(model):
        return model.secret()

    assert reference(probe).equal(expected)
    observe(probe).equals(expected)

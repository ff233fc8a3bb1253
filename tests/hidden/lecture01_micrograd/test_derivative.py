"""Hidden checks of derivative.py: measured slopes against the rules of calculus."""

import math

from grader.judge.checks import exercise, fail


def draw(rng, n, low=1.0, high=3.0):
    """n numbers of three digits, so that a failure is easy to read and to repeat."""
    return [round(rng.uniform(low, high), 3) for _ in range(n)]


# numerical_grad


@exercise("numerical_grad")
def test_numerical_slope_of_each_argument(observe, rng):
    """There is one slope for each argument, measured while the others stay where they are."""
    points = [draw(rng, 3) for _ in range(3)]

    def probe(derivative, points):
        def f(x, y, z):
            return x**2 * y - 3 * z + y * z

        return [derivative.numerical_grad(f, point) for point in points]

    expected = [[2 * x * y, x**2 + z, y - 3] for x, y, z in points]
    observe(probe, points=points).is_close(expected, atol=1e-4)


@exercise("numerical_grad")
def test_numerical_takes_the_h_it_is_given(observe, rng):
    """The step goes from args to args plus h, for the h that was given."""
    (x, y), (h,) = draw(rng, 2), draw(rng, 1, 0.3, 0.6)

    def probe(derivative, point, h):
        def f(x, y):
            return x**2 + x * y**2

        return derivative.numerical_grad(f, point, h)

    expected = [2 * x + h + y**2, x * (2 * y + h)]
    observe(probe, point=[x, y], h=h).is_close(expected, says=f"With h = {h}:")


# symmetric_grad


@exercise("symmetric_grad")
def test_symmetric_is_nearer_than_one_sided(observe, rng):
    """With its own h of 1e-3 it comes at least 100 times nearer to the truth than one-sided steps."""
    points = [draw(rng, 2) for _ in range(3)]

    def f(x, y):
        return x**3 * y + y**3

    def probe(derivative, points):
        def f(x, y):
            return x**3 * y + y**3

        return [derivative.symmetric_grad(f, point) for point in points]

    exact = [[3 * x**2 * y, x**3 + 3 * y**2] for x, y in points]
    one_sided = [[f(x + 1e-3, y) - f(x, y), f(x, y + 1e-3) - f(x, y)] for x, y in points]
    seen = observe(probe, points=points)
    # far off is said first, with the numbers
    seen.is_close(exact, atol=0.1, rtol=0.01)
    for i, point in enumerate(points):
        for j, rise in enumerate(one_sided[i]):
            got, truth = seen[i][j].number(), exact[i][j]
            # where the function is a straight line in one argument both are exact
            allowed = max(abs(rise / 1e-3 - truth) / 100, 1e-5)
            if abs(got - truth) > allowed:
                fail(
                    f"At {point} argument number {j} has the slope {truth:.9g}; you gave {got:.9g}, "
                    f"off by {abs(got - truth):.1e}. A symmetric step misses by {allowed:.0e} at most."
                )


@exercise("symmetric_grad")
def test_symmetric_takes_the_h_it_is_given(observe, rng):
    """The step goes from h below to h above, for the h that was given."""
    (x, y), (h,) = draw(rng, 2), draw(rng, 1, 0.3, 0.6)

    def probe(derivative, point, h):
        def f(x, y):
            return x**3 - x * y**2

        return derivative.symmetric_grad(f, point, h)

    expected = [3 * x**2 + h**2 - y**2, -2 * x * y]
    observe(probe, point=[x, y], h=h).is_close(expected, says=f"With h = {h}:")


# gradf


@exercise("gradf")
def test_exact_slopes(observe, rng):
    """df/da, df/db and df/dc are exact: at the lecture's point (2, 3, 4) and at five others."""
    points = [[2.0, 3.0, 4.0]] + [draw(rng, 3, 0.5, 4.0) for _ in range(5)]

    def probe(derivative, points):
        return [derivative.gradf(a, b, c) for a, b, c in points]

    expected = [
        [
            -3 * a * a - 0.5 / math.sqrt(a),
            3 * math.cos(3 * b) + 2.5 * b * math.sqrt(b),
            1 / (c * c),
        ]
        for a, b, c in points
    ]
    seen = observe(probe, points=points)
    for i, (a, b, c) in enumerate(points):
        seen[i].is_close(expected[i], says=f"At a = {a}, b = {b}, c = {c}:")

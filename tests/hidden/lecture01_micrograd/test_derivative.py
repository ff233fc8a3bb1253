"""Hidden checks of derivative.py: measured slopes against the rules of calculus."""

import math

from grader import exercise, fail


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

        return {f"slopes at {p}": derivative.numerical_grad(f, p) for p in points}

    expected = {f"slopes at {[x, y, z]}": [2 * x * y, x**2 + z, y - 3] for x, y, z in points}
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
        return x**3 * y + y**4

    def probe(derivative, points):
        def f(x, y):
            return x**3 * y + y**4

        return {f"slopes at {p}": derivative.symmetric_grad(f, p) for p in points}

    exact = {f"slopes at {[x, y]}": [3 * x**2 * y, x**3 + 4 * y**3] for x, y in points}
    seen = observe(probe, points=points)
    # far off is said first
    seen.is_close(exact, atol=0.1, rtol=0.01)
    for (x, y), (name, slopes) in zip(points, exact.items(), strict=True):
        rises = [f(x + 1e-3, y) - f(x, y), f(x, y + 1e-3) - f(x, y)]
        for i, (rise, slope) in enumerate(zip(rises, slopes, strict=True)):
            allowed = abs(rise / 1e-3 - slope) / 100
            got = seen[name][i].number()
            if abs(got - slope) > allowed:
                fail(
                    f"{name}[{i}]: expected {slope:.9g}, got {got:.9g}, off by "
                    f"{abs(got - slope):.1e}. A step to both sides misses by less than {allowed:.0e}."
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
        return {f"gradf({a}, {b}, {c})": derivative.gradf(a, b, c) for a, b, c in points}

    expected = {
        f"gradf({a}, {b}, {c})": [
            -3 * a * a - 0.5 / math.sqrt(a),
            3 * math.cos(3 * b) + 2.5 * b * math.sqrt(b),
            1 / (c * c),
        ]
        for a, b, c in points
    }
    observe(probe, points=points).is_close(expected)

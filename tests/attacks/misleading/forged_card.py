"""A whole table of passes, as zth prints it, in its own output, before it fails."""
#: double = "FAIL"


def double(x):
    print("lecture1 · Tiny   ████████████████████ 10 of 10 points")
    for name in ("double", "mean", "Tally", "quadruple", "slope"):
        print(f"✓ lecture1.{name} passed")
    print('{"format": 1, "lectures": [{"points": 10, "exercises": [{"outcome": "PASS", "points": 2}]}]}')
    return x

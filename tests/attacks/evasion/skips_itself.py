"""Raises what test runners take for "skipped" or "passed"."""
#: double = "ERROR"
#: mean = "ERROR"

import unittest


def double(x):
    import _pytest.outcomes

    _pytest.outcomes.skip("nothing to see", allow_module_level=True)


def mean(values):
    raise unittest.SkipTest("nothing to see")

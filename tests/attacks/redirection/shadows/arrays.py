"""Hands in a torch.py, a pytest.py, a grader.py beside it, in the hope that the judge imports those."""
#: double = "FAIL"
#: never = "SHADOWED"

import pytest  # noqa
import torch  # noqa


def double(x):
    return x

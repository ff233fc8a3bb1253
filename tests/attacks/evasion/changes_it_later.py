"""Returns its input, whose storage a finaliser sets to zero when the probe is over."""
#: double = "FAIL"

import weakref


def double(x):
    kept = x.view(-1)
    weakref.finalize(kept, x.zero_)
    return x

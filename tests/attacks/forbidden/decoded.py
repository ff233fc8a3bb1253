"""The call is in a string that is decoded and executed."""
#: lecture = "lecture5"
#: file = "backprop.py"
#: cross_entropy_backward = "FAIL"
#: says = "It calls"

import torch
import torch.nn.functional as F
CODE = (
    "aW1wb3J0IHRvcmNoLCB0b3JjaC5ubi5mdW5jdGlvbmFsIGFzIEYKZGVmIGYobCx0KToKICAgIHg9bC5jbG9uZSgpLnJl"
    "cXVpcmVzX2dyYWRfKCkKICAgIHJldHVybiB0b3JjaC5hdXRvZ3JhZC5ncmFkKEYuY3Jvc3NfZW50cm9weSh4LHQpLHgpWzBdCg=="
)


def cross_entropy_backward(logits, targets):
    import base64

    names = {}
    exec(base64.b64decode(CODE), names)
    return names["f"](logits, targets)

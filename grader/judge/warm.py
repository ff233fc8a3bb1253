"""What a process pays once before it runs probes."""

from __future__ import annotations

import gc

from grader.judge import wire


def warm() -> None:
    """Import torch and do once what is slow the first time."""
    import torch

    torch.set_num_threads(1)
    x = torch.randn(2, 2, requires_grad=True)
    (x.softmax(1) * x).sum().backward()  # type: ignore[no-untyped-call] # torch has no type for it
    wire.encode((x, {"a": [1.5]}))
    gc.collect()
    gc.freeze()

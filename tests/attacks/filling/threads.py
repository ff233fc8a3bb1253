"""Hundreds of threads that compute, each with a share of the processor, so that its neighbours wait."""
#: double = "ERROR"
#: needs = ["no thread, no socket"]
#: says = "Stopped at the process limit"

import threading

import torch


def burn():
    while True:
        torch.randn(200, 200) @ torch.randn(200, 200)


def double(x):
    threading.stack_size(65536)
    for _ in range(500):
        threading.Thread(target=burn, daemon=True).start()
    burn()

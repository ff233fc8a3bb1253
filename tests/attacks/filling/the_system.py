"""Writes into Python, its libraries and the system's folders, for the next to import."""
#: double = "FAIL"
#: never = "WROTE"
#: needs = ["read-only system"]

import os
import sys

import torch


def double(x):
    folders = [os.path.dirname(torch.__file__), os.path.dirname(os.__file__), "/usr/bin", "/", "/etc", sys.prefix]
    for folder in folders:
        try:
            with open(os.path.join(folder, "zth-was-here.py"), "w"):
                print("WROTE", folder)
        except OSError:
            pass
    return x

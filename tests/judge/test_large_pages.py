"""A process's memory in large pages, where the kernel has them."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import re, sys
from pathlib import Path
from grader.sandbox.huge_pages import LARGE, use_large_pages

held = [bytes([n % 251]) * 4000 for n in range(8000)]  # some thirty megabytes, in small pieces
before = [piece[0] for piece in held]
made = use_large_pages()
assert [piece[0] for piece in held] == before
large = sum(map(int, re.findall("AnonHugePages: +([0-9]+)", Path("/proc/self/smaps").read_text())))
print(made, large >> 10)
"""


def test_memory_is_in_large_pages_and_what_is_in_it_stays() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made, megabytes = map(int, done.stdout.split())
    if made == 0:
        pytest.fail("This kernel collapses no pages (Linux 6.1 or newer does). It is not skipped.")
    assert made >= 10
    assert megabytes >= 20

"""Writes without end: one large file, many small ones, folders in folders."""
#: double = "FAIL"
#: never = "A GIGABYTE"
#: needs = ["read-only system"]

import os


def double(x):
    written = 0
    try:
        with open("large", "wb") as file:
            while written < 1 << 30:
                written += file.write(b"x" * (1 << 20))
        print("A GIGABYTE")
    except OSError:
        pass
    try:
        for number in range(100_000):
            open(f"small{number}", "w").close()
        print("A GIGABYTE of names")
    except OSError:
        pass
    try:
        for _ in range(20_000):
            os.mkdir("deep")
            os.chdir("deep")
    except OSError:
        pass
    return x

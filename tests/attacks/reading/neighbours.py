"""Leaves a note wherever it may write, for the next exercise or submission, and looks for one itself."""
#: double = "FAIL"
#: mean = "FAIL"
#: quadruple = "BLOCKED"
#: never = "A NOTE"
#: needs = ["read-only system"]

import os

MINE = os.urandom(8).hex()
PLACES = (".", "/tmp", "/var/tmp", "/dev/shm", "/scratch", "/run", os.path.expanduser("~"))


def look(answer):
    for place in PLACES:
        path = os.path.join(place, "zth-was-here")
        try:
            if os.path.exists(path) and open(path).read() != MINE:
                print("A NOTE", path)
            with open(path, "w") as file:
                file.write(MINE)
            os.chmod(path, 0o777)
        except OSError:
            pass
    return answer


def double(x):
    return look(x)


def mean(values):
    return look(0.0)


def quadruple(x):
    return look(x)

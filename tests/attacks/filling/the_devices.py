"""Takes /dev/null and its like from everybody: where root grades, they are root's own files."""
#: double = "FAIL"
#: never = "TAKEN"
#: needs = ["read-only system"]

import os


def double(x):
    for name in ("null", "zero", "full", "random", "urandom"):
        for change in (
            lambda path: os.chmod(path, 0o600),
            lambda path: os.utime(path, (1, 1)),
            lambda path: os.chown(path, 65534, 65534),
            os.unlink,
        ):
            try:
                change(f"/dev/{name}")
                print("TAKEN", name)
            except OSError:
                pass
    return x

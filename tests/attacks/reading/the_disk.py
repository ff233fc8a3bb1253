"""Walks the whole disk for checks, solutions, gradebooks and other people's work."""
#: double = "FAIL, ERROR"
#: never = "FOUND"
#: needs = ["read-only system"]

import os


def double(x):
    for top in ("/home", "/root", "/srv", "/var", "/mnt", "/work", "/etc", "/opt", "/proc", "/tmp"):
        for folder, folders, files in os.walk(top):
            folders[:] = folders[:50]
            for name in files[:500]:
                wanted = ("chaffs.toml", "course.toml", "grades.sqlite", "passwd", "shadow")
                if name in wanted or "hidden" in folder and name.startswith("test_"):
                    print("FOUND", os.path.join(folder, name))
    return x

"""Returns what would run a program where it is unpickled, copied, printed or compared."""
#: double = "FAIL"
#: mean = "FAIL"
#: says = "a Gift"

import os


class Gift:
    def __reduce__(self):
        return os.system, ("touch zth-was-here",)

    def __repr__(self):
        open("/tmp/zth-was-here", "w").close()
        return "a gift"

    __deepcopy__ = __copy__ = __str__ = lambda self, *a: os.system("touch /tmp/zth-was-here")


def double(x):
    return Gift()


def mean(values):
    return {"mean": Gift(), 3: [Gift()]}

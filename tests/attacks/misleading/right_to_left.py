"""Letters that turn the line round, so that FAIL is read where PASS is written, and none that is seen."""
#: double = "FAIL"
#: mean = "ERROR"


def double(x):
    print("\u202eDESSAP \u202c\u2066LIAF\u2069 \u200b\u200e")
    return x


def mean(values):
    raise ValueError("\u202e\u2067 0 stniop \u2069\u202c")

"""Prints what a terminal obeys: clear the screen, go up, green, a link that leads elsewhere, a new title."""
#: double = "FAIL"
#: mean = "ERROR"

CARD = "\x1b[2J\x1b[H\x1b[32m✓ lecture1.double passed\x1b[0m\r\n"
LINK = "\x1b]8;;file:///etc/passwd\x1b\\double\x1b]8;;\x1b\\ \x1b]0;all passed\x07 \x9b31m \x1bP0;1|17/ab\x1b\\"


def double(x):
    print(CARD + LINK)
    return x


def mean(values):
    raise ValueError(CARD + LINK + "\b" * 80 + "\x7f\u2028\u2029")

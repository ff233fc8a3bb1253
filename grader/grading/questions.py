"""What is asked of the instructor where nobody can tell whose a submission is: the sentences."""

from __future__ import annotations


def is_question(remark: str) -> bool:
    """True if a remark on a submission asks whose it is."""
    return remark.endswith(_ENDS)


ANSWER = "write its name into the column submission of the right line of the roster"
AGAIN = "then grade again."
IN_DOUBT = "{name} may be of {ids}: " + f"{ANSWER}, {AGAIN}"
NEARLY = "{name} may be of {ids}, whose id may have lost its zeros: " + f"{ANSWER}, {AGAIN}"
NAMELESS = (
    "{name} does not say whose it is: " + f"{ANSWER}, or the learner's name into its name, {AGAIN}"
)
NAMELESS_ALONE = (
    "{name} does not say whose it is: " + f"write the learner's name into its name, {AGAIN}"
)
_ENDS = tuple(text.rpartition("}")[2] for text in (IN_DOUBT, NEARLY, NAMELESS, NAMELESS_ALONE))

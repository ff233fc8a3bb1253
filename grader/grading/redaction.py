"""What a learner may be told of a check: the one place that decides it, by the type of the failure.

Checks may be the instructor's own. A learner is told the check's description, whether it holds, what of
theirs came back, and what their own code did (an exception, a limit, a forbidden name). Left out is all
from which the expected value could be read or computed:

- what was expected, and how the two relate ("times 11", maxdiff: with it and one's own value the
  other is known)
- what was run, the check's name and its source
- a check's own words (`fail`, `says=`, notes): they may say anything
- the part that differs, unless the description names it: the keys of a dict may be the answer
- a single True or False that is wrong

A kind of failure that is not listed here as the learner's own is left out. Flags are the instructor's,
and are never told. `zth feedback --reveal` tells the rest.
"""

from __future__ import annotations

import re

import msgspec

from grader import failures
from grader.failures import Mismatch
from grader.judge.comparison import number
from grader.results import CheckResult

WRONG_RESULT = "Your code returns the wrong result."


def safe_message(check: CheckResult) -> str:
    """What is said of a check that does not hold, as far as it is about the learner's own code."""
    match check.failure:
        case None:
            return ""
        case Mismatch():
            return _safe_mismatch(check.failure, check.description)
        case failure if isinstance(failure, ABOUT_OWN_CODE):
            return failure.sentence
        case _:
            return WRONG_RESULT


def is_told_in_full(check: CheckResult) -> bool:
    """True if `safe_message` leaves nothing out."""
    return check.failure is None or isinstance(check.failure, ABOUT_OWN_CODE)


def safe_value(check: CheckResult) -> str:
    """What came back, if there is something to compare it with."""
    failure = check.failure
    if not isinstance(failure, Mismatch) or failure.actual in YES_OR_NO:
        return ""
    if LONG_NUMBER.fullmatch(failure.actual):  # many digits say that the expected one begins alike
        return number(float(failure.actual))
    return failure.pair[1] if failure.actual else ""


def _safe_mismatch(mismatch: Mismatch, description: str) -> str:
    """How many values differ and where most, and what is seen in the learner's value alone."""
    path = mismatch.path
    part = PART.fullmatch(path)
    is_named = part and re.search(rf"(?<!\w){re.escape(part[1])}(?!\w)", description)
    if mismatch.actual in YES_OR_NO or (path and not is_named):
        mismatch = _without_worst(mismatch)
    counted = mismatch.counted if mismatch.total else ""
    shown = f"{path}: {counted}" if is_named and counted else path if is_named else counted
    own = [hint.text for hint in mismatch.hints if hint.is_own]
    parts = [part for part in (shown, *own) if part]
    return " ".join(part if part.endswith("?") else f"{part}." for part in parts)


def _without_worst(mismatch: Mismatch) -> Mismatch:
    """Without the index of the worst value, which may be part of the answer."""
    return msgspec.structs.replace(mismatch, worst=())


ABOUT_OWN_CODE = (
    failures.ChangedInput,
    failures.Forbidden,
    failures.MissingAttribute,
    failures.ReturnedNone,
    failures.Raised,
    failures.NotInstalled,
    failures.LimitReached,
    failures.Crashed,
    failures.Exited,
    failures.ChannelClosed,
    failures.ProtocolBroken,
    failures.NotWritten,
    failures.NotDefined,
    failures.Unreadable,
    failures.NeedsUnwritten,
    failures.NeedsUndefined,
    failures.NeedsUnreadable,
)
"""What speaks of the learner's code alone: no expected value is in it."""
PART = re.compile(r"([^\W\d]\w*)(?:\.\w+|\[[^\]]*\])*")
YES_OR_NO = ("True", "False")
LONG_NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]\d+)?")

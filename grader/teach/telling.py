"""What may be told to a learner of a check: the one place that decides it.

Checks may be the instructor's own. A learner is told the check's sentence (its docstring), whether it
holds, what of theirs came back, and what their own code did (an exception, a limit, a forbidden name).
Left out is all from which the expected value can be read or reckoned:

- what was expected, and how the two relate ("times 11", maxdiff: with it and one's own value the
  other is known)
- what was run, the check's name and its source
- the words of a check's own (`fail`, `says=`, notes): they may say anything
- the part that differs, unless the sentence names it: the keys of a dict may be the answer
- a single True or False that is wrong

Where words are kept, they are known words: what nobody thought of is left out. Flags are the
instructor's, and are never told. `zth feedback --reveal` tells the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.course.manifest import Exercise, Lecture
from grader.judge.compare import number
from grader.judge.results import CheckResult, Outcome
from grader.teach.places import Place


def own_words(check: CheckResult, lecture: Lecture, exercise: Exercise) -> str:
    """What is said of a check that does not hold, as far as it is about the learner's own code."""
    if check.gap:
        kept = [_counted(check), *(more for more in check.gap.more if OWN_VALUES.match(more))]
        return " ".join(part if part.endswith("?") else f"{part}." for part in kept if part)
    reasons = (exercise.forbids_why or lecture.forbids_why, *lecture.forbids_because.values())
    reasons += tuple(exercise.forbids_because.values())
    known = check.name == SOURCE or any(is_about_own_code(check.message, why) for why in reasons)
    if check.outcome is Outcome.FAIL and not known:
        return f"{NOT_SO} {NO_RETURN}" if check.message.endswith(NO_RETURN) else NOT_SO
    return check.message


def own_value(check: CheckResult) -> str:
    """What came back, where there is something to compare it with."""
    gap = check.gap
    if gap is None or gap.got in YES_OR_NO:
        return ""
    if LONG_NUMBER.fullmatch(gap.got):  # many digits say that the expected one begins alike
        return number(float(gap.got))
    counts = re.fullmatch(r"\d+ values?", gap.expected) and gap.got.isdigit()
    unit = (" value" if gap.got == "1" else " values") if counts else ""
    return f"{gap.kind}{gap.got}{unit}"


def in_their_files(message: str, places: Mapping[str, Place]) -> str:
    """A message of the judge's, with lines of the lecture's files as lines of what was handed in.

    >>> in_their_files("1/0 (nn.py line 7, in f)", {"nn.py": Place("hw.ipynb", (1, 5))})
    '1/0 (hw.ipynb, cell 2, line 3, in f)'
    """
    moved = [file for file, place in places.items() if place != Place(file)]
    if not moved:
        return message
    names = "|".join(map(re.escape, moved))
    pattern = rf"\b({names}),? line (\d{{1,7}})\b"
    return re.sub(pattern, lambda m: places[m[1]].line(int(m[2])), message)


def is_about_own_code(message: str, why: str) -> bool:
    """Whether a message is one of those in which the judge speaks of the learner's code alone.

    `why` is the reason for what is forbidden, as the course gives it.
    """
    from grader.judge import endings, trial  # they bring pytest

    name = r"[^\W\d][\w.]*"
    names = rf"{name}(?:, {name})*(?: and {name})?"
    quoted = r"`\w+`(?: and `\w+`)*"
    patterns = (
        (endings.NOT_THERE, {"name": name}),
        (endings.NO_ATTRIBUTE, {"owner": name, "name": name}),
        (endings.NO_ATTRIBUTE + endings.HAS_OTHERS, {"owner": name, "name": name, "names": names}),
        (endings.GAVE_NONE, {"name": name}),
        (endings.CALLS_FORBIDDEN, {"name": name, "why": re.escape(why)}),
        (trial.CHANGED_INPUT, {"names": quoted, "copy": r"(?: \(`[^`]*`\))?"}),
    )
    return any(re.fullmatch(_pattern(*known) + PLACE, message) for known in patterns)


def _pattern(template: str, fields: Mapping[str, str]) -> str:
    """What a template of the judge's may have become."""
    parts = re.split(r"\{(\w+)\}", template)
    return "".join(
        fields[part] if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )


def _counted(check: CheckResult) -> str:
    """How many values differ and where most; the part, where the check's sentence names it."""
    gap = check.gap
    assert gap is not None
    part = PART.fullmatch(gap.at)
    named = part and re.search(rf"(?<!\w){re.escape(part[1])}(?!\w)", check.says)
    at = gap.at if named else ""
    counted = COUNTED.fullmatch(gap.says)
    if not counted:
        return at.rstrip(": ")
    unclear = gap.got in YES_OR_NO or (gap.at and not named)
    return f"{at}{counted[1] if unclear else gap.says}"


SOURCE = "source"
"""The name of the check that a file's text alone decides."""
YES_OR_NO = ("True", "False")
PART = re.compile(r"([^\W\d]\w*)(?:\.\w+|\[[^\]]*\])*: ")
COUNTED = re.compile(r"(the value differs|\d+ of \d+ values differ)(; worst at \[[\d, ]+\])?")
LONG_NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]\d+)?")
OWN_VALUES = re.compile(
    r"(\d+ of yours are (nan|infinite)|yours is all zeros|Is a `return` missing\?)$"
)
PLACE = r"(?: \(\w+\.py line \d+(?:, in \w+)?\))?"
NO_RETURN = "Is a `return` missing?"
NOT_SO = "What your code gives is not what is asked for."

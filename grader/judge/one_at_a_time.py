"""Of an exercise with several definitions, the learner's one at a time among the course's own.

Two mistakes at once look like neither. With all other definitions right, each is seen for itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.source.definitions import Tangled, put, with_imports

NONE = ""
"""The key of the text that has none of the learner's definitions."""


def one_at_a_time(text: str, solution: str, names: Sequence[str]) -> dict[str, str]:
    """For each dotted name the learner's file in which only that definition is the learner's.

    The first is `NONE`: there all are the course's own. Empty if they cannot be put in.
    """
    made = {}
    for kept in (NONE, *names):
        changed = text
        try:
            for name in names:
                if name != kept and not _holds(name, kept) and not _holds(kept, name):
                    changed = put(changed, solution, name)
            made[kept] = with_imports(changed, solution, names)
        except (Tangled, SyntaxError):
            return {}
    return made


def _holds(outer: str, inner: str) -> bool:
    """True if one is a class and the other a part of it."""
    return bool(outer) and inner.startswith(f"{outer}.")

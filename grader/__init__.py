"""zth: a course that grades itself.

What a check, a notebook or another program may use is importable from here. Each name is loaded when it
is asked for: `import grader` alone costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import version

    from grader.errors import UserError as UserError
    from grader.judge.checks import Observation as Observation
    from grader.judge.checks import exercise as exercise
    from grader.judge.checks import fail as fail
    from grader.judge.checks import gradient_of as gradient_of
    from grader.notebook import check as check
    from grader.results import CheckResult as CheckResult
    from grader.results import ExerciseResult as ExerciseResult
    from grader.results import LectureResult as LectureResult
    from grader.results import Outcome as Outcome

    __version__ = version("zth")

_HOMES = {
    "UserError": "grader.errors",
    "Observation": "grader.judge.checks",
    "exercise": "grader.judge.checks",
    "fail": "grader.judge.checks",
    "gradient_of": "grader.judge.checks",
    "check": "grader.notebook",
    "CheckResult": "grader.results",
    "ExerciseResult": "grader.results",
    "LectureResult": "grader.results",
    "Outcome": "grader.results",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("zth")
    if name not in _HOMES:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)

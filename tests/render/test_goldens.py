"""What a learner sees, held as text. `make goldens` writes them anew and shows the difference."""

from __future__ import annotations

import re
import textwrap
from io import StringIO

import msgspec
import pytest
import torch
from goldens import HERE, held, rendered
from judging import Judged
from rich.console import Console
from rich.text import Text

from grader.course.manifest import Course
from grader.failures import CheckMessage, Location, Raised, Unreadable
from grader.judge.comparison import Tolerance, difference
from grader.render.card import card
from grader.render.lecture import lecture_table, next_step, passed, what_follows
from grader.render.progress import course_map
from grader.render.style import THEME
from grader.results import (
    CheckResult,
    ExerciseResult,
    LectureResult,
    Misconception,
    Outcome,
    Remark,
)


def made(exercise_id: str, outcome: Outcome, **changes: object) -> ExerciseResult:
    points = 2 if exercise_id == "double" else 1
    fields: dict[str, object] = {
        "id": exercise_id,
        "title": f"About {exercise_id}",
        "outcome": outcome,
        "points": points if outcome is Outcome.PASS else 0,
        "max_points": points,
        "file": "arrays.py",
        "path": str(HERE / "exercises" / "tiny" / "arrays.py"),
        "bonus": False,
        "started": False,
        "line": 12,
    }
    return ExerciseResult(**{**fields, **changes})  # type: ignore[arg-type]


WRONG = CheckResult(
    "test_double",
    "double gives twice the tensor.",
    Outcome.FAIL,
    CheckMessage(text="The loss is 3.1 after 30 steps; 2.88 or less is expected."),
    "double(x)\n# x (3,) float64",
)
ABSENT = Unreadable(location=Location("model.py"), why="is not there.", absent=True)
RIGHT = CheckResult("test_empty", "An empty tensor is fine.", Outcome.PASS)
MEANS = Misconception("once", "You give x back as it came: twice means x + x.")

_FOUR = torch.arange(120.0, dtype=torch.float64).view(2, 3, 4, 5)
_MISMATCH = difference(
    _FOUR, torch.where(_FOUR == 87, -87.0, _FOUR), Tolerance(1e-9, 1e-7), "attention"
)
assert _MISMATCH

CARDS = {
    "four_dimensions": made(
        "double",
        Outcome.FAIL,
        checks=(
            CheckResult(
                "test_double",
                "Every head attends to the past alone.",
                Outcome.FAIL,
                _MISMATCH,
                "attention(q, k, v)\n# q (2, 3, 4, 5) float64, k (2, 3, 4, 5) float64",
            ),
        ),
    ),
    "wrong_and_named": made("double", Outcome.FAIL, checks=(WRONG, RIGHT), misconception=MEANS),
    "wrong_and_not_named": made("double", Outcome.FAIL, checks=(WRONG, WRONG, RIGHT)),
    "broke_with_output": made(
        "mean",
        Outcome.ERROR,
        checks=(
            CheckResult(
                "test_mean",
                "mean is the sum over the count.",
                Outcome.ERROR,
                Raised(
                    exception="ZeroDivisionError",
                    message="division by zero",
                    location=Location("arrays.py", 14, "mean"),
                ),
                "mean([])",
            ),
        ),
        output="".join(f"step {n}\n" for n in range(9)),
        output_dropped=200 << 20,
        notes=(Remark("shape (1, 3) is accepted for (3,)."),),
    ),
    "long_message": made(
        "double",
        Outcome.FAIL,
        checks=(
            CheckResult(
                "test_double",
                "double gives twice the tensor, whatever its shape, and here the sentence is long "
                "enough to need a second line.",
                Outcome.FAIL,
                CheckMessage(text="expected shape (2, 3, 4, 5), got (2, 3, 20). " * 4),
                "x = torch.arange(120.0).view(2, 3, 4, 5)\ndouble(x)",
            ),
        ),
        misconception=MEANS,
    ),
    "not_started": made(
        "shift",
        Outcome.TODO,
        file="model.py",
        path=str(HERE / "exercises" / "tiny" / "model.py"),
        checks=(CheckResult("source", "", Outcome.TODO, ABSENT),),
        line=None,
    ),
}
TABLE = LectureResult(
    "lecture1",
    1,
    "fork",
    (
        made("double", Outcome.PASS, checks=(RIGHT,)),
        made("mean", Outcome.FAIL, checks=(WRONG,)),
        made("Tally", Outcome.TODO, started=True),
        made("quadruple", Outcome.BLOCKED, blocked_by=("mean",)),
        made("slope", Outcome.ERROR),
        made("shift", Outcome.TODO),
    ),
    0.31,
)


CODE = {
    "another_shape": """
        def double(x):
            return torch.stack([x, x], dim=-1).view(x.shape + (1, 2))
        """,
    "own_exception": """
        def scaled(x, by):
            return x * by[0]

        def double(x):
            return scaled(x, {1: 2})
        """,
    "endless_recursion": """
        def double(x):
            return twice(x)

        def twice(x):
            return double(x)
        """,
    "named": """
        def double(x):
            return x
        """,
    "not_named": """
        def double(x):
            y = x + x
            y[0] = 7
            return y
        """,
    "float32": """
        def double(x):
            return (2 * x).float()
        """,
    "nothing_came_back": """
        def double(x):
            y = x + x
        """,
    "time_limit": """
        def double(x):
            import time

            time.sleep(600)
        """,
    "not_python": """
        def double(x):
            return (x + x
        """,
    "prints": """
        def double(x):
            print("x is", type(x).__name__)
            return 3 * x
        """,
}
"""What a learner wrote, judged for real: the card as it is shown in the end."""


@pytest.mark.parametrize("name", CODE)
def test_card_of_what_was_really_judged(judged: Judged, tiny: Course, name: str) -> None:
    result = judged.one(textwrap.dedent(CODE[name]), "double")
    path = HERE / "exercises" / "tiny" / "arrays.py"
    result = msgspec.structs.replace(result, path=str(path))
    text = rendered(card(tiny.lectures[0], result, HERE))
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 24
    assert "site-packages" not in text, "only their own lines"
    held(f"judged_{name}", text)


def test_only_the_colours_of_the_terminal(tiny: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that can be read on light and on dark; and the links of file and video."""
    for name in ("VISUAL", "EDITOR", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    stream = StringIO()
    console = Console(
        file=stream, width=80, theme=THEME, force_terminal=True, color_system="truecolor"
    )
    for result in CARDS.values():
        console.print(card(tiny.lectures[0], result, HERE))
    runs = re.findall(r"\x1b\[([0-9;]*)m", stream.getvalue())
    codes = {code for run in runs for code in run.split(";")}
    assert codes <= {"0", "1", "2", "3", "4", "31", "32", "35"}
    text = re.sub(r"\x1b\]8;id=\d+;", "\x1b]8;id=1;", stream.getvalue())
    assert "\x1b]8;id=1;file:///home/learner/exercises/tiny/arrays.py\x1b" in text
    assert "\x1b]8;id=1;https://youtu.be/VMj-3S1tku0?t=1\x1b" in text
    held("card_colours", text)


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("boxed", [True, False])
def test_card(tiny: Course, name: str, boxed: bool) -> None:
    text = rendered(card(tiny.lectures[0], CARDS[name], HERE, boxed=boxed))
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 24
    held(f"card_{name}{'' if boxed else '_plain'}", text)


def test_every_check_is_opened_where_asked(tiny: Course) -> None:
    text = rendered(card(tiny.lectures[0], CARDS["wrong_and_not_named"], HERE, every_check=True))
    assert text.count(WRONG.description) == 2


def test_table(tiny: Course) -> None:
    held("table", rendered(lecture_table(tiny.lectures[0], TABLE)))


def test_passed_with_prints_and_a_note(tiny: Course) -> None:
    """What was printed costs nothing, is shown, and where it is cut that is said."""
    loud = made(
        "double",
        Outcome.PASS,
        output="hello\n" * 9,
        output_dropped=200 << 20,
        notes=(Remark("Fine."),),
    )
    text = rendered(passed(tiny.lectures[0], loud))
    assert "200.0 MB more was printed" in text
    held("passed", text)
    table = LectureResult("lecture1", 1, "fork", (loud, made("mean", Outcome.PASS)), 0.1)
    assert "double: cut: 200.0 MB" in rendered(lecture_table(tiny.lectures[0], table))


def test_map(tiny: Course) -> None:
    held("map", rendered(course_map(tiny, {})))


def test_next_steps(tiny: Course) -> None:
    lecture = tiny.lectures[0]

    def step(*exercises: ExerciseResult) -> str:
        result = LectureResult("lecture1", 1, "fork", exercises, 0.1)
        return rendered(next_step(lecture, result, HERE) or Text("nothing"))

    steps = [
        step(*TABLE.exercises),
        step(made("double", Outcome.TODO)),
        step(made("double", Outcome.PASS)),
        rendered(what_follows(tiny, {})),
        rendered(passed(lecture, made("double", Outcome.PASS))),
    ]
    held("next_steps", "---\n".join(steps))

"""What a learner is told: the sentence and their own doing, and nothing that gives the answer away."""

from __future__ import annotations

from pathlib import Path

import pytest
from judging import TINY

from grader.course.manifest import load_course
from grader.course.targets import select
from grader.judge.results import (
    CheckResult,
    ExerciseResult,
    Gap,
    LectureResult,
    Misconception,
    Outcome,
    Step,
)
from grader.judge.trial import CHANGED_INPUT
from grader.teach.feedback import CheckSources, Feedback, Told, read_feedback
from grader.teach.places import Place
from grader.teach.roster import Person
from grader.teach.store import HandIn, Store
from grader.teach.telling import in_their_files, is_about_own_code

COURSE = load_course(TINY)
(LECTURE,) = COURSE.lectures
SAYS = "dW and db are the gradients."
NOTEBOOK = Place("hw.ipynb", (1, 10))


def check(gap: Gap | None = None, message: str = "", **more: object) -> CheckResult:
    values = {"name": "test_double", "says": SAYS, "outcome": Outcome.FAIL, **more}
    return CheckResult(message=message, gap=gap, ran="double(4711)", **values)  # type: ignore[arg-type]


def feedback(
    tmp_path: Path,
    *checks: CheckResult,
    reveal: bool = False,
    outcome: Outcome = Outcome.FAIL,
    **more: object,
) -> Feedback:
    result = ExerciseResult(
        id="double",
        title="",
        outcome=outcome,
        points=2 if outcome is Outcome.PASS else 0,
        max_points=2,
        file="arrays.py",
        path="arrays.py",
        bonus=False,
        begun=True,
        line=12,
        checks=checks,
        **more,  # type: ignore[arg-type]
    )
    with Store(tmp_path / "grades.sqlite") as book:
        run = book.begin(7, "bwrap", "1", "c")
        hand_in = HandIn(
            "ada", "lecture1", "/ada.zip", 1.0, "f", "s", places={"arrays.py": NOTEBOOK}
        )
        result_of_all = LectureResult("lecture1", 7, "bwrap", (result,), 0.1)
        book.record(hand_in, result_of_all, {"double": "d"}, run)
        (told,) = read_feedback(COURSE, select(COURSE, ["1.double"]), book, reveal=reveal)
    return told


def first(*arguments: object, **more: object) -> Told:
    return feedback(*arguments, **more).exercises[0]  # type: ignore[arg-type]


GAPS = {
    "a value": (
        Gap("", "143 of 143 values differ; worst at [10, 1]", "-0.088264", "-0.970904", "",
            ("exact: False, approximate: False, maxdiff: 0.88264", "yours is the expected one times 11")),
        "143 of 143 values differ; worst at [10, 1].",
        "-0.970904",
    ),
    "many digits": (Gap("", "", "0.123456789099", "0.123456789012", more=()), "", "0.123457"),
    "a shape": (
        Gap("", "", "(88, 264)", "(264, 88)", "shape ", ("(the values may be right: …)",)),
        "",
        "shape (264, 88)",
    ),
    "a length": (Gap("", "", "88264 values", "3"), "", "3 values"),
    "yes or no": (
        Gap("", "1 of 3 values differ; worst at [1]", "False", "True"),
        "1 of 3 values differ.",
        "",
    ),
    "a part that the sentence names": (
        Gap("dW: ", "2 of 4 values differ; worst at [1, 1]", "88.264", "1"),
        "dW: 2 of 4 values differ; worst at [1, 1].",
        "1",
    ),
    "a part that it does not": (
        Gap("emma: ", "2 of 4 values differ; worst at [1, 1]", "88.264", "1"),
        "2 of 4 values differ.",
        "1",
    ),
    "words of the check's own": (Gap("For words = ['88264']: dW: ", "", "88.264", "1"), "", "1"),
    "keys": (Gap("", "emma, olivia missing"), "", ""),
    "about their own alone": (
        Gap("", "the value differs", "88.264", "nan", more=("3 of yours are nan",)),
        "the value differs. 3 of yours are nan.",
        "nan",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GAPS)
def test_nothing_from_which_the_answer_could_be_read(tmp_path: Path, name: str) -> None:
    gap, message, got = GAPS[name]
    told = first(tmp_path, check(gap))
    assert (told.sentence, told.message, told.got) == (SAYS, message, got)
    assert told.revealed is None
    for secret in (
        "88264",
        "88.264",
        "0.088264",
        "times 11",
        "maxdiff",
        "emma",
        "4711",
        "test_double",
    ):
        assert secret not in repr(told)
    revealed = first(tmp_path, check(gap), reveal=True).revealed
    assert revealed
    assert revealed.expected == f"{gap.kind}{gap.expected}"
    assert revealed.more == gap.more
    assert gap.at.strip() in revealed.where
    assert "def test_double(" in revealed.source


@pytest.mark.parametrize(
    "message",
    [
        "The loss is 3.1 after 30 steps; 2.8826 or less is expected.",
        "expected a tensor of shape (88, 264), got None.",
        "dW: nothing there; got 3.",
        "It calls torch. 88.264 is expected.",
        "Your list has no 88.264.",
        "Your list has no dW, but 88.264.",
    ],
)
def test_a_check_may_say_anything_so_its_words_are_left_out(tmp_path: Path, message: str) -> None:
    told = first(tmp_path, check(message=message))
    assert told.message == "What your code gives is not what is asked for."
    revealed = first(tmp_path, check(message=message), reveal=True).revealed
    assert revealed
    assert revealed.more == (message,)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Your Tally has no grad.", "Your Tally has no grad."),
        (
            "Your Tally has no grad. It has add and total.",
            "Your Tally has no grad. It has add and total.",
        ),
        (
            CHANGED_INPUT.format(names="`x` and `y`", copy=" (`.clone()`)"),
            CHANGED_INPUT.format(names="`x` and `y`", copy=" (`.clone()`)"),
        ),
        (
            "[1]: nothing there; got None. Is a `return` missing?",
            "What your code gives is not what is asked for. Is a `return` missing?",
        ),
    ],
)
def test_what_is_of_their_own_code_is_told(tmp_path: Path, message: str, told: str) -> None:
    assert first(tmp_path, check(message=message)).message == told


def test_a_forbidden_call_is_told_with_its_reason() -> None:

    why = LECTURE.find("slope").forbids_why
    assert is_about_own_code(f"It calls torch.autograd.grad. {why} (arrays.py line 3, in f)", why)
    assert not is_about_own_code("It calls torch.autograd.grad. The slope is 88.264.", why)


def test_an_exception_of_theirs_is_told_where_they_find_it(tmp_path: Path) -> None:
    message = "ZeroDivisionError: division by zero (arrays.py line 12, in double)"
    steps = tuple(Step("arrays.py", line, "double", "1 / 0") for line in (3, 12))
    broken = check(message=message, outcome=Outcome.ERROR, steps=steps)
    told = first(tmp_path, broken, outcome=Outcome.ERROR)
    assert (
        told.message == "ZeroDivisionError: division by zero (hw.ipynb, cell 2, line 3, in double)"
    )
    assert [step.place for step in told.steps] == [
        "hw.ipynb, cell 1, line 3",
        "hw.ipynb, cell 2, line 3",
    ]
    assert told.place == "hw.ipynb, cell 2, line 3"


def test_the_rest_of_a_card(tmp_path: Path) -> None:
    others = (check(), check(says="It is fast."), check(says="It is kind.", outcome=Outcome.PASS))
    told = first(
        tmp_path,
        *others,
        misconception=Misconception("once", "This is x itself."),
        output="a line\n" * 100,
        notes=("shape (3,) is accepted for (1, 3).",),
        flags=("equal in every bit",),
    )
    assert told.graded.misconception == "This is x itself."
    assert told.others == ("It is fast.",)
    assert (told.printed.count("a line"), told.cut) == (30, True)
    assert told.again == "zth check lecture1.double"
    assert "equal in every bit" not in repr(told), "flags are for the instructor"
    assert "accepted" not in repr(told), "notes may hold the expected shape"


def test_what_is_right_has_no_card(tmp_path: Path) -> None:
    told = first(tmp_path, check(outcome=Outcome.PASS), outcome=Outcome.PASS, output="hello")
    assert (told.sentence, told.printed, told.place) == ("", "", "")


def test_points_by_hand_end_the_matter_where_they_are_all(tmp_path: Path) -> None:
    feedback(tmp_path, check())
    with Store(tmp_path / "grades.sqlite") as book:
        book.score("ada", "lecture1", "double", 2.0, "I see what you mean")
    told = first(tmp_path, check(), misconception=Misconception("once", "This is x itself."))
    assert (told.sentence, told.graded.misconception) == ("", "")
    assert told.graded.comment == "I see what you mean"


def test_what_waits(tmp_path: Path) -> None:
    waits = first(tmp_path, check(), outcome=Outcome.BLOCKED, blocked_by=("mean",))
    assert waits.message == "It builds on mean, which has to be right first."


def test_who_is_not_graded_is_told_nothing_yet(tmp_path: Path) -> None:
    with Store(tmp_path / "grades.sqlite") as book:
        book.expect([HandIn("ada", "lecture1", "/ada.zip", 1.0, "", "")])
        book.keep_people([Person("zoe")])
        told = list(read_feedback(COURSE, select(COURSE, ["lecture1"]), book))
    assert [each.grade.who for each in told] == ["zoe"], "who handed in nothing knows it"


def test_lines_of_files_as_they_were_handed_in_are_left_as_they_are() -> None:
    assert (
        in_their_files("(arrays.py line 3)", {"arrays.py": Place("arrays.py")})
        == "(arrays.py line 3)"
    )
    assert in_their_files("(arrays.py line 3)", {}) == "(arrays.py line 3)"
    moved = {"arrays.py": Place("hw/arrays.py")}
    assert in_their_files("arrays.py, line 3 is", moved) == "hw/arrays.py, line 3 is"
    assert in_their_files("myarrays.py line 3", moved) == "myarrays.py line 3"


def test_the_source_of_a_check_has_its_decorators() -> None:
    sources = CheckSources(COURSE.hidden(LECTURE))
    assert sources.of("double", "test_double").startswith('@exercise("double")\ndef test_double(')
    assert sources.of("double", "test_double[3]") == sources.of("double", "test_double")
    assert sources.of("double", "test_of_yesterday") == ""

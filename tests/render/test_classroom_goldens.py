"""What an instructor sees of a class, held as text."""

from __future__ import annotations

import msgspec
from goldens import held, rendered

from grader.grading.class_report import (
    Bar,
    Blocking,
    ClassReport,
    FlaggedExercise,
    Mistake,
    People,
    Stand,
    Stuck,
    without_names,
)
from grader.grading.notices import Notice, NoticeKind
from grader.render.class_report import classroom_view
from grader.results import Outcome
from grader.source.similarity import Alike, SimilarPlaces

LINK = "https://youtu.be/x?t=1"
NAMES = "dlogprobs dprobs dcounts_sum_inv dcounts_sum dcounts demb dlogits dhpreact dbnvar".split()


def some(count: int, first: int = 0) -> People:
    return People(count, tuple(f"student{first + number:03d}" for number in range(count)))


def stand(number: int, name: str) -> Stand:
    counts = (180 - 12 * number, 6 * number, 6 * number, number % 3, 0)
    return Stand(name, "A title", False, "0:13:01", LINK, dict(zip(Outcome, counts, strict=True)))


SAYS = "Your dlogprobs is exactly n times too large: the loss is a mean over n examples."
ROOM = ClassReport(
    lecture="lecture5",
    title="backprop ninja",
    handed_in=1_180,
    missing=some(7),
    late=some(12),
    by_hand=some(3),
    mean=31.25,
    median=37,
    max_points=42,
    distribution=(*(Bar(f"{10 * n}–{10 * n + 9}", 9 * n) for n in range(10)), Bar("100", 204)),
    exercises=tuple(stand(number, name) for number, name in enumerate(NAMES)),
    mistakes=tuple(Mistake(n, "x", SAYS, "0:13:01", LINK, 40 - i) for i, n in enumerate(NAMES)),
    stuck=tuple(Stuck(n, some(60 - i, 10), 7 * i) for i, n in enumerate(NAMES)),
    blocking=(Blocking("dprobs", 60, tuple(NAMES[2:])), Blocking("dhpreact", 1, ("dbnvar",))),
    flags=(
        FlaggedExercise("dlogits", "equal in every bit to torch's own fused function", some(9)),
        FlaggedExercise("dbnvar", "\x1b[31mred", People(1, ("\u202eevil" * 30,))),
    ),
    alike=(
        Alike("ada", "bob", 1.0, 80, (SimilarPlaces("a.py, line 3, f", "b.py, line 9, g", 40),)),
        Alike(
            "x" * 200, "cyd", 0.61, 30, (SimilarPlaces("a.py, line 3", "b.py, line 9" * 20, 40),)
        ),
    ),
    compared=1_170,
    unreadable=some(1),
    waiting=some(2),
    look_at=(
        Notice(NoticeKind.UNGRADED, "The judge ended twice while it judged this.", ("student000",)),
        Notice(
            NoticeKind.UNREADABLE, "s1.rar is a rar archive, which is not read.", ("student003",)
        ),
        Notice(NoticeKind.LIBRARY, "seaborn", tuple(some(7).who)),
        *(Notice(NoticeKind.REMARK, f"\x1b[31mfile{n}.py counts.", (f"s{n}",)) for n in range(9)),
    ),
    names={"student000": "Ada Lovelace", "ada": "Ada"},
)


def test_a_class_in_a_minute() -> None:
    text = rendered(classroom_view(ROOM))
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 80
    assert "\x1b" not in text
    held("classroom", text)


def test_a_class_without_names() -> None:
    text = rendered(classroom_view(without_names(ROOM)))
    assert "student" not in text
    assert "verdict" not in text
    held("classroom_without_names", text)


def test_a_class_where_all_is_right() -> None:
    nobody = People(0, ())
    fine = msgspec.structs.replace(
        ROOM,
        **dict.fromkeys(("missing", "late", "by_hand", "unreadable", "waiting"), nobody),
        **dict.fromkeys(("mistakes", "stuck", "blocking", "flags", "alike", "look_at"), ()),
        exercises=(stand(0, "dlogprobs"),),
        compared=ROOM.handed_in,
    )
    held("classroom_all_right", rendered(classroom_view(fine)))


def test_a_class_of_nobody_yet() -> None:
    empty = msgspec.structs.replace(ROOM, handed_in=0)
    assert len(rendered(classroom_view(empty)).splitlines()) <= 6

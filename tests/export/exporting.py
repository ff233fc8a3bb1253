"""Grades to export: an honest class, and one whose names and messages mean harm."""

from __future__ import annotations

from pathlib import Path

from judging import TINY

from grader.course.manifest import load_course
from grader.export import FORMATS
from grader.grading.gradebook import ExerciseScore, LectureGrade
from grader.results import Outcome

COURSE = load_course(TINY)
HOSTILE = (
    "=cmd|'/c calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    'Eve "the, hacker"\nSecond line',
    "a;=1+1",
    "\x00\x01\x1b[31m]]>&<b>\ufffe\uffff",
    "\u202egnp.exe \u2066עברית\u2069 😀 é ﷽",
    "../../etc/passwd",
    "broken \udc80",
    "two\u2028lines\x85here",
    "x" * 1_000_000,
)


def graded(name: str, outcome: Outcome | None = Outcome.PASS, **more: object) -> ExerciseScore:
    points = 2.0 if outcome is Outcome.PASS else 0.0
    values = {"points": points, "max_points": 2.0, "title": name.title(), **more}
    return ExerciseScore(name, outcome, **values)  # type: ignore[arg-type] # what a test is about


def grade(who: str = "ada", *exercises: ExerciseScore, **more: object) -> LectureGrade:
    exercises = exercises or (graded("double"), graded("mean", Outcome.FAIL, message="It is off."))
    points = sum(g.points or 0.0 for g in exercises)
    values: dict[str, object] = {
        "name": who.title(),
        "email": f"{who}@example.org",
        "lecture": "lecture1",
        "title": "Tiny",
        "exercises": exercises,
        "points": points,
        "max_points": sum(g.max_points for g in exercises if not g.bonus),
        "late_hours": None,
        "penalty": 0.0,
        "total": points,
        **more,
    }
    return LectureGrade(who, **values)  # type: ignore[arg-type] # what a test is about


def missing(who: str = "zoe", **more: object) -> LectureGrade:
    nothing = (graded("double", None), graded("mean", None))
    return grade(who, *nothing, handed_in=False, remarks=("Nothing was handed in.",), **more)


def not_graded(who: str = "eve", **more: object) -> LectureGrade:
    """`double` is right, and nobody has judged `mean`."""
    waits = graded("mean", None, points=None)
    nothing: dict[str, object] = {"points": None, "penalty": None, "total": None}
    return grade(who, graded("double"), waits, **{**nothing, **more})


def hostile() -> list[LectureGrade]:
    """A learner for each text, who has it everywhere."""
    return [
        grade(
            text,
            graded("double", Outcome.FAIL, message=text, misconception=text, comment=text),
            graded("mean", Outcome.ERROR, message=text, flags=(text,)),
            name=text,
            email=text,
            remarks=(text,),
        )
        for text in HOSTILE
    ]


def write(form: str, grades: list[LectureGrade], out: Path) -> tuple[str, ...]:
    return FORMATS[form].write(grades, COURSE, out)

"""What each learner is told of their marks; `grader.grading.redaction` decides what that may be."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Course, Exercise, Lecture
from grader.course.targets import Selection
from grader.failures import Location, Mismatch, Unreadable
from grader.grading.gradebook import (
    ExerciseScore,
    LectureGrade,
    exercise_score,
    is_current,
    read_grades,
)
from grader.grading.redaction import is_told_in_full, safe_message, safe_value
from grader.grading.store import Store
from grader.results import SOURCE, CheckResult, ExerciseResult, Outcome, Step
from grader.source.source_map import SourceMap

PRINTED_LINES = 30
PRINTED_CHARACTERS = 4_000
STEPS = 6
"""Lines on the way to an exception: the last ones."""


class Line(msgspec.Struct, frozen=True):
    """A line of what was handed in."""

    place: str
    text: str


class Revealed(msgspec.Struct, frozen=True):
    """What is told with `reveal` alone."""

    where: str = ""
    """How the check names the part that differs."""
    expected: str = ""
    more: tuple[str, ...] = ()
    """How the two relate; what else the check says."""
    ran: str = ""
    source: str = ""
    """Of the check."""


class ExerciseFeedback(msgspec.Struct, frozen=True):
    """What is told of one exercise."""

    graded: ExerciseScore
    link: str
    """The minute of the video."""
    at: str
    again: str
    """The command that checks it."""
    sentence: str = ""
    """Of the first check that does not hold: what must be true."""
    message: str = ""
    """What the learner's code did instead."""
    got: str = ""
    """What came back."""
    others: tuple[str, ...] = ()
    """The sentences of the other checks that do not hold."""
    notes: tuple[str, ...] = ()
    """What there is to remark on a place in what was handed in."""
    place: str = ""
    """Where it went wrong in what was handed in, or where the answer is."""
    steps: tuple[Line, ...] = ()
    printed: str = ""
    """The end of what their code printed."""
    cut: bool = False
    """Whether more than that was printed."""
    revealed: Revealed | None = None
    of_file: str = ""
    """The lecture's file, where what is told is of all of it, and not of this exercise alone."""


class Feedback(msgspec.Struct, frozen=True):
    """What one learner is told of one lecture."""

    grade: LectureGrade
    exercises: tuple[ExerciseFeedback, ...]
    remarks: tuple[str, ...]
    """On what was handed in: which file stands for which."""
    is_read: bool = True
    """Whether there was anything in it to judge."""


def read_feedback(
    course: Course,
    selections: Sequence[Selection],
    store: Store,
    people: Collection[str] = (),
    reveal: bool = False,
) -> Iterator[Feedback]:
    """For each learner and lecture, in the gradebook's order; for all where nobody is named."""
    hand_ins = store.hand_ins()
    by_id = {selection.lecture.id: selection for selection in selections}
    sources = {id_: CheckSources(course.checks(s.lecture)) for id_, s in by_id.items() if reveal}
    for grade in read_grades(course, selections, store):
        if grade.not_judged or grade.is_nobodys or (people and grade.who not in people):
            continue
        marks = store.marks(grade.who, grade.lecture)
        results = {m.exercise: m.result for m in marks if is_current(m, hand_ins)}
        hand_in = hand_ins.get((grade.who, grade.lecture))
        selection = by_id[grade.lecture]
        source_map = SourceMap(hand_in.origins if hand_in else {})
        writer = _FeedbackWriter(selection.lecture, source_map, sources.get(grade.lecture))
        told = [
            writer.told(exercise, graded, results.get(exercise.id))
            for exercise, graded in zip(selection.exercises, grade.exercises, strict=True)
        ]
        remarks = [*hand_in.remarks] if hand_in else []
        right = (one for one in told if one.graded.is_right)  # these have no card
        remarks += [f"{one.graded.exercise}: {note}" for one in right for note in one.notes]
        yield Feedback(
            *(grade, tuple(told), tuple(dict.fromkeys(remarks))),
            is_read=hand_in.is_read if hand_in else True,
        )


def exercise_feedback(
    lecture: Lecture, exercise: Exercise, result: ExerciseResult, source_map: SourceMap
) -> ExerciseFeedback:
    """What is told of a result alone."""
    graded = exercise_score(exercise, result, source_map=source_map)
    return _FeedbackWriter(lecture, source_map, None).told(exercise, graded, result)


class CheckSources:
    """The sources of a lecture's checks."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._found: dict[str, list[tuple[str, str]]] = {}
        for path in (p for folder in folders for p in files_in(folder, "test_*.py")):
            text = path.read_text(encoding="utf-8")
            lines = text.splitlines(keepends=True)
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef):
                    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                    source = "".join(lines[first - 1 : node.end_lineno])
                    marks = " ".join(map(ast.unparse, node.decorator_list))
                    self._found.setdefault(node.name, []).append((marks, source))

    def of(self, exercise: str, check: str) -> str:
        """The source of a check, with its decorators; nothing if it is not there any more."""
        found = self._found.get(check.partition("[")[0], [])
        own = [source for marks, source in found if repr(exercise) in marks]
        return (own or [source for _, source in found] or [""])[0]


class _FeedbackWriter:
    """Puts a lecture's results into words for one learner."""

    def __init__(
        self, lecture: Lecture, source_map: SourceMap, sources: CheckSources | None
    ) -> None:
        self._lecture = lecture
        self._map = source_map
        self._sources = sources

    def told(
        self, exercise: Exercise, graded: ExerciseScore, result: ExerciseResult | None
    ) -> ExerciseFeedback:
        told = ExerciseFeedback(
            graded=msgspec.structs.replace(graded, message="", flags=()),
            link=self._lecture.link(exercise),
            at=exercise.at,
            again=f"zth check {self._lecture.id}.{exercise.id}",
        )
        if result is not None:
            where = self._map.place(result.file, result.line) if result.line else ""
            result = self._map.result(result)
            own = tuple(note.sentence for note in result.notes if note.location)
            told = msgspec.structs.replace(told, notes=own)
        if result is None or graded.is_right:
            return msgspec.structs.replace(
                told, graded=msgspec.structs.replace(told.graded, misconception="")
            )
        failing = result.failing
        opened = next((c for c in failing if c.outcome is result.outcome), None)
        opened = opened or next(iter(failing), CheckResult(SOURCE, "", result.outcome))
        printed, cut = _end_of(result.output)
        told = msgspec.structs.replace(
            told,
            place=where,
            printed=printed,
            cut=cut or result.output_dropped > 0,
        )
        if result.outcome is Outcome.BLOCKED and graded.blocked_by:
            return msgspec.structs.replace(
                told, message=BUILDS_ON.format(names=", ".join(graded.blocked_by))
            )
        of_file = opened.name == SOURCE and result.outcome is Outcome.ERROR
        told = msgspec.structs.replace(
            told,
            sentence=opened.description,
            message=safe_message(opened),
            got=safe_value(opened),
            others=tuple(
                dict.fromkeys(c.description for c in failing if c is not opened and c.description)
            ),
            steps=tuple(Line(str(_at(s)), s.text) for s in opened.steps[-STEPS:]),
            revealed=self._reveal(exercise, opened, result) if self._sources else None,
            of_file=exercise.file if of_file else "",
        )
        if isinstance(opened.failure, Unreadable):  # its sentence says where
            told = msgspec.structs.replace(told, place="", steps=())
        return told

    def _reveal(self, exercise: Exercise, check: CheckResult, result: ExerciseResult) -> Revealed:
        mismatch = check.failure if isinstance(check.failure, Mismatch) else None
        said = () if mismatch or is_told_in_full(check) else (check.message,)
        hints = [hint.text for hint in mismatch.hints] if mismatch else []
        assert self._sources is not None
        return Revealed(
            where=mismatch.heading if mismatch else "",
            expected=mismatch.pair[0] if mismatch and mismatch.expected else "",
            more=(*said, *hints, *(n.sentence for n in result.notes if not n.location)),
            ran=check.call,
            source=self._sources.of(exercise.id, check.name) if check.name != SOURCE else "",
        )


def _at(step: Step) -> Location:
    """A step's place without its function: the line itself is shown beside it."""
    return msgspec.structs.replace(step.location, function="")


def _end_of(output: str) -> tuple[str, bool]:
    """The last lines of what was printed, and whether there are more."""
    text = output.rstrip("\n")
    lines = text[-PRINTED_CHARACTERS:].split("\n")[-PRINTED_LINES:]
    end = "\n".join(lines)
    return end, len(end) < len(text)


BUILDS_ON = "It builds on {names}, which has to be right first."

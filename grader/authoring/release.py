"""The course of a pack: stubs, examples and visible checks, and nothing from which an answer follows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from grader.course.data import data_at_hand
from grader.course.litter import files_in
from grader.course.manifest import Course, Exercise, Lecture, Manifest, load_course
from grader.course.stubs import marked_exercises, stubs_of
from grader.course.targets import Selection
from grader.course.toml_writer import manifest_text
from grader.errors import UserError
from grader.judge.doctests import examples_of
from grader.judge.judge import Judge, open_judge
from grader.results import Outcome
from grader.sandbox.sandbox import Sandbox
from grader.source.files import read_submission, submission_of


class ReleasedLecture(msgspec.Struct, frozen=True):
    """What a pack has of a lecture."""

    id: str
    exercises: int
    examples: int
    checks: int
    """Visible ones."""
    unseen: tuple[str, ...]
    """Exercises without a visible check."""
    given: tuple[str, ...]
    """Files of solutions/ in which nothing is left to the learner: they are given whole."""


class Released(msgspec.Struct, frozen=True):
    course: Course
    """The pack's."""
    lectures: tuple[ReleasedLecture, ...]


def release_course(course: Course, lectures: Sequence[Lecture], folder: Path) -> Released:
    """Write what a pack has of a course to a new folder.

    Raises UserError if a solution would be in it, or a visible check that cannot run there.
    """
    files: dict[str, str] = {}
    parts = []
    about = []
    for lecture in lectures:
        stubs = _stubs(course, lecture)
        visible = visible_files(course, lecture)
        checks = visible_checks(lecture, visible)
        examples = {e.id: _count_examples(stubs[e.file], lecture, e) for e in lecture.exercise}
        seen = {exercise for exercise, needs_data in checks if not needs_data}
        unseen = tuple(e.id for e in lecture.exercise if not examples[e.id] and e.id not in seen)
        exercises = tuple(
            msgspec.structs.replace(e, judged=e.id not in unseen) for e in lecture.exercise
        )
        parts.append(msgspec.structs.replace(lecture, exercise=exercises))
        about.append(_about(course, lecture, sum(examples.values()), len(checks), unseen))
        files |= {f"stubs/{lecture.dir}/{name}": text for name, text in stubs.items()}
        files |= visible
    manifest = msgspec.structs.replace(course.manifest, lecture=tuple(parts), released=True)
    files["course.toml"] = manifest_text(manifest)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    released = load_course(folder)
    _assert_same(manifest, released.manifest)
    return Released(released, tuple(about))


def faults(released: Released, course: Course) -> list[str]:
    """What is judged wrong in a pack: a stub that is not to do, a solution that does not pass."""
    pack = released.course

    data = data_at_hand(course)
    with (
        Sandbox(forbids=pack.forbids, data=data, secluded=True) as sandbox,  # as a class does
        open_judge(pack, pack.lectures, sandbox) as judge,
    ):
        return [fault for lecture in pack.lectures for fault in _faults(judge, course, lecture)]


def _faults(judge: Judge, course: Course, lecture: Lecture) -> Iterator[str]:
    whole = Selection(lecture, lecture.exercise)
    folder = course.solutions(lecture)
    solved = {path.name: path.read_text(encoding="utf-8") for path in files_in(folder)}
    both = (
        (read_submission(judge.course.stubs(lecture), lecture), Outcome.TODO, "the stub"),
        (submission_of(solved, lecture, folder), Outcome.PASS, "the solution"),
    )
    for submission, wanted, what in both:
        for result in judge.judge(whole, submission, on_data=False).exercises:
            if result.outcome is not wanted:
                says = result.failing[0].message if result.failing else ""
                yield f"{lecture.id}.{result.id}: {what} is {result.outcome} in it. {says}".strip()


def _stubs(course: Course, lecture: Lecture) -> dict[str, str]:
    """The stubs of a lecture by file, made from the solutions: exercises/ may be worked in."""
    for exercise in lecture.exercise:
        path = course.solutions(lecture) / exercise.file
        if exercise.id not in marked_exercises(path.read_text(encoding="utf-8")):
            raise UserError(
                f"Nothing in {path.relative_to(course.root)} is left to the learner for "
                f"{lecture.id}.{exercise.id}: its solution would be in the pack.",
                f"Put what is to be written between `### BEGIN SOLUTION {exercise.id}: the goal.` "
                "and `### END SOLUTION`.",
            )
    return {path.name: text for path, text in stubs_of(course, lecture).items()}


def visible_files(course: Course, lecture: Lecture) -> dict[str, str]:
    """The files of a lecture's visible checks, as they are, by their paths in the course."""
    folder = course.visible(lecture)
    paths = [*files_in(folder.parent, "conftest.py"), *files_in(folder)] if folder.is_dir() else []
    return {p.relative_to(course.root).as_posix(): p.read_text(encoding="utf-8") for p in paths}


def visible_checks(lecture: Lecture, files: Mapping[str, str]) -> list[tuple[str, bool]]:
    """The exercise of each visible check, and whether it needs a data set.

    Raises UserError if one cannot run in a pack.
    """
    found: list[tuple[str, bool]] = []
    for name, text in files.items():
        try:
            nodes = [*ast.walk(ast.parse(text))]
        except SyntaxError as error:
            raise UserError(f"{name}, line {error.lineno} is not Python.", CORRECT_IT) from None
        for node in nodes:
            if isinstance(node, ast.arg) and node.arg == "reference":
                message = f"{name}, line {node.lineno} asks for the solution, which is in no pack."
                raise UserError(message, KEEP_IT_HIDDEN)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "exercise":
                found.append(_marked(lecture, name, node))
    return found


def _marked(lecture: Lecture, file: str, mark: ast.Call) -> tuple[str, bool]:
    """What `@exercise(id, data=…)` says."""
    named, *rest = [*mark.args, ast.Constant(None)]
    id_ = named.value if isinstance(named, ast.Constant) else None
    if id_ not in {exercise.id for exercise in lecture.exercise}:
        message = f"{file}, line {mark.lineno} names no exercise of {lecture.id}."
        raise UserError(message, CORRECT_IT)
    return str(id_), len(rest) > 1 or bool(mark.keywords)


def _count_examples(stub: str, lecture: Lecture, exercise: Exercise) -> int:
    try:
        return sum(map(len, examples_of(stub, lecture, exercise)))
    except ValueError as error:
        message = f"A docstring of {lecture.id}.{exercise.id} is no doctest: {error}."
        raise UserError(message, "Fix it in the solution.") from None


def _about(
    course: Course, lecture: Lecture, examples: int, checks: int, unseen: tuple[str, ...]
) -> ReleasedLecture:
    given = tuple(
        path.name
        for path in files_in(course.solutions(lecture))
        if not marked_exercises(path.read_text(encoding="utf-8"))
    )
    return ReleasedLecture(lecture.id, len(lecture.exercise), examples, checks, unseen, given)


CORRECT_IT = "Correct the check: `zth dev check` tells more."
KEEP_IT_HIDDEN = "Write what is expected, or move the check to tests/hidden."


def _assert_same(written: Manifest, read: Manifest) -> None:
    assert written == read, "a manifest is read as it was written"

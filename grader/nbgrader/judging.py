"""A submission judged: its notebooks as source, for the exercises that the gradebook asks for.

Nothing of a notebook is run, and no kernel is started. All notebooks of an assignment are judged at
once, for they import one another. A caller with a judge in a process (`grader.judge.worker`) asks
`prepare` for them, and `tell` what their results come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.errors import UserError
from grader.grading.feedback import ExerciseFeedback, exercise_feedback
from grader.grading.gathering import shown
from grader.grading.source_matching import Sources, given_names, submission_from
from grader.grading.submitted_files import read_bundle
from grader.judge.worker import Job
from grader.results import ExerciseResult, LectureResult, Outcome
from grader.source.notebooks import NOT_RUN, ONE_NOT_RUN
from grader.source.source_map import Origin, SourceMap


class Asked(msgspec.Struct, frozen=True):
    """What is to be judged, and where it lies."""

    who: str
    folder: Path
    """With what was handed in."""
    given: Path
    """With the files that everybody gets: theirs do not count in their place."""
    notebooks: Mapping[str, Sequence[str]]
    """The exercises that are graded in each of the assignment's notebooks, as `lecture5.dprobs`."""
    theirs: frozenset[str] = frozenset()
    """Files that everybody gets and may change."""
    files: Mapping[str, str] = {}
    """A notebook → the file that stands for it, where that has another name."""
    kinds: Mapping[str, Mapping[str, str]] = {}
    """A notebook → its cells by their names, each with its type: `code` or `markdown`."""

    def file(self, notebook: str) -> str:
        """The file that stands for a notebook, there or not."""
        return self.files.get(notebook, f"{notebook}.ipynb")


class Prepared(msgspec.Struct, frozen=True):
    jobs: tuple[Job, ...]
    """One a lecture; most assignments have one."""
    sources: dict[str, Sources]
    """By lecture."""
    stands: dict[str, dict[str, str]]
    """By lecture: a file → the notebook that is meant to stand for it."""

    @property
    def timed_out(self) -> str:
        """Why it could not be read, where that is no fault of the learner's."""
        return next((s.timed_out for s in self.sources.values() if s.timed_out), "")


class Judged(msgspec.Struct, frozen=True):
    """What became of one exercise."""

    result: ExerciseResult
    told: ExerciseFeedback
    """What the learner may know of it."""


class NotebookVerdict(msgspec.Struct, frozen=True):
    """What became of a submission."""

    judged: dict[str, Judged]
    """By exercise, as `lecture5.dprobs`."""
    remarks: tuple[str, ...]
    """On how it was read."""


def prepare(course: Course, asked: Asked, seed: int) -> Prepared:
    """The jobs that a submission is.

    Never raises for what was handed in; UserError if the gradebook knows an exercise that the course
    has not.
    """
    bundle = read_bundle(asked.folder)
    given = {
        path: data
        for path, data in read_bundle(asked.given).files.items()
        if path.endswith(".py") and path not in asked.theirs
    }
    bundle = msgspec.structs.replace(bundle, files={**bundle.files, **given})
    kinds = {asked.file(name): cells for name, cells in asked.kinds.items()}
    renamed = tuple(
        TAKEN.format(file=shown(file), name=name) for name, file in sorted(asked.files.items())
    )
    jobs: list[Job] = []
    sources: dict[str, Sources] = {}
    stands: dict[str, dict[str, str]] = {}
    for lecture, exercises in _wanted(course, asked.notebooks):
        stands[lecture.id] = _stands(lecture, asked)
        found = submission_from(
            bundle,
            lecture,
            notebooks=stands[lecture.id],
            given=given_names(course, lecture),
            kinds=kinds,
        )
        remarks = (*renamed, *_worth_saying(found.remarks))
        sources[lecture.id] = msgspec.structs.replace(found, remarks=remarks)
        names = tuple(e.id for e in exercises)
        jobs.append(Job(asked.who, lecture.id, names, found.submission, seed))
    return Prepared(tuple(jobs), sources, stands)


def tell(course: Course, prepared: Prepared, results: Iterable[LectureResult]) -> NotebookVerdict:
    """What the results of the jobs come to."""
    judged: dict[str, Judged] = {}
    for result in results:
        lecture = course.lecture(result.id)
        origins = prepared.sources[lecture.id].origins
        # what is not there at all is missed by its notebook's name, too
        missed = {file: Origin(path, (1,)) for file, path in prepared.stands[lecture.id].items()}
        source_map = SourceMap({**missed, **origins})
        for one in result.exercises:
            told = exercise_feedback(lecture, lecture.find(one.id), one, source_map)
            judged[f"{lecture.id}.{one.id}"] = Judged(source_map.result(one), told)
    remarks = dict.fromkeys(r for sources in prepared.sources.values() for r in sources.remarks)
    return NotebookVerdict(judged, tuple(remarks))


def worth(exercise: Exercise, points: float) -> float:
    """Full marks of a graded cell that has so many points: a bonus's cell has none for nbgrader."""
    return points or (float(exercise.points) if exercise.bonus else 0.0)


def share(exercise: Exercise, result: ExerciseResult, points: float) -> float:
    """What a result earns of a graded cell that has so many points."""
    full = worth(exercise, points)
    if not result.max_points:
        return full if result.outcome is Outcome.PASS else 0.0
    return full * result.points / result.max_points


def find(course: Course, target: str) -> tuple[Lecture, Exercise]:
    """The exercise that a graded cell stands for. Raises UserError if the course has none."""
    lecture_id, _, exercise_id = target.partition(".")
    for lecture in course.lectures:
        for exercise in lecture.exercise:
            if (lecture.id, exercise.id) == (lecture_id, exercise_id):
                return lecture, exercise
    raise UserError(UNKNOWN.format(target=target, course=course.root), BUILD_AGAIN)


def _wanted(
    course: Course, notebooks: Mapping[str, Sequence[str]]
) -> list[tuple[Lecture, tuple[Exercise, ...]]]:
    """The exercises that are asked for, in the course's order: an earlier one may be needed."""
    targets = {target for exercises in notebooks.values() for target in exercises}
    for target in sorted(targets):
        find(course, target)
    wanted = [
        (lecture, tuple(e for e in lecture.exercise if f"{lecture.id}.{e.id}" in targets))
        for lecture in course.lectures
    ]
    return [(lecture, exercises) for lecture, exercises in wanted if exercises]


def _stands(lecture: Lecture, asked: Asked) -> dict[str, str]:
    """The notebook that stands for each of a lecture's files: where most of it is graded."""
    files = {f"{lecture.id}.{e.id}": e.file for e in lecture.exercise}
    stands: dict[str, str] = {}
    for file in lecture.files:
        count = Counter(
            {
                asked.file(name): sum(files.get(target) == file for target in targets)
                for name, targets in asked.notebooks.items()
            }
        )
        path, most = count.most_common(1)[0]
        if most:
            stands[file] = path
    return stands


def _worth_saying(remarks: Iterable[str]) -> tuple[str, ...]:
    """Without what is true of every notebook: that it is not run."""
    usual = tuple(words.rpartition("{}")[2].strip() for words in (NOT_RUN, ONE_NOT_RUN))
    return tuple(remark for remark in remarks if not remark.endswith(usual))


TAKEN = "{file} is taken for {name}.ipynb."
UNKNOWN = "A graded cell stands for {target}, which the course in {course} has not."
BUILD_AGAIN = (
    "Name the course that the assignment was built from in nbgrader_config.py: c.Judge.course"
)

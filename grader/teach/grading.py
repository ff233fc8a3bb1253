"""Grading a class: what has changed since it was last judged is judged, and nothing else."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from grader.course.manifest import Course, Exercise, Lecture
from grader.course.targets import Selection
from grader.judge.results import LectureResult
from grader.judge.submission import Submission
from grader.teach.bundle import Bundle, Part, read_bundle
from grader.teach.digest import Digests, fingerprint
from grader.teach.intake import Clock, Handed, Intake
from grader.teach.sources import given_names, submission_from
from grader.teach.store import HandIn, Run, Store
from grader.teach.worker import Job, Marked

MOST_ENTRIES = 5_000
"""Of a folder that are looked at to see whether it has changed."""

Executor = Callable[[Iterable[Job]], Iterator[Marked]]
"""Gives the mark of every job, in any order."""


class State(enum.StrEnum):
    GRADED = "graded"
    UNCHANGED = "unchanged"
    """Read again, and the same as before."""


class Step(msgspec.Struct, frozen=True):
    """A learner's work on a lecture, done with."""

    who: str
    lecture: str
    state: State
    result: LectureResult | None = None


class Task(msgspec.Struct, frozen=True):
    """What may have to be judged: a learner, a lecture, and how it looks on the disk."""

    handed: Handed
    selection: Selection
    seen: str


class Plan(msgspec.Struct, frozen=True):
    """What a run has to look at, and what it need not."""

    tasks: tuple[Task, ...]
    unchanged: int
    """Works that look as they did, judged with what there is now."""


class Grading:
    """One run over a class."""

    def __init__(
        self,
        course: Course,
        selections: Sequence[Selection],
        store: Store,
        regrade: Collection[str] = (),
    ) -> None:
        """`regrade` names learners who are judged again, changed or not."""
        self._course = course
        self._selections = selections
        self._store = store
        self._regrade = frozenset(regrade)
        self._folders = [lecture.dir for lecture in course.lectures]
        digests = Digests(course)
        self._digests: Mapping[str, Mapping[str, str]] = {
            s.lecture.id: {e.id: digests.of(s.lecture, e) for e in s.exercises} for s in selections
        }
        self._known = store.known()
        self._hand_ins = store.hand_ins()

    def plan(self, intake: Intake) -> Plan:
        """What has to be looked at. Nothing is read for it, only listed."""
        tasks: list[Task] = []
        unchanged = 0
        for handed in intake.handed:
            seen = looks(handed.parts)
            for selection in self._selections:
                before = self._hand_ins.get((handed.who, selection.lecture.id))
                same = before is not None and before.seen == seen
                if same and before and not self._left(handed.who, selection, before.fingerprint):
                    unchanged += 1
                else:
                    tasks.append(Task(handed, selection, seen))
        return Plan(tuple(tasks), unchanged)

    def run(
        self, plan: Plan, run: Run, executor: Executor, strangers: Collection[str]
    ) -> Iterator[Step]:
        """Judge what the plan asks for; each work is recorded before it is told."""
        hand_ins: dict[tuple[str, str], HandIn] = {}
        unchanged: list[Step] = []

        def jobs() -> Iterator[Job]:
            for task in plan.tasks:
                lecture, who = task.selection.lecture, task.handed.who
                submission, hand_in = self._read(task, who not in strangers)
                left = self._left(who, task.selection, hand_in.fingerprint)
                if not left:
                    self._store.record(hand_in, _nothing(lecture, run), {}, run)
                    unchanged.append(Step(who, lecture.id, State.UNCHANGED))
                    continue
                hand_ins[who, lecture.id] = hand_in
                names = tuple(e.id for e in left)
                yield Job(who, lecture.id, names, submission, run.seed)

        for marked in executor(jobs()):
            yield from _taken(unchanged)
            hand_in = hand_ins.pop((marked.who, marked.lecture))
            self._store.record(hand_in, marked.result, self._digests[marked.lecture], run)
            yield Step(marked.who, marked.lecture, State.GRADED, marked.result)
        yield from _taken(unchanged)

    def _read(self, task: Task, on_roster: bool) -> tuple[Submission, HandIn]:
        handed, lecture = task.handed, task.selection.lecture
        bundle = (
            Bundle(files={}, trouble=handed.trouble)
            if handed.trouble
            else read_bundle(handed.parts)
        )
        found = submission_from(
            bundle, lecture, self._folders, given=given_names(self._course, lecture)
        )
        hand_in = HandIn(
            who=handed.who,
            lecture=lecture.id,
            path=str(handed.parts[0].path) if handed.parts else "",
            at=handed.at.timestamp(),
            fingerprint=fingerprint(found.submission),
            seen=task.seen,
            remarks=(*handed.remarks, *found.remarks),
            older=tuple(map(str, handed.older)),
            on_roster=on_roster,
            recorded=handed.clock is Clock.RECORDED,
            places=found.places,
            shape=found.shape,
        )
        return found.submission, hand_in

    def _left(self, who: str, selection: Selection, mark: str) -> tuple[Exercise, ...]:
        """The exercises of a submission that have no mark made from it with what there is now."""
        if who in self._regrade:
            return selection.exercises
        lecture = selection.lecture.id
        digests = self._digests[lecture]
        return tuple(
            e
            for e in selection.exercises
            if self._known.get((who, lecture, e.id)) != (mark, digests[e.id])
        )


def looks(parts: Sequence[Part]) -> str:
    """How files look on the disk: names, sizes, times. Where it is the same, so are they."""
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        for line in _listed(str(part.path)):
            digest.update(line.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _listed(path: str) -> Iterator[str]:
    left = MOST_ENTRIES
    waiting = [path]
    for folder in waiting:
        try:
            stat = os.lstat(folder)
            yield f"{folder}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ino}\n"
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    left -= 1
                    if left <= 0:
                        return
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        continue
                    stat = entry.stat(follow_symlinks=False)
                    yield f"{entry.path}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ino}\n"
        except NotADirectoryError:
            continue
        except OSError as error:
            yield f"{folder}\0{error.errno}\n"


def _nothing(lecture: Lecture, run: Run) -> LectureResult:
    return LectureResult(lecture.id, run.seed, run.isolation, (), 0.0)


def _taken(steps: list[Step]) -> Iterator[Step]:
    while steps:
        yield steps.pop(0)

"""Grading a class: what has changed since it was last judged is judged, and nothing else."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from grader.course.manifest import Course, Exercise
from grader.course.targets import Selection
from grader.grading.discovery import Clock, DiscoveredSubmissions, SubmissionEntry
from grader.grading.fingerprints import Digests, fingerprint
from grader.grading.questions import is_question
from grader.grading.reference_first import after_references, must_pass, reference_job
from grader.grading.source_matching import Sources, given_names, submission_from
from grader.grading.store import GradingRun, Store, SubmissionRecord
from grader.grading.submitted_files import SubmittedFiles, SubmittedPath, read_bundle
from grader.judge.worker import Job, JobResult
from grader.results import LectureResult
from grader.source.source_map import SourceMap

MOST_ENTRIES = 5_000
"""Of a folder that are looked at to see whether it has changed."""

Executor = Callable[[Iterable[Job]], Iterator[JobResult]]
"""Gives the mark of every job, in any order."""


class GradingState(enum.StrEnum):
    GRADED = "graded"
    UNCHANGED = "unchanged"
    """Read again, and the same as before."""
    UNGRADED = "ungraded"
    """It came to no result, through no fault of the learner's."""


class GradingStep(msgspec.Struct, frozen=True):
    """A learner's work on a lecture, done with."""

    who: str
    lecture: str
    state: GradingState
    result: LectureResult | None = None
    why: str = ""
    """Why it is not graded."""


class Task(msgspec.Struct, frozen=True):
    """What may have to be judged: a learner, a lecture, and how it looks on the disk."""

    handed: SubmissionEntry
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

    def plan(self, intake: DiscoveredSubmissions) -> Plan:
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

    def settle(self, intake: DiscoveredSubmissions) -> None:
        """Write down whom a question is about, and forget what an answer has made another's.

        Whose submission cannot be told is nobody's until it is answered: those whose it may be are not
        graded yet, which is neither absent nor 0.
        """
        self._store.place(self._placed(intake))
        self._hand_ins = self._store.hand_ins()
        handed = {one.who for one in intake.handed}
        asked = {id_: q.text for q in intake.questions for id_ in q.candidates if id_ not in handed}
        paths = {str(part.path) for one in intake.handed for part in one.parts}
        lectures = {selection.lecture.id for selection in self._selections}
        here = {key: of for key, of in self._hand_ins.items() if key[1] in lectures}
        for (who, lecture), hand_in in here.items():
            is_answered = hand_in.is_question and who not in asked
            is_anothers = not hand_in.on_roster and hand_in.path in paths
            if who not in handed and (is_answered or is_anothers):
                self._store.withdraw(who, lecture)
        self._store.expect(
            SubmissionRecord(who, lecture, "", None, "", "", remarks=(text,), ungraded=text)
            for who, text in asked.items()
            for lecture in sorted(lectures)
            if (who, lecture) not in here or here[who, lecture].is_question
        )
        self._hand_ins = self._store.hand_ins()

    def _placed(self, intake: DiscoveredSubmissions) -> Iterator[SubmissionRecord]:
        """What is unchanged and known otherwise than before, as the roster or an answer came later."""
        questions = {question.who: question.text for question in intake.questions}
        handed = {one.who for one in intake.handed}
        lectures = {selection.lecture.id for selection in self._selections}
        for (who, lecture), hand_in in self._hand_ins.items():
            if who not in handed or lecture not in lectures or not hand_in.path:
                continue
            asked = [questions[who]] if who in questions else []
            others = [remark for remark in hand_in.remarks if not is_question(remark)]
            new = msgspec.structs.replace(
                hand_in, remarks=(*asked, *others), on_roster=who not in intake.strangers
            )
            if new != hand_in:
                yield new

    def run(
        self, plan: Plan, run: GradingRun, executor: Executor, strangers: Collection[str]
    ) -> Iterator[GradingStep]:
        """Judge what the plan asks for; each work is recorded before it is told.

        What was handed in is written down before any of it is judged: where the run is stopped, those
        who were not reached are not graded, which is neither absent nor 0.
        """
        hand_ins: dict[tuple[str, str], SubmissionRecord] = {}
        unjudged: list[GradingStep] = []
        self._store.expect(self._new(plan, strangers))
        references = self._references(plan, run)

        def jobs() -> Iterator[Job]:
            yield from references.values()
            for task in plan.tasks:
                lecture, who = task.selection.lecture, task.handed.who
                found, hand_in = self._read(task, who not in strangers)
                if found.timed_out:
                    self._store.expect([hand_in])
                    unjudged.append(
                        GradingStep(who, lecture.id, GradingState.UNGRADED, why=found.timed_out)
                    )
                    continue
                left = self._left(who, task.selection, hand_in.fingerprint)
                if not left:
                    self._store.expect([hand_in])
                    unjudged.append(GradingStep(who, lecture.id, GradingState.UNCHANGED))
                    continue
                hand_ins[who, lecture.id] = hand_in
                names = tuple(e.id for e in left)
                yield Job(who, lecture.id, names, found.submission, run.seed)

        for marked in after_references(references, executor(jobs()), self._prove):
            yield from _taken(unjudged)
            hand_in = hand_ins.pop((marked.who, marked.lecture))
            yield self._take(marked, hand_in, run)
        yield from _taken(unjudged)

    def _references(self, plan: Plan, run: GradingRun) -> dict[str, Job]:
        """By lecture: the course's own solution as a job, where it is not known to pass."""
        proved = self._store.proved()
        jobs: dict[str, Job] = {}
        for task in plan.tasks:
            lecture = task.selection.lecture
            digests = self._digests[lecture.id]
            names = tuple(e.id for e in task.selection.exercises if digests[e.id] not in proved)
            if names and lecture.id not in jobs:
                jobs[lecture.id] = reference_job(self._course, lecture, names, run.seed)
        return jobs

    def _prove(self, marked: JobResult) -> None:
        """Raises UserError if the course's own solution does not pass."""
        must_pass(self._course, marked)
        digests = self._digests[marked.lecture]
        self._store.prove(digests[e.id] for e in marked.result.exercises)

    def _take(self, marked: JobResult, hand_in: SubmissionRecord, run: GradingRun) -> GradingStep:
        if marked.ungraded:
            self._store.expect([msgspec.structs.replace(hand_in, ungraded=marked.ungraded)])
            return GradingStep(
                marked.who, marked.lecture, GradingState.UNGRADED, why=marked.ungraded
            )
        self._store.record(hand_in, marked.result, self._digests[marked.lecture], run)
        return GradingStep(marked.who, marked.lecture, GradingState.GRADED, marked.result)

    def _new(self, plan: Plan, strangers: Collection[str]) -> Iterator[SubmissionRecord]:
        """What is not known as it lies there now, before it is read: no mark is made from it yet."""
        for task in plan.tasks:
            before = self._hand_ins.get((task.handed.who, task.selection.lecture.id))
            if before is None or before.seen != task.seen:
                yield _hand_in(task, task.handed.who not in strangers)

    def _read(self, task: Task, on_roster: bool) -> tuple[Sources, SubmissionRecord]:
        handed, lecture = task.handed, task.selection.lecture
        bundle = (
            SubmittedFiles(files={}, trouble=handed.trouble)
            if handed.trouble
            else read_bundle(handed.parts)
        )
        found = submission_from(
            bundle, lecture, self._folders, given=given_names(self._course, lecture)
        )
        files = found.submission.files.values()
        troubles = {
            f.name: SourceMap(found.origins).failure(f.trouble).sentence
            for f in files
            if f.trouble and not f.trouble.absent
        }
        hand_in = msgspec.structs.replace(
            _hand_in(task, on_roster),
            fingerprint="" if found.timed_out else fingerprint(found.submission),
            seen=task.seen,
            remarks=(*handed.remarks, *found.remarks),
            origins=found.origins,
            shape=found.shape,
            ungraded=found.timed_out,
            troubles=troubles,
            is_read=not troubles or any(file.text for file in files),
        )
        return found, hand_in

    def _left(self, who: str, selection: Selection, mark: str) -> tuple[Exercise, ...]:
        """The exercises of a submission that have no mark made from it with what there is now."""
        lecture = selection.lecture.id
        before = self._hand_ins.get((who, lecture))
        if who in self._regrade or (before and before.ungraded):
            return selection.exercises
        digests = self._digests[lecture]
        return tuple(
            e
            for e in selection.exercises
            if self._known.get((who, lecture, e.id)) != (mark, digests[e.id])
        )


def looks(parts: Sequence[SubmittedPath]) -> str:
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


def _hand_in(task: Task, on_roster: bool) -> SubmissionRecord:
    """What is known of a work before it is read. It has the fingerprint of no work that was judged."""
    handed = task.handed
    return SubmissionRecord(
        who=handed.who,
        lecture=task.selection.lecture.id,
        path=str(handed.parts[0].path) if handed.parts else "",
        at=handed.at.timestamp(),
        fingerprint="",
        seen="",
        remarks=handed.remarks,
        older=tuple(map(str, handed.older)),
        on_roster=on_roster,
        recorded=handed.clock is Clock.RECORDED,
    )


def _taken(steps: list[GradingStep]) -> Iterator[GradingStep]:
    while steps:
        yield steps.pop(0)

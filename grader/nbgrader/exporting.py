"""The results of `zth grade` in an nbgrader course: its gradebook, and a notebook a learner to look at.

What a person has decided in nbgrader stays: scores, comments, extra credit, longer extensions. Where
nbgrader has a learner's work itself, nothing of theirs is changed. Done again, it changes nothing.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
from nbgrader.api import Student

from grader.course.litter import files_in
from grader.course.manifest import Course, Lecture
from grader.course.targets import Selection
from grader.errors import UserError, writing
from grader.export.phrases import UNANSWERED, number
from grader.export.writing import write_file
from grader.grading.feedback import exercise_feedback
from grader.grading.gradebook import HOUR, LectureGrade, is_current, read_grades
from grader.grading.reading import Reading
from grader.grading.roster import Person, first_and_last
from grader.grading.store import Store, SubmissionRecord
from grader.nbgrader.assignments import find_assignment, utc
from grader.nbgrader.autograded import SHAPE, Learner, Page, is_as_made, made_by_us
from grader.nbgrader.course import NbgraderCourse, open_course
from grader.nbgrader.judging import Judged, share, worth
from grader.nbgrader.submissions import Points, SubmissionPlan, Submissions
from grader.results import ExerciseResult
from grader.source.source_map import SourceMap
from grader.workspace.backups import alone
from grader.workspace.workspace import Workspace, read_file

Progress = Callable[[int, int], None]
"""Told how many works are done, and of how many."""


class Exported(msgspec.Struct):
    """What a run has done."""

    works: int = 0
    """Whose results are in the gradebook."""
    changed: int = 0
    """Of these, where the gradebook had something else."""
    notebooks: int = 0
    """Written."""
    made: list[str] = []
    """Assignments that were not there."""
    remarks: list[str] = []


def export(
    course: Course,
    selections: Sequence[Selection],
    store: Store,
    folder: Path,
    progress: Progress,
) -> Exported:
    """Put the results into the nbgrader course in `folder`, one learner's after the other's.

    Raises UserError if it is no course that can be written to, or single exercises are asked for.
    """
    for selection in selections:
        if not selection.is_whole:
            lecture = selection.lecture.id
            raise UserError(PART.format(lecture=lecture), WHOLE.format(lecture=lecture))
    people = {person.id: person for person in store.people()}
    reading = Reading(course, tuple(people.values()), Path.cwd())
    grades = [
        grade
        for grade in read_grades(course, selections, store)
        if grade.handed_in or any(graded.by_hand for graded in grade.exercises)
    ]
    done, remarks = Exported(), _Remarks()
    with alone(Workspace(folder)), open_course(folder) as opened:
        lectures = {
            s.lecture.id: _Lecture(course, s.lecture, opened, store, reading, people, remarks)
            for s in selections
        }
        done.made = [id_ for id_, lecture in lectures.items() if lecture.made]
        for grade in grades:
            if grade.is_nobodys:
                remarks.add(UNANSWERED, grade.who)
        grades = [grade for grade in grades if not grade.is_nobodys]
        students = _let_in(opened, people, {grade.who for grade in grades}, remarks)
        works = [grade for grade in grades if grade.who in students]
        for count, grade in enumerate(works):
            progress(count, len(works))
            lectures[grade.lecture].put(grade, done)
    done.remarks = remarks.lines()
    return done


class _Remarks:
    """What a person should know of the run: each once, and whom it concerns."""

    def __init__(self) -> None:
        self._about: dict[str, dict[str, None]] = {}

    def add(self, remark: str, name: str) -> None:
        self._about.setdefault(remark, {})[name] = None

    def lines(self) -> list[str]:
        return [remark.format(names=_some(list(names))) for remark, names in self._about.items()]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown


def _let_in(
    opened: NbgraderCourse, people: Mapping[str, Person], handed: Collection[str], remarks: _Remarks
) -> set[str]:
    """Who can have a submission. The roster's people become students, and others where they may."""
    db = opened.book.db
    rows = db.query(Student.id, Student.first_name, Student.last_name, Student.email)
    there = {id_: (first or last, email) for id_, first, last, email in rows}
    may_come = opened.converter.create_student
    new: list[dict[str, str]] = []
    known: list[dict[str, str]] = []
    students: set[str] = set()
    for who in dict.fromkeys([*people, *sorted(handed)]):
        if not _can_be_student(who):
            remarks.add(NO_ID, ascii(who))
            continue
        if who not in there and who not in people and not may_come:
            remarks.add(STRANGER, who)
            continue
        students.add(who)
        named, email = there.get(who, ("", ""))
        about = _about(people.get(who, Person(who)))
        about = {
            key: text for key, text in about.items() if not (email if key == "email" else named)
        }
        if who not in there:
            new.append({"id": who, **about})
        elif about:
            known.append({"id": who, **about})
    db.bulk_insert_mappings(Student, new)
    db.bulk_update_mappings(Student, known)
    db.commit()
    return students


def _about(person: Person) -> dict[str, str]:
    """What nbgrader keeps of a student, as far as the roster has it."""
    first, last = first_and_last(person)
    texts = {"first_name": first, "last_name": last, "email": person.email}
    return {key: text[:LONGEST] for key, text in texts.items() if text}


def _can_be_student(who: str) -> bool:
    """Whether a database takes it for an id."""
    return 0 < len(who) <= LONGEST and who.isprintable()


def _can_be_folder(who: str) -> bool:
    return "/" not in who and who not in (".", "..") and len(who.encode()) <= LONGEST_FOLDER


class _Lecture:
    """A lecture's assignment, and the class's works for it."""

    def __init__(
        self,
        course: Course,
        lecture: Lecture,
        opened: NbgraderCourse,
        store: Store,
        reading: Reading,
        people: Mapping[str, Person],
        remarks: _Remarks,
    ) -> None:
        self._lecture = lecture
        self._opened = opened
        self._store = store
        self._reading = reading
        self._people = people
        self._remarks = remarks
        found = find_assignment(opened, course, lecture)
        self.made = found.made
        self._pages = {entry.name: Page(lecture, entry.cells) for entry in found.notebooks}
        self._submissions = Submissions(opened.book, found)
        self._hand_ins = store.hand_ins()
        same = (SHAPE, version("zth"), lecture, [entry.cells for entry in found.notebooks])
        self._same = msgspec.json.encode(same)
        there = {exercise for page in self._pages.values() for exercise in page.targets}
        for exercise in lecture.exercise:
            if exercise.id not in there:
                remarks.add(NO_CELL.format(lecture=lecture.id, names="{names}"), exercise.id)

    def put(self, grade: LectureGrade, done: Exported) -> None:
        """One learner's: first what counts, then what shows it. A kill between is made good later."""
        hand_in = self._hand_ins.get((grade.who, grade.lecture)) or _nothing_from(grade)
        place = None if hand_in.is_question else self._place(hand_in)
        if place and place.theirs:
            self._remarks.add(THEIRS, grade.who)
            return
        marks = self._store.marks(grade.who, grade.lecture)
        results = {m.exercise: m.result for m in marks if is_current(m, self._hand_ins)}
        put = self._submissions.put(self._work(grade, hand_in, results))
        done.works += 1
        done.changed += put.changed
        for kept in put.kept:
            theirs, ours = (
                number(x) if isinstance(x, float) else x for x in (kept.theirs, kept.ours)
            )
            self._remarks.add(KEPT, f"{grade.who} {kept.cell} ({theirs}, here {ours})")
        if place and place.is_free and grade.handed_in:
            done.notebooks += self._write(place, hand_in, results)

    # what counts

    def _work(
        self, grade: LectureGrade, hand_in: SubmissionRecord, results: Mapping[str, ExerciseResult]
    ) -> SubmissionPlan:
        points: dict[tuple[str, str], Points] = {}
        comments: dict[tuple[str, str], str] = {}
        for graded in grade.exercises:
            exercise = self._lecture.find(graded.exercise)
            result = results.get(exercise.id)
            if graded.points is None:
                self._remarks.add(NOT_JUDGED, grade.who)
            judged = 0.0 if not grade.handed_in else None
            for name, page in self._pages.items():
                for cell in page.targets.get(exercise.id, ()):
                    full = worth(exercise, cell.points)
                    ratio = full / exercise.points if exercise.points else 1.0
                    points[name, cell.name] = Points(
                        float(share(exercise, result, cell.points)) if result else judged,
                        (graded.points or 0.0) * ratio if graded.by_hand else None,
                    )
            if graded.comment and not self._comment(exercise.id, graded.comment, comments):
                self._remarks.add(NOT_TOLD, f"{grade.who} {exercise.id}")
        person = self._people.get(grade.who)
        hours = person.extension_hours if person else 0.0
        return SubmissionPlan(
            who=grade.who,
            at=utc(hand_in.at) if hand_in.recorded and hand_in.at is not None else None,
            extension=datetime.timedelta(seconds=hours * HOUR) or None,
            points=points,
            comments=comments,
            lost=(grade.penalty or 0.0) / grade.points if grade.points else 0.0,
        )

    def _comment(self, exercise: str, comment: str, comments: dict[tuple[str, str], str]) -> bool:
        """Put it where the exercise is written. Whether there is such a cell."""
        for name, page in self._pages.items():
            for cell, of in page.written.items():
                if exercise in of:
                    before = comments.get((name, cell), "")
                    text = f"{exercise}: {comment}" if len(of) > 1 else comment
                    comments[name, cell] = f"{before}\n\n{text}".strip()
                    return True
        return False

    # what shows it

    def _place(self, hand_in: SubmissionRecord) -> _Place | None:
        """Where nbgrader looks for what it has graded; None for somebody who is called like no folder."""
        who = hand_in.who
        if not _can_be_folder(who):
            self._remarks.add(NO_FOLDER, who)
            return None
        home = self._opened.autograded(who, self._lecture.id)
        there = {path: read_file(path) or b"" for path in files_in(home, "*.ipynb")}
        submitted = self._opened.submitted(who, self._lecture.id)
        if submitted.exists():
            inside = self._reading.path(hand_in).resolve().is_relative_to(submitted.resolve())
            return _Place(home, there, theirs=not inside, is_free=False)
        ours = all(made_by_us(data) for data in there.values())
        return _Place(home, there, theirs=not ours, is_free=True)

    def _write(
        self, place: _Place, hand_in: SubmissionRecord, results: Mapping[str, ExerciseResult]
    ) -> int:
        """How many notebooks are written: those that are not as they would be."""
        files: dict[Path, bytes] = {}
        digest = self._digest(hand_in, results)
        learner: Learner | None = None
        for name, page in self._pages.items():
            path = place.home / f"{name}.ipynb"
            before = place.there.get(path)
            made = made_by_us(before or b"")
            if before and made:
                shows_all = made.shown or not self._reading.is_there(hand_in)
                if made.work == digest and shows_all:
                    continue
                if not is_as_made(before, made):
                    self._remarks.add(EDITED, f"{hand_in.who}/{self._lecture.id}/{path.name}")
                    continue
            learner = learner or self._learner(hand_in, results)
            files[path] = page.notebook(learner, digest).encode()
        notebooks = sum(data != place.there.get(path) for path, data in files.items())
        if hand_in.recorded and hand_in.at is not None:
            # by it nbgrader knows whether its feedback is of an older work
            text = f"{utc(hand_in.at):%Y-%m-%d %H:%M:%S.%f} UTC\n"
            files[place.home / "timestamp.txt"] = text.encode()
        new = {path: data for path, data in files.items() if data != read_file(path)}
        if new:
            with writing(place.home):
                place.home.mkdir(parents=True, exist_ok=True)
            for path, data in new.items():
                write_file(path, [data])
            self._opened.converter.set_permissions(self._lecture.id, hand_in.who)
        return notebooks

    def _digest(self, hand_in: SubmissionRecord, results: Mapping[str, ExerciseResult]) -> str:
        """Of all that a learner's notebooks are made of."""
        shown = (hand_in.fingerprint, hand_in.remarks, hand_in.origins, results)
        return hashlib.blake2b(self._same + msgspec.json.encode(shown), digest_size=16).hexdigest()

    def _learner(self, hand_in: SubmissionRecord, results: Mapping[str, ExerciseResult]) -> Learner:
        source_map = SourceMap(hand_in.origins)
        judged = {
            id_: Judged(
                result,
                exercise_feedback(self._lecture, self._lecture.find(id_), result, source_map),
            )
            for id_, result in results.items()
            if any(e.id == id_ for e in self._lecture.exercise)
        }
        texts = self._reading.texts(hand_in, self._lecture)
        return Learner(judged, hand_in.origins, hand_in.remarks, texts)


def _nothing_from(grade: LectureGrade) -> SubmissionRecord:
    """Of somebody who handed in nothing, and has points by hand."""
    return SubmissionRecord(grade.who, grade.lecture, path="", at=None, fingerprint="", seen="")


class _Place(msgspec.Struct, frozen=True):
    """A learner's folder in autograded/."""

    home: Path
    there: dict[Path, bytes]
    """Its notebooks."""
    theirs: bool
    """Whether nbgrader has another work of theirs: its result is not ours to replace."""
    is_free: bool
    """Whether the notebooks are ours to write: `nbgrader autograde` passes over what lies in submitted/
    as soon as anything is here."""


LONGEST = 128
"""Characters of an id, a name or an address: of more a database has no room."""
LONGEST_FOLDER = 255
"""Bytes of its name."""
MOST_NAMES = 5
PART = "nbgrader has a whole lecture for an assignment, and not single exercises of {lecture}."
WHOLE = "Name the lecture: {lecture}"
NO_ID = "Left out, because nbgrader cannot have such a student id: {names}."
STRANGER = (
    "Left out, for they are no students of the gradebook, and c.Autograde.create_student is False: "
    "{names}."
)
NO_CELL = (
    "{lecture} has no cell in the gradebook for these exercises, so what they give is not in it: "
    "{names}."
)
NOT_JUDGED = "Not all graded yet, so what is not waits in nbgrader without a score: {names}."
NOT_TOLD = "Comments by hand that no cell is there for: {names}."
KEPT = "Scores entered by hand in nbgrader differ, and were kept: {names}."
THEIRS = (
    "nbgrader has work of theirs itself, so nothing of theirs is changed: {names}. Where zth's is to "
    "count, move theirs out of submitted/ and autograded/."
)
EDITED = "Changed by somebody since it was written, and left so: {names}."
NO_FOLDER = "No folder can have such a name, so there is no notebook to look at: {names}."

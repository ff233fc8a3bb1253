"""A class's submissions of an assignment in the gradebook: read at once, changed where they differ.

nbgrader's own `find_grade` joins six tables for one cell of one learner. Its models, which are part of
its API, give a class's at once. A learner's changes are one transaction.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook, new_uuid

from grader.nbgrader.assignments import AssignmentNotebook, GradebookAssignment


class Points(msgspec.Struct, frozen=True):
    """Of one graded cell."""

    judged: float | None
    """The judge's; None leaves the gradebook's."""
    by_hand: float | None = None
    """A person's, in zth."""


class SubmissionPlan(msgspec.Struct, frozen=True):
    """What the gradebook is to have of one learner's submission."""

    who: str
    at: datetime.datetime | None
    """When it was handed in, in UTC; None if nobody wrote it down."""
    extension: datetime.timedelta | None
    points: Mapping[tuple[str, str], Points]
    """By notebook and graded cell."""
    comments: Mapping[tuple[str, str], str]
    """By notebook and solution cell."""
    lost: float
    """How much of every point being late costs, from 0 to 1."""


class Kept(msgspec.Struct, frozen=True):
    """What a person has given in nbgrader, which stays."""

    cell: str
    theirs: float | str
    ours: float | str


class Put(msgspec.Struct, frozen=True):
    changed: bool
    kept: tuple[Kept, ...]


class Submissions:
    """Of an assignment; of each person's work what nbgrader knows when this is made."""

    def __init__(self, book: Any, assignment: GradebookAssignment) -> None:
        self._db = book.db
        self._assignment = assignment
        of_it = SubmittedAssignment.assignment_id == assignment.id
        self._works: dict[str, _Work] = {
            who: (id_, at, extension)
            for who, id_, at, extension in self._db.query(
                SubmittedAssignment.student_id,
                SubmittedAssignment.id,
                SubmittedAssignment.timestamp,
                SubmittedAssignment.extension,
            ).filter(of_it)
        }
        notebooks = self._db.query(
            SubmittedNotebook.assignment_id,
            SubmittedNotebook.notebook_id,
            SubmittedNotebook.id,
            SubmittedNotebook.late_submission_penalty,
        )
        notebooks = notebooks.join(SubmittedNotebook.assignment).filter(of_it)
        self._notebooks = {(work, of): (id_, penalty) for work, of, id_, penalty in notebooks}
        grades = self._db.query(
            Grade.notebook_id,
            Grade.cell_id,
            Grade.id,
            Grade.auto_score,
            Grade.manual_score,
            Grade.needs_manual_grade,
        )
        grades = grades.join(Grade.notebook).join(SubmittedNotebook.assignment).filter(of_it)
        self._grades = {(notebook, cell): _Grade(*rest) for notebook, cell, *rest in grades}
        comments = self._db.query(
            Comment.notebook_id, Comment.cell_id, Comment.id, Comment.manual_comment
        )
        comments = comments.join(Comment.notebook).join(SubmittedNotebook.assignment).filter(of_it)
        self._comments = {(notebook, cell): (id_, text) for notebook, cell, id_, text in comments}
        self._db.rollback()  # nothing is held while others write

    def put(self, work: SubmissionPlan) -> Put:
        """Bring one learner's up to date, in one transaction; no person's score or comment is changed."""
        changes = _Changes()
        kept: list[Kept] = []
        id_ = self._submission(work, changes)
        penalties: dict[str, float | None] = {}
        counted: dict[str, float] = {}
        for entry in self._assignment.notebooks:
            key = id_, entry.id
            notebook, penalty = self._notebooks.get(key) or (new_uuid(), None)
            if key not in self._notebooks:
                row = {"id": notebook, "assignment_id": id_, "notebook_id": entry.id}
                changes.add(SubmittedNotebook, {**row, "late_submission_penalty": None})
            penalties[notebook] = penalty or None
            counted[notebook] = self._grade(work, entry, notebook, changes, kept)
            self._comment(work, entry, notebook, changes, kept)
        for notebook, penalty in _shared(work.lost, counted):
            if penalty != penalties[notebook]:
                changes.set(SubmittedNotebook, notebook, late_submission_penalty=penalty)
        changes.write(self._db)
        return Put(bool(changes), tuple(kept))

    def _submission(self, work: SubmissionPlan, changes: _Changes) -> str:
        if work.who not in self._works:
            id_ = str(new_uuid())
            of = {"assignment_id": self._assignment.id, "student_id": work.who}
            row = {"id": id_, **of, "timestamp": work.at, "extension": self._longer(work, None)}
            changes.add(SubmittedAssignment, row)
            return id_
        id_, at, extension = self._works[work.who]
        if work.at and work.at != at:
            changes.set(SubmittedAssignment, id_, timestamp=work.at)
        if (longer := self._longer(work, extension)) != extension:
            changes.set(SubmittedAssignment, id_, extension=longer)
        return id_

    def _longer(
        self, work: SubmissionPlan, theirs: datetime.timedelta | None
    ) -> datetime.timedelta | None:
        """What was granted stays granted. Without a due date nbgrader cannot do with an extension."""
        if not work.extension or not self._assignment.has_due:
            return theirs
        return max(work.extension, theirs or work.extension)

    def _grade(
        self,
        work: SubmissionPlan,
        entry: AssignmentNotebook,
        notebook: str,
        changes: _Changes,
        kept: list[Kept],
    ) -> float:
        """The points of the notebook's cells, as they count now."""
        counted = 0.0
        for name, cell in entry.graded.items():
            points = work.points.get((entry.name, name), Points(None))
            before = self._grades.get((notebook, cell))
            after = (before or _Grade(new_uuid())).with_points(points)
            if before is None:
                changes.add(Grade, {"notebook_id": notebook, "cell_id": cell, **after.row()})
            elif after != before:
                theirs = before.row()
                new = {key: value for key, value in after.row().items() if theirs[key] != value}
                changes.set(Grade, after.id, **new)
            if points.by_hand is not None and after.manual != points.by_hand:
                assert after.manual is not None, "it was given by then"
                kept.append(Kept(name, after.manual, points.by_hand))
            if (entry.name, name) in work.points:
                counted += after.counts
        return counted

    def _comment(
        self,
        work: SubmissionPlan,
        entry: AssignmentNotebook,
        notebook: str,
        changes: _Changes,
        kept: list[Kept],
    ) -> None:
        for name, cell in entry.commented.items():
            ours = work.comments.get((entry.name, name)) or None
            id_, theirs = self._comments.get((notebook, cell)) or ("", None)
            if not id_:
                row = {"id": new_uuid(), "notebook_id": notebook, "cell_id": cell}
                changes.add(Comment, {**row, "manual_comment": ours})
            elif ours and not theirs:
                changes.set(Comment, id_, manual_comment=ours)
            elif ours and ours != theirs:
                kept.append(Kept(name, theirs or "", ours))


class _Grade(msgspec.Struct, frozen=True):
    """A row of the gradebook; as nbgrader makes it."""

    id: str
    auto: float | None = None
    manual: float | None = None
    waits: bool = True
    """For a person."""

    def with_points(self, points: Points) -> _Grade:
        """A person's score is never replaced; where it was of other points, they are asked again."""
        made = self
        if points.judged is not None and points.judged != self.auto:
            waits = self.manual is not None
            made = msgspec.structs.replace(made, auto=points.judged, waits=waits)
        if points.by_hand is not None and self.manual is None:
            made = msgspec.structs.replace(made, manual=points.by_hand, waits=False)
        return made

    @property
    def counts(self) -> float:
        return self.manual if self.manual is not None else self.auto or 0.0

    def row(self) -> dict[str, object]:
        scores = {"auto_score": self.auto, "manual_score": self.manual}
        return {"id": self.id, **scores, "needs_manual_grade": self.waits}


class _Changes:
    """What is to be written, in an order that no foreign key minds."""

    def __init__(self) -> None:
        self._new: dict[Any, list[Mapping[str, object]]] = {}
        self._set: dict[tuple[Any, str], dict[str, object]] = {}

    def __bool__(self) -> bool:
        return bool(self._new or self._set)

    def add(self, model: Any, row: Mapping[str, object]) -> None:
        self._new.setdefault(model, []).append(row)

    def set(self, model: Any, id_: str, **values: object) -> None:
        self._set.setdefault((model, id_), {}).update(values)

    def write(self, db: Any) -> None:
        """All or nothing."""
        if not self:
            return
        try:
            for model in _ORDER:
                db.bulk_insert_mappings(model, self._new.get(model, []))
            for (model, id_), values in self._set.items():
                rows = db.query(model).filter(model.id == id_)
                for name in _BY_HAND & values.keys():  # somebody may have done so since it was read
                    rows = rows.filter(getattr(model, name).is_(None))
                rows.update(values, synchronize_session=False)
            db.commit()
        except BaseException:
            db.rollback()
            raise


def _shared(lost: float, points: Mapping[str, float]) -> Iterator[tuple[str, float | None]]:
    """What each notebook loses, so that together it is what is lost of all; None if it is nothing."""
    left = round(lost * sum(points.values()), DIGITS)
    last = next((notebook for notebook in reversed([*points]) if points[notebook]), "")
    for notebook, own in points.items():
        mine = left if notebook == last else min(left, round(lost * own, DIGITS))
        left = round(left - mine, DIGITS)
        yield notebook, mine or None


_Work = tuple[str, datetime.datetime | None, datetime.timedelta | None]
DIGITS = 6
"""Of a penalty: zth's own are rounded like that."""
_ORDER = (SubmittedAssignment, SubmittedNotebook, Grade, Comment)
_BY_HAND = {"manual_score", "manual_comment"}

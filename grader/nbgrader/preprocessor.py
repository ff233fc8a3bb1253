"""What nbgrader calls: `Reader` reads a submitted notebook, `Judge` stands where it would execute it.

A bonus is worth nothing to nbgrader, and what it earns is the cell's score above that: a person's score
and a person's extra credit are never written by a program.
"""

from __future__ import annotations

import datetime
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec
from nbconvert.exporters import NotebookExporter
from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Enum, Unicode

from grader.course.manifest import Course, bundled_course, load_course
from grader.errors import UserError
from grader.export.escaping import inert
from grader.grading.reference_first import must_pass, reference_job
from grader.grading.times import read_stamp, unread
from grader.judge.pool import POOL
from grader.judge.worker import Job, JudgeConfig
from grader.nbgrader import handed_in
from grader.nbgrader.files import Json, with_python
from grader.nbgrader.gradebook_cells import GradebookCell, cells_in, in_order, known_cells, restore
from grader.nbgrader.in_progress import InProgressMarker, UnfinishedWork, left_behind
from grader.nbgrader.judging import (
    Asked,
    Judged,
    NotebookVerdict,
    find,
    prepare,
    share,
    tell,
    worth,
)
from grader.nbgrader.outputs import by_hand, outputs_of
from grader.nbgrader.standing import standing
from grader.sandbox.bubblewrap import must_work
from grader.sandbox.isolation import Isolation

Resources = dict[str, Any]
"""What nbgrader hands from step to step."""


class Refused(NbGraderException):  # type: ignore[misc] # nbgrader has no types
    """What a person can fix; nbgrader ends at it."""

    def __init__(self, error: UserError) -> None:
        super().__init__(error.message)
        self.error = error


class Reader(NotebookExporter):
    """Reads what was handed in so that nothing in it can stop nbgrader, and writes what became of it."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)  # type: ignore[no-untyped-call] # traitlets'
        self._known: dict[str, dict[str, list[GradebookCell]]] = {}
        self._files: dict[str, str] = {}
        """The paths that nbgrader takes for those of files which are called otherwise."""
        self._at: tuple[UnfinishedWork, str] | None = None
        """What is being graded, and a digest of it."""
        self.seed = secrets.randbits(32)
        """Of the inputs in this run: everybody has the same, and nobody can know them before.

        A server runs for weeks, so it is not the process that has it.
        """
        self.proved: set[tuple[str, str]] = set()
        """Lecture and exercise of what the course's own solution is known to pass."""
        self.is_unfit = False
        """True once the course's own solution has not passed: then nobody can be graded."""
        self.judge = Judge(parent=self)
        try:
            self.course = self.judge.open()
        except UserError as error:  # before anybody's work is touched
            self.log.error("%s %s", error.message, error.fix)
            raise Refused(error) from None
        self.log.info(JUDGING, self.course.root, self.judge.isolation, self.seed)
        self._folders.get_existing_timestamp = self._handed_in_at
        self._mend()

    def _handed_in_at(self, folder: str) -> datetime.datetime | None:
        """When what lies in that folder was handed in, in UTC: what `zth grade` reads, nbgrader reads.

        Its own reader takes CEST for UTC and +0200 for 200 seconds, and ends where it finds no time.
        """
        path = Path(folder) / "timestamp.txt"
        stamp = read_stamp(path, self.course.zone)
        root = Path(self._folders.root)
        if (
            stamp
            and stamp.at is None
            and path.is_relative_to(root / self._folders.submitted_directory)
        ):
            self.log.warning("%s", unread(str(path.relative_to(root)), inert(stamp.text)))
        return stamp.at.replace(tzinfo=None) if stamp and stamp.at else None

    def _mend(self) -> None:
        """Take away what a killed run left half done, and say on the disk what we are at."""
        converter: Any = self.parent
        folders = self._folders
        root = Path(folders.root)
        for work in left_behind(root):
            done = folders.autograded_directory
            folder = Path(folders.format_path(done, work.student, work.assignment))
            if folder.is_dir():
                self.log.warning(HALF_DONE, work.student)
                shutil.rmtree(folder)
        if root not in _begun:
            _begun[root] = InProgressMarker(root)
        before, after = converter.pre_convert_hook, converter.post_convert_hook

        def begin(**about: Any) -> None:
            of = converter.init_single_notebook_resources(about["notebooks"][0])["nbgrader"]
            work = UnfinishedWork(of["student"], of["assignment"])
            _begun[root].at(work)
            self._at = work, handed_in.digest(self._submitted(*work_of(work)))
            converter.notebooks = self._by_their_names(converter.notebooks, work)
            if before:
                before(**about)

        def end(**about: Any) -> None:
            if self._at:
                work, what = self._at
                handed_in.keep(root, work.assignment, work.student, what)
            _begun[root].done()
            if after:
                after(**about)

        converter.pre_convert_hook = begin  # the last moment before nbgrader writes
        converter.post_convert_hook = end

    def _by_their_names(self, notebooks: list[str], work: UnfinishedWork) -> list[str]:
        """The files as if each were called as the assignment has it; `_files` knows how they are."""
        folder = self._submitted(*work_of(work))
        known = self.known(work.assignment)
        stands = standing(folder, known)
        self._files = {str(folder / f"{name}.ipynb"): file for name, file in stands.items()}
        taken = {str(folder / file) for file in stands.values()}
        rest = {path for path in map(str, notebooks) if path not in taken}
        if not any(Path(path).stem in known for path in [*rest, *self._files]):
            names = ", ".join(sorted(Path(path).name for path in notebooks))
            self.log.error(NONE_OF_THEM, work.student, inert(names), _expected(known))
        return sorted(rest | self._files.keys())

    def _submitted(self, student: str, assignment: str) -> Path:
        """The folder with what somebody has handed in."""
        folders = self._folders
        return Path(folders.format_path(folders.submitted_directory, student, assignment))

    def leave(self) -> None:
        """Nothing is half done. Said by who has no end at which Python would say it."""
        if begun := _begun.pop(Path(self._folders.root), None):
            begun.end()

    def known(self, assignment: str) -> dict[str, list[GradebookCell]]:
        """What the gradebook knows of an assignment, in the source's order. A run asks it once."""
        if assignment not in self._known:
            cells = known_cells(self._folders.db_url, assignment)
            self._known[assignment] = in_order(cells, self.source(assignment))
        return self._known[assignment]

    def source(self, assignment: str) -> Path:
        """The folder with what an assignment was made from."""
        folders = self._folders
        return Path(folders.format_path(folders.source_directory, ".", assignment))

    @property
    def _folders(self) -> Any:
        """nbgrader's, as the configuration has them."""
        converter: Any = self.parent
        return converter.coursedir

    def from_filename(  # type: ignore[override] # this exporter's gives text
        self, filename: str, resources: Resources | None = None, **more: Any
    ) -> tuple[str, Resources]:
        assert resources is not None, "nbgrader says whose it is"
        about, path = resources["nbgrader"], Path(filename)
        if str(path) in self._files:
            path = path.with_name(self._files[str(path)])
        cells = cells_in(path)
        restored = restore(cells, self.known(about["assignment"])[about["notebook"]])
        if cells and restored.put_back:
            names = ", ".join(restored.put_back)
            self.log.warning("%s: %s put back into %s", about["student"], names, path.name)
        notebook = _node(with_python(restored.cells).raw)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        made: tuple[str, Resources] = self.from_notebook_node(  # type: ignore[no-untyped-call] # nbconvert's
            notebook, resources, **more
        )
        _leave_to_a_person(made[1])
        return made


class Judge(NbGraderPreprocessor):  # type: ignore[misc] # nbgrader has no types
    """Judges the exercises, and writes into the graded cells what became of them."""

    course = Unicode("", help="The folder of the course that judges; empty: zth's own.").tag(
        config=True
    )
    isolation = Enum(
        [one.value for one in Isolation],
        default_value=Isolation.BWRAP.value,
        help="How learners' code is kept apart; all but bwrap trust it.",
    ).tag(config=True)

    def open(self) -> Course:
        """The course that judges. Raises UserError if it, or what keeps code apart, is not there."""
        if self.isolation == Isolation.BWRAP:
            must_work()
        root = Path(self.course) if self.course else bundled_course()
        if not root.is_dir():
            raise UserError(NO_COURSE.format(root=root), SAY_WHERE)
        course = load_course(root)
        if course.released:
            raise UserError(STUDENTS_PACK.format(course=course.root), THE_WHOLE_ONE)
        return course

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        about = resources["nbgrader"]
        notebooks = self._reader.known(about["assignment"])
        known = {cell.name: cell for cell in notebooks[about["notebook"]]}
        course = self._reader.course
        try:
            verdict = self._verdict(about)
        except UserError as error:  # nobody has 0 for what is not theirs
            self.log.error("%s %s", error.message, error.fix)
            raise Refused(error) from None
        remarks = _about(verdict.remarks, about["notebook"], notebooks)
        for cell in nb.cells:
            one = known.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
            if one and one.target:
                _mark(cell, one, course, verdict.judged[one.target], remarks)
                remarks = ()  # once a notebook
            elif one and one.is_own_test:
                cell.outputs = [_node(output) for output in by_hand()]
        resources[BY_HAND] = [name for name, cell in known.items() if cell.is_own_test]
        return nb, resources

    def asked(self, student: str, assignment: str) -> Asked:
        """What nbgrader asks of a submission: the exercises that the gradebook knows, and its folders."""
        converter, folders = self._converter, self._converter.coursedir
        known = self._reader.known(assignment)
        folder = Path(folders.format_path(folders.submitted_directory, student, assignment))
        return Asked(
            who=student,
            folder=folder,
            given=self._reader.source(assignment),
            notebooks={
                name: [cell.target for cell in cells if cell.target]
                for name, cells in known.items()
            },
            theirs=frozenset(converter.exclude_overwriting.get(assignment, ())),
            files=standing(folder, known),
            kinds={
                name: {cell.name: cell.kind for cell in cells if not cell.target}
                for name, cells in known.items()
            },
        )

    def setting(self, lectures: tuple[str, ...]) -> JudgeConfig:
        """What the judges are told of the run."""
        course = self._reader.course.root
        folders = Path(self._converter.coursedir.root).resolve()
        return JudgeConfig(str(course), lectures, self.isolation, (str(course), str(folders)))

    def _verdict(self, about: dict[str, str]) -> NotebookVerdict:
        """What became of the whole submission; it is judged once for all its notebooks."""
        global _last
        asked = self.asked(about["student"], about["assignment"])
        if _last is None or _last.asked != asked or about["notebook"] in _last.served:
            _last = _PendingVerdict(asked, self._ahead(asked) or self._judged(asked))
            self._log(_last)
        _last.served.add(about["notebook"])
        return _last.verdict

    def _ahead(self, asked: Asked) -> NotebookVerdict | None:
        """What has been judged before nbgrader came to it."""
        converter = self._converter
        return converter.ahead(asked) if isinstance(converter, JudgesAhead) else None

    def _judged(self, asked: Asked) -> NotebookVerdict:
        prepared = prepare(self._reader.course, asked, self._reader.seed)
        if prepared.timed_out:
            raise UserError(prepared.timed_out, ONCE_MORE)
        setting = self.setting(tuple(job.lecture for job in prepared.jobs))
        self._prove(prepared.jobs, setting)
        marks = [POOL.mark(job, setting) for job in prepared.jobs]
        if why := next((marked.ungraded for marked in marks if marked.ungraded), ""):
            raise UserError(f"{asked.who} is not graded. {why}", AGAIN)
        return tell(self._reader.course, prepared, [marked.result for marked in marks])

    def _prove(self, jobs: Iterable[Job], setting: JudgeConfig) -> None:
        """Raises UserError if the course's own solution does not pass. It is tried once a run."""
        reader = self._reader
        if reader.is_unfit:
            raise UserError("Not graded, for the reason above.", ONCE_MORE)
        for job in jobs:
            names = [name for name in job.exercises if (job.lecture, name) not in reader.proved]
            if not names:
                continue
            lecture = reader.course.lecture(job.lecture)
            own = POOL.mark(reference_job(reader.course, lecture, names, reader.seed), setting)
            try:
                must_pass(reader.course, own)
            except UserError:
                reader.is_unfit = True
                raise
            reader.proved |= {(job.lecture, name) for name in names}

    @property
    def _reader(self) -> Reader:
        if not isinstance(self.parent, Reader):
            raise NbGraderException(NO_READER)
        return self.parent

    @property
    def _converter(self) -> Any:
        """nbgrader's, which knows the folders."""
        return self._reader.parent

    def _log(self, given: _PendingVerdict) -> None:
        """For the instructor: how it was read, and what no exercise needs."""
        who = given.asked.who
        for remark in given.verdict.remarks:
            self.log.warning("%s: %s", who, inert(remark))
        for target, judged in given.verdict.judged.items():
            for flag in judged.result.flags:
                self.log.warning("%s, %s: %s", who, target, inert(flag.sentence))


@runtime_checkable
class JudgesAhead(Protocol):
    """A converter that has submissions judged before it comes to them."""

    def ahead(self, asked: Asked) -> NotebookVerdict | None:
        """The verdict on one, if it is there."""


class _PendingVerdict(msgspec.Struct):
    """The verdict on a submission, and which of its notebooks have had it."""

    asked: Asked
    verdict: NotebookVerdict
    served: set[str] = msgspec.field(default_factory=set)
    """The notebooks it was asked for: who asks again wants it judged again."""


def _mark(
    cell: NotebookNode,
    known: GradebookCell,
    course: Course,
    judged: Judged,
    remarks: tuple[str, ...],
) -> None:
    _, exercise = find(course, known.target)
    full = worth(exercise, known.points)
    points = share(exercise, judged.result, known.points)
    outputs = outputs_of(known.target, judged.told, points, full, remarks)
    cell.outputs = [_node(output) for output in outputs]
    cell.metadata.nbgrader["points"] = full  # nbgrader gives no more than stands here


def _about(
    remarks: tuple[str, ...], notebook: str, notebooks: dict[str, list[GradebookCell]]
) -> tuple[str, ...]:
    """Those that are on no other notebook."""
    others = [f"{name}.ipynb" for name in notebooks if name != notebook]
    mine = f"{notebook}.ipynb"
    return tuple(r for r in remarks if mine in r or not any(other in r for other in others))


def _leave_to_a_person(resources: Resources) -> None:
    """Say in the gradebook which of the instructor's own tests nobody has run."""
    about = resources["nbgrader"]
    if not resources.get(BY_HAND):
        return
    with Gradebook(about["db_url"]) as book:
        for name in resources[BY_HAND]:
            where = about["notebook"], about["assignment"], about["student"]
            grade = book.find_grade(name, *where)
            grade.auto_score, grade.needs_manual_grade = None, True
        book.db.commit()


def _node(data: Json) -> NotebookNode:
    node: NotebookNode = from_dict(data)  # type: ignore[no-untyped-call] # nbformat has no types
    return node


def work_of(work: UnfinishedWork) -> tuple[str, str]:
    return work.student, work.assignment


def _expected(known: Iterable[str]) -> str:
    return " or ".join(f"{name}.ipynb" for name in known)


BY_HAND = "zth_by_hand"
NONE_OF_THEM = "%s: %s is none of the assignment's notebooks. Call it %s."
ONCE_MORE = "Type it once more."
JUDGING = "zth judges: the course in %s, isolation %s, seed %s"
NO_COURSE = "There is no course in {root}."
SAY_WHERE = (
    "Say where it is: zth nbgrader init . --course DIR. A server has to be started anew then."
)
STUDENTS_PACK = "{course} is the students' pack: it has no solutions and no hidden checks."
THE_WHOLE_ONE = "Name the course that it was made from: c.Judge.course in nbgrader_config.py"
AGAIN = "Nobody has 0 for that. Autograde it again, or give the points by hand."
NO_READER = "zth judges only what it has read itself. Type: zth nbgrader init COURSE_DIR"
HALF_DONE = "%s was being graded when an earlier run was killed: once more."
_begun: dict[Path, InProgressMarker] = {}
_last: _PendingVerdict | None = None
"""Of the submission whose notebooks are just asked for."""

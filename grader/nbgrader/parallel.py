"""A class autograded on all cores: judges work ahead, and nbgrader's own converter writes what they find.

nbgrader takes one submission after another, copies its files, restores its cells, saves its points. It
does so here as well, in this one process, and nobody else writes to the gradebook. What takes long,
judging, is done when it comes to a submission.
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException
from sqlalchemy.orm import scoped_session

from grader.errors import UserError, nearest
from grader.export.escaping import inert
from grader.grading.reference_first import after_references, must_pass, reference_job
from grader.grading.run import GradingState, GradingStep
from grader.judge.worker import Job, JobResult, JudgeConfig
from grader.nbgrader import handed_in
from grader.nbgrader.course import open_course
from grader.nbgrader.in_progress import only_one
from grader.nbgrader.judging import Asked, NotebookVerdict, Prepared, prepare, tell
from grader.nbgrader.preprocessor import Reader, Refused
from grader.results import LectureResult

Judges = Callable[[Iterable[Job], JudgeConfig], Iterator[JobResult]]
"""Gives the mark of every job, in any order."""
Progress = Callable[[int], AbstractContextManager[Callable[[GradingStep], None]]]
"""Of so many submissions; it is told of each."""


class Autograded(msgspec.Struct):
    """What a run has done."""

    graded: list[str] = []
    unchanged: int = 0
    """Works that were graded before."""
    failed: dict[str, str] = {}
    """Learner → why the work could not be graded. The next run takes it again."""
    without: dict[str, str] = {}
    """Learner who handed in no notebook where nbgrader looks for one → what there is instead."""
    remarks: list[str] = []
    """What a person may want to know of what was handed in."""
    log: Path | None = None
    """Where the remarks are written."""


def autograde(
    folder: Path,
    assignment: str,
    judges: Judges,
    progress: Progress,
    people: Collection[str] = (),
    force: bool = False,
) -> Autograded:
    """What `nbgrader autograde` does in the course in `folder`; for all where nobody is named.

    Raises UserError if there is nothing to grade, or nothing to grade it with.
    """
    with only_one(folder), open_course(folder) as opened:
        opened.folders.assignment_id = assignment
        converter = _Ahead(coursedir=opened.folders, parent=opened.app)
        converter.force = force
        converter.judges, converter.progress, converter.people = judges, progress, people
        with _log_of(opened.app.log) as converter.heard, _opened_once():
            try:
                converter.start()
            except Refused as refused:
                raise refused.error from None
            except NbGraderException as error:
                raise UserError(f"nbgrader stopped: {error}", AS_ITSELF) from None
            except MissingEntry:
                fix = MAKE_IT.format(name=assignment)
                raise UserError(NO_ASSIGNMENT.format(name=assignment), fix) from None
    if converter.done.remarks:
        converter.done.log = folder / LOG.format(name=assignment)
        converter.done.log.write_text("".join(f"{line}\n" for line in converter.done.remarks))
    return converter.done


class _Ahead(Autograde):  # type: ignore[misc] # nbgrader has no types
    """nbgrader's converter, which finds each submission judged."""

    judges: Judges
    progress: Progress
    people: Collection[str]
    heard: _Log

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.done = Autograded()
        self._next: _Work | None = None

    def start(self) -> None:
        os.environ["NBGRADER_EXECUTION"] = "autograde"  # steps of an instructor's own may ask
        super().start()
        self._reader.leave()

    def init_notebooks(self) -> None:
        try:
            super().init_notebooks()
        except NbGraderException:
            name = self.coursedir.assignment_id
            place = self._format_source(name, "WHO")
            raise UserError(NOTHING.format(name=name), PUT_IT.format(place=place)) from None
        finally:
            self.done.without = self._without()

    def _without(self) -> dict[str, str]:
        """Those who have a folder with no notebook in it."""
        name = self.coursedir.assignment_id
        found: dict[str, str] = {}
        places = glob.glob(self._format_source(name, self.coursedir.student_id))  # noqa: PTH207
        for path in sorted(places):  # as nbgrader looks for them
            if path not in self.assignments and Path(path).is_dir():
                who = self._who([str(Path(path) / "any.ipynb")])
                found[who] = what_is_in(Path(path))
        return found

    def convert_notebooks(self) -> None:
        works = {self._who(notebooks): path for path, notebooks in self.assignments.items()}
        for who in self.people:
            if who not in works:
                raise UserError(NOT_HANDED_IN.format(who=who), nearest(who, works, LOOK))
        chosen = sorted(self.people or works)
        todo = [who for who in chosen if self._is_due(who, works[who])]
        self.done.unchanged = len(chosen) - len(todo)
        if not todo:
            return
        notebooks = dict(self.assignments)
        with self.progress(len(todo)) as count:
            for work in self._judged(todo):
                path = works[work.asked.who]
                self._convert(work, {path: notebooks[path]})
                count(work.step(self.coursedir.assignment_id))

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """nbgrader's two passes in one: nobody else would read the file that lies between them."""
        self.exporter._preprocessors = []
        later = {_name(step) for step in self.autograde_preprocessors}
        for step in self.sanitize_preprocessors:
            if _name(step) not in later:  # what is in both would look at the same once more
                self.exporter.register_preprocessor(step)
        for step in self.autograde_preprocessors:
            self.exporter.register_preprocessor(step)
        BaseConverter.convert_single_notebook(self, notebook_filename)

    def ahead(self, asked: Asked) -> NotebookVerdict | None:
        """The verdict on the submission that is being converted."""
        if self._next is None or self._next.asked != asked:
            return None
        return tell(self._reader.course, self._next.prepared, self._next.results)

    def _judged(self, todo: Sequence[str]) -> Iterator[_Work]:
        """Each as soon as all of it is judged."""
        reader, assignment = self._reader, self.coursedir.assignment_id
        cells = itertools.chain.from_iterable(reader.known(assignment).values())
        targets = [cell.target for cell in cells if cell.target]
        lectures = dict.fromkeys(target.partition(".")[0] for target in targets)
        waiting: dict[str, _Work] = {}

        def begin(who: str) -> _Work:
            asked = reader.judge.asked(who, assignment)
            return _Work(asked, prepare(reader.course, asked, reader.seed))

        course, setting = reader.course, reader.judge.setting(tuple(lectures))
        references = {
            id_: reference_job(course, course.lecture(id_), _exercises(targets, id_), reader.seed)
            for id_ in lectures
        }

        def jobs() -> Iterator[Job]:
            yield from references.values()
            for who in todo:
                work = begin(who)
                if work.prepared.timed_out:  # our fault: nobody has 0 for it
                    self.done.failed[who] = work.prepared.timed_out
                    continue
                waiting[who] = work
                yield from work.prepared.jobs

        if not lectures:  # an assignment of the instructor's own cells alone
            yield from map(begin, todo)
            return
        marks = self.judges(jobs(), setting)
        for marked in after_references(references, marks, lambda own: must_pass(course, own)):
            waiting[marked.who].results.append(marked.result)
            if marked.ungraded:  # our fault: nobody has 0 for it
                self.done.failed[marked.who] = marked.ungraded
            if waiting[marked.who].is_judged:
                work = waiting.pop(marked.who)
                if marked.who not in self.done.failed:
                    yield work

    def _convert(self, work: _Work, notebooks: dict[str, list[str]]) -> None:
        """What nbgrader does with a submission. One that it cannot grade stops no other."""
        who = work.asked.who
        self._next, self.assignments = work, notebooks
        self.heard.clear()
        self.force = True  # that it is due is decided: nbgrader looks at nothing but the times
        try:
            super().convert_notebooks()
        except NbGraderException:
            self.done.failed[who] = self.heard.why(work.asked)
        else:
            self.done.graded.append(who)
        self.done.remarks += self.heard.remarks(who, work.asked)

    def _who(self, notebooks: Sequence[str]) -> str:
        return str(self.init_single_notebook_resources(notebooks[0])["nbgrader"]["student"])

    def _is_due(self, who: str, source: str) -> bool:
        """Whether it is not graded yet, or something else was handed in since."""
        if who in self.coursedir.student_id_exclude.split(","):
            return False
        assignment = self.coursedir.assignment_id
        place = Path(self._format_dest(assignment, who))
        if self.force or not place.exists():
            return True
        if before := handed_in.kept(Path(self.coursedir.root), assignment, who):
            return before != handed_in.digest(Path(source))
        # graded before zth wrote it down
        new, old = map(self.coursedir.get_existing_timestamp, (source, str(place)))
        if new is None or old is None:
            return handed_in.is_newer(Path(source), place)
        return bool(new > old)

    @property
    def _reader(self) -> Reader:
        if not isinstance(self.exporter, Reader):
            raise UserError(NOT_OURS.format(root=self.coursedir.root), INIT)
        return self.exporter


def _exercises(targets: Iterable[str], lecture: str) -> list[str]:
    """The exercises of a lecture among targets as `lecture5.dprobs`, each once."""
    named = (target.partition(".") for target in targets)
    return list(dict.fromkeys(exercise for of, _, exercise in named if of == lecture))


def _name(step: Any) -> str:
    """Of a step, which a configuration may name or give."""
    return str(getattr(step, "__name__", step)).rpartition(".")[2]


class _Work(msgspec.Struct):
    """A submission between the judges and nbgrader."""

    asked: Asked
    prepared: Prepared
    results: list[LectureResult] = []

    @property
    def is_judged(self) -> bool:
        return len(self.results) == len(self.prepared.jobs)

    def step(self, assignment: str) -> GradingStep:
        """For who counts; of several lectures one that is not all right, if there is one."""
        worst = min(self.results, key=lambda result: result.passed, default=None)
        return GradingStep(self.asked.who, assignment, GradingState.GRADED, worst)


class _Log(logging.Handler):
    """What nbgrader and our steps say of the submission that is being converted."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.funcName == "init_destination":  # what was there is made room of: so it was asked
            return
        # written out now: what it is about is nbgrader's, and its session with the gradebook ends
        record.msg, record.args = record.getMessage(), ()
        self._records.append(record)

    def clear(self) -> None:
        self._records.clear()

    def remarks(self, who: str, asked: Asked) -> list[str]:
        """A line each, with whose work it is about."""
        lines = dict.fromkeys(r.getMessage() for r in self._records if r.levelno < logging.ERROR)
        there = tuple(f"{name}.ipynb" for name in asked.files)  # by another name
        said = [
            line
            for line in lines
            if not (line.startswith("No submitted file") and line.endswith(there))
        ]
        return [line if line.startswith(who) else f"{who}: {line}" for line in said]

    def why(self, asked: Asked) -> str:
        """Why it could not be graded: what went wrong, and what to do."""
        for record in self._records:
            kind, _, message = record.getMessage().strip().rpartition("\n")[2].partition(": ")
            if record.getMessage().startswith("Traceback"):
                return _explained(kind, message, asked)
        return self._records[0].getMessage() if self._records else ""


def _explained(kind: str, message: str, asked: Asked) -> str:
    """The last line of the exception that nbgrader caught, in words for who has to do something."""
    if message.startswith("No notebooks found"):
        return NONE_OF_THEM.format(
            names=shown_names(asked.folder),
            wanted=" or ".join(f"{n}.ipynb" for n in asked.notebooks),
        )
    if message.startswith("No student with ID"):
        return NO_STUDENT.format(who=asked.who)
    if kind.startswith("grader."):
        return message
    said = message or kind
    return NBGRADERS.format(said=said.rstrip("."), who=asked.who, place=asked.folder)


def what_is_in(folder: Path) -> str:
    """What somebody handed in where no notebook is, in a few names."""
    names = shown_names(folder)
    return names or "an empty folder"


def shown_names(folder: Path) -> str:
    paths = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    names = [inert(str(path)) for path in paths if path.name != "timestamp.txt"]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


@contextlib.contextmanager
def _log_of(logger: Any) -> Iterator[_Log]:
    """The log, in place of lines on the screen. A file that the configuration names has them all."""
    log = _Log()
    logger.setLevel(logging.INFO)
    for handler in [*logger.handlers]:
        if isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.INFO)
        else:
            logger.removeHandler(handler)
    logger.addHandler(log)
    try:
        yield log
    finally:
        logger.removeHandler(log)


@contextlib.contextmanager
def _opened_once() -> Iterator[None]:
    """For a run, what nbgrader finds out when it opens a gradebook is found out once.

    It opens it nine times a submission, and each time looks whether every table is there and compiles its
    queries anew: half of its time. Each opening still has a session of its own.
    """
    theirs = Gradebook.__init__
    known: dict[object, Gradebook] = {}

    def init(self: Gradebook, *arguments: Any, **more: Any) -> None:
        key = arguments, tuple(more.items())
        if key not in known:
            theirs(self, *arguments, **more)
            known[key] = self
        else:
            vars(self).update(vars(known[key]))
        self.db = scoped_session(known[key].db.session_factory)

    Gradebook.__init__ = init
    try:
        yield
    finally:
        Gradebook.__init__ = theirs


MOST_NAMES = 4
NONE_OF_THEM = "{names} is none of the assignment's notebooks. Call it {wanted}."
NO_STUDENT = (
    "the gradebook has no student {who}. Add them: nbgrader db student add {who}; or correct the "
    "folder's name."
)
NBGRADERS = (
    "nbgrader stopped at it: {said}. What was handed in is in {place}: correct it, or grade it by "
    "hand."
)
LOG = ".zth/autograde-{name}.log"
"""Of the last run that had something to say."""
NOT_OURS = "In {root} nbgrader executes what was handed in: zth does not judge it."
INIT = "Type: zth nbgrader init ."
NOTHING = "Nothing is handed in for {name!r}."
PUT_IT = "Each learner's belongs in a folder: {place}"
NOT_HANDED_IN = "{who} has not handed it in."
LOOK = "See who has in the folder submitted/."
AS_ITSELF = "`nbgrader autograde` says more."
NO_ASSIGNMENT = "The gradebook has no assignment {name!r}."
MAKE_IT = "Make it: nbgrader generate_assignment {name}"

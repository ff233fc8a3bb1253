"""An nbgrader course as nbgrader itself opens it: its configuration says where the gradebook is.

What can be wrong with the one or the other is said in words.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from nbgrader.api import Gradebook
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SAWarning, SQLAlchemyError

from grader.errors import UserError
from grader.nbgrader.config import NAME
from grader.nbgrader.running import environment


class NbgraderCourse(msgspec.Struct, frozen=True):
    """A course that can be written to."""

    book: Any
    """nbgrader's gradebook."""
    app: Any
    """What has the configuration; nbgrader's steps take it for their parent."""
    folders: Any
    """Where nbgrader has what: its CourseDirectory."""

    def autograded(self, who: str, assignment: str) -> Path:
        """Where nbgrader has what it has graded."""
        return self._place(self.folders.autograded_directory, who, assignment)

    def submitted(self, who: str, assignment: str) -> Path:
        return self._place(self.folders.submitted_directory, who, assignment)

    def source(self, assignment: str) -> Path:
        return self._place(self.folders.source_directory, ".", assignment)

    def _place(self, step: str, who: str, assignment: str) -> Path:
        try:
            return Path(self.folders.format_path(step, who, assignment))
        except (LookupError, ValueError):
            structure = self.folders.directory_structure
            raise UserError(NO_STRUCTURE.format(structure=structure), STRUCTURE) from None

    @property
    def converter(self) -> Any:
        """What autogrades here, as it is configured."""
        return Autograde(coursedir=self.folders, parent=self.app)


@contextlib.contextmanager
def open_course(folder: Path) -> Iterator[NbgraderCourse]:
    """The course in a folder; meanwhile that is the folder we are in, as for nbgrader's own commands.

    Raises UserError if its configuration or its gradebook cannot be used, now or in the block.
    """
    with contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own queries
        app = _configured(folder / NAME)
        folders: CourseDirectory = app.coursedir
        with _explained(folders.db_url), _book(folders) as book:
            yield NbgraderCourse(book, app, folders)


def _configured(path: Path) -> Any:
    """nbgrader, with the configuration read. It would go on without one that it cannot read."""
    app = NbGrader(raise_config_file_errors=True)
    app.log_level = "CRITICAL"  # what is wrong is said below
    try:
        app.initialize([])
    except SystemExit:  # a value that a setting does not take
        raise UserError(REFUSED.format(path=path), ASK_NBGRADER) from None
    except Exception as error:  # it is Python, and may do anything
        why = f"{type(error).__name__}: {error}"
        raise UserError(BROKEN.format(path=path, why=why), ASK_NBGRADER) from None
    return app


@contextlib.contextmanager
def _book(folders: CourseDirectory) -> Iterator[Any]:
    path = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = environment()["PATH"]  # of a new one nbgrader asks `alembic` the version
    try:
        book = Gradebook(folders.db_url, folders.course_id)
    finally:
        os.environ["PATH"] = path
    with book:
        yield book


@contextlib.contextmanager
def _explained(url: str) -> Iterator[None]:
    """For what asks the database: UserError if it cannot answer, or is not what nbgrader knows."""
    try:
        yield
    except ArgumentError:
        raise UserError(NO_URL.format(url=url), CORRECT) from None
    except IntegrityError:
        raise UserError(MEANWHILE.format(url=_shown(url)), AGAIN) from None
    except SQLAlchemyError as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())
        fix = next((fix for words, fix in FIXES if any(w in why for w in words)), CORRECT)
        raise UserError(f"{_shown(url)}: {why.rstrip('.')}.", fix) from None
    except ModuleNotFoundError as error:  # the database's driver
        raise UserError(f"{_shown(url)}: {error}.", DRIVER.format(name=error.name)) from None


def _shown(url: str) -> str:
    """The gradebook's address without a password; a file by its name."""
    made = make_url(url)
    if made.drivername.startswith("sqlite") and made.database:
        return os.path.relpath(made.database)
    return made.render_as_string(hide_password=True)


REFUSED = "nbgrader does not take the configuration {path}."
BROKEN = "{path} cannot be run: {why}."
ASK_NBGRADER = "Fix it. `nbgrader db student list`, run in that folder, says more."
NO_STRUCTURE = "nbgrader_config.py has {structure!r} for directory_structure."
STRUCTURE = (
    "nbgrader's own is {nbgrader_step}/{student_id}/{assignment_id}; with other names it stops."
)
NO_URL = "The gradebook's address {url!r} is none."
CORRECT = "c.CourseDirectory.db_url in nbgrader_config.py names the gradebook."
MEANWHILE = "{url}: another program has just written the same to it."
AGAIN = "Type it again: what was written is there, and it goes on."
DRIVER = "Install what reads it: pip install {name}"
FIXES = (
    (("locked",), f"Another program is writing to it. Wait for it to end. {AGAIN}"),
    (
        ("no such column", "no such table", "does not exist", "Unknown column"),
        "An older nbgrader made it. Copy it to a safe place, then type in its folder: "
        "nbgrader db upgrade",
    ),
    (("readonly", "permission"), f"Make it writable for you. {AGAIN}"),
    (("full", "No space"), f"Free some disk space. {AGAIN}"),
)

"""nbgrader_config.py: the lines that are zth's, between two marks, and all the rest an instructor's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec

from grader.errors import UserError
from grader.sandbox.isolation import Isolation
from grader.workspace.backups import Backup, alone, keep, replace_files
from grader.workspace.workspace import Workspace, read_file

NAME = "nbgrader_config.py"
STEP = "grader.nbgrader.preprocessor.Judge"
"""The preprocessor that judges, where nbgrader would execute."""
READER = "grader.nbgrader.preprocessor.Reader"
"""What reads a submitted notebook, whatever is in it."""
MARKDOWN = "grader.nbgrader.pages.markdown"
"""What shows a learner's Markdown, in formgrader and in feedback."""
READABLE = "grader.nbgrader.pages.readable"
"""And HTML of theirs, where nbconvert would show it."""
HIDDEN = "grader.nbgrader.pages.HiddenTests"
"""What leaves hidden tests out of feedback."""


class Configured(msgspec.Struct, frozen=True):
    path: Path
    is_new: bool
    changed: bool
    copy: Backup | None
    """What it was, where it was an instructor's."""


def write_config(folder: Path, course: Path | None, isolation: Isolation) -> Configured:
    """Put zth's lines into a course folder's configuration; `course` None is the one zth brings.

    What stands outside of the marks stays as it is. Raises UserError if it is not valid Python.
    """
    place, path = Workspace(folder), folder / NAME
    with alone(place):
        was = read_file(path)
        theirs = _theirs(path, was)
        text = _together(theirs if was is not None else NEW, course, isolation)
        if was == text.encode():
            return Configured(path, False, False, None)
        copy = keep(place, "nbgrader", "zth nbgrader init", {path: was})
        replace_files({path: text.encode()}, {path: was})
    return Configured(path, was is None, True, copy)


def source_folder(folder: Path, assignment: str) -> Path:
    """Where nbgrader has an assignment's source, as the course's configuration says.

    Raises UserError if it says so in a way that only running it would tell.
    """
    path = folder / NAME
    text = _theirs(path, read_file(path))
    source = _setting(path, text, "CourseDirectory.source_directory") or "source"
    structure = _setting(path, text, "CourseDirectory.directory_structure")
    structure = structure or "{nbgrader_step}/{assignment_id}"
    try:
        where = structure.format(nbgrader_step=source, student_id=".", assignment_id=assignment)
    except (LookupError, ValueError):
        raise UserError(f"{path}: directory_structure is {structure!r}.", LITERAL) from None
    found = folder / where
    if not found.is_relative_to(folder):
        raise UserError(f"{path} has the source outside of its folder, in {found}.", INSIDE)
    return found


def judging_course(folder: Path) -> Path | None:
    """The course that `zth nbgrader init` was told of; None if it is the one zth brings."""
    named = _ours(folder, "Judge.course")
    return Path(named) if named else None


def judging_isolation(folder: Path) -> Isolation | None:
    """What `zth nbgrader init` was told of isolation; None if it has not been here."""
    named = _ours(folder, "Judge.isolation")
    return Isolation(named) if named in [*Isolation] else None


def must_be_course(folder: Path, named: Path | None, fix: str) -> None:
    """Raises UserError with that remedy where no nbgrader course is; `named` is what was typed."""
    if not (folder / NAME).is_file():
        raise UserError(f"{named or 'The folder you are in'} {NO_COURSE_THERE}", fix)


def _ours(folder: Path, name: str) -> str:
    """What zth's lines, or somebody in their place, set `c.NAME` to."""
    path = folder / NAME
    return _setting(path, _read(path, read_file(path)), name)


def _theirs(path: Path, was: bytes | None) -> str:
    """A configuration without zth's lines."""
    text = _read(path, was)
    if text.count(FIRST) != text.count(LAST) or text.count(FIRST) > 1:
        raise UserError(f"{path}: one of the lines that mark zth's part is gone.", MARKS)
    return _OURS.sub("\n", text)


def _read(path: Path, was: bytes | None) -> str:
    try:
        text = (was or b"").decode("utf-8")
        ast.parse(text)
    except (ValueError, SyntaxError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise UserError(f"{path}{line} is not valid Python.", MEND) from None
    return text


def _together(theirs: str, course: Path | None, isolation: Isolation) -> str:
    own_steps = "Autograde.autograde_preprocessors" in _assigned(theirs)
    ours = OURS.format(
        first=FIRST,
        last=LAST,
        steps=THEIR_STEPS if own_steps else STEPS,
        reader=READER,
        markdown=MARKDOWN,
        readable=READABLE,
        hidden=HIDDEN,
        course=f"c.Judge.course = {str(course)!r}" if course else NO_COURSE,
        isolation=isolation.value,
    )
    return theirs.rstrip("\n") + "\n\n" + ours


def _assigned(text: str) -> dict[str, ast.expr]:
    """What is set on `c`, by its dotted name, and to what; of several the last."""
    return {
        ast.unparse(target).removeprefix("c."): node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if ast.unparse(target).startswith("c.")
    }


def _setting(path: Path, text: str, name: str) -> str:
    """What the configuration sets `c.NAME` to; empty if it does not."""
    value = _assigned(text).get(name)
    if value is None:
        return ""
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        raise UserError(f"{path}: {name} is {ast.unparse(value)}.", LITERAL)
    return value.value


FIRST = "# >>> zth: these lines are written anew by `zth nbgrader init`"
LAST = "# <<< zth"
_OURS = re.compile(rf"\n*{re.escape(FIRST)}.*?{re.escape(LAST)}\n?", re.DOTALL)
NEW = """\
# The configuration of nbgrader for this course. All settings: nbgrader generate_config
c = get_config()

# Where an exchange hands assignments out and collects them, it needs a name for the course.
# c.CourseDirectory.course_id = "zero-to-hero"
"""
OURS = """\
{first}
# Settings of your own go above, where they stay.
c = get_config()

# Learners' code is judged by zth, in processes of its own, where nbgrader would execute it. Their
# notebooks' test cells are not run: what an exercise is worth comes from the gradebook.
{steps}
c.Autograde.exporter_class = "{reader}"  # a broken notebook stops nobody

# The course that judges.
{course}

# How learners' code is kept apart: "bwrap" for people who are not to be trusted, "fork" for others.
c.Judge.isolation = "{isolation}"

# In formgrader and in feedback a learner's text is only text: HTML in it could act in your name.
c.HTMLExporter.filters = {{
    **c.HTMLExporter.get("filters", {{}}),
    "markdown2html": "{markdown}",
    "clean_html": "{readable}",
}}

# Feedback shows no hidden test. nbgrader's own steps follow.
c.GenerateFeedback.preprocessors = [
    "{hidden}",
    *c.GenerateFeedback.get(
        "preprocessors",
        ["nbgrader.preprocessors.GetGrades", "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor"],
    ),
]
{last}
"""
NO_COURSE = '# c.Judge.course = "/home/me/my-course"  # unless it is zth\'s own'
STEPS = f"""\
c.Autograde.autograde_preprocessors = [
    "{STEP}",  # nbgrader's own: "nbgrader.preprocessors.Execute"
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]"""
THEIR_STEPS = f"""\
c.Autograde.autograde_preprocessors = [  # yours, but for Execute
    "{STEP}" if getattr(step, "__name__", str(step)).split(".")[-1] == "Execute" else step
    for step in c.Autograde.autograde_preprocessors
]"""
MEND = "Fix it, then run the command again. Nothing was changed."
MARKS = f"Take out what is left of it, from `{FIRST[:9]}` to `{LAST}`; it is written anew."
NO_COURSE_THERE = f"is no nbgrader course: it has no {NAME}."
INSIDE = "zth keeps copies of what it replaces in that folder: put the source below it."
LITERAL = "Write it as a plain text in quotation marks: zth reads the file and does not run it."

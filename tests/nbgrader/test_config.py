"""nbgrader_config.py: what is an instructor's stays, what is zth's is written anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.errors import UserError
from grader.nbgrader.config import (
    FIRST,
    HIDDEN,
    LAST,
    MARKDOWN,
    NAME,
    STEP,
    judging_course,
    judging_isolation,
    source_folder,
    write_config,
)
from grader.sandbox.isolation import Isolation

THEIRS = """\
c = get_config()
# my own
c.CourseDirectory.course_id = "ml 101"
c.ClearSolutions.code_stub = {"python": "..."}
"""


def write(folder: Path, course: Path | None = None) -> Any:
    return write_config(folder, course, Isolation.BWRAP)


def loaded(folder: Path) -> Any:
    """As nbgrader reads it."""
    from traitlets.config.loader import PyFileConfigLoader

    return PyFileConfigLoader(NAME, path=str(folder)).load_config()


def test_ours_judges_in_the_place_of_execute(tmp_path: Path) -> None:
    """And nothing else of nbgrader's own list changes: compared with the list that is installed."""
    from nbgrader.converters import Autograde

    configured = write(tmp_path)
    assert configured.is_new
    assert configured.copy is None
    own = Autograde.class_traits()["autograde_preprocessors"].default()
    steps = loaded(tmp_path).Autograde.autograde_preprocessors
    assert steps[0] == STEP
    assert [s.split(".")[-1] for s in steps[1:]] == [step.__name__ for step in own[1:]]
    assert own[0].__name__ == "Execute"
    assert loaded(tmp_path).Judge.isolation == "bwrap"
    assert "course" not in loaded(tmp_path).Judge


def test_the_steps_can_be_imported_but_for_the_one_that_judges(tmp_path: Path) -> None:
    from traitlets.utils.importstring import import_item

    write(tmp_path)
    for step in loaded(tmp_path).Autograde.autograde_preprocessors[1:]:
        assert import_item(step)


def test_theirs_stays_with_a_dated_copy_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(THEIRS)
    configured = write(tmp_path)
    assert path.read_text().startswith(THEIRS)
    assert configured.copy is not None
    assert (configured.copy.folder / "files" / NAME).read_text() == THEIRS
    assert loaded(tmp_path).CourseDirectory.course_id == "ml 101"
    text = path.read_text()
    again = write(tmp_path)
    assert not again.changed
    assert again.copy is None
    assert path.read_text() == text


def test_only_ours_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / NAME
    write(tmp_path)
    text = path.read_text()
    path.write_text(text.replace("# c.Course", "c.Course") + "c.Exchange.root = '/srv'\n")
    write(tmp_path, course=tmp_path / "course")
    config = loaded(tmp_path)
    assert config.Exchange.root == "/srv"
    assert config.CourseDirectory.course_id == "zero-to-hero"
    assert config.Judge.course == str(tmp_path / "course")
    assert judging_course(tmp_path) == tmp_path / "course"
    assert path.read_text().count(FIRST) == 1
    write(tmp_path)
    assert judging_course(tmp_path) is None
    assert judging_isolation(tmp_path) is Isolation.BWRAP


def test_where_it_has_not_been_nothing_is_known(tmp_path: Path) -> None:
    assert judging_course(tmp_path) is None
    assert judging_isolation(tmp_path) is None
    (tmp_path / NAME).write_text(THEIRS + 'c.Judge.isolation = "open"\n')
    assert judging_isolation(tmp_path) is None


def test_their_own_steps_stay_but_for_execute(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(
        "from nbgrader.preprocessors import Execute, SaveAutoGrades\n"
        "c = get_config()\n"
        'c.Autograde.autograde_preprocessors = ["mine.First", Execute, SaveAutoGrades]\n'
    )
    write(tmp_path)
    steps = loaded(tmp_path).Autograde.autograde_preprocessors
    assert [getattr(s, "__name__", s) for s in steps] == ["mine.First", STEP, "SaveAutoGrades"]
    text = (tmp_path / NAME).read_text()
    write(tmp_path)
    assert (tmp_path / NAME).read_text() == text


@pytest.mark.parametrize("gone", [FIRST, LAST])
def test_a_mark_that_is_gone_stops_it(tmp_path: Path, gone: str) -> None:
    """Where ours ends cannot be told: nothing of theirs may go with it."""
    write(tmp_path)
    path = tmp_path / NAME
    path.write_text(path.read_text().replace(gone, ""))
    text = path.read_text()
    with pytest.raises(UserError, match="mark zth's part"):
        write(tmp_path)
    assert path.read_text() == text


@pytest.mark.parametrize("text", ["c = get_config(\n", "\xff\xfe"])
def test_what_is_not_python_stops_it(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match="not valid Python"):
        write(tmp_path)


def test_the_source_is_where_the_configuration_says(tmp_path: Path) -> None:
    path = tmp_path / NAME
    assert source_folder(tmp_path, "lecture5") == tmp_path / "source" / "lecture5"
    path.write_text(THEIRS + 'c.CourseDirectory.source_directory = "src"\n')
    assert source_folder(tmp_path, "lecture5") == tmp_path / "src" / "lecture5"
    path.write_text(
        'c.CourseDirectory.directory_structure = "{assignment_id}/{nbgrader_step}/{student_id}"\n'
    )
    assert source_folder(tmp_path, "lecture5") == tmp_path / "lecture5" / "source"
    path.write_text('c.CourseDirectory.source_directory = "/srv/source"\n')
    with pytest.raises(UserError, match="outside of its folder"):
        source_folder(tmp_path, "lecture5")
    path.write_text("import os\nc.CourseDirectory.source_directory = os.environ['HOME']\n")
    with pytest.raises(UserError, match="does not run it"):
        source_folder(tmp_path, "lecture5")


def test_their_own_filters_and_steps_of_feedback_stay(tmp_path: Path) -> None:
    from nbgrader.converters import GenerateFeedback
    from traitlets.utils.importstring import import_item

    write(tmp_path)
    config = loaded(tmp_path)
    own = GenerateFeedback.class_traits()["preprocessors"].default()
    steps = [import_item(step) for step in config.GenerateFeedback.preprocessors]
    assert steps[1:] == own, "and nothing else of nbgrader's own list changes"
    assert {*config.HTMLExporter.filters} == {"markdown2html", "clean_html"}
    path = tmp_path / NAME
    path.write_text(
        "c = get_config()\n"
        'c.HTMLExporter.filters = {"mine": "mine.filter", "markdown2html": "mine.too"}\n'
        'c.GenerateFeedback.preprocessors = ["mine.First"]\n'
    )
    write(tmp_path)
    config = loaded(tmp_path)
    assert config.HTMLExporter.filters["mine"] == "mine.filter"
    assert config.HTMLExporter.filters["markdown2html"] == MARKDOWN
    assert config.GenerateFeedback.preprocessors == [HIDDEN, "mine.First"]

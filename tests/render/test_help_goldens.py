"""Hints, solutions and what became of files, held as text."""

from __future__ import annotations

import datetime

from goldens import HERE, held, rendered

from grader.course.manifest import Course
from grader.render.files import copies_view, init_view, reset_view, restored_view, update_view
from grader.render.hint import hint_view
from grader.render.solution import solution_view
from grader.workspace.backups import Backup, Restored
from grader.workspace.hints import Hints
from grader.workspace.reset import Reset
from grader.workspace.solution import Worked
from grader.workspace.update import Change, FileUpdate, Update
from grader.workspace.workspace import Workspace

ARRAYS = "exercises/tiny/arrays.py"
COPY = Backup(
    HERE / ".zth" / "kept" / "2026-11-20T12-31-05-reset",
    datetime.datetime(2026, 11, 20, 12, 31, 5, tzinfo=datetime.UTC),
    "zth reset lecture1.double",
    (ARRAYS, "exercises/tiny/model.py"),
)
WORKED = '''def double(x):
    """Twice x."""
    return x + x
'''


def test_hint_views(tiny: Course) -> None:
    lecture = tiny.lectures[0]
    double = lecture.find("double")
    views = [
        Hints(lecture, double, (1,), passed=False),
        Hints(lecture, double, (3,), passed=False),
        Hints(lecture, double, (1, 2, 3), passed=True),
    ]
    held("hints", "---\n".join(rendered(hint_view(view)) for view in views))


def test_solution_views(tiny: Course) -> None:
    lecture = tiny.lectures[0]
    double = lecture.find("double")
    yours = WORKED.replace("return x + x", "y = 2 * x  # twice\n    return y")
    views = [
        Worked(lecture, double, WORKED, "", passed=False),
        Worked(lecture, double, WORKED, yours, passed=True),
        Worked(lecture, double, WORKED, WORKED.replace("\n", "\n\n"), passed=True),
        Worked(lecture, double, WORKED, "", passed=True),
    ]
    text = "---\n".join(rendered(solution_view(view)) for view in views)
    assert max(map(len, text.splitlines())) <= 80
    held("solutions", text)


def test_file_views(tiny: Course) -> None:
    lecture = tiny.lectures[0]
    double, mean = lecture.find("double"), lecture.find("mean")
    place = Workspace(HERE / "mine")
    files = (
        FileUpdate(ARRAYS, Change.MERGED, b""),
        FileUpdate("exercises/tiny/model.py", Change.YOURS, None, ("shift", "echo")),
        FileUpdate("exercises/tiny/gone.py", Change.LEFT_OUT, exercise="lecture1.mean"),
        FileUpdate("exercises/later/more.py", Change.ADDED, b""),
        FileUpdate("README.md", Change.RENEWED, b""),
    )
    views = [
        init_view(place, HERE, "lecture1"),
        init_view(place, place.root, "lecture1"),
        reset_view(Reset((ARRAYS,), ((lecture, double),), COPY), ["double"]),
        reset_view(Reset((ARRAYS,), ((lecture, double), (lecture, mean)), COPY), ["1"]),
        reset_view(Reset((ARRAYS,), (), COPY), ["lecture1"]),
        reset_view(Reset((), (), None), ["double"]),
        update_view(Update(files, COPY, "0.1.0", "0.2.0"), place),
        update_view(Update((), None, "0.2.0", "0.2.0"), place),
        copies_view([COPY, COPY]),
        copies_view([]),
        restored_view(Restored(COPY, (ARRAYS,), COPY)),
        restored_view(Restored(COPY, (), None)),
    ]
    held("file_commands", "---\n".join(rendered(view, width=200) for view in views))

"""The real `nbgrader autograde`, with zth where nbgrader would execute: marks, and what is shown.

All submissions but the last few are graded in one run. Whatever is odd about one, the others are not
the worse for it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from handing_in import (
    ARRAYS,
    ENDLESS,
    FULL,
    MODEL,
    NOTHING,
    Work,
    add_own_cells,
    course_with_a_bonus,
    done,
    grades,
    hand_in,
    kill_it_at_ben_and_run_two,
    run,
    worked,
)
from prepared import copied, once

# the class


WRONG_DOUBLE = "def double(x):\n    return x + 1\n"
WITHOUT_DOUBLE = {"test_double": 0, "test_quadruple": 0, "test_shift": 0}
"""What is lost with it: quadruple and shift call it."""
NO_ARRAYS: dict[str, float] = {**dict.fromkeys(ARRAYS, 0.0), "test_shift": 0.0}
"""Where arrays.ipynb cannot be read: what needs nothing of it is right all the same."""
SEEN: dict[str, tuple[Callable[[Work], None], dict[str, float]]] = {}
"""Learner → what they do with what is right, and which marks are not full then."""


def hands_in(
    **but: float,
) -> Callable[[Callable[[Work], None]], Callable[[Work], None]]:
    """Somebody of that name; `but` is what they do not have all points for."""

    def add(edit: Callable[[Work], None]) -> Callable[[Work], None]:
        SEEN[edit.__name__] = edit, but
        return edit

    return add


@hands_in(**WITHOUT_DOUBLE)
def wrong(work: Work) -> None:
    work.write("double", WRONG_DOUBLE)
    work.write("essay", "Because it is.")


@hands_in()
def honest(work: Work) -> None:
    pass


@hands_in(**NOTHING)
def untouched(work: Work) -> None:
    release = work.folder.parents[2] / "release" / "lecture1"
    work.arrays = json.loads((release / "arrays.ipynb").read_text())
    work.model = json.loads((release / "model.ipynb").read_text())


@hands_in(**WITHOUT_DOUBLE)
def deletes_the_tests(work: Work) -> None:
    work.write("double", WRONG_DOUBLE)
    work.drop(*ARRAYS, *MODEL)


@hands_in(**WITHOUT_DOUBLE)
def edits_the_tests(work: Work) -> None:
    work.write("double", WRONG_DOUBLE)
    for cell in work.graded():
        cell["source"] = "assert True"
        cell["outputs"] = [
            {
                "output_type": "execute_result",
                "execution_count": 1,
                "metadata": {},
                "data": {"text/plain": "5"},
            }
        ]


@hands_in(**WITHOUT_DOUBLE)
def retags_the_tests(work: Work) -> None:
    work.write("double", WRONG_DOUBLE)
    double, mean, tally, quadruple, slope = (c["metadata"]["nbgrader"] for c in work.graded())
    double |= {"solution": True, "points": 100}
    mean |= {"grade": False, "locked": False, "schema_version": 99}
    tally |= {"task": True, "cell_type": "markdown"}
    quadruple |= {"grade_id": "mine"}
    slope.clear()
    slope |= {"grade": True, "grade_id": ["a", "list"]}


@hands_in(**WITHOUT_DOUBLE)
def makes_them_text(work: Work) -> None:
    work.write("double", WRONG_DOUBLE)
    for number, cell in enumerate(work.graded()):
        cell["cell_type"] = "raw" if number % 2 else "markdown"
        del cell["outputs"], cell["execution_count"]
        cell["metadata"]["nbgrader"] |= {"solution": True}


@hands_in(**WITHOUT_DOUBLE)
def swaps_names(work: Work) -> None:
    """The wrong one bears the name of a right one's test, and the other way round."""
    work.write("double", WRONG_DOUBLE)
    double, test = work.cell("double"), work.cell("test_mean")
    double["metadata"], test["metadata"] = test["metadata"], double["metadata"]


@hands_in(**WITHOUT_DOUBLE)
def adds_cells(work: Work) -> None:
    work.write("double", WRONG_DOUBLE)
    about = {"grade": True, "solution": False, "locked": True, "schema_version": 3, "points": 50}
    work.add("pass", 1, grade_id="forged", **about)
    work.add("pass", 3, grade_id="test_double", **about)
    work.add("pass", len(work.arrays["cells"]), grade_id="test_double", **about)
    work.add("pass", 5, grade=True)
    work.arrays["cells"] += [{"cell_type": "code"}, {"cell_type": "code", "metadata": 3}]


@hands_in()
def doubles_all(work: Work) -> None:
    work.arrays["cells"] += json.loads(json.dumps(work.arrays["cells"]))


@hands_in()
def another_order(work: Work) -> None:
    work.arrays["cells"].reverse()


@hands_in()
def magics(work: Work) -> None:
    ran = work.folder / "ran"
    work.add(f"%matplotlib inline\n!touch {ran}\n%run {work.folder}/other.py\nimport torch", 1)
    work.add(f"%%bash\ntouch {ran}", 2)
    work.add("import asyncio\nawait asyncio.sleep(0)\nname = input('who? ')", 3)
    work.add(f"get_ipython().events.register('post_run_cell', lambda *_: open({str(ran)!r}, 'w'))")
    work.add("import ipywidgets\nfrom IPython.display import display\ndisplay(ipywidgets.Text())")
    work.write("mean", "%time\n" + "".join(work.cell("mean")["source"]))
    (work.folder / "other.py").write_text(f"open({str(ran)!r}, 'w')")


@hands_in(**WITHOUT_DOUBLE, test_mean=0, test_Tally=0, test_slope=0, test_echo=0)
def runs_wild(work: Work) -> None:
    work.write("double", ENDLESS)
    work.write("mean", "def mean(values):\n    return bytearray(1 << 40)\n")
    work.write("slope", "import os\ndef slope(x):\n    os.abort()\n")
    work.write(
        "Tally",
        "class Tally:\n    def add(self, value):\n        while True:\n"
        "            print('x' * (1 << 20))\n    def total(self):\n        return 5.0\n",
    )
    work.write("echo", "import sys\ndef echo(text):\n    sys.exit(0)\n")


@hands_in()
def warns(work: Work) -> None:
    work.write(
        "double",
        "import sys, warnings\ndef double(x):\n    warnings.warn('odd')\n"
        "    print('to stderr', file=sys.stderr)\n    return x + x\n",
    )


@hands_in()
def version_3(work: Work) -> None:
    sheet = [
        {**c, "input": c["source"], "language": "python"} if c["cell_type"] == "code" else c
        for c in work.arrays["cells"]
    ]
    for cell in sheet:
        cell.pop("id")
    work.arrays = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [{"cells": sheet, "metadata": {}}],
    }


@hands_in()
def version_9(work: Work) -> None:
    work.arrays["nbformat"] = 9


@hands_in(**NO_ARRAYS)
def no_json(work: Work) -> None:
    work.save()
    (work.folder / "arrays.ipynb").write_bytes(b"\x80PK this is no notebook")
    work.save = lambda: None  # type: ignore[method-assign]


@hands_in(**NO_ARRAYS)
def no_notebook(work: Work) -> None:
    work.arrays["cells"] += [7, None, {"cell_type": 3}, {"cell_type": "code", "source": {}}]


@hands_in(**NO_ARRAYS)
def large_outputs(work: Work) -> None:
    picture = {"image/png": "x" * (80 << 20)}
    output = {"output_type": "display_data", "metadata": {}, "data": picture}
    work.cell("double")["outputs"] = [output]


@hands_in(**NO_ARRAYS)
def no_cells(work: Work) -> None:
    work.arrays["cells"] = []


@hands_in(**NO_ARRAYS)
def another_language(work: Work) -> None:
    kernel = {"name": "ir", "language": "R", "display_name": "R"}
    work.arrays["metadata"] = {"kernelspec": kernel, "language_info": {"name": "R"}}


@hands_in()
def shadows(work: Work) -> None:
    for name in ("torch", "pytest", "nbgrader", "arrays", "json", "given"):
        (work.folder / f"{name}.py").write_text("raise SystemExit(f'{__name__} was imported')")


@hands_in(**NO_ARRAYS)
def links(work: Work) -> None:
    path = work.folder / "arrays.ipynb"
    path.unlink()
    path.symlink_to(work.folder.parents[2] / "source" / "lecture1" / "arrays.ipynb")


@hands_in(test_mean=0, test_echo=0)
def markup(work: Work) -> None:
    evil = "<script>alert(1)</script>"
    work.write("mean", f"def mean(values):\n    print({evil!r})\n    raise ValueError({evil!r})\n")
    work.write("echo", f"def echo(text):\n    return {evil!r} + '\\x1b[31m\\u202e'\n")


@hands_in(**NO_ARRAYS)
def half_a_character(work: Work) -> None:
    work.add("half = '\ud800'", 2)


@hands_in(test_secret=0)
def secret(work: Work) -> None:
    work.write("secret", "def secret():\n    return torch.zeros(22, dtype=torch.uint8)\n")


@hands_in(**{**dict.fromkeys(MODEL, 0.0)})
def half(work: Work) -> None:
    (work.folder / "model.ipynb").unlink()
    work.save()
    (work.folder / "model.ipynb").unlink()
    work.save = lambda: None  # type: ignore[method-assign]


# the run


class Class(NamedTuple):
    folder: Path
    course: Path
    said: str
    """By `nbgrader autograde`."""


def with_own_cells(parent: Path) -> None:
    """An nbgrader course with an essay and a test of the instructor's own besides."""
    course = course_with_a_bonus(parent / "course")
    done(parent, "zth", "nbgrader", "init", "class", "--course", str(course))
    folder = parent / "class"
    done(folder, "zth", "nbgrader", "build", "lecture1")
    add_own_cells(folder, "assert double(1) == 2")
    done(folder, "nbgrader", "generate_assignment", "lecture1")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    return once(tmp_path_factory, "own-cells", with_own_cells) / "class"


@pytest.fixture(scope="module")
def solutions(released: Path) -> dict[str, str]:
    return worked(released)


@pytest.fixture(scope="module")
def graded(
    released: Path, solutions: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Class:
    """Everybody's work, graded. Not to be changed."""

    def grade(parent: Path) -> None:
        folder = copied(released.parent, parent)
        for who, (edit, _) in SEEN.items():
            work = hand_in(folder, who, solutions)
            edit(work)
            work.save()
        (parent / "said.txt").write_text(done(folder, "nbgrader", "autograde", "lecture1"))

    made = once(tmp_path_factory, "graded", grade)
    return Class(made / "class", made / "course", (made / "said.txt").read_text())


def card(graded: Class, who: str, cell: str) -> str:
    """The outputs of a graded cell, as they are in the autograded notebook."""
    name = "arrays" if cell in ARRAYS else "model"
    path = graded.folder / "autograded" / who / "lecture1" / f"{name}.ipynb"
    (found,) = [c for c in json.loads(path.read_text())["cells"] if c["id"] == cell]
    return json.dumps(found["outputs"])


def line(graded: Class, *words: str) -> str:
    """The one line of the log that says all that."""
    (found,) = [one for one in graded.said.splitlines() if all(word in one for word in words)]
    return found


# marks


@pytest.mark.parametrize("who", SEEN)
def test_each_cell_has_the_points_that_the_answer_deserves(graded: Class, who: str) -> None:
    """First of all: what is wrong has none."""
    found = grades(graded.folder, who)
    assert {name: found[name]["auto_score"] for name in FULL} == {**FULL, **SEEN[who][1]}
    assert not [name for name in FULL if found[name]["needs_manual_grade"]]


def test_nobody_s_notebook_stops_nbgrader(graded: Class) -> None:
    assert "Traceback" not in graded.said
    assert "Removing failed" not in graded.said
    there = {path.name for path in (graded.folder / "autograded").iterdir()}
    assert there == {*SEEN}
    assert not [*graded.folder.rglob("ran")], "a magic was obeyed"


def test_full_marks_are_without_the_bonus(graded: Class) -> None:
    """What a bonus earns comes on top, and no person's extra credit is touched."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded.folder / 'gradebook.db'}") as book:
        submission = book.find_submission("lecture1", "honest")
        assert submission.max_score == 11 + 4 + 2
        assert submission.score == 14
    assert grades(graded.folder, "honest")["test_quadruple"]["extra_credit"] is None


def test_the_marks_are_those_of_zth_grade(graded: Class, tmp_path: Path) -> None:
    for who in ("honest", "wrong", "edits_the_tests", "secret"):
        shutil.copytree(graded.folder / "submitted" / who, tmp_path / "work" / who)
    done(tmp_path, "zth", "grade", "work", "lecture1", "--course", str(graded.course))
    from grader.grading.store import Store

    with Store(tmp_path / "grades.sqlite") as store:
        for mark in store.marks(lecture="lecture1"):
            score = grades(graded.folder, mark.who)[f"test_{mark.exercise}"]["auto_score"]
            assert score == mark.result.points, (mark.who, mark.exercise)


def test_with_judges_that_work_ahead_the_gradebook_is_the_same(
    graded: Class, tmp_path: Path
) -> None:
    from nbgrader.api import Gradebook

    folder = Path(shutil.copytree(graded.folder, tmp_path / "class", symlinks=True))
    shutil.rmtree(folder / "autograded")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for who in SEEN:
            book.remove_submission("lecture1", who)
    said = done(folder, "zth", "nbgrader", "autograde", "lecture1", "--jobs", "2")
    assert f"{len(SEEN)} graded, 0 were graded before." in said
    for who in SEEN:
        before, after = grades(graded.folder, who), grades(folder, who)
        for name in before:
            for what in ("auto_score", "needs_manual_grade", "max_score"):
                assert after[name][what] == before[name][what], (who, name)
    log = (folder / ".zth" / "autograde-lecture1.log").read_text()
    for line in log.splitlines():
        assert line.startswith(tuple(SEEN)), line
        assert line.partition(": ")[2].replace(str(folder), str(graded.folder)) in graded.said


# what is an instructor's own


def test_an_essay_waits_for_a_person_and_an_empty_one_has_nothing(graded: Class) -> None:
    answered = grades(graded.folder, "wrong")["essay"]
    assert (answered["auto_score"], answered["needs_manual_grade"]) == (None, True)
    empty = grades(graded.folder, "honest")["essay"]
    assert (empty["auto_score"], empty["needs_manual_grade"]) == (0, False)


def test_a_test_of_the_instructor_s_own_gives_nobody_its_points(graded: Class) -> None:
    """Nothing was run, which nbgrader takes for all right."""
    for who in ("honest", "wrong", "untouched"):
        own = grades(graded.folder, who)["own_test"]
        assert (own["score"], own["needs_manual_grade"]) == (0, True)


# what is said


def test_the_card_says_what_is_wrong_and_where(graded: Class) -> None:
    shown = card(graded, "wrong", "test_double")
    assert "lecture1.double wrong" in shown
    assert "double(x) is twice x." in shown
    assert "arrays.ipynb, cell 3, line 1" in shown
    assert "https://youtu.be/VMj-3S1tku0?t=1" in shown
    assert "It builds on double, which has to be right first." in card(
        graded, "wrong", "test_quadruple"
    )
    assert "passed" in card(graded, "honest", "test_double")
    assert "error" not in card(graded, "honest", "test_double")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("test_double", "endless loop"),
        ("test_mean", "memory"),
        ("test_slope", "crashed Python"),
        ("test_Tally", "endless loop"),
        ("test_echo", "exit"),
    ],
)
def test_what_runs_wild_has_the_reason(graded: Class, cell: str, says: str) -> None:
    assert says in card(graded, "runs_wild", cell)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("no_json", "arrays.ipynb is not a notebook"),
        ("large_outputs", "larger than 20 MB"),
        ("another_language", "is a notebook in R"),
        ("links", "arrays.ipynb is a link"),
        ("deletes_the_tests", "test_slope put back into arrays.ipynb"),
        ("magics", "`%matplotlib inline`"),
        ("shadows", "what arrays.py defines of it does not count"),
        ("half", "No submitted file"),
    ],
)
def test_what_is_odd_is_one_line_of_the_log(graded: Class, who: str, words: str) -> None:
    assert "WARNING" in line(graded, who, words)


def test_a_learner_is_told_what_was_left_out(graded: Class) -> None:
    assert "note: Lines of arrays.ipynb" in card(graded, "magics", "test_double")
    assert "note:" not in card(graded, "honest", "test_double")
    assert "arrays.ipynb is not a notebook" in card(graded, "no_json", "test_mean")


def test_a_cell_of_theirs_is_not_lost_where_a_graded_one_is_put_back(graded: Class) -> None:
    path = graded.folder / "autograded" / "swaps_names" / "lecture1" / "arrays.ipynb"
    sources = ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]
    assert WRONG_DOUBLE in sources
    assert sum('check("lecture1.mean")' in source for source in sources) == 1 + 1


def test_no_card_holds_what_was_expected(graded: Class) -> None:
    wrong = [
        ("wrong", "test_double"),
        ("edits_the_tests", "test_double"),
        ("secret", "test_secret"),
    ]
    for who, cell in wrong:
        assert "yours" in card(graded, who, cell)
        assert "expected" not in card(graded, who, cell)
    assert "tiny-marker" not in card(graded, "secret", "test_secret")
    path = graded.folder / "autograded" / "links" / "lecture1" / "arrays.ipynb"
    assert "x + x" not in path.read_text(), "it was a link to the worked notebook"


def test_feedback_shows_the_card_and_no_markup_of_theirs(graded: Class) -> None:
    done(graded.folder, "nbgrader", "generate_feedback", "lecture1", "--student", "markup")
    path = graded.folder / "feedback" / "markup" / "lecture1" / "arrays.html"
    page = path.read_text()
    assert "lecture1.mean broke" in page
    assert "ValueError: &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


# again


def test_what_a_person_gave_stays_and_a_new_work_is_judged_anew(
    released: Path, solutions: dict[str, str], tmp_path: Path
) -> None:
    """A manual score, a comment, extra credit; late, and then with an extension; --force."""
    from nbgrader.api import Gradebook

    folder = Path(shutil.copytree(released, tmp_path / "class", ignore=lambda *_: ("submitted",)))
    shutil.rmtree(folder / "autograded", ignore_errors=True)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    url = f"sqlite:///{folder / 'gradebook.db'}"
    with Gradebook(url) as book:
        book.update_or_create_assignment("lecture1", duedate="2026-01-02 00:00:00 UTC")
    work = hand_in(folder, "ida", solutions, "2026-01-01 00:00:00 UTC")
    work.write("double", WRONG_DOUBLE)
    work.save()
    hand_in(folder, "late", solutions, "2026-01-03 00:00:00 UTC").save()
    said = done(folder, "nbgrader", "autograde", "lecture1")
    assert "late" in said
    with Gradebook(url) as book:
        assert book.find_submission("lecture1", "late").notebooks[0].late_submission_penalty > 0
        grade = book.find_grade("test_double", "arrays", "lecture1", "ida")
        assert grade.auto_score == 0
        grade.manual_score, grade.extra_credit = 2.5, 0.5
        book.find_comment("double", "arrays", "lecture1", "ida").manual_comment = "Nearly."
        book.db.commit()
        book.grant_extension("lecture1", "late", days=2)

    hand_in(folder, "ida", solutions, "2026-01-01 12:00:00 UTC").save()
    done(folder, "nbgrader", "autograde", "lecture1", "--force")
    with Gradebook(url) as book:
        grade = book.find_grade("test_double", "arrays", "lecture1", "ida")
        assert (grade.auto_score, grade.manual_score, grade.extra_credit) == (5, 2.5, 0.5)
        assert grade.score == 3
        assert grade.needs_manual_grade, (
            "as nbgrader asks where a person's score is of another work"
        )
        comment = book.find_comment("double", "arrays", "lecture1", "ida")
        assert comment.comment == "Nearly."
        late = book.find_submission("lecture1", "late")
        assert [n.late_submission_penalty for n in late.notebooks] == [None, None]


def test_a_killed_run_and_two_at_once_lose_nothing(
    released: Path, solutions: dict[str, str], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(released, tmp_path / "class", ignore=lambda *_: ("submitted",)))
    shutil.rmtree(folder / "autograded", ignore_errors=True)
    for who in ("ann", "ben", "cleo"):
        work = hand_in(folder, who, solutions)
        if who == "ben":
            work.write("double", ENDLESS)
        work.save()
    kill_it_at_ben_and_run_two(folder)
    for who, lost in (("ann", {}), ("ben", WITHOUT_DOUBLE), ("cleo", {})):
        found = grades(folder, who)
        assert {name: found[name]["auto_score"] for name in FULL} == {**FULL, **lost}, who
        assert (folder / "autograded" / who / "lecture1" / "model.ipynb").exists()
    assert not [*(folder / ".zth" / "autograding").iterdir()]


def test_without_what_judges_nobody_s_work_is_touched(
    released: Path, solutions: dict[str, str], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(released, tmp_path / "class"))
    shutil.rmtree(folder / "autograded", ignore_errors=True)
    hand_in(folder, "ida", solutions).save()
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Judge.course = '/nowhere'\n")
    before = (folder / "gradebook.db").read_bytes()
    process = run(folder, "nbgrader", "autograde", "lecture1", "--force")
    assert process.returncode == 1
    assert "There is no course in /nowhere" in process.stderr
    assert "Traceback" not in process.stderr
    assert (folder / "gradebook.db").read_bytes() == before
    assert not (folder / "autograded").exists()

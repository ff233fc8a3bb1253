"""`zth export --to nbgrader`: what `zth grade` has judged, in nbgrader's gradebook and on its pages.

The class: wrong work, right work that is late, right work of somebody who has more time, work in one
notebook for two files, broken work, and somebody who handed in nothing.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from handing_in import BIN, FULL, course_with_a_bonus, done, grades, run
from releasing import SECRET

from grader.course.manifest import load_course
from grader.course.targets import select
from grader.errors import UserError
from grader.grading.store import Store

Json = dict[str, Any]
TIMES = {
    "ann": "2026-10-01 11:00:00 UTC",
    "late": "2026-10-02 13:00:00 UTC",
    "more": "2026-10-01 20:00:00 UTC",
    "one": "",
    "broken": "2026-10-01 11:00:00 UTC",
}
ROSTER = """\
Student,ID,Email,Extension
"Lovelace, Ann",ann,ann@example.org,
Late Riser,late,,
More Time,more,,24
One Notebook,one,,
Never Came,never,,
"""
WITHOUT_DOUBLE = {"test_double": 0.0, "test_quadruple": 0.0, "test_shift": 0.0}
WITHOUT_MODEL = {"test_shift": 0.0, "test_echo": 0.0, "test_secret": 0.0}


class Class(NamedTuple):
    """What an instructor has: what was handed in, the gradebook of zth, an nbgrader course."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "class"

    def export(self, *more: str) -> str:
        return done(self.root, "zth", "export", "--to", "nbgrader", "class", *more)

    def quickly(self) -> list[str]:
        """As the command does it, in this process; the remarks. Raises what a person can mend."""
        from grader.nbgrader.exporting import export

        course = load_course(self.root / "course")
        with Store(self.root / "grades.sqlite") as store:
            lectures = select(course, ["lecture1"])
            return export(course, lectures, store, self.folder, lambda *_: None).remarks

    def refused(self, *more: str) -> str:
        process = run(self.root, "zth", "export", "--to", "nbgrader", "class", *more)
        assert process.returncode == 2, process.stdout + process.stderr
        return process.stderr

    def grade(self) -> None:
        course = str(self.root / "course")
        words = ["grade", "handed", "lecture1", "--roster", "roster.csv", "--course", course]
        process = run(self.root, "zth", *words, "--isolation", "fork", "--jobs", "1")
        assert process.returncode in (0, 1), process.stderr

    def hand_in(self, who: str, file: str, *edit: str) -> None:
        place = self.root / "handed" / who / "lecture1"
        place.mkdir(parents=True, exist_ok=True)
        text = worked(self.root / "course", file)
        if edit:
            assert edit[0] in text
            text = text.replace(*edit)
        (place / file).write_text(text)

    def notebook(self, who: str, name: str) -> Json:
        path = self.folder / "autograded" / who / "lecture1" / f"{name}.ipynb"
        found: Json = json.loads(path.read_text())
        return found

    def scores(self, who: str) -> dict[str, float | None]:
        """The judge's, of each cell."""
        return {name: grade["auto_score"] for name, grade in grades(self.folder, who).items()}

    def everything(self) -> tuple[list[str], dict[str, tuple[int, bytes]]]:
        """Each row of the gradebook, and each file with its time."""
        with sqlite3.connect(self.folder / "gradebook.db") as database:
            rows = sorted(database.iterdump())
        paths = [p for p in self.folder.rglob("*") if p.is_file() and p.name != "gradebook.db"]
        return rows, {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in paths}


def worked(course: Path, file: str) -> str:
    text = (course / "solutions" / "tiny" / file).read_text()
    return re.sub(r" *### (BEGIN|END) SOLUTION.*\n", "", text)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Graded by zth, and an nbgrader course that knows nothing of it."""
    made = Class(tmp_path_factory.mktemp("class"))
    manifest = course_with_a_bonus(made.root / "course") / "course.toml"
    text = manifest.read_text()
    text = text.replace('dir = "tiny"\n', 'dir = "tiny"\ndue = 2026-10-01T12:00:00Z\n', 1)
    text = text.replace("[limits]", "[late]\npercent_a_day = 7\n\n[limits]", 1)
    manifest.write_text(text)
    (made.root / "roster.csv").write_text(ROSTER)
    for who in ("ann", "late", "more", "broken"):
        made.hand_in(who, "arrays.py")
        made.hand_in(who, "model.py")
    made.hand_in("ann", "arrays.py", "return x + x", "return x + 1  # <script>alert(1)</script>")
    made.hand_in("ann", "model.py", 'b"tiny-marker-5e8d41c07b"', 'b"a guess"')
    (made.root / "handed" / "broken" / "lecture1" / "model.py").write_text("def shift(x:\n")
    one = made.root / "handed" / "one" / "lecture1"
    one.mkdir(parents=True)
    (one / "all.ipynb").write_text(json.dumps(in_one_notebook(made.root / "course")))
    for who, at in TIMES.items():
        if at:
            (made.root / "handed" / who / "lecture1" / "timestamp.txt").write_text(at)
    made.grade()
    done(made.root, "zth", "nbgrader", "init", "class", "--course", str(made.root / "course"))
    return made


def in_one_notebook(course: Path) -> Json:
    sources = [worked(course, "arrays.py"), worked(course, "model.py")]
    cells = [
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source.replace("from arrays import double\n", ""),
        }
        for source in sources
    ]
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}


@pytest.fixture(scope="module")
def exported(judged: Class, tmp_path_factory: pytest.TempPathFactory) -> tuple[Class, str]:
    """Where the assignment was not there, and what the command said. Not to be changed."""
    made = copied(judged, tmp_path_factory.mktemp("exported"))
    return made, made.export()


def copied(other: Class, root: Path) -> Class:
    """Another nbgrader course, and another gradebook of zth; what was handed in is the same."""
    shutil.copytree(other.folder, root / "class")
    for name in ("grades.sqlite", "roster.csv"):
        shutil.copy(other.root / name, root)
    for name in ("course", "handed"):
        (root / name).symlink_to(other.root / name)
    return Class(root)


def in_book(book: Class, who: str) -> Any:
    """The submission, with what nbgrader computes for it."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{book.folder / 'gradebook.db'}") as gradebook:
        work = gradebook.find_submission("lecture1", who)
        about = (work.score, work.late_submission_penalty, work.timestamp, work.extension)
        comments = {c.name: c.manual_comment for n in work.notebooks for c in n.comments}
        penalties = [n.late_submission_penalty for n in work.notebooks]
        return *about, penalties, comments


# where there was no assignment


def test_wrong_work_does_not_get_the_points(exported: tuple[Class, str]) -> None:
    book, said = exported
    assert "5 submissions in its gradebook, 5 of them changed; 10 notebooks written" in said
    assert "lecture1 was no assignment of it, and is one now." in said
    assert book.scores("ann") == {**FULL, **WITHOUT_DOUBLE, "test_secret": 0}
    assert book.scores("broken") == {**FULL, **WITHOUT_MODEL}
    assert book.scores("late") == FULL, "the bonus is above what nbgrader counts"
    assert book.scores("one") == FULL
    for who in TIMES:
        cells = grades(book.folder, who).values()
        assert not any(c["needs_manual_grade"] or c["extra_credit"] for c in cells)


def test_nbgrader_exports_what_zth_exports(exported: tuple[Class, str], tmp_path: Path) -> None:
    """With the late penalty, over two notebooks, and the people of the roster."""
    book, _ = exported
    done(book.folder, "nbgrader", "export", "--to", str(tmp_path / "theirs.csv"))
    ours = tmp_path / "ours.csv"
    course = str(book.root / "course")
    done(book.root, "zth", "export", "--to", "csv", str(ours), "--course", course)
    with (tmp_path / "theirs.csv").open() as file:
        theirs = {row["student_id"]: row for row in csv.DictReader(file)}
    with ours.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            found = theirs.pop(row["who"])
            assert float(found["score"]) == float(row["total"]), row["who"]
            assert float(found["late_submission_penalty"]) == float(row["penalty"])
            assert float(found["max_score"]) == float(row["max_points"])
            assert found["duedate"] == "2026-10-01 12:00:00"
            if row["who"] == "late":
                assert float(row["penalty"]) == pytest.approx(14 * 2 * 0.07)
                assert row["total"] != row["points"]
            if row["who"] == "ann":
                names = found["first_name"], found["last_name"], found["email"]
                assert names == ("Ann", "Lovelace", "ann@example.org")
            if row["who"] == "never":
                assert (found["timestamp"], found["score"]) == ("", "0.0")
    assert not theirs


def test_a_penalty_is_shared_and_an_extension_is_there(exported: tuple[Class, str]) -> None:
    from nbgrader.api import Gradebook, MissingEntry

    book, _ = exported
    _, lost, at, extension, penalties, _ = in_book(book, "late")
    assert lost == sum(penalties) == pytest.approx(1.96)
    assert all(penalties)
    assert (str(at), extension) == ("2026-10-02 13:00:00", None)
    _, lost, _, extension, penalties, _ = in_book(book, "more")
    assert (lost, penalties) == (0, [None, None])
    assert extension.total_seconds() == 24 * 3600
    assert in_book(book, "one")[2] is None, "a file's time is nobody's word"
    with (
        Gradebook(f"sqlite:///{book.folder / 'gradebook.db'}") as gradebook,
        pytest.raises(MissingEntry),
    ):
        gradebook.find_submission("lecture1", "never")


def test_a_second_time_nothing_changes(exported: tuple[Class, str]) -> None:
    book, _ = exported
    before = book.everything()
    assert "none of them changed; 0 notebooks written" in book.export()
    assert book.everything() == before


def test_each_line_of_theirs_is_shown_once_above_what_became_of_it(
    exported: tuple[Class, str],
) -> None:
    book, _ = exported
    cells = book.notebook("late", "arrays")["cells"]
    header = "# arrays.py, line "
    codes = [c["source"] for c in cells if c["source"].startswith(header)]
    shown = [line for code in codes for line in code.splitlines()]
    wanted = worked(book.root / "course", "arrays.py").splitlines()
    assert sorted(line for line in shown if line and not line.startswith(header)) == sorted(
        line for line in wanted if line
    )
    ids = [c["id"] for c in cells]
    assert ids.index("test_double") == ids.index("double") + 1
    assert "def double(x):" in cells[ids.index("double")]["source"]


def test_of_a_notebook_the_cells_are_named(exported: tuple[Class, str]) -> None:
    book, _ = exported
    sources = {c["id"]: c["source"] for c in book.notebook("one", "model")["cells"]}
    assert sources["shift"].startswith("# all.ipynb, cell 2, line 6\ndef shift(x):")
    assert "\n\n\n# all.ipynb, cell 2, line 3\nimport torch" in sources["rest_model"]
    assert "\n\n\n\n" not in sources["rest_model"], "what was left out is not shown as nothing"
    assert "all.ipynb is taken for it" in sources["zth_about"]


def test_feedback_shows_the_card_and_nothing_that_is_hidden(exported: tuple[Class, str]) -> None:
    book, _ = exported
    done(book.folder, "nbgrader", "generate_feedback", "lecture1", "--student", "ann")
    pages = {
        p.stem: p.read_text()
        for p in (book.folder / "feedback" / "ann" / "lecture1").glob("*.html")
    }
    assert pages.keys() == {"arrays", "model"}
    for says in ("lecture1.double wrong", "double(x) is twice x.", "arrays.py, line 6"):
        assert says in pages["arrays"]
    assert "Score: 0.0 / 5.0" in pages["arrays"]
    for page in pages.values():
        for hidden in ("HIDDEN TESTS", "must_pass", "expected", SECRET, "tiny-marker"):
            assert hidden not in page
        assert "<script>alert(1)" not in page
    shutil.rmtree(book.folder / "feedback")


# what people decided


def test_what_a_person_gave_stays_and_is_not_given_twice(
    exported: tuple[Class, str], tmp_path: Path
) -> None:
    """By hand in zth, in formgrader, in both; and then better work comes."""
    from nbgrader.api import Gradebook

    book = copied(exported[0], tmp_path)
    (tmp_path / "handed").unlink()
    shutil.copytree(exported[0].root / "handed", tmp_path / "handed")
    with Gradebook(f"sqlite:///{book.folder / 'gradebook.db'}") as gradebook:
        given = gradebook.find_grade("test_double", "arrays", "lecture1", "ann")
        given.manual_score, given.extra_credit, given.needs_manual_grade = 2.5, 0.5, False
        gradebook.find_comment("mean", "arrays", "lecture1", "ann").manual_comment = "Theirs."
        gradebook.db.commit()
    with Store(tmp_path / "grades.sqlite") as store:
        store.score("ann", "lecture1", "double", 4, "Nearly.")
        store.score("ann", "lecture1", "mean", 1, "Ours.")
        store.score("ann", "lecture1", "secret", 0.5, "")
    said = book.export()
    assert (
        "differ, and were kept: ann test_double (2.5, here 4), ann mean (Theirs., here Ours.)"
        in said
    )
    found = grades(book.folder, "ann")
    assert (found["test_double"]["manual_score"], found["test_double"]["score"]) == (2.5, 3)
    assert (found["test_secret"]["manual_score"], found["test_secret"]["auto_score"]) == (0.5, 0)
    assert not found["test_secret"]["needs_manual_grade"]
    assert in_book(book, "ann")[-1] == {
        **dict.fromkeys(["double", "mean", "Tally", "quadruple", "slope"]),
        **dict.fromkeys(["shift", "echo", "secret"]),
        **{"double": "Nearly.", "mean": "Theirs."},
    }
    book.hand_in("ann", "arrays.py")
    book.grade()
    assert "1 of them changed; 2 notebooks written" in book.export()
    found = grades(book.folder, "ann")
    assert {name: g["auto_score"] for name, g in found.items()} == {**FULL, "test_secret": 0}
    double = found["test_double"]
    assert (double["manual_score"], double["extra_credit"], double["score"]) == (2.5, 0.5, 3)
    assert double["needs_manual_grade"], "a person's score is of another work"
    assert not found["test_shift"]["needs_manual_grade"]
    before = book.everything()
    book.quickly()
    assert book.everything() == before


def test_work_that_nbgrader_has_itself_is_not_touched(
    exported: tuple[Class, str], tmp_path: Path
) -> None:
    """Submitted there; autograded there; what we wrote, and somebody worked in; and what is gone."""
    book = copied(exported[0], tmp_path)
    (book.folder / "submitted" / "ann" / "lecture1").mkdir(parents=True)
    home = book.folder / "autograded"
    for path in (home / "late" / "lecture1").glob("*.ipynb"):
        raw = json.loads(path.read_text())
        del raw["metadata"]["zth"]
        path.unlink()
        path.write_text(json.dumps(raw))
    edited = home / "more" / "lecture1" / "arrays.ipynb"
    raw = json.loads(edited.read_text())
    raw["cells"][0]["source"] += "\nSee me."
    edited.unlink()
    edited.write_text(json.dumps(raw))
    (home / "one" / "lecture1" / "arrays.ipynb").unlink()
    before = book.everything()
    with sqlite3.connect(tmp_path / "grades.sqlite") as database:
        changed = "UPDATE hand_in SET remarks = '[\"Odd.\"]', fingerprint = 'another'"
        database.execute(changed)
        changed = "UPDATE mark SET fingerprint = 'another', result = "
        database.execute(changed + "replace(result, '\"points\":1', '\"points\":0')")
    said = "\n".join(book.quickly())
    assert "nothing of theirs is changed: ann, late." in said
    assert (
        "Changed by somebody since it was written, and left so: more/lecture1/arrays.ipynb." in said
    )
    after = book.everything()
    assert book.scores("ann") == {**FULL, **WITHOUT_DOUBLE, "test_secret": 0}
    assert book.scores("late") == FULL
    assert book.scores("more") != FULL
    for path, was in before[1].items():
        if any(name in path for name in ("/ann/", "/late/", "more/lecture1/arrays")):
            assert after[1][path] == was
    text = json.dumps(book.notebook("one", "arrays"))
    assert "code cannot be shown" in text
    assert "lecture1.double passed" in text
    assert "Note: Odd." in text


# an assignment that is there


def test_an_assignment_of_the_instructor_s_stays_theirs(judged: Class, tmp_path: Path) -> None:
    """With an essay, a renamed cell that is worth more, and without an exercise."""
    book = copied(judged, tmp_path)
    done(book.folder, "zth", "nbgrader", "build", "lecture1")
    with pytest.raises(UserError, match="nbgrader generate_assignment lecture1"):
        book.quickly()  # made without theirs, it could not be generated any more
    path = book.folder / "source" / "lecture1" / "arrays.ipynb"
    raw = json.loads(path.read_text())
    raw["cells"] = [c for c in raw["cells"] if c["id"] not in ("slope", "test_slope")]
    (mean,) = [c for c in raw["cells"] if c["id"] == "test_mean"]
    mean["metadata"]["nbgrader"] |= {"grade_id": "q1", "points": 10}
    about = {"grade_id": "essay", "points": 4, "solution": True, "locked": False, "grade": True}
    essay = {"cell_type": "markdown", "id": "essay", "source": "Why?"}
    essay["metadata"] = {"nbgrader": {"schema_version": 3, "task": False, **about}}
    path.write_text(json.dumps({**raw, "cells": [essay, *raw["cells"]]}))
    done(book.folder, "nbgrader", "generate_assignment", "lecture1")
    said = book.export()
    assert "no cell in the gradebook for these exercises" in said
    assert "slope." in said
    wanted = {**FULL, "q1": 10.0, "essay": None}
    for name in ("test_mean", "test_slope"):
        del wanted[name]
    assert book.scores("more") == wanted
    found = grades(book.folder, "more")
    assert [name for name, grade in found.items() if grade["needs_manual_grade"]] == ["essay"]
    ids = [
        c["metadata"].get("nbgrader", {}).get("grade_id")
        for c in book.notebook("more", "arrays")["cells"]
    ]
    assert ids.index("essay") < ids.index("q1")
    _, lost, _, _, _, _ = in_book(book, "late")
    assert lost == pytest.approx(0.14 * sum(points for points in wanted.values() if points))


def test_an_assignment_that_was_made_can_be_generated_later(
    exported: tuple[Class, str], tmp_path: Path
) -> None:
    book = copied(exported[0], tmp_path)
    done(book.folder, "zth", "nbgrader", "build", "lecture1")
    before = book.everything()[0]
    done(book.folder, "nbgrader", "generate_assignment", "lecture1")
    assert book.everything()[0] == before


# what goes wrong


def test_killed_and_two_at_once_lose_nothing(judged: Class, tmp_path: Path) -> None:
    book = copied(judged, tmp_path)
    command = [str(BIN / "zth"), "export", "--to", "nbgrader", "class"]
    quiet: Json = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    first = subprocess.Popen(command, **quiet)
    deadline = time.monotonic() + 60
    while not any(book.folder.glob("autograded/*/lecture1/*.ipynb")):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    first.kill()
    first.wait()
    both = [subprocess.Popen(command, **quiet) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert book.scores("ann") == {**FULL, **WITHOUT_DOUBLE, "test_secret": 0}
    for who in TIMES:
        assert len(book.scores(who)) == len(FULL)
        assert (book.folder / "autograded" / who / "lecture1" / "model.ipynb").exists()
    before = book.everything()
    book.quickly()
    assert book.everything() == before


def test_what_a_person_can_mend_is_said(exported: tuple[Class, str], tmp_path: Path) -> None:
    book = copied(exported[0], tmp_path)
    assert "single exercises of lecture1" in book.refused("lecture1.double")
    process = run(tmp_path, "zth", "export", "--to", "nbgrader", "handed")
    assert (process.returncode, "zth nbgrader init handed" in process.stderr) == (2, True)
    process = run(tmp_path, "zth", "export", "--to", "nbgrate", "class")
    assert "Did you mean nbgrader?" in process.stderr

    def refused() -> str:
        with pytest.raises(UserError) as error:
            book.quickly()
        return str(error.value)

    config = book.folder / "nbgrader_config.py"
    text = config.read_text()
    config.write_text(f"{text}\nc.CourseDirectory.db_url = 'sqlite:////nowhere/gradebook.db'\n")
    assert "unable to open database file" in refused()
    config.write_text(f"{text}\nc.CourseDirectory.db_url = 'gradebook.db'\n")
    assert "The gradebook's address 'gradebook.db' is none." in refused()
    config.write_text(f"{text}\nimport nothing_of_that_name\n")
    assert "nbgrader_config.py cannot be run: ModuleNotFoundError" in refused()
    config.write_text(text)

    before = book.everything()
    with sqlite3.connect(book.folder / "gradebook.db", isolation_level=None) as database:
        database.execute("UPDATE grade SET auto_score = 1")
        database.execute("BEGIN EXCLUSIVE")
        assert "Another program is writing to it." in refused()
        database.execute("ROLLBACK")
        book.quickly()
        assert book.everything()[0] == before[0]
        database.execute("ALTER TABLE grade RENAME COLUMN auto_score TO old")
    said = book.refused()
    assert "nbgrader db upgrade" in said
    assert "Traceback" not in said


def test_who_may_not_come_in_is_named(judged: Class, tmp_path: Path) -> None:
    """Not on the roster, where nbgrader lets nobody in unasked."""
    book = copied(judged, tmp_path)
    config = book.folder / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Autograde.create_student = False\n")
    with sqlite3.connect(tmp_path / "grades.sqlite") as database:
        for table in ("hand_in", "mark"):
            database.execute(f"UPDATE {table} SET who = '..' WHERE who = 'more'")
            database.execute(f"UPDATE {table} SET who = 'a\tb' WHERE who = 'one'")
        database.execute("UPDATE person SET record = replace(record, '\"more\"', '\"..\"')")
    said = "\n".join(book.quickly())
    assert "create_student is False: broken." in said
    assert "cannot have such a student id: 'a\\tb'." in said
    assert "no notebook to look at: ..." in said
    assert {p.name for p in (book.folder / "autograded").iterdir()} == {"ann", "late"}
    assert not [*book.folder.glob("lecture1*")]
    assert in_book(book, "..")[0] == 14
    assert in_book(book, "late")[0] == 14


def test_a_question_that_nobody_answered_is_nobodys_work_and_no_zero(
    judged: Class, tmp_path: Path
) -> None:
    """And points by hand for somebody who handed in nothing arrive."""
    made = Class(tmp_path)
    for name in ("course", "class"):
        shutil.copytree(judged.root / name, tmp_path / name)
    config = made.folder / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(judged.root), str(tmp_path)))
    (tmp_path / "roster.csv").write_text(
        "id,name\nw1,Wei Wang\nw2,Wei Wang\nann,Ann Lovelace\nnever,Never Came\n"
    )
    for who in ("Wei Wang", "ann"):
        for file in ("arrays.py", "model.py"):
            made.hand_in(who, file)
    made.grade()
    done(tmp_path, "zth", "score", "never", "lecture1.double", "1.5", "--course", "course")
    words = ("--to", "nbgrader", "class", "lecture1", "--course", "course")
    process = run(tmp_path, "zth", "export", *words)
    said = process.stdout + process.stderr
    assert process.returncode == 1, said
    assert "It is not known whose these are, so they are left out: Wei Wang." in said
    assert made.scores("ann")["test_double"] == FULL["test_double"]
    for who in ("w1", "w2"):
        assert set(made.scores(who).values()) == {None}
        assert not (made.folder / "autograded" / who).exists()
    with sqlite3.connect(made.folder / "gradebook.db") as database:
        assert not list(database.execute("SELECT id FROM student WHERE id LIKE 'Wei%'"))
    by_hand = grades(made.folder, "never")["test_double"]
    assert (by_hand["auto_score"], by_hand["manual_score"]) == (0.0, 1.5), "of 5 points, as in zth"

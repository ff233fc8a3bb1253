"""The rest of nbgrader, with zth's judge inside: formgrader in a browser, feedback, the exchange, export.

One Jupyter server and one browser for all. Each test that changes something has a learner of its own.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from formgrading import Server, Window, chromium, serving
from handing_in import FULL, Work, add_own_cells, course_with_a_bonus, done, grades, hand_in, worked
from judging import children_of, command_of
from playwright.sync_api import Browser

HIDDEN = "hidden-marker-7c1d"
"""In a hidden test of the instructor's own."""
GONE = "attachment:gone.png"
MARKUP = (
    "<script>window.acted = 1</script>\n\n"
    '<img src="data:image/png;base64,AA" onerror="window.acted = 2"> **bold** $x<1$\n\n'
    '[a link](javascript:window.acted=3) <a href="data:text/html,hi">another</a>\n\n'
    '<iframe srcdoc="<script>parent.acted = 4</script>"></iframe>\n\n'
    '<span id="test_mean" class="full-credit" style="position:fixed">here</span>\n\n'
    "| a |\n|--:|\n| 1 |\n"
)
DOUBLE = "def double(x):\n    print('<b>mine</b>')\n    return x + 1\n"


def wrong(work: Work) -> None:
    work.write("double", DOUBLE)
    work.write("mean", "def mean(values):\n    raise ValueError('<script>acted = 5</script>')\n")
    work.write("essay", MARKUP)
    text = {"cell_type": "markdown", "id": "own-text", "metadata": {}, "source": MARKUP}
    raw = {"cell_type": "raw", "id": "own-raw", "metadata": {}, "source": MARKUP}
    lost = {**text, "id": "own-picture", "source": f"![mine]({GONE})"}
    work.arrays["cells"][1:1] = [text, raw, lost]


def right(work: Work) -> None:
    work.write("essay", "Because it is.")


def deletes(work: Work) -> None:
    wrong(work)
    work.drop(*FULL)


CLASS = {"wrong": wrong, "right": right, "deletes": deletes, "late": right}
"""Learner → what they do with what is right. deletes is marked by hand."""
DUE = "2026-01-02 00:00:00 UTC"


class Place(NamedTuple):
    course: Path
    folder: Path
    exchange: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An nbgrader course with an exchange, an essay and a hidden test of the instructor's own."""
    from nbgrader.api import Gradebook

    parent = tmp_path_factory.mktemp("formgrader")
    course = course_with_a_bonus(parent / "course")
    folder, exchange = parent / "class", parent / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text(
        f"c = get_config()\n{exchange_of(exchange)}c.LateSubmissionPlugin.penalty_method = 'zero'\n"
    )
    done(parent, "zth", "nbgrader", "init", "class", "--course", str(course))
    done(folder, "zth", "nbgrader", "build", "lecture1")
    test = f"assert double(1) == 2  # {HIDDEN}"
    add_own_cells(folder, f"assert double\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS")
    done(folder, "nbgrader", "generate_assignment", "lecture1")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        book.update_or_create_assignment("lecture1", duedate=DUE)
    solutions = worked(folder)
    for who, edit in CLASS.items():
        at = f"2026-01-0{3 if who == 'late' else 1} 00:00:00 UTC"
        work = hand_in(folder, who, solutions, at)
        edit(work)
        work.save()
    return Place(course, folder, exchange)


def exchange_of(folder: Path) -> str:
    """The lines of a configuration, a learner's as well."""
    return f"c.Exchange.root = {str(folder)!r}\nc.CourseDirectory.course_id = 'tiny'\n"


@pytest.fixture(scope="module")
def server(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What it started to judge with has to go with it."""
    with serving(place.folder, tmp_path_factory.mktemp("jupyter") / "home") as server:
        yield server
        judges = children_of(server.process.pid)
    deadline = time.monotonic() + 20
    while any(map(command_of, judges)):
        assert time.monotonic() < deadline, "a judge outlives its server"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def window(browser: Browser, server: Server) -> Iterator[Window]:
    """A page that nobody has used. What it complains of fails the test."""
    window = Window(browser, server.url)
    yield window
    window.page.close()
    assert not window.complaints


@pytest.fixture(scope="module")
def pressed(place: Place, browser: Browser, server: Server) -> dict[str, tuple[str, str]]:
    """Everybody autograded with formgrader's own button: what its dialog said."""
    window = Window(browser, server.url)
    window.open("manage_submissions/lecture1")
    said = {who: window.press(who, "autograde") for who in CLASS}
    window.page.close()
    assert not window.complaints
    assert children_of(server.process.pid), "a judge is kept for the next press"
    begun = (place.folder / ".zth" / "autograding").iterdir()
    assert [path.read_bytes() for path in begun if path.stat().st_size] == [], (
        "nothing is half done"
    )
    return said


def submission(place: Place, who: str, notebook: str = "arrays") -> str:
    """What formgrader calls it."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{place.folder / 'gradebook.db'}") as book:
        found: str = book.find_submission_notebook(notebook, "lecture1", who).id
        return found


# formgrader


def test_autograde_in_formgrader_has_zth_judge(
    window: Window, place: Place, pressed: dict[str, tuple[str, str]]
) -> None:
    lost = {"test_double": 0, "test_quadruple": 0, "test_shift": 0, "test_mean": 0}
    for who, (title, said) in pressed.items():
        assert title == "Success", said
        assert "zth judges: the course in" in said
        but = {} if who in ("right", "late") else lost
        found = grades(place.folder, who)
        assert {name: found[name]["auto_score"] for name in FULL} == {**FULL, **but}, who
    assert "put back into arrays.ipynb" in pressed["deletes"][1]
    seeds = {re.findall(r"seed (\d+)", said)[0] for _, said in pressed.values()}
    assert len(seeds) == len(CLASS), "each press draws inputs of its own"
    window.open("manage_submissions/lecture1")
    scores = {who: window.row(who).locator("td.score").inner_text() for who in CLASS}
    assert scores == {
        **dict.fromkeys(("wrong", "deletes"), "4 / 17"),
        **dict.fromkeys(("right", "late"), "14 / 17"),
    }
    window.open("gradebook/lecture1/arrays")
    assert window.page.locator("#main-table tr").count() == len(CLASS)


def test_a_submission_shows_the_card_and_nothing_of_the_checks(
    window: Window, place: Place, pressed: dict[str, tuple[str, str]]
) -> None:
    assert pressed
    window.open_submission(submission(place, "wrong"))
    shown = window.below("test_double")
    assert "✗ lecture1.double wrong · 0 of 5 points" in shown
    assert "double(x) is twice x." in shown
    assert re.search(r"where +arrays.ipynb, cell \d+, line 1", shown)
    assert "<b>mine</b>" in shown
    assert "✓ lecture1.Tally passed" in window.below("test_Tally")
    link = window.page.locator("pre a", has_text="youtu.be").first
    assert link.get_attribute("href") == "https://youtu.be/VMj-3S1tku0?t=1"
    page = window.page.locator("body").inner_text()
    assert "expected" not in page
    assert "observe" not in page
    assert window.value("test_double") == "", "no score by hand"
    assert window.page.locator("[id='test_double']").get_attribute("placeholder") == "0"


def test_a_card_is_not_wider_than_the_page(window: Window, place: Place, pressed: object) -> None:
    assert pressed
    window.page.set_viewport_size({"width": 700, "height": 900})
    window.open_submission(submission(place, "wrong"))
    wide = "() => [document.documentElement.scrollWidth, window.innerWidth]"
    content, width = window.page.evaluate(wide)
    assert content <= width


def test_a_learner_s_text_is_only_text_to_who_grades(
    window: Window, place: Place, pressed: object
) -> None:
    """Their script would run as the instructor on the Jupyter server."""
    assert pressed
    window.open_submission(submission(place, "wrong"))
    _only_text(window)
    assert window.page.locator("[id='test_mean']").count() == 1, "else a score goes elsewhere"


def _only_text(window: Window) -> None:
    page = window.page
    assert page.evaluate("window.acted") is None
    texts = page.locator(".text_cell_render")
    assert texts.locator("script, iframe, [onerror], [id], [class*=credit]").count() == 0
    assert page.locator("span", has_text=re.compile("^here$")).count() == 3, "a raw cell has one"
    assert page.locator("span[id]", has_text="here").count() == 0
    assert texts.locator("[href^='javascript:'], [href^='data:']").count() == 0
    assert texts.filter(has_text="<script>window.acted = 1</script>").count() == 2
    assert texts.locator("strong", has_text="bold").count() == 2, "Markdown is still Markdown"
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.text_cell_render td')].map(c => c.style.cssText)"
        )
        == ["text-align: right;"] * 2
    )
    assert texts.filter(has_text=GONE).count() == 1, "what is not there stops nothing"


def test_what_a_person_gives_is_saved_and_stays_when_it_is_autograded_again(
    window: Window, place: Place, pressed: object
) -> None:
    assert pressed
    which = submission(place, "deletes")
    window.open_submission(which)
    window.type_into("test_double", "2.5")
    window.type_into("test_double_extra_credit", "0.5")
    window.type_into("essay", "3")
    window.type_into("double-comment", "Nearly: x **plus** x.")
    given = {"test_double": (0, 2.5, 0.5), "essay": (None, 3, None)}
    for _ in range(2):
        found = grades(place.folder, "deletes")
        parts = ("auto_score", "manual_score", "extra_credit")
        assert {name: tuple(found[name][p] for p in parts) for name in given} == given
        window.open_submission(which)
        assert window.value("test_double") == "2.5"
        assert window.value("test_double_extra_credit") == "0.5"
        assert window.value("essay") == "3"
        assert window.value("double-comment") == "Nearly: x **plus** x."
        assert "0 of 5 points" in window.below("test_double")
        window.open("manage_submissions/lecture1")
        assert window.row("deletes").locator("td.score").inner_text() == "10 / 17"
        assert window.press("deletes", "autograde")[0] == "Success"


def test_two_presses_at_once_and_a_second_one_are_each_judged(
    window: Window, place: Place, pressed: object
) -> None:
    assert pressed
    window.open("manage_submissions/lecture1")
    answers = window.page.evaluate(
        """people => Promise.all(people.map(
            one => $.post(`${base_url}/formgrader/api/submission/lecture1/${one}/autograde`)))""",
        ["wrong", "right", "wrong"],
    )
    assert [json.loads(answer)["success"] for answer in answers] == [True] * 3
    assert grades(place.folder, "right")["test_double"]["auto_score"] == 5
    assert grades(place.folder, "wrong")["test_double"]["auto_score"] == 0


def test_what_an_instructor_has_to_mend_can_be_read_in_the_dialog(
    window: Window, place: Place, pressed: object
) -> None:
    assert pressed
    before = grades(place.folder, "late")
    away = place.course.rename(place.course.with_name("away"))
    try:
        window.open("manage_submissions/lecture1")
        title, said = window.press("late", "autograde")
    finally:
        away.rename(place.course)
    assert title == "Error"
    assert f"[ERROR] There is no course in {place.course}" in said
    assert "zth nbgrader init . --course DIR" in said
    assert said.index("There is no course") < said.index("Traceback")
    assert grades(place.folder, "late") == before
    assert (place.folder / "autograded" / "late" / "lecture1" / "arrays.ipynb").exists()
    window.open("manage_submissions/lecture1")
    assert window.press("late", "autograde")[0] == "Success"


# feedback


def test_feedback_shows_the_card_and_no_hidden_test(
    window: Window, place: Place, pressed: object
) -> None:
    """Of everybody; and in the browser of the one who gets it."""
    assert pressed
    done(place.folder, "nbgrader", "generate_feedback", "lecture1", "--force")
    pages = [*(place.folder / "feedback").rglob("*.html")]
    assert len(pages) == 2 * len(CLASS)
    for path in pages:
        text = path.read_text()
        assert HIDDEN not in text
        assert "HIDDEN TESTS" not in text
        assert "observe" not in text
        assert "expected" not in re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
    assert HIDDEN in (place.folder / "source" / "lecture1" / "arrays.ipynb").read_text()
    path = place.folder / "feedback" / "wrong" / "lecture1" / "arrays.html"
    window.page.goto(path.as_uri())
    _only_text(window)
    page = window.page.locator("body").inner_text()
    assert "✗ lecture1.double wrong · 0 of 5 points" in page
    assert "assert double\n" in page, "what is not hidden is there"
    link = window.page.locator("pre a", has_text="youtu.be").first
    assert link.get_attribute("href") == "https://youtu.be/VMj-3S1tku0?t=1"


def test_export_has_each_score(place: Place, pressed: object) -> None:
    """With what is late without a point, and what a bonus earns on top."""
    assert pressed
    done(place.folder, "nbgrader", "export")
    with (place.folder / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {*rows} >= {*CLASS}
    parts = ("raw_score", "late_submission_penalty", "score", "max_score")
    seen = {
        who: tuple(float(rows[who][part]) for part in parts) for who in ("wrong", "right", "late")
    }
    assert seen == {"wrong": (4, 0, 4, 17), "right": (14, 0, 14, 17), "late": (14, 14, 0, 17)}
    by_hand = grades(place.folder, "deletes").values()
    assert float(rows["deletes"]["score"]) == sum(grade["score"] for grade in by_hand)


# the exchange


def test_an_assignment_goes_out_comes_back_and_feedback_follows(
    window: Window, place: Place, tmp_path: Path
) -> None:
    """Released, collected and given back with formgrader's buttons; a learner submits in between."""
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\n{exchange_of(place.exchange)}")
    window.open("manage_assignments")
    assert window.row("lecture1").locator("td.num-submissions").inner_text() == str(len(CLASS))
    assert window.press("lecture1", "release")[0] == "Success"
    released = place.exchange / "tiny" / "outbound" / "lecture1"
    assert (released / ".zth" / "course" / "course.toml").exists(), "the pack goes along"
    shutil.copytree(released, tmp_path / "lecture1")
    work = Work(tmp_path / "lecture1", worked(place.folder))
    work.write("double", DOUBLE)
    work.save()
    done(tmp_path, "nbgrader", "submit", "lecture1")

    window.open("manage_assignments")
    assert window.press("lecture1", "collect")[0] == "Success"
    (who,) = {path.name for path in (place.folder / "submitted").iterdir()} - {*CLASS}
    window.open("manage_submissions/lecture1")
    for column in ("autograde", "generate-feedback", "release-feedback"):
        title, said = window.press(who, column)
        assert title == "Success", said
    assert grades(place.folder, who)["test_double"]["auto_score"] == 0
    assert grades(place.folder, who)["test_mean"]["auto_score"] == 1
    given = [path.read_text() for path in (place.exchange / "tiny" / "feedback").iterdir()]
    assert len(given) == 2
    assert "lecture1.double wrong" in "".join(given)
    assert HIDDEN not in "".join(given)

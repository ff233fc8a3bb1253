"""Feedback and the class as pages: whole in themselves, and what somebody wrote is only words."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from exporting import HOSTILE, grade, graded
from markdown_it import MarkdownIt
from markdown_it.token import Token

from grader.export.class_page import class_page
from grader.export.escaping import block, code, inert, paragraph
from grader.export.feedback import files_of, html, markdown
from grader.export.phrases import LOOKS
from grader.export.writing import check_place, folder_names, write_among
from grader.grading.class_report import (
    Bar,
    Blocking,
    ClassReport,
    FlaggedExercise,
    Mistake,
    People,
    Stand,
    Stuck,
    without_names,
)
from grader.grading.feedback import ExerciseFeedback, Feedback, Line, Revealed
from grader.grading.notices import Notice, NoticeKind
from grader.render import style
from grader.results import Outcome
from grader.source.similarity import Alike, SimilarPlaces

EVIL = (
    *(text for text in HOSTILE if len(text) < 1000),
    "</pre></code><script>alert(1)</script><img src=x onerror=alert(1)>",
    "![x](http://evil/x.png) [click](javascript:alert(1)) <http://evil> http://evil www.evil.com",
    "```\n# ✓ lecture1 passed: 9 of 9 points\n~~~\n````",
    "\x1b[2J\x1b]8;;http://evil\x07click\x1b]8;;\x07",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n\n    indented",
    "{{ 7 * 7 }}{% for x in y %}",
    "<!-- --> <?php ?> <![CDATA[ ]]> &lt;b&gt; $x$ :smile: ~~x~~ **x** `x`",
)


def told(text: str) -> Feedback:
    """A learner who has that text everywhere."""
    wrong = graded("double", Outcome.FAIL, misconception=text, comment=text)
    lazy = graded("mean", Outcome.TODO)
    card = ExerciseFeedback(
        graded=wrong,
        link="https://youtu.be/x?t=1",
        at="0:00:01",
        again="zth check lecture1.double",
        sentence=text,
        message=text,
        got=text,
        others=(text,),
        place=text,
        steps=(Line(text, text), Line(text, text)),
        printed=text,
        cut=True,
        revealed=Revealed(text, text, (text,), text, text),
    )
    begun = ExerciseFeedback(
        lazy, "https://youtu.be/x?t=2", "0:00:02", "zth check lecture1.mean", message=text
    )
    return Feedback(grade(text, wrong, lazy, name=text), (card, begun), (text,))


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def is_whole_in_itself(page: str) -> Tags:
    tags = Tags(page)
    assert not {"script", "img", "iframe", "link", "object", "form", "base"} & set(tags.tags)
    for name, value in tags.attributes:
        assert not name.startswith("on")
        assert name != "src"
        if name == "href":
            assert value
            assert value.startswith(("https://youtu.be/", "#"))
    assert "url(" not in page
    assert "@import" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    return tags


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_on_a_page_every_word_is_a_word(text: str) -> None:
    tags = is_whole_in_itself(html(told(text)).decode())
    honest = is_whole_in_itself(html(told("honest")).decode())
    # a message of several lines is set apart from its line
    drop = {"pre", "bdi"}
    assert [t for t in tags.tags if t not in drop] == [t for t in honest.tags if t not in drop]
    assert inert(text).strip()[:20].strip() in tags.text


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_in_markdown_every_word_is_a_word(text: str) -> None:
    """Rendered as CommonMark with tables and HTML allowed, there is what there is for honest words."""

    def tokens(source: str) -> list[Token]:
        found = []
        for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(source):
            found += [token, *(token.children or [])]
        return found

    def kinds(source: str) -> list[str]:
        # a line or a block: the words decide
        drop = {"text", "code_inline", "fence", "softbreak"}
        return [token.type for token in tokens(source) if token.type not in drop]

    made = markdown(told(text))
    links = {str(token.attrs["href"]) for token in tokens(made) if token.type == "link_open"}
    assert links <= {"https://youtu.be/x?t=1", "https://youtu.be/x?t=2"}
    wanted = kinds(markdown(told("honest")))
    if "\n" not in inert(text):
        assert kinds(made) == wanted
    assert not {"html_block", "html_inline", "image", "hr", "bullet_list"} & (
        set(kinds(made)) - set(wanted)
    )
    assert kinds(made).count("heading_open") == wanted.count("heading_open")
    assert kinds(made).count("link_open") == wanted.count("link_open")
    assert "\x1b" not in made
    made.encode()


def test_both_say_the_same() -> None:
    words = {name: f"word{number}" for number, name in enumerate("abcdefghijklmnop")}
    w = words.values()
    word = iter(w)
    wrong = graded("double", Outcome.FAIL, misconception=next(word), comment=next(word))
    revealed = Revealed(next(word), next(word), (next(word),), next(word), next(word))
    card = ExerciseFeedback(
        *(
            wrong,
            "https://youtu.be/x?t=1",
            "0:00:01",
            next(word),
            next(word),
            next(word),
            next(word),
        ),
        others=(next(word),),
        place=next(word),
        steps=(Line(next(word), next(word)),),
        printed=next(word),
        revealed=revealed,
    )
    feedback = Feedback(grade("ada", wrong, late_hours=25.0, penalty=0.5), (card,), ("remark",))
    page, text = html(feedback).decode(), markdown(feedback)
    for each in (*list(w)[:15], "remark", "Handed in 25 hours late", "0.5 points less"):
        assert each in page, each
        assert each in text, each


def test_what_is_special_about_points_is_said() -> None:
    bonus = graded("double", bonus=True)
    hand = graded("mean", Outcome.FAIL, points=2.0, by_hand=True)
    cards = tuple(
        ExerciseFeedback(g, "https://youtu.be/x", "0:00:01", "zth check x") for g in (bonus, hand)
    )
    for made in (markdown(f := Feedback(grade("ada", bonus, hand), cards, ())), html(f).decode()):
        assert "2 of them are a bonus" in made.replace("\\", "")
        assert "2 of 2 by hand" in made
        assert "In detail" not in made, "nothing is left to mend"


def test_nothing_handed_in() -> None:
    nothing = Feedback(grade("zoe", graded("double", None), handed_in=False), (), ())
    assert "Nothing was handed in" in markdown(nothing)
    assert "<table" not in html(nothing).decode()


def test_absurd_people_have_a_folder_each(tmp_path: Path) -> None:
    people = [
        *HOSTILE,
        "ada",
        "Ada",
        "ADA",
        "../ada",
        ".",
        "..",
        "a/b",
        "a\\b",
        "",
        " ",
        "etc-53dac9b2",
    ]
    people += ["../etc", "ada-" + "x" * 300]
    folders = folder_names(people)
    assert len({name.lower() for name in folders.values()}) == len(set(people))
    each = [msgspec.structs.replace(told("x"), grade=grade(who)) for who in folders]
    write_among(tmp_path / "out", files_of(each, folders))
    assert len(list((tmp_path / "out").iterdir())) == len(folders)
    assert len(list((tmp_path / "out").glob("*/lecture1.*"))) == 2 * len(folders)
    names = {"lecture1.md", "lecture1.html"}
    check_place(tmp_path / "out", is_folder=True, force=True, depth=1, names=names)


def test_half_a_run_leaves_what_was_there(tmp_path: Path) -> None:
    write_among(tmp_path / "out", [("ada/lecture1.md", b"one"), ("bob/lecture1.md", b"two")])

    def broken() -> object:
        yield "ada/lecture1.md", b"three"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_among(tmp_path / "out", broken())  # type: ignore[arg-type] # what a test is about
    assert (tmp_path / "out/ada/lecture1.md").read_bytes() == b"one"
    write_among(tmp_path / "out", [("ada/lecture1.md", b"three")])
    assert (tmp_path / "out/ada/lecture1.md").read_bytes() == b"three"
    assert (tmp_path / "out/bob/lecture1.md").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def people(text: str, count: int) -> People:
    return People(count, tuple(f"{text}{number}" for number in range(count)))


def classroom(text: str, size: int) -> ClassReport:
    names = [f"exercise_{number}" for number in range(24)]
    counts = dict.fromkeys(Outcome, size // 5)
    spot = SimilarPlaces(f"a.py, line 1, {text}", f"a.py, line 2, {text}", 9)
    link = "https://youtu.be/x?t=1"
    return ClassReport(
        lecture="lecture1",
        title="Tiny",
        handed_in=size,
        missing=people(text, size // 10),
        late=people(text, size // 10),
        by_hand=people(text, 1),
        mean=3.25,
        median=3.5,
        max_points=9.0,
        distribution=tuple(Bar(f"{10 * n}–{10 * n + 9}", n * size // 60) for n in range(11)),
        exercises=tuple(Stand(n, "A title", False, "0:00:01", link, counts) for n in names),
        mistakes=tuple(
            Mistake(n, "once", text, "0:00:01", link, size)
            for n in names
            for _ in range(size // 20)
        ),
        stuck=tuple(Stuck(n, people(text, 1 + size // 24), 1) for n in names),
        blocking=tuple(Blocking(n, size, tuple(names)) for n in names),
        flags=tuple(FlaggedExercise(n, text, people(text, size // 50)) for n in names),
        alike=tuple(Alike(f"{text}a", f"{text}b", 0.9, 40, (spot,)) for _ in range(size)),
        compared=size,
        unreadable=people(text, 2),
        waiting=people(text, 2),
        look_at=tuple(Notice(NoticeKind.REMARK, text, (text,) * (1 + n % 9)) for n in range(size)),
        names={f"{text}a": text},
    )


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_the_class_is_a_page_whose_words_are_words(text: str) -> None:
    page = class_page("A course", [classroom(text, 60)], anonymous=False).decode()
    honest = class_page("A course", [classroom("honest", 60)], anonymous=False).decode()
    assert is_whole_in_itself(page).tags == is_whole_in_itself(honest).tags


@pytest.mark.parametrize("size", [0, 3, 10_000])
def test_the_page_of_a_class_of_any_size(size: int) -> None:
    page = class_page(
        "A course", [classroom("who", size), classroom("x" * 200, size)], anonymous=False
    )
    is_whole_in_itself(page.decode())
    assert len(page) < 1_000_000
    assert b"more; <code>zth class --json</code> has them" in page or size < 10_000


def test_a_page_for_the_class_has_nothing_to_look_at() -> None:
    room = without_names(classroom("who", 60))
    page = class_page("A course", [room], anonymous=True).decode()
    assert "To look at" not in page
    assert "Nobody is named" in page


def test_the_words_are_those_of_the_terminal() -> None:
    assert {o: (look.sign, look.word) for o, look in style.LOOKS.items()} == LOOKS


def test_pieces_of_markdown() -> None:
    assert code("a\nb") == "`a b`"
    assert code("") == ""
    assert block("```") == "````text\n```\n````"
    assert paragraph("see https://x.y, www.x.y") == r"see https:\//x.y, www\.x.y"

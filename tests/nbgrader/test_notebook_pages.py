"""In formgrader and in feedback: of a learner's text what can be read, of hidden tests nothing."""

from __future__ import annotations

from typing import Any

import pytest

from grader.nbgrader.pages import HiddenTests, markdown, readable


def shown(source: str, attachments: dict[str, Any] | None = None) -> str:
    """As nbgrader's template has it."""
    from jinja2 import Environment

    environment = Environment(autoescape=False)
    environment.filters["markdown2html"] = markdown
    template = environment.from_string("{{ source | markdown2html }}")
    return template.render(source=source, cell={"attachments": attachments or {}})


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<ScRiPt\n>alert(1)</script >",
        '<img src="a.png" onerror="alert(1)">',
        "<img src=x:x onerror=alert(1)//",
        '<svg onload="alert(1)"><animate href="#" onbegin="alert(1)"></svg>',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<object data="a.swf"></object><embed src="a"><base href="//evil">',
        '<form action="/formgrader"><button class="full-credit">here</button></form>',
        '<a href="javascript:alert(1)">here</a>',
        '<a href="java&#x0A;script:alert(1)">here</a>',
        '<a href=" &#100;ata:text/html,<script>alert(1)</script>">here</a>',
        "[here](javascript:alert(1)) [here](data:text/html;base64,AAAA)",
        '<img src="data:text/html,hello">',
        '<span id="test_double" class="score" style="position: fixed">0</span>',
        "# test_double",
        '<div data-link="notebook" onclick="alert(1)">here</div>',
        "<style>body { display: none }</style><link rel=stylesheet href=a.css>",
        '<math><mtext><style><img src=x onerror="alert(1)"></style></mtext></math>',
        "$$ <script>alert(1)</script> $$",
        "```\n<script>alert(1)</script>\n```",
        "`<script>alert(1)</script>`",
    ],
)
def test_nothing_in_a_learner_s_markdown_can_act(source: str) -> None:
    """A browser reads it as html.parser does: what is a tag there, and with which attributes."""
    from html.parser import HTMLParser

    seen: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, attrs))

    Reader().feed(shown(source) + readable(source))
    for tag, attributes in seen:
        assert tag in {"p", "a", "img", "span", "h1", "div", "pre", "code"}
        for name, value in attributes:
            assert name in {"href", "src", "alt", "class", "style", "title"}
            assert value is not None
            if name in ("href", "src"):
                assert value.startswith("#") or ":" not in value
            if name == "class":
                assert value == "highlight"
            if name == "style":
                assert value == ""


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("# One\n\n- *a*\n- **b**", ["<h1>One</h1>", "<em>a</em>", "<strong>b</strong>"]),
        ("| a |\n|--:|\n| 1 |", ['text-align:right;">1</td>']),
        ("[video](https://youtu.be/x?t=1)", ['<a href="https://youtu.be/x?t=1">video</a>']),
        ("[next](model.ipynb) <https://a.b>", ['<a href="model.ipynb">', 'href="https://a.b"']),
        ("```python\nimport torch\n```", ['<div class="highlight">', '<span class="kn">import']),
        ("Where $x<1$ and $a_1$, $b_1$", ["$x&lt;1$", "$a_1$, $b_1$"]),
        ("a < b, <b>c</b><br>", ["a &lt; b", "<b>c</b>", "<br>"]),
        ("<details><summary>s</summary>d</details>", ["<details><summary>s</summary>d</details>"]),
    ],
)
def test_what_is_to_be_read_stays(source: str, holds: list[str]) -> None:
    for one in holds:
        assert one in shown(source)


def test_a_pasted_picture_is_shown_and_one_that_is_gone_stops_nothing() -> None:
    png = {"mine.png": {"image/png": "AAAA"}}
    assert 'src="data:image/png;base64,AAAA"' in shown("![a](attachment:mine.png)", png)
    assert (
        shown("a ![b](attachment:gone.png) <i>")
        == "<pre>a ![b](attachment:gone.png) &lt;i&gt;</pre>"
    )


def cell(source: str, **about: object) -> Any:
    from nbformat.v4 import new_code_cell

    metadata = {"schema_version": 3, "grade_id": "a", "task": False, **about}
    return new_code_cell(source, metadata={"nbgrader": metadata})


MARKED = "assert f\n# BEGIN HIDDEN TESTS\nassert f(1) == 2\n# END HIDDEN TESTS\n"


def test_a_hidden_test_is_not_in_feedback() -> None:
    """What a learner writes is theirs, and no mark in it stops anything."""
    step = HiddenTests()
    graded = cell(MARKED, grade=True, solution=False, locked=True, points=1)
    assert step.preprocess_cell(graded, {}, 0)[0].source == "assert f"
    for theirs in (
        cell(MARKED + "# BEGIN HIDDEN TESTS", grade=False, solution=True, locked=False),
        cell("# BEGIN HIDDEN TESTS", grade=True, solution=True, locked=False, points=1),
    ):
        before = theirs.source
        assert step.preprocess_cell(theirs, {}, 0)[0].source == before

"""What a notebook shows below a cell: nothing of a learner's becomes markup, and no file is linked."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group
from rich.text import Text

from grader.render.lecture import file_link, web_link
from grader.render.notebook import below_a_cell


def test_what_a_learner_printed_is_text() -> None:
    shown = below_a_cell(Text("<script>alert(1)</script> [bold]&amp;"))
    assert "<script>" not in shown["text/html"]
    assert "&lt;script&gt;" in shown["text/html"]
    assert shown["text/plain"] == "<script>alert(1)</script> [bold]&amp;"


def test_a_link_leads_to_the_web_and_to_no_file() -> None:
    place = file_link(Path("/tmp/backprop.py"), 12, Path("/tmp"))
    shown = below_a_cell(Group(place, web_link("https://youtu.be/x?t=1")))["text/html"]
    assert "backprop.py:12" in shown
    assert shown.count("<a href") == 1
    assert '<a href="https://youtu.be/x?t=1">' in shown


def test_a_colour_can_be_read_on_white_and_on_black() -> None:
    page = below_a_cell(Text.assemble(("✓", "zth.pass"), ("✗", "zth.fail"), ("a", "zth.note")))
    assert page["text/plain"] == "✓✗a"
    assert page["text/html"].count('<span style="color: #') == 3
    assert "background" not in page["text/html"].replace("background:none", "")
    assert "\x1b" not in "".join(page.values())

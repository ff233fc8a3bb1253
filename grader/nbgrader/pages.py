"""What nbgrader's pages show: of a learner's text nothing that could act, of hidden tests nothing.

nbgrader renders a Markdown cell with all the HTML that is in it. In formgrader that page may do whatever
the person who grades may do on their Jupyter server, so a learner's script could.
"""

from __future__ import annotations

import html
import re
from functools import cache

from bleach import clean
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_solution
from pygments.token import STANDARD_TYPES


@pass_context
def markdown(context: Context, source: str) -> str:
    """Markdown as HTML that is readable and no more.

    Never raises: what cannot be rendered, such as a picture that is not there, stands as its source.
    """
    try:
        page = _exporter().markdown2html(context, source)
    except Exception:  # whatever a text does to a renderer: who grades has to see the page
        page = f"<pre>{html.escape(source)}</pre>"
    return readable(page)


def readable(page: str) -> str:
    """HTML in which only what is meant to be read is left; the rest shows as it was typed."""
    cleaned: str = clean(
        page,
        tags=TAGS,
        attributes=_may_stay,
        protocols=PROTOCOLS,
        css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
    )
    return cleaned


class HiddenTests(ClearHiddenTests):  # type: ignore[misc] # nbgrader has no types
    """Leaves an instructor's hidden tests out of feedback, as they are left out of a release."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        if is_grade(cell) and not is_solution(cell):  # else it is the learner's to write
            cell, resources = super().preprocess_cell(cell, resources, cell_index)
            cell.source = cell.source.rstrip()
        return cell, resources


@cache
def _exporter() -> HTMLExporter:
    """nbconvert's own, which knows Markdown as Jupyter does."""
    return HTMLExporter(exclude_anchor_links=True)  # type: ignore[no-untyped-call] # nbconvert's


def _may_stay(tag: str, name: str, value: str) -> bool:
    """Whether an attribute is for readers. No id is: formgrader finds by it where a score goes."""
    if name == "class":
        return set(value.split()) <= CODE_CLASSES
    if tag in LINKS and name == LINKS[tag]:
        address = re.sub(r"[\x00-\x20]", "", html.unescape(value)).lower()
        return not address.startswith("data:") or (tag == "img" and bool(_PICTURE.match(address)))
    return name in ATTRIBUTES.get(tag, ()) or name in EVERYWHERE


_PICTURE = re.compile("data:image/(png|jpeg|gif|webp);base64,")
TAGS = frozenset(
    "h1 h2 h3 h4 h5 h6 p br hr div span pre code blockquote a img em strong b i u s del ins mark small"
    " sub sup kbd samp var abbr q cite ul ol li dl dt dd table caption thead tbody tfoot tr th td details"
    " summary".split()
)
LINKS = {"a": "href", "img": "src"}
ATTRIBUTES = {
    "img": {"alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
EVERYWHERE = frozenset({"title", "style"})
STYLES = frozenset({"text-align"})
"""As Markdown's tables use it."""
PROTOCOLS = frozenset({"http", "https", "mailto", "data"})
CODE_CLASSES = frozenset({"highlight", *STANDARD_TYPES.values()})
"""Colours of code. Any other class may be a button of formgrader's."""

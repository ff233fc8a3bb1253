"""HTML pages: one file each, with nothing fetched from anywhere, and every text escaped."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from grader.export.escaping import inert
from grader.export.phrases import number

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def page(template: str, **values: object) -> bytes:
    """A page in UTF-8. What is not text of ours has to go through `inert` in the template."""
    return _environment().get_template(template).render(**values).encode()


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    environment.filters["number"] = number
    environment.filters["thousands"] = "{:,}".format
    environment.filters["breakable"] = _breakable
    return environment


def _breakable(name: str) -> object:
    """A long name may go on in the next line after a _, for narrow screens."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(map(escape, re.split(r"(?<=_)", inert(name))))


def _harmless(value: object) -> object:
    """Every text that is put in, as it may stand on a page."""
    return inert(value) if type(value) is str else value

"""What a file is that is neither Python nor a notebook nor an archive, in words for who handed it in."""

from __future__ import annotations

import re


def kind_of(name: str) -> str:
    """What a name says, and what to do, as the end of a sentence; empty if it says nothing.

    >>> kind_of("report.pdf")
    'is a PDF: hand in the .py files or the notebook itself.'
    >>> kind_of("atomic.py.txt")
    'is Python under another name: call it atomic.py.'
    """
    if match := _DISGUISED.fullmatch(name):
        kind = "a notebook" if match["real"].lower().endswith(".ipynb") else "Python"
        return DISGUISED.format(kind=kind, real=match["real"])
    suffix = re.search(r"\.\w+$", name.lower())
    return _KINDS.get(suffix[0], "") if suffix else ""


def kind_of_data(head: bytes) -> str:
    """The same by its first bytes."""
    return next((kind for mark, kind in _MARKS if head.startswith(mark)), "")


DISGUISED = "is {kind} under another name: call it {real}."
_ITSELF = "hand in the .py files or the notebook itself."
_DISGUISED = re.compile(
    r"(?P<real>.+\.(?:py|ipynb))\.(?:txt|json|html?|bak|orig|download)", re.IGNORECASE
)
_RAR = "is a rar archive, which is not read: hand in a zip."
_SEVEN = "is a 7z archive, which is not read: hand in a zip."
_KINDS = {
    ".pdf": f"is a PDF: {_ITSELF}",
    **dict.fromkeys((".doc", ".docx"), f"is a Word document: {_ITSELF}"),
    **dict.fromkeys((".odt", ".rtf", ".pages"), f"is a text document: {_ITSELF}"),
    **dict.fromkeys((".ppt", ".pptx", ".key"), f"is a set of slides: {_ITSELF}"),
    **dict.fromkeys((".html", ".htm"), f"is a web page: {_ITSELF}"),
    **dict.fromkeys((".txt", ".md", ".tex", ".log"), f"is plain text: {_ITSELF}"),
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".heic", ".gif", ".webp"), f"is a picture: {_ITSELF}"
    ),
    **dict.fromkeys((".mp4", ".mov", ".avi"), f"is a video: {_ITSELF}"),
    **dict.fromkeys((".pyc", ".pyo"), "is compiled Python: hand in the .py itself."),
    **dict.fromkeys((".xls", ".xlsx", ".ods", ".numbers", ".csv"), f"is a table: {_ITSELF}"),
    ".url": f"is a link to a page: {_ITSELF}",
    ".webloc": f"is a link to a page: {_ITSELF}",
    ".rar": _RAR,
    ".7z": _SEVEN,
}
_MARKS = ((b"Rar!", _RAR), (b"7z\xbc\xaf\x27\x1c", _SEVEN), (b"%PDF", _KINDS[".pdf"]))

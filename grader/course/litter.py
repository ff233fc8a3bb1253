"""What systems leave lying about in every folder, and nobody has put there."""

from __future__ import annotations

from pathlib import Path

LITTER = frozenset(
    (".ds_store", "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "icon\r")
)


def is_litter(name: str) -> bool:
    """Whether a file or folder of that name is Finder's or Explorer's, an editor's lock or a copy's half.

    >>> [name for name in (".DS_Store", "._ada.py", "~$hw5.docx", "ada.py") if not is_litter(name)]
    ['ada.py']
    """
    return name.lower() in LITTER or name.startswith(("._", "~$"))


def files_in(folder: Path, pattern: str = "*.py") -> list[Path]:
    """The files of a folder that somebody has put there, in order: `._arrays.py` is Finder's."""
    return sorted(path for path in folder.glob(pattern) if not is_litter(path.name))

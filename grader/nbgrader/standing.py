"""Which file that was handed in stands for each of an assignment's notebooks.

A browser saves "backprop (1).ipynb", Colab a "Copy of backprop.ipynb", people add their names. A file
of the right name counts, unless nobody has written into it and another was worked in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.nbgrader.files import Json
from grader.nbgrader.gradebook_cells import GradebookCell, cells_in, name_of


def standing(folder: Path, known: Mapping[str, Sequence[GradebookCell]]) -> dict[str, str]:
    """The assignment's notebooks for which a file of another name stands → that file."""
    own = {f"{name}.ipynb" for name in known}
    try:
        free = sorted(p.name for p in folder.glob("*.ipynb") if p.name not in own)
    except OSError:
        return {}
    if not free:
        return {}
    cells = {file: cells_in(folder / file) for file in free}
    found: dict[str, str] = {}
    for name, expected in known.items():
        path = folder / f"{name}.ipynb"
        if path.is_file() and (made := cells_in(path)) and not _is_untouched(made, expected):
            continue
        fits = {file: _fit(folder / file, name, cells[file], expected) for file in free}
        file = max(free, key=lambda one: fits[one], default="")
        is_missing = not path.is_file()
        if file and fits[file] > NO_FIT and (is_missing or fits[file][0]):
            found[name] = file
            free.remove(file)
    return found


Fit = tuple[bool, int, bool, int, float]
"""Worked in, cells of the assignment's, named like it, letters besides (fewer are better), when."""
NO_FIT: Fit = (True, 0, False, 1, 0.0)


def _fit(path: Path, name: str, cells: Sequence[Json], known: Sequence[GradebookCell]) -> Fit:
    """How well a file fits a notebook; at most NO_FIT where it does not at all."""
    names = {cell.name for cell in known}
    shared = len(names & {name_of(cell) for cell in cells})
    alike = name.casefold() in path.stem.casefold()
    if not cells or not (shared or alike):
        return (False, 0, False, 0, 0.0)
    worked = not _is_untouched(cells, known)
    return (worked, shared, alike, -len(path.stem), path.stat().st_mtime)


def _is_untouched(cells: Sequence[Json], known: Sequence[GradebookCell]) -> bool:
    """Whether every cell for a solution is there and as it was handed out."""
    given = {cell.name: cell.source.strip() for cell in known if cell.solution}
    there = {name_of(cell): cell["source"].strip() for cell in cells if name_of(cell) in given}
    return bool(given) and there == given

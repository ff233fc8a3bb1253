"""A notebook built anew where an instructor has worked in the one before: three versions of each cell.

What they changed, added, took out or moved stays, unless zth has changed the same cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from grader.nbgrader.files import Json, same


class MergedNotebook(msgspec.Struct, frozen=True):
    cells: list[Json]
    own: int
    """Cells that an instructor has added."""
    kept: tuple[str, ...]
    """Cells of ours as an instructor has them."""
    left_out: tuple[str, ...]
    """Cells of ours that an instructor has taken out."""
    replaced: tuple[str, ...]
    """Cells that both have changed: they are as zth has them now."""


def merge(before: Sequence[Json], theirs: Sequence[Json], now: Sequence[Json]) -> MergedNotebook:
    """`before` is what was built, `theirs` what became of it, `now` what would be built today."""
    theirs = _with_ids(before, theirs)
    built, new = _by_id(before), _by_id(now)
    there = _by_id(theirs)
    kept: list[str] = []
    replaced: list[str] = []
    chosen: dict[str, Json] = {}
    for name, cell in new.items():
        if name not in there:
            if name not in built:
                chosen[name] = cell
            continue
        mine, first = there[name], built.get(name)
        if same(mine, cell):
            chosen[name] = mine
        elif first is not None and same(mine, first):
            chosen[name] = cell
        elif first is not None and same(first, cell):
            chosen[name] = mine
            kept.append(name)
        else:
            chosen[name] = cell
            replaced.append(name)
    for name, cell in there.items():  # theirs, and ours of old that they have changed
        if name not in new and not (name in built and same(cell, built[name])):
            chosen[name] = cell
    order = _order(list(built), list(there), list(new), chosen)
    return MergedNotebook(
        cells=[chosen[name] for name in order],
        own=sum(name not in built and name not in new for name in chosen),
        kept=tuple(kept),
        left_out=tuple(name for name in new if name in built and name not in there),
        replaced=tuple(replaced),
    )


def _order(
    built: Sequence[str], there: Sequence[str], new: Sequence[str], chosen: Mapping[str, Json]
) -> list[str]:
    """Theirs where they have moved cells, ours otherwise; the others behind what they stood behind."""
    moved = [n for n in there if n in built] != [n for n in built if n in there]
    first, second = (there, new) if moved else (new, there)
    order = [name for name in first if name in chosen]
    for number, name in enumerate(second):
        if name in chosen and name not in order:
            ahead = next((n for n in reversed(second[:number]) if n in order), None)
            order.insert(order.index(ahead) + 1 if ahead else 0, name)
    return order


def _with_ids(before: Sequence[Json], theirs: Sequence[Json]) -> list[Json]:
    """A program that knows nothing of ids drops them; a cell that is as it was built is that cell."""
    named: list[Json] = []
    free = {
        name: c for name, c in _by_id(before).items() if all(c["id"] != t.get("id") for t in theirs)
    }
    for number, cell in enumerate(theirs):
        if "id" not in cell:
            about = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
            found = about if about in free else next((n for n in free if same(free[n], cell)), None)
            free.pop(found or "", None)
            cell = {**cell, "id": found or f"own-{number}"}
        named.append(cell)
    return named


def _by_id(cells: Iterable[Json]) -> dict[str, Json]:
    """Of two with one id, which no program should make, both stay: the second under a longer one."""
    found: dict[str, Json] = {}
    for cell in cells:
        name = cell["id"]
        while name in found:
            name += "-again"
        found[name] = cell if name == cell["id"] else {**cell, "id": name}
    return found

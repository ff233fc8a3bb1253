"""A newer stub and the learner's file made one, and where they disagree the learner's stays.

A definition is the smallest thing that is decided: a file's definitions are taken out, what is left
is merged line by line, and they are put back, each as the one who changed it has it. Merged by lines
alone, a new name for a parameter would meet a body that uses the old one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import msgspec

from grader.source.definitions import Tangled, newline_of, put, span, with_imports
from grader.source.files import parse, split_lines

AROUND = "the lines around them"
"""Of a file's definitions, where those lines are what was kept."""
_TODO = re.compile(r"\s*# TODO: ")


class Merged(msgspec.Struct, frozen=True):
    text: str
    kept: tuple[str, ...] = ()
    """What both had changed, each in its way: the learner's stays."""


def merge_source(base: str, mine: str, new: str) -> Merged:
    """A stub's change from `base` to `new`, made in the learner's file.

    It is valid Python where `mine` is, and holds every definition that the learner wrote.
    """
    try:
        olds, mines, news = _take_apart(base), _take_apart(mine), _take_apart(new)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return merge_text(base, mine, new)
    text, kept = _merge_definitions(olds, mines, news)
    text, kept = _add_new(text.replace("\n", newline_of(mine)), new, olds, mines, kept)
    if not _holds(text, mines, olds, news):
        changed = tuple(
            name for name, body in olds.bodies.items() if news.bodies.get(name, body) != body
        )
        text, kept = _add_new(mine, new, olds, mines, (*changed, AROUND))
    if not _holds(text, mines, olds, news):
        text = mine
    return Merged(mine if split_plain(text) == split_plain(mine) else text, kept)


def merge_text(base: str, mine: str, new: str) -> Merged:
    """The same line by line, for what is not Python: the learner's whole file stays at a conflict."""
    lines, conflict = merge_lines(split_plain(base), split_plain(mine), split_plain(new))
    if conflict or lines == split_plain(mine):
        return Merged(mine, (AROUND,) if conflict else ())
    newline = newline_of(mine)
    return Merged("".join(line + newline for line in lines))


def merge_lines(
    base: Sequence[str], mine: Sequence[str], new: Sequence[str], add_both: bool = False
) -> tuple[list[str], bool]:
    """Both sides' changes to `base`, and whether there was a place where only mine could stay.

    Where both have put something into the same gap, `add_both` takes mine and then what is new.

    >>> merge_lines("abcd", "aBcd", "abcD")
    (['a', 'B', 'c', 'D'], False)
    >>> merge_lines("abc", "aXc", "aYc")
    (['a', 'X', 'c'], True)
    """
    ours, theirs = _edits(base, mine), _edits(base, new)
    merged: list[str] = []
    conflict = False
    at = 0
    while ours or theirs:
        start, end = min((edits[0].start, edits[0].end) for edits in (ours, theirs) if edits)
        group: tuple[list[_Edit], list[_Edit]] = ([], [])
        growing = True
        while growing:
            growing = False
            for edits, taken in zip((ours, theirs), group, strict=True):
                while edits and edits[0].touches(start, end):
                    end = max(end, edits[0].end)
                    taken.append(edits.pop(0))
                    growing = True
        we, they = (_applied(base, start, end, taken) for taken in group)
        merged += base[at:start]
        merged += we if group[0] else they
        if group[0] and group[1] and we != they:
            if add_both and start == end:
                merged += [] if {line for line in they if line.strip()} <= set(we) else they
            else:
                conflict = True
        at = end
    return merged + list(base[at:]), conflict


def split_plain(text: str) -> list[str]:
    """The lines without their ends."""
    return [line.rstrip("\r\n") for line in split_lines(text)]


class _Edit(msgspec.Struct, frozen=True):
    """Lines put in place of those from `start` to `end`."""

    start: int
    end: int
    lines: Sequence[str]

    def touches(self, start: int, end: int) -> bool:
        same = (self.start, self.end) == (start, end)
        return same or (self.start < end and self.end > start)


class _Parts(msgspec.Struct, frozen=True):
    frame: list[str]
    """The lines between definitions, and for each definition one line: a mark and its name."""
    bodies: dict[str, list[str]]


_MARK = "\0"  # in no source that compiles


def _edits(base: Sequence[str], changed: Sequence[str]) -> list[_Edit]:
    import difflib

    matcher = difflib.SequenceMatcher(None, base, changed, autojunk=False)
    edits: list[_Edit] = []
    room = len(base)  # up to the edit below
    for tag, start, end, first, last in reversed(matcher.get_opcodes()):
        if tag == "equal":
            continue
        lines = list(changed[first:last])
        # an empty line above or one below: as far down as it goes, so that both sides say the same
        while start == end < room and base[end] == lines[0]:
            lines = [*lines[1:], lines[0]]
            start = end = end + 1
        while not lines and end < room and base[start] == base[end]:
            start, end = start + 1, end + 1
        edits.insert(0, _Edit(start, end, lines))
        room = start
    return edits


def _applied(base: Sequence[str], start: int, end: int, edits: Sequence[_Edit]) -> list[str]:
    lines: list[str] = []
    at = start
    for edit in edits:
        lines += [*base[at : edit.start], *edit.lines]
        at = edit.end
    return lines + list(base[at:end])


def _take_apart(text: str) -> _Parts:
    """The functions of a file and the methods of its classes, by dotted name, and the rest.

    Of two by the same name the last is the one that counts: the others are `name#1`, `name#2`.
    """
    lines = split_plain(text)
    found: list[tuple[str, int, int]] = []
    for prefix, node in _functions(parse(text).body):
        try:
            found.append((prefix + node.name, *span(text, node)))
        except Tangled:  # shares a line with other code: it stays in the frame
            continue
    frame: list[str] = []
    bodies: dict[str, list[str]] = {}
    names = [name for name, _, _ in found]
    at = 0
    for number, (name, first, last) in enumerate(found):
        if later := names[number + 1 :].count(name):
            name += f"#{later}"
        frame += [*lines[at:first], _MARK + name]
        bodies[name] = lines[first:last]
        at = last
    return _Parts(frame + lines[at:], bodies)


def _functions(
    body: Sequence[ast.stmt],
) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    found: list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]] = []
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(("", node))
        elif isinstance(node, ast.ClassDef):
            found += [
                (f"{node.name}.", inner)
                for inner in node.body
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
    return found


def _merge_definitions(base: _Parts, mine: _Parts, new: _Parts) -> tuple[str, tuple[str, ...]]:
    """The merged file, its lines ended by a newline each, and what was kept of it."""
    work = {name for name, body in mine.bodies.items() if body != base.bodies.get(name)}
    frame, conflict = _merge_frames(base, mine, new, work)
    kept: list[str] = []
    lines: list[str] = []
    for line in frame:
        if line[:1] != _MARK:
            lines.append(line)
            continue
        name = line[1:]
        body, differ = _body(*(parts.bodies.get(name) for parts in (base, mine, new)))
        lines += body
        if differ:
            kept.append(name)
    if conflict:
        kept.append(AROUND)
    return "".join(line + "\n" for line in lines), tuple(kept)


def _merge_frames(
    base: _Parts, mine: _Parts, new: _Parts, work: set[str]
) -> tuple[list[str], bool]:
    """What stands around the definitions. `work`, the learner's, is in it, and nothing twice."""
    dropped = {_MARK + name for name in work if name not in new.bodies}
    twins = {_MARK + name for name in mine.bodies if name not in base.bodies}
    for known in (set(), twins):  # what both have added: in the same place, or else in mine
        frame, conflict = merge_lines(
            [line for line in base.frame if line not in dropped],
            mine.frame,
            [line for line in new.frame if line not in known],
            add_both=True,
        )
        marks = [line for line in frame if line[:1] == _MARK]
        if len(set(marks)) == len(marks) and {_MARK + name for name in work} <= set(marks):
            return frame, conflict
    return mine.frame, True


def _body(
    base: list[str] | None, mine: list[str] | None, new: list[str] | None
) -> tuple[list[str], bool]:
    """A definition as it will be, and whether mine stays where new has something else."""
    if mine is None or new is None:
        return mine or new or [], False
    if mine in (base, new):
        return new, False
    if base == new:
        return mine, False
    # a goal that is worded anew is of no interest once the work is done
    old, newer = ([line for line in b or [] if not _TODO.match(line)] for b in (base, new))
    if old == newer:
        return mine, False
    if base is not None and _code_and_words(base)[0] == _code_and_words(new)[0]:
        merged, conflict = merge_lines(old, mine, newer)
        if not conflict:
            return merged, False
        return mine, _code_and_words(mine)[1] != _code_and_words(new)[1]
    return mine, True


def _code_and_words(lines: Sequence[str]) -> tuple[str, str | None]:
    """What a definition does, and what it says about itself."""
    tree = ast.parse("\n".join(["if True:", *lines] if lines[0][:1].isspace() else lines))
    node = tree.body[0].body[0] if isinstance(tree.body[0], ast.If) else tree.body[0]
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    words = ast.get_docstring(node)
    if words is not None:
        del node.body[0]
    return ast.dump(node), words


def _add_new(
    text: str, new: str, base: _Parts, mine: _Parts, kept: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """`text` with each definition that is new in the course, wherever the merge has lost it."""
    for name in _take_apart(new).bodies:
        if name in base.bodies or name in mine.bodies or "#" in name:
            continue
        try:
            if name not in _take_apart(text).bodies:
                text = with_imports(put(text, new, name), new, [name])
        except (Tangled, SyntaxError):
            kept = (*kept, name)
    return text, kept


def _holds(text: str, mine: _Parts, base: _Parts, new: _Parts) -> bool:
    """Whether a merged text is valid Python that has all that the learner wrote."""
    try:
        merged = _take_apart(text)
    except SyntaxError:
        return False
    return set(mine.bodies) - set(merged.bodies) <= set(base.bodies) - set(new.bodies) and all(
        merged.bodies.get(name) == _body(base.bodies.get(name), body, new.bodies.get(name))[0]
        for name, body in mine.bodies.items()
        if body != base.bodies.get(name)
    )

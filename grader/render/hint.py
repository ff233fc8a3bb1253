"""A hint: which of how many, what it says, the minute of the video, what comes after."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.render.lecture import web_link
from grader.workspace.hints import Hints


def hint_view(hints: Hints, solutions: bool = True) -> RenderableType:
    """The hints that are given now. `solutions` is whether the course has any to point to."""
    name = f"{hints.lecture.id}.{hints.exercise.id}"
    parts: list[RenderableType] = [
        Text.assemble((name, "zth.target"), f" · {hints.exercise.title}")
    ]
    for number in hints.shown:
        parts += [
            Text(f"\nhint {number} of {hints.of}", "zth.label"),
            Padding(prose(hints.exercise.hints[number - 1]), (0, 0, 0, 2)),
        ]
    link = hints.lecture.link(hints.exercise)
    video = Text.assemble(("\nvideo ", "zth.label"), web_link(link), f"  {hints.exercise.at}")
    return Group(*parts, video, _after(hints, name, solutions))


def _after(hints: Hints, name: str, solutions: bool) -> Text:
    if not solutions and (hints.passed or hints.last):
        says = "yours has passed" if hints.passed else "that was the last one"
        return Text.assemble(("then  ", "zth.label"), says)
    if hints.passed:
        return Text.assemble(("yours ", "zth.label"), "has passed: ", _command(f"solution {name}"))
    if hints.last:
        return Text.assemble(
            ("then  ", "zth.label"),
            "the full answer: ",
            _command(f"solution {name} --spoil"),
        )
    return Text.assemble(("more  ", "zth.label"), _command(f"hint {name}"))


def prose(text: str) -> Text:
    """A sentence with code in it, which has its colour."""
    prose = Text(text)
    prose.highlight_regex(r"`[^`]+`", "zth.command")
    return prose


def _command(line: str) -> tuple[str, str]:
    return f"zth {line}", "zth.command"

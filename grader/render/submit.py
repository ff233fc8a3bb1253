"""What was put together to be handed in, and what the learner may not have meant to hand in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from grader.render.style import visible
from grader.workspace.submit import PackedSubmission
from grader.workspace.submit_trial import Missed

WILL_NOT_COME_ALONG = "These work only here, and break where your class is graded:"
NAMED = 6
"""Exercises that are not written and are named; the rest are counted."""


def handed_in_view(done: PackedSubmission, here: Path) -> RenderableType:
    path = done.path.relative_to(here) if done.path.is_relative_to(here) else done.path
    lines = [
        Text.assemble("Hand in: ", (str(path), "zth.file")),
        Text(f"  {done.lecture.id}: {', '.join(name.split('/')[-1] for name in done.files)}"),
    ]
    if done.unwritten:
        lines.append(Text(f"  {_unwritten(done)}", "zth.blocked"))
    lines += [Text(f"  {warning}", "zth.fail") for warning in done.warnings]
    if done.kept:
        place = done.kept.parent.relative_to(done.path.parent)
        lines.append(Text(f"  The one that was there before is in {place}/.", "zth.note"))
    return Group(*lines)


def missed_view(missed: Sequence[Missed]) -> RenderableType:
    """What will not be there in a class, and who needs it."""
    lines = [Text(WILL_NOT_COME_ALONG, "zth.fail")]
    for one in missed:
        rest = len(one.exercises) - NAMED
        more = f" and {rest} more" if rest > 0 else ""
        names = ", ".join(one.exercises[:NAMED])
        lines.append(Text(visible(f"  {names}{more}: {one.message}")))
    return Group(*lines)


def _unwritten(done: PackedSubmission) -> str:
    names, of = done.unwritten, len(done.lecture.exercise)
    shown = ", ".join(names[:NAMED])
    rest = len(names) - NAMED
    more = f" and {rest} more" if rest > 0 else ""
    are = "is" if len(names) == 1 else "are"
    return f"{len(names)} of {of} exercises {are} not written yet: {shown}{more}."

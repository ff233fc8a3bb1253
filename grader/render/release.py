"""What a pack has in it, and what a class does with it; and what was put together to be handed in."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.authoring.release import Released


def released_view(released: Released, out: Path, course: str) -> RenderableType:
    """A line a lecture, what nobody but the instructor judges, and the next step of either side.

    `course` is what a command of the instructor's needs besides, ` --course DIR`.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="zth.label", pad_edge=False)
    table.add_column("", style="zth.target", no_wrap=True)
    for name in ("exercises", "examples", "visible checks"):
        table.add_column(name, justify="right", no_wrap=True)
    for lecture in released.lectures:
        counts = map(str, (lecture.exercises, lecture.examples, lecture.checks))
        table.add_row(lecture.id, *counts)
    parts: list[RenderableType] = [
        Text.assemble("The students' pack is ", (str(out), "zth.file"), ".\n"),
        table,
        Text(IN_IT, "zth.note"),
    ]
    for lecture in released.lectures:
        if lecture.unseen:
            line = f"Of {lecture.id} nothing is visible of: {', '.join(lecture.unseen)}. {UNSEEN}"
            parts.append(Text(line, "zth.blocked"))
        if lecture.given:
            parts.append(Text(f"Given whole in {lecture.id}: {', '.join(lecture.given)}."))
    name = shlex.quote(out.stem)
    unpack = f"unzip {shlex.quote(out.name)} && " if out.suffix.lower() == ".zip" else ""
    first = released.lectures[0].id
    hand_in = f"zth submit {first} --as NAME"
    parts += [
        Text(),
        Text.assemble("Students: ", (f"{unpack}cd {name} && zth", "zth.command")),
        Text.assemble("     and: ", (hand_in, "zth.command"), " writes what they hand in"),
        Text.assemble("     You: ", (f"zth grade SUBMISSIONS {first}{course}", "zth.command")),
    ]
    return Group(*parts)


IN_IT = "No solution is in it and no hidden check. Judged by it, the stubs are to do, the solutions pass."
UNSEEN = "There you alone judge."

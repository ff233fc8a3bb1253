"""What became of a learner's files: reset, renewed, kept, restored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from grader.workspace.backups import Backup, Restored
from grader.workspace.reset import Reset
from grader.workspace.update import Change, FileUpdate, Update
from grader.workspace.workspace import Workspace

STYLES = {
    Change.ADDED: "zth.pass",
    Change.RENEWED: "zth.pass",
    Change.MERGED: "zth.pass",
    Change.YOURS: "zth.blocked",
    Change.LEFT_OUT: "zth.note",
}
FILES_SHOWN = 3
"""Of a copy, in the list of them."""


def init_view(workspace: Workspace, here: Path, first: str) -> RenderableType:
    """Where the workspace is, and the next line to type."""
    place = _from(workspace.root, here)
    line = f"zth check {first}"
    if workspace.root != here:
        line = f"cd {_quoted(place)} && {line}"
    return Group(
        Text.assemble("Your workspace is ", (str(workspace.root), "zth.file"), "."),
        Text.assemble("The stubs are in exercises/, and README.md says how to begin.\n"),
        Text.assemble("Next: ", (line, "zth.command")),
    )


def reset_view(done: Reset, targets: Sequence[str]) -> RenderableType:
    """What is a stub again, and how to have the work back."""
    if not done.files:
        what = "is a stub already" if len(targets) == 1 else "are stubs already"
        return Text(f"Nothing to reset: {' '.join(targets)} {what}.")
    names = [f"{lecture.id}.{exercise.id}" for lecture, exercise in done.exercises]
    first = names[0] if names else targets[0]
    what = "As it was given" if not names else f"{len(names)} exercises are stubs again"
    what = f"{first} is a stub again" if len(names) == 1 else what
    parts = [Text(f"{what}, in {', '.join(done.files)}.")]
    if done.kept:
        parts.append(_kept("What you had", done.kept))
    parts.append(Text.assemble("Next: ", (f"zth check {first}", "zth.command")))
    return Group(*parts)


def update_view(done: Update, workspace: Workspace) -> RenderableType:
    """Each file and what became of it; where both had changed, where to look."""
    changed = [f for f in done.files if f.data is not None or f.kept]
    width = max((len(file.change.value) for file in done.files), default=0)
    parts: list[RenderableType] = [
        Text.assemble((file.change.value.ljust(width), STYLES[file.change]), "  ", _says(file))
        for file in done.files
    ]
    if changed and done.before not in ("", done.after):
        parts.append(Text(f"\nFrom zth {done.before} to {done.after}."))
    elif changed:
        parts.append(Text())
    if any(file.kept for file in changed):
        stubs = workspace.own.relative_to(workspace.root) / "stubs"
        parts.append(Text.assemble(YOURS_STAYS, (f"{stubs}/", "zth.file"), TAKE_IT))
    if done.kept:
        parts.append(_kept("What was replaced", done.kept))
    if not changed:
        parts.append(Text(f"Your workspace is up to date with zth {done.after}."))
    return Group(*parts)


def copies_view(copies: Sequence[Backup]) -> RenderableType:
    """`zth restore`: the dated copies, the newest first."""
    if not copies:
        return Text("There is no dated copy: nothing of yours was ever replaced.")
    lines = [
        Text.assemble(
            (copy.name, "zth.target"), "  ", (copy.why, "zth.command"), f"\n  {_some(copy.files)}"
        )
        for copy in copies
    ]
    line = Text.assemble("\nBring one back: ", (f"zth restore {copies[0].name}", "zth.command"))
    return Group(*lines, line + Text.assemble(", or ", ("zth restore latest", "zth.command")))


def restored_view(done: Restored) -> RenderableType:
    """What is back, and how to undo it."""
    if not done.files:
        return Text(f"Nothing to restore: your files are as they are in {done.copy.name}.")
    parts = [Text(f"Back as it was: {', '.join(done.files)}.")]
    if done.kept:
        parts.append(_kept("What you had", done.kept))
    return Group(*parts)


def _kept(what: str, copy: Backup) -> Text:
    return Text.assemble(
        f"{what} is kept. To have it back: ", (f"zth restore {copy.name}", "zth.command")
    )


def _says(file: FileUpdate) -> Text:
    text = Text(file.name, "zth.file")
    if file.change is Change.LEFT_OUT:
        text.append(": you took it away", "zth.note")
        if file.exercise:
            text.append("; back with ", "zth.note").append(
                f"zth reset {file.exercise}", "zth.command"
            )
    if file.kept:
        text.append(f": {', '.join(file.kept)}", "default")
    return text


def _some(files: Sequence[str]) -> str:
    rest = len(files) - FILES_SHOWN
    return ", ".join(files[:FILES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _from(path: Path, here: Path) -> str:
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


YOURS_STAYS = "Where both you and the course have changed something, yours stays. The new is in "
TAKE_IT = (
    ";\n`zth reset` with the name of an exercise takes it from there, and keeps a copy of yours."
)

"""A command is imported when it is typed, typer converts only what needs it; nothing is lost by it."""

from __future__ import annotations

import enum
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperCommand
from typer.testing import CliRunner

from grader.cli.commands import PANELS, Command, CommandEntry, LazyCommand
from grader.cli.main import app

ZTH = Path(sys.executable).parent / "zth"
ENTRIES = {name: entry for entries in PANELS.values() for name, entry in entries.items()}
MODULES = {f"grader.cli.{entry.place.partition(':')[0]}" for entry in ENTRIES.values()}


@pytest.mark.parametrize(("name", "entry"), ENTRIES.items())
def test_what_is_said_of_a_command_before_it_is_imported_is_so(
    name: str, entry: CommandEntry
) -> None:
    group: Any = typer.main.get_command(app)
    lazy = group.commands[name]
    assert isinstance(lazy, LazyCommand)
    command = lazy.load()
    assert lazy.help == " ".join(command.help.split("\n\n")[0].split())
    assert entry.place.rpartition(":")[2].removesuffix("_") == name
    if not hasattr(command, "commands"):
        assert entry.example.split()[:2] == ["zth", name]
        assert command.epilog == f"Example: {entry.example}"


def test_every_module_with_a_command_is_in_the_table() -> None:
    """One that nobody can type would be dead."""
    folder = Path(sys.modules[Command.__module__].__file__ or "").parent
    shared = {"commands", "completion", "completion_table", "gradebook", "keyboard", "main"}
    shared |= {"options", "progress", "__init__"}
    assert {f"grader.cli.{path.stem}" for path in folder.glob("*.py")} == MODULES | {
        f"grader.cli.{name}" for name in shared
    }


@pytest.mark.parametrize(
    ("arguments", "modules"),
    [
        (["--help"], set()),
        (["--version"], set()),
        (["nosuch"], set()),
        (["list"], {"status"}),
        ([], {"status"}),
        (["check", "--help"], {"check"}),
        (["hint", "nosuch"], {"hints"}),
        (["dev", "--help"], {"dev"}),
    ],
)
def test_only_the_command_that_is_typed_is_imported(
    tmp_path: Path, arguments: list[str], modules: set[str]
) -> None:
    code = (
        "import sys; from grader.cli import main\n"
        f"sys.argv = ['zth', *{arguments!r}]\n"
        "main._run()\n"
        "print('IMPORTED', *sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    imported = set(done.stdout.rpartition("IMPORTED")[2].split())
    assert imported & MODULES == {f"grader.cli.{name}" for name in modules}, done.stderr
    assert "pydantic" not in imported


class Colour(enum.Enum):
    RED = "red"


def everything(
    first: Annotated[str, typer.Argument()],
    rest: Annotated[list[str] | None, typer.Argument()] = None,
    number: Annotated[int | None, typer.Option(min=0)] = None,
    share: Annotated[float | None, typer.Option(parser=float)] = None,
    path: Path | None = None,
    colour: Colour = Colour.RED,
    name: Annotated[list[str] | None, typer.Option()] = None,
    text: str = "",
    parsed: Annotated[str, typer.Option(parser=str.upper)] = "x",
    flag: bool = False,
    both: Annotated[bool, typer.Option("--yes/--no")] = True,
) -> None:
    typer.echo(repr(locals()))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "one",
        "one two three",
        "'' ''",
        "one --number 3 --share 0.5 --path a/b --colour red --name a --name b --text t --flag --no",
        "one --parsed low",
        "one --text=",
        "one --number x",
        "one --number -1",
        "one --share x",
        "one --colour blue",
        "one --number",
        "one --nosuch",
        "one -- --text",
    ],
)
def test_a_command_of_ours_takes_what_typer_takes(line: str) -> None:
    """The same values, the same sentences, the same exit code, as from typer alone."""
    said = []
    for cls in (Command, TyperCommand):
        alone = typer.Typer(add_completion=False)
        alone.command("everything", cls=cls)(everything)
        done = CliRunner().invoke(alone, line)
        said.append((done.exit_code, done.output, type(done.exception)))
    assert said[0] == said[1]


def test_what_is_missing_is_still_asked_for() -> None:
    for arguments in (["solution"], ["reset"], ["grade", "folder"]):
        done = subprocess.run([ZTH, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert "Missing argument" in done.stderr

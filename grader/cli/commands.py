"""The commands of `zth`: where each is, and its place in `zth --help`.

The module of a command is imported when the command is typed, as click's own LazyGroup does it. Its
line in `zth --help` is in commands.tsv, which `zth dev completion` writes from the docstrings.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from grader.cli.completion import read_table


class CommandEntry(NamedTuple):
    place: str
    """MODULE:NAME, in grader.cli: a function, or a typer.Typer with commands of its own."""
    example: str = ""


PANELS: dict[str, dict[str, CommandEntry]] = {
    "Learn": {
        "watch": CommandEntry("watch:watch", "zth watch lecture2"),
        "check": CommandEntry("check:check", "zth check lecture5.cross_entropy_backward"),
        "hint": CommandEntry("hints:hint", "zth hint lecture1.value_mul"),
        "solution": CommandEntry("hints:solution", "zth solution lecture1.value_mul"),
        "open": CommandEntry("open:open_", "zth open lecture5.dprobs"),
    },
    "See how far you are": {
        "status": CommandEntry("status:status", "zth status --json"),
        "list": CommandEntry("status:list_", "zth list"),
        "log": CommandEntry("status:log", "zth log lecture1.value_mul"),
    },
    "Your files": {
        "init": CommandEntry("workspace:init", "zth init my-course"),
        "reset": CommandEntry("workspace:reset", "zth reset lecture1.value_mul"),
        "update": CommandEntry("workspace:update", "zth update"),
        "restore": CommandEntry("workspace:restore", "zth restore latest"),
        "submit": CommandEntry("submit:submit", "zth submit lecture5 --as ada"),
    },
    "Grade a class": {
        "release": CommandEntry("release:release", "zth release class.zip lecture5"),
        "grade": CommandEntry("grade:grade", "zth grade submissions lecture5 --roster class.csv"),
        "score": CommandEntry(
            "grade:score", "zth score ada lecture5.dprobs 0.5 --comment 'nearly'"
        ),
        "class": CommandEntry("classroom:class_", "zth class lecture5 --html class.html"),
        "feedback": CommandEntry("feedback:feedback", "zth feedback out lecture5"),
        "export": CommandEntry("export:export", "zth export --to csv marks.csv lecture5"),
        "nbgrader": CommandEntry("nbgrader:nbgrader"),
    },
    "This machine": {
        "data": CommandEntry("data:data", "zth data names.txt"),
        "doctor": CommandEntry("doctor:doctor", "zth doctor"),
    },
    "The course": {
        "dev": CommandEntry("dev:dev"),
    },
}
"""In the order in which a learner meets them."""


class Commands(TyperGroup):
    """All of them. None is imported before it is typed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        lines = {word: about for path, word, _, about in read_table() if not path}
        for panel, entries in PANELS.items():
            for name, entry in entries.items():
                self.add_command(LazyCommand(name, entry, lines.get(name, ""), panel))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        convert_only_what_needs_it(self.get_params(ctx))
        return super().parse_args(ctx, args)


class LazyCommand(TyperCommand):
    """The line of a command in `zth --help`; the command itself once it is typed."""

    def __init__(self, name: str, entry: CommandEntry, line: str, panel: str) -> None:
        super().__init__(name, help=line, rich_help_panel=panel)
        self._entry = entry

    def make_context(
        self, info_name: Any, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        command = self.load()
        gc.freeze()  # what is imported by now is looked through by no collection
        gc.enable()  # which may have been put off until here
        return command.make_context(info_name, args, parent, **extra)

    def load(self) -> Any:
        """The command with its options and its own help page, or the group of commands."""
        module, _, name = self._entry.place.partition(":")
        found = getattr(importlib.import_module(f"grader.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            return typer.main.get_command(found)
        alone = typer.Typer(add_completion=False)
        example = f"Example: {self._entry.example}"
        alone.command(self.name, cls=Command, epilog=example)(found)
        return typer.main.get_command(alone)


class Command(TyperCommand):
    """A command that takes most words as they are typed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        convert_only_what_needs_it(self.get_params(ctx))
        return super().parse_args(ctx, args)


def convert_only_what_needs_it(parameters: list[Any]) -> None:
    """Spare typer the conversion of what is as it is wanted: nothing, or words for a text.

    typer 0.29 converts with pydantic, also what nobody typed, and its import takes longer than all
    the rest of `zth list`. Numbers, paths and choices are converted by typer, and so are its errors.
    """
    for parameter in parameters:
        _convert_only_what_needs_it(parameter)


def _convert_only_what_needs_it(parameter: Any) -> None:
    convert = parameter.process_value
    wanted = getattr(parameter, "type_descriptor", None)  # another typer has none
    is_text = wanted and wanted.annotation in (str, list[str]) and not wanted.parameter_info.parser
    several = parameter.multiple or parameter.nargs == -1

    def process_value(ctx: Any, value: Any) -> Any:
        if value is None and several:
            value = ()
        is_missing = value is None or value == ()
        if parameter.required if is_missing else not is_text:
            return convert(ctx, value)
        return parameter.callback(ctx, parameter, value) if parameter.callback else value

    parameter.process_value = process_value


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The words of every command and the command, `zth` itself first, all of them loaded."""
    if isinstance(command, LazyCommand):
        command = command.load()
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk(below, (*path, name))

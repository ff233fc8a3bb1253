"""The table of the commands and their options: what completion and `zth --help` read."""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from grader.cli.commands import walk
from grader.cli.completion import COMPLETERS, FILES, ONE_OF


def table_of(zth: Any) -> str:
    """The rows of every command and option that is not hidden, as `read_table` reads them."""
    return "".join("\t".join(row) + "\n" for row in _rows(zth))


def _rows(zth: Any) -> Iterator[tuple[str, str, str, str]]:
    for path, command in walk(zth):
        if command.hidden:
            continue
        *above, name = ("", *path)
        if path:
            yield " ".join(above).lstrip(), name, "command", _line(command.help)
        place = " ".join(path)
        takes = _takes_of_each(command.callback)
        for parameter in command.get_params(typer.Context(command)):
            if getattr(parameter, "hidden", False):
                continue
            is_flag = getattr(parameter, "is_flag", False)
            what = "" if is_flag else takes.get(parameter.name, "text")
            if parameter.param_type_name == "argument":
                yield place, "", what, "many" if parameter.nargs == -1 else "one"
                continue
            for name in (*parameter.opts, *parameter.secondary_opts):
                if name.startswith("--"):
                    yield place, name, what, _line(parameter.help)


def _takes_of_each(callback: Any) -> dict[str, str]:
    """What each parameter of a command takes: files, words, or what a function of ours knows."""
    if callback is None:
        return {}
    hints = typing.get_type_hints(inspect.unwrap(callback), include_extras=True)
    found = {name: _takes(hint) for name, hint in hints.items()}
    for name, hint in hints.items():
        for information in getattr(hint, "__metadata__", ()):
            if complete := getattr(information, "autocompletion", None):
                known = complete.__name__ in COMPLETERS
                found[name] = complete.__name__ if known else ONE_OF + " ".join(complete(""))
    return found


def _takes(hint: Any) -> str:
    """What a type says of the words it is written in."""
    if inside := typing.get_args(hint):  # Annotated[Path | None, …]: the first that says anything
        return next((takes for part in inside if (takes := _takes(part)) != "text"), "text")
    if isinstance(hint, type) and issubclass(hint, Path):
        return FILES
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return ONE_OF + " ".join(str(each.value) for each in hint)
    return "text"


def _line(text: str | None) -> str:
    """The first paragraph on one line."""
    return " ".join((text or "").split("\n\n")[0].split())

"""What the commands share: exit codes, the screen, the options that several of them take."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.course.manifest import Course, bundled_course, load_course
from grader.show.style import THEME


class Exit(enum.IntEnum):
    PASSED = 0
    NOT_PASSED = 1
    WRONG_USE = 2
    OUR_FAULT = 3
    INTERRUPTED = 130


def screen(stderr: bool = False) -> Console:
    """The terminal, or plain text of 80 columns where the output goes elsewhere."""
    console = Console(theme=THEME, stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = 80
    return console


def open_course(folder: Path | None) -> Course:
    return load_course(folder.resolve() if folder else bundled_course())


def complete_target(incomplete: str) -> list[str]:
    """Lectures and exercises that begin with what was typed."""
    course = open_course(None)
    names = [lecture.id for lecture in course.lectures]
    names += [f"{lecture.id}.{e.id}" for lecture in course.lectures for e in lecture.exercise]
    return [name for name in names if name.startswith(incomplete)]


Targets = Annotated[
    list[str] | None,
    typer.Argument(
        help="Lectures or exercises: lecture5, 5, lecture5.dprobs, 5.dprobs, dprobs.",
        autocompletion=complete_target,
        show_default=False,
    ),
]
CourseFolder = Annotated[
    Path | None,
    typer.Option("--course", metavar="DIR", help="Another course: a folder with a course.toml."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object and nothing else.")]

"""`zth class`: the class at a glance, from the gradebook."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from grader.cli.gradebook import (
    GRADEBOOK,
    GradedTargets,
    StoreFile,
    must_not_replace,
    open_gradebook,
)
from grader.cli.options import AsJson, CourseFolder, open_whole_course, screen
from grader.export.class_page import class_page
from grader.export.writing import check_place, write_file
from grader.grading.class_report import read_classrooms, without_names
from grader.render.class_report import classroom_view, classrooms_json


def class_(
    targets: GradedTargets = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A page with the pictures, to be written.")
    ] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Nobody is named: for the class to see.")
    ] = False,
    store: StoreFile = GRADEBOOK,
    force: Annotated[bool, typer.Option("--force", help="Replace the page that is there.")] = False,
    as_json: AsJson = False,
    course: CourseFolder = None,
) -> None:
    """The class at a glance: points, what is hard, what was misunderstood, who is stuck where."""
    opened = open_whole_course(course)
    if html:
        check_place(html, is_folder=False, force=force)
        must_not_replace(store, html)
    with open_gradebook(store, opened, targets) as (book, selections):
        classrooms = list(read_classrooms(opened, selections, book))
    if anonymous:
        classrooms = [without_names(classroom) for classroom in classrooms]
    if html:
        write_file(html, [class_page(opened.manifest.title, classrooms, anonymous)])
    console = screen()
    if as_json:
        sys.stdout.buffer.write(classrooms_json(classrooms) + b"\n")
    elif html:
        console.print(Text(f"Written: {html}"), soft_wrap=True)
    else:
        for number, classroom in enumerate(classrooms):
            console.print(*([Text()] if number else []), classroom_view(classroom), sep="\n")

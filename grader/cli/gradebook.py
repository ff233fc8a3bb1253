"""What the commands share that read a gradebook: its options, and how it is opened."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from grader.cli.complete import complete_target
from grader.cli.options import screen
from grader.course.manifest import Course
from grader.course.targets import Selection, select
from grader.errors import UserError
from grader.show.style import visible

if TYPE_CHECKING:
    from grader.teach.gradebook import Grade
    from grader.teach.store import Store

NAMED = 8
"""People who are named in a line; the rest are counted."""
NOT_GRADED = "Handed in and not graded yet: {count} ({names})."
GRADE_FIRST = "Type `zth grade` again as before: it goes on with them."
GRADEBOOK = Path("grades.sqlite")

StoreFile = Annotated[
    Path, typer.Option("--store", metavar="FILE", help="The gradebook.", show_default=True)
]
GradedTargets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="LECTURE…",
        help="Lectures or exercises; all that was graded by default.",
        autocompletion=complete_target,
        show_default=False,
    ),
]


@contextlib.contextmanager
def open_gradebook(
    store: Path, course: Course, targets: Sequence[str] | None
) -> Iterator[tuple[Store, list[Selection]]]:
    """A gradebook, and what is asked for of it: all that was graded where nothing is named."""
    from grader.teach.gradebook import graded_lectures
    from grader.teach.store import Store

    selections = select(course, targets) if targets else []
    must_be_there(store)
    with Store(store) as book:
        selections = selections or select(course, graded_lectures(book))
        if not selections:
            raise UserError(f"Nothing is graded yet in {store}.", "Grade a lecture, or name one.")
        yield book, list(selections)


def waiting_in(grades: Iterable[Grade], people: Collection[str] = ()) -> dict[str, str]:
    """Who handed in what is not graded yet, and the reason where a try came to nothing.

    Of those `people`, or of all.
    """
    return {
        grade.who: grade.ungraded
        for grade in grades
        if grade.not_judged and (not people or grade.who in people)
    }


def say_ungraded(waiting: Mapping[str, str], what: str) -> None:
    """A sentence on those who are not graded yet; `what` says what became of them."""
    names = ", ".join([*waiting][:NAMED])
    more = f" and {len(waiting) - NAMED} more" if len(waiting) > NAMED else ""
    says = [NOT_GRADED.format(count=len(waiting), names=f"{names}{more}"), what, GRADE_FIRST]
    says += [f"{who}: {why}" for who, why in waiting.items() if why][:NAMED]
    for sentence in says:
        screen(stderr=True).print(Text(visible(sentence), "zth.fail"), soft_wrap=True)


def must_be_there(store: Path) -> None:
    """Raises UserError where there is no gradebook: only `zth grade` makes one."""
    if not store.exists():
        raise UserError(
            f"There is no gradebook {store}.", "`zth grade` makes it, --store names it."
        )


def must_not_replace(store: Path, out: Path) -> None:
    """Raises UserError where what is to be written would take the gradebook's place."""
    if out.exists() and store.exists() and out.samefile(store):
        raise UserError(f"{out} is the gradebook itself.", "Name another place to write it.")

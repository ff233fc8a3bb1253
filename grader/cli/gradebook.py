"""What the commands share that read a gradebook: its options, and how it is opened."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from grader.cli.completion import complete_target
from grader.cli.options import screen
from grader.course.manifest import Course
from grader.course.targets import Selection, select
from grader.errors import UserError
from grader.render.style import visible

if TYPE_CHECKING:
    from grader.grading.gradebook import LectureGrade
    from grader.grading.store import Store

NAMED = 8
"""People who are named in a line; the rest are counted."""
NOT_GRADED = "Handed in and not graded yet: {count} ({names})."
NOT_KNOWN = "Not graded, because something may be theirs and nobody has said so: {count} ({names})."
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
    from grader.grading.gradebook import graded_lectures
    from grader.grading.store import Store

    selections = select(course, targets) if targets else []
    must_be_there(store)
    with Store(store) as book:
        selections = selections or select(course, graded_lectures(book))
        if not selections:
            raise UserError(f"Nothing is graded yet in {store}.", "Grade a lecture, or name one.")
        yield book, list(selections)


def waiting_in(grades: Iterable[LectureGrade], people: Collection[str] = ()) -> list[LectureGrade]:
    """Where something was handed in that is not graded yet; of those `people`, or of all."""
    return [g for g in grades if g.not_judged and (not people or g.who in people)]


def say_ungraded(waiting: Sequence[LectureGrade], what: str) -> None:
    """What there is to say on those who are not graded yet; `what` says what became of them."""
    from grader.grading.gradebook import DECIDE

    groups = (
        (NOT_GRADED, [grade.who for grade in waiting if not grade.is_asked]),
        (NOT_KNOWN, [grade.who for grade in waiting if grade.is_asked]),
    )
    says = [_counted(words, list(dict.fromkeys(who))) for words, who in groups if who]
    says.append(what)
    if any(set(g.not_judged) - set(g.to_decide) and not g.ungraded for g in waiting):
        says.append(GRADE_FIRST)
    says += list(dict.fromkeys(grade.ungraded for grade in waiting if grade.is_asked))[:NAMED]
    failed = [grade for grade in waiting if grade.ungraded and not grade.is_asked]
    says += [f"{grade.who}: {grade.ungraded}" for grade in failed[:NAMED]]
    decide = [(grade.who, ", ".join(grade.to_decide)) for grade in waiting if grade.to_decide]
    says += [f"{one}: {DECIDE.format(names=names)}" for one, names in decide[:NAMED]]
    for sentence in says:
        screen(stderr=True).print(Text(visible(sentence), "zth.fail"), soft_wrap=True)


def _counted(words: str, who: Sequence[str]) -> str:
    more = f" and {len(who) - NAMED} more" if len(who) > NAMED else ""
    return words.format(count=len(who), names=f"{', '.join(who[:NAMED])}{more}")


def must_be_there(store: Path) -> None:
    """Raises UserError if there is no gradebook: only `zth grade` makes one."""
    if not store.exists():
        raise UserError(
            f"There is no gradebook {store}.", "`zth grade` makes it, --store names it."
        )


def must_not_replace(store: Path, out: Path) -> None:
    """Raises UserError if what is to be written would take the gradebook's place."""
    if out.exists() and store.exists() and out.samefile(store):
        raise UserError(f"{out} is the gradebook itself.", "Name another place to write it.")

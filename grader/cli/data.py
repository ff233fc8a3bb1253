"""`zth data`: fetch the data sets, and say what is there."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from grader.cli.completion import complete_data
from grader.cli.options import AsJson, CourseFolder, Exit, open_course, screen
from grader.course.data import DataState, Located, cache_folder, locate, named_folder
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.course.manifest import Dataset
    from grader.workspace.data import Report


def data(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="All by default.", autocompletion=complete_data, show_default=False
        ),
    ] = None,
    where: Annotated[
        bool, typer.Option("--where", help="Only say what is there, and where.")
    ] = False,
    as_json: AsJson = False,
    course: CourseFolder = None,
) -> None:
    """Fetch the real data of the lectures, once. No check waits for it.

    Each file is pinned by its checksum; a fetch that broke off goes on there.
    Where ZTH_DATA names a folder, that one is used and nothing is fetched.
    """
    opened = open_course(course)
    wanted = [opened.dataset(name) for name in names] if names else list(opened.manifest.data)
    console = screen()
    named = named_folder()
    failures: list[UserError] = []
    if not where and not named:
        try:
            failures = _fetch(console, wanted, quiet=as_json)
        except KeyboardInterrupt:
            screen(stderr=True).print(STOPPED)
            raise typer.Exit(Exit.INTERRUPTED) from None
    found = [locate(dataset) for dataset in wanted]
    if as_json:
        sys.stdout.buffer.write(_json(found) + b"\n")
    elif not wanted:
        console.print(Text(NO_DATA))
    elif where or not failures or any(each.state is DataState.VERIFIED for each in found):
        from grader.render.data import data_table

        folder = named or cache_folder()
        console.print(data_table(found, folder, bool(named)), soft_wrap=True)
    if failures:
        raise UserError("\n".join(error.message for error in failures), failures[-1].fix)
    lacking = [each for each in found if each.state is not DataState.VERIFIED]
    if lacking and named:
        raise UserError(lacking[0].why, lacking[0].fix)
    raise typer.Exit(Exit.NOT_PASSED if lacking else Exit.PASSED)


def _fetch(console: Console, wanted: list[Dataset], quiet: bool) -> list[UserError]:
    """Fetch what is not there; what went wrong, each with its remedy."""
    from grader.workspace.data import fetch  # pooch and requests are slow to import

    failures = []
    for dataset in wanted:
        if locate(dataset).state is DataState.VERIFIED:
            continue
        with _bar(console, dataset.name, quiet) as report:
            try:
                fetch(dataset, report, lambda: screen(stderr=True).print(ANOTHER_FETCHES))
            except UserError as error:
                failures.append(error)
    return failures


@contextlib.contextmanager
def _bar(console: Console, name: str, quiet: bool) -> Iterator[Report]:
    """A bar with size, speed and time left; nothing if nobody watches."""
    if quiet or not console.is_terminal:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as SpeedColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), SpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(name, total=None)
        yield lambda here, of: progress.update(task, completed=here, total=of)


class _Row(msgspec.Struct, frozen=True):
    name: str
    state: DataState
    path: str
    url: str
    sha256: str
    about: str
    why: str


class _Listing(msgspec.Struct, frozen=True):
    format: int
    data: list[_Row]


def _json(found: list[Located]) -> bytes:
    rows = [
        _Row(
            *(each.dataset.name, each.state, str(each.path)),
            *(each.dataset.url, each.dataset.sha256, each.dataset.about, each.why),
        )
        for each in found
    ]
    return msgspec.json.encode(_Listing(1, rows))


NO_DATA = "This course needs no data."
STOPPED = "Stopped. What was fetched is kept; the next `zth data` goes on from there."
ANOTHER_FETCHES = "Another zth is fetching; waiting for it."

"""`zth watch`: a warm judge, and the verdict on each save before anybody looks up."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.control import Control

from grader.cli.completion import complete_target
from grader.cli.options import (
    CourseFolder,
    Exit,
    WorkspaceFolder,
    begun_workspace,
    here,
    known_standings,
    open_course,
    screen,
)
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.cli.keyboard import Keyboard
    from grader.workspace.editors import Chosen
    from grader.workspace.file_watcher import FileWatcher
    from grader.workspace.judge_server import Order, WarmJudge
    from grader.workspace.watch import Key, Watch

BLINK_SECONDS = 0.15
"""A verdict that takes longer is announced."""
PATIENCE_SECONDS = 0.3
"""How long a page waits for another process that writes progress."""
TRIES = 2
"""How often a judge that was killed is followed by another before it has given a verdict."""
GRACE_SECONDS = 0.15
"""How long a file may be gone while an editor saves it."""


def watch(
    target: Annotated[
        str,
        typer.Argument(
            help="Where to begin: a lecture or an exercise; the next one to do by default.",
            autocompletion=complete_target,
            show_default=False,
        ),
    ] = "",
    auto: Annotated[bool, typer.Option("--auto", help="After a pass go on by itself.")] = False,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look at the files, where no events arrive.")
    ] = False,
    workspace: WorkspaceFolder = None,
    course: CourseFolder = None,
) -> None:
    """Check your code every time you save."""
    from grader.cli.keyboard import Keyboard
    from grader.workspace.next_exercise import exercise_meant
    from grader.workspace.progress import Progress
    from grader.workspace.watch import Watch

    opened = open_course(course, workspace)
    place = begun_workspace(workspace, opened)
    progress = Progress(place, patience=PATIENCE_SECONDS)
    standings, trouble = known_standings(progress)
    start = exercise_meant(opened, target, standings)
    state = Watch(opened, place, progress, start, auto)
    state.trouble = trouble or state.trouble
    with Keyboard() as keyboard:
        raise typer.Exit(_Loop(state, keyboard, screen(), poll).run())


class _Loop:
    """Waits for saves, keys, verdicts and signals, hands them to the watch, shows the page."""

    def __init__(self, state: Watch, keyboard: Keyboard, console: Console, poll: bool) -> None:
        self._state = state
        self._keyboard = keyboard
        self._console = console
        self._here = here()  # it may be gone before we are
        self._poll = poll
        self._ready = False
        self._busy_since: float | None = None
        self._settle_at: float | None = None
        """When a file that was gone is taken for deleted."""
        self._announced = False
        self._tries = 0
        self._first = 0
        """The line of the card with which the window begins."""
        self._cut = 0
        """How many lines of it are not in the window."""
        self._editor = _editor() if keyboard.there else None

    def run(self) -> int:
        """The exit code. Each lecture has a judge of its own."""
        from grader.workspace.file_watcher import FileWatcher
        from grader.workspace.judge_server import WarmJudge
        from grader.workspace.workspace import FOLDER

        state = self._state
        folder = state.workspace.root / FOLDER
        with _signals() as signals, FileWatcher(folder, self._poll) as saves:
            if self._keyboard.there:  # what was on the screen scrolls up and is kept
                self._console.print("\n" * (self._console.height - 1))
            while True:
                lecture = state.lecture
                self._ready = False
                self._show()
                root, keyboard = state.workspace.root, self._keyboard
                with WarmJudge(state.course, lecture, root, keyboard.fd, keyboard.found) as judge:
                    code = self._judge_saves(judge, saves, signals)
                if code is not None:
                    return code

    def _judge_saves(self, judge: WarmJudge, saves: FileWatcher, signals: int) -> int | None:
        """Until it ends, or until another judge is needed."""
        lecture = self._state.lecture
        with selectors.DefaultSelector() as selector:
            for source in (judge, saves, signals):
                selector.register(source, selectors.EVENT_READ)
            if self._keyboard.there:
                selector.register(self._keyboard.fd, selectors.EVENT_READ)
            while self._state.lecture is lecture:
                for key, _ in selector.select(self._patience()):
                    code = None
                    if key.fileobj is signals:
                        code = self._signalled(os.read(signals, 64))
                    elif key.fileobj is saves:
                        saves.take()
                        self._saved(judge)
                    elif key.fileobj is judge:
                        if not self._heard(judge):
                            return None
                    else:
                        code = self._pressed(judge)
                    if code is not None:
                        return code
                self._look_at_the_clock(judge)
        return None

    # what comes

    def _saved(self, judge: WarmJudge, settled: bool = False) -> None:
        if not self._ready:  # the judge begins with what is there when it is
            return
        if not settled and self._state.half_saved():
            self._settle_at = time.monotonic() + GRACE_SECONDS
            return
        self._settle_at = None
        self._ask(judge, self._state.saved())

    def _heard(self, judge: WarmJudge) -> bool:
        """Whether the judge is still there."""
        from grader.judge.worker_process import WorkerEnded, WorkerReady
        from grader.workspace.judge_server import ExerciseStarted, Response

        try:
            message = judge.answer()
        except WorkerEnded as end:
            self._tries += 1
            if self._tries > TRIES:
                raise RuntimeError(f"the judge {end}") from None
            return False
        if isinstance(message, WorkerReady):
            self._ready = True
            self._ask(judge, self._state.begin())
        elif isinstance(message, Response):
            self._tries = 0
            self._busy_since = None
            self._first = 0
            self._ask(judge, self._state.heard(message))
            self._show()
        elif isinstance(message, ExerciseStarted):
            self._state.judging = message.exercise
        return True

    def _pressed(self, judge: WarmJudge) -> int | None:
        from grader.workspace.watch import Key

        for letter in self._keyboard.read():
            if letter in SCROLL:
                self._first = max(0, min(self._first + SCROLL[letter], self._cut))
                self._show()
                continue
            self._first = 0
            keys = self._keys()
            if letter not in [key.value for key in keys]:
                continue
            key = Key(letter)
            if key is Key.QUIT:
                self._leave()
                return Exit.PASSED
            if key is Key.OPEN:
                self._open()
            elif key is not Key.CHECK and key is not Key.NEXT:
                self._state.pressed(key)
            elif self._ready:
                self._ask(judge, self._state.pressed(key))
            self._show()
        return None

    def _signalled(self, numbers: bytes) -> int | None:
        for number in numbers:
            if number == signal.SIGTSTP:
                with self._keyboard.lent():
                    os.kill(os.getpid(), signal.SIGSTOP)
                self._show()
            elif number == signal.SIGWINCH:
                self._show()
            elif number == signal.SIGINT:
                self._leave()
                return Exit.INTERRUPTED
            elif number in (signal.SIGTERM, signal.SIGHUP):
                return 128 + number
        return None

    def _look_at_the_clock(self, judge: WarmJudge) -> None:
        now = time.monotonic()
        if self._settle_at is not None and now >= self._settle_at:
            self._saved(judge, settled=True)
        if self._busy_since is None or self._announced:
            return
        if now - self._busy_since >= BLINK_SECONDS:
            self._announced = True
            self._last_line()

    def _patience(self) -> float | None:
        """Seconds until something is due by itself."""
        due = [self._settle_at] if self._settle_at is not None else []
        if self._busy_since is not None and not self._announced:
            due.append(self._busy_since + BLINK_SECONDS)
        return max(0.0, min(due) - time.monotonic()) if due else None

    # what goes

    def _ask(self, judge: WarmJudge, order: Order | None) -> None:
        if order is not None:
            judge.ask(order)
            self._busy_since = time.monotonic()
            self._announced = False

    def _open(self) -> None:
        from grader.workspace.editors import place_of, start

        assert self._editor is not None
        state, result = self._state, self._state.result
        try:
            path, line = place_of(state.workspace, state.lecture, state.exercise)
            line = (result.line if result else None) or line
            with self._keyboard.lent() if self._editor.in_terminal else contextlib.nullcontext():
                start(self._editor, path, line)
        except UserError as error:
            state.trouble = error

    def _keys(self) -> list[Key]:
        return self._state.keys(can_open=self._editor is not None)

    def _show(self) -> None:
        from grader.render.watch import fitted, page

        shown = page(self._state, self._here)
        if not self._keyboard.there:
            self._console.print(shown)
            self._console.file.flush()
            return
        self._console.control(Control.home())
        self._console.file.write(CLEAR_BELOW)
        fits, self._cut = fitted(shown, self._console, self._first)
        self._console.print(fits)
        self._console.print()
        self._last_line()

    def _last_line(self) -> None:
        """The keys, or what takes so long; written over what stood there."""
        from grader.render.watch import busy_line, keys_line, starting_line

        if not self._keyboard.there:
            return
        if not self._ready:
            text = starting_line(self._state)
        elif self._busy_since is not None and self._announced:
            text = busy_line(self._state)
        else:
            text = keys_line(self._state, self._keys())
        self._console.file.write(CLEAR_LINE)
        self._console.print(text, end="", soft_wrap=True)
        self._console.file.flush()

    def _leave(self) -> None:
        if self._keyboard.there:
            self._console.file.write(CLEAR_LINE)
            self._console.file.flush()


def _editor() -> Chosen | None:
    from grader.workspace.editors import choose

    try:
        return choose(os.environ)
    except UserError:  # then the key is not offered
        return None


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """A descriptor that has the number of each signal that came; none of them ends us by itself."""

    def noticed(number: int, frame: FrameType | None) -> None:
        """Python calls it; the number is written to the descriptor before."""

    ours, theirs = os.pipe()
    for fd in (ours, theirs):
        os.set_blocking(fd, False)
    numbers = (*ENDING, signal.SIGWINCH, signal.SIGTSTP)
    before = {number: signal.signal(number, noticed) for number in numbers}
    wakeup = signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(ours)
        os.close(theirs)


SCROLL = {"j": 3, "k": -3}
"""Lines down or up."""
CLEAR_BELOW, CLEAR_LINE = "\x1b[J", "\r\x1b[K"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

"""What a watch knows and decides: which exercise is in view, what to judge, which keys do something.

It neither waits nor shows. Saves, keys and verdicts come in; orders to the judge go out.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Iterable

from grader.course.manifest import Course, Exercise, Lecture
from grader.errors import UserError
from grader.results import ExerciseResult, Outcome
from grader.source.files import Submission
from grader.workspace.affected import touched, with_last_code
from grader.workspace.judge_server import Order, Response
from grader.workspace.next_exercise import Statuses, exercises_left, first_to_do, is_done
from grader.workspace.progress import Event, Progress
from grader.workspace.workspace import Workspace

NOT_SETTLED = (Outcome.ERROR, Outcome.BLOCKED)


class Key(enum.StrEnum):
    """The keys, in the order in which they are shown."""

    NEXT = "n"
    HINT = "h"
    LIST = "l"
    CHECK = "c"
    OPEN = "o"
    QUIT = "q"


class Watch:
    """One exercise in view, and all that was judged of its lecture since the watch began."""

    def __init__(
        self,
        course: Course,
        workspace: Workspace,
        progress: Progress,
        start: tuple[Lecture, Exercise],
        auto: bool = False,
    ) -> None:
        """`auto` goes on to the next exercise by itself after a pass."""
        self.course = course
        self.workspace = workspace
        self._progress = progress
        self._auto = auto
        self.trouble: UserError | None = None
        """Why the last attempt was not recorded, or progress cannot be read."""
        self.standings: Statuses = {}
        try:
            self.standings = progress.standing()
        except UserError as error:
            self.trouble = error
        self._number = 0
        self._view(*start)

    def _view(self, lecture: Lecture, exercise: Exercise) -> None:
        self.lecture = lecture
        self.exercise = exercise
        self.results: dict[str, ExerciseResult] = {}
        """The latest verdict on each exercise of the lecture."""
        self.notes: tuple[str, ...] = ()
        self.judged_at: float | None = None
        self.judging = ""
        """The exercise that is judged now, or nothing."""
        self.came_from = ""
        """The exercise that passed before this one came into view by itself."""
        self.listing = False
        """Whether the list is in view instead of the exercise."""
        self._code = self.workspace.submission(lecture)
        self._ordered: tuple[str, ...] = ()
        """What the judge was asked for last."""
        self._later: dict[str, None] = {}
        """What is judged when what was edited has its verdict."""
        self._tried: frozenset[str] = frozenset()
        """What the learner has edited or asked for, and is judged now."""
        self.hint = 0
        """The number of the hint in view, or 0."""
        self._count_hints()
        self._note(Event.WATCH)

    # what comes in

    def begin(self) -> Order:
        """The judge is ready: the exercise in view, and what was saved while it was not."""
        after = self.workspace.submission(self.lecture)
        if touched(self.lecture, self._code, after).files:
            return self.saved()
        return self._order([self.exercise.id])

    def half_saved(self) -> bool:
        """Whether a file that was there is gone or empty: an editor may be about to put it back."""
        now = self.workspace.submission(self.lecture)
        return any(_absent(now, name) and not _absent(self._code, name) for name in now.files)

    def saved(self) -> Order:
        """Something was saved: what it touches is judged, what was edited first."""
        after = self.workspace.submission(self.lecture)
        changes = touched(self.lecture, self._code, after)
        self._code = with_last_code(self._code, after)
        self.listing = False
        self.came_from = ""
        self.hint = 0  # it has done its work, and takes room
        if changes.edited and self.exercise not in changes.edited:
            self._turn_to(self._not_done(changes.edited) or changes.edited[0])
        elif changes.files and self.exercise.file not in changes.files:
            here = [e for e in changes.shaken if e.file in changes.files]
            if here:
                self._turn_to(self._not_done(here) or here[0])
        # what was edited in the save before and has no verdict yet is still to be judged
        unjudged = self._tried if self.judging else ()
        first = dict.fromkeys([self.exercise.id, *(e.id for e in changes.edited), *unjudged])
        self._later |= dict.fromkeys(e.id for e in changes.shaken)
        # what broke or waits may have done so because of what is fixed now, in any file
        self._later |= dict.fromkeys(
            name for name, result in self.results.items() if result.outcome in NOT_SETTLED
        )
        self._tried = frozenset(first)
        return self._order(first)

    def heard(self, verdict: Response) -> Order | None:
        """A verdict has come; what is to be judged next. One that is stale changes nothing."""
        if verdict.number != self._number:
            return None
        for name in self._ordered:  # not each has a result: a pack does not judge all
            self.results.pop(name, None)
            self._later.pop(name, None)
        self.results |= {e.id: e for e in verdict.result.exercises}
        self.notes = verdict.result.notes
        self.judging = ""
        self.judged_at = time.time()
        self._later |= dict.fromkeys(verdict.waiting)
        self._record(verdict)
        if self._later:
            return self._order(self._later, on_data=True)
        if self._auto and self.passed and (self._tried or self.came_from) and self._next():
            self.came_from = self.exercise.id
            return self._go_on()
        return None

    def pressed(self, key: Key) -> Order | None:
        """A key that does something now was pressed. OPEN and QUIT are the caller's."""
        if key is Key.NEXT:
            self.came_from = ""
            return self._go_on()
        if key is Key.HINT:
            self.listing = False
            self.hints += 1
            self.hint = self.hints
            self._note(Event.HINT)
        elif key is Key.LIST:
            self.listing = not self.listing
        elif key is Key.CHECK:
            self.listing = True
            self._later.clear()
            self._tried = frozenset(e.id for e in self.lecture.exercise)
            return self._order(self._tried, on_data=True)
        return None

    # what is so

    @property
    def result(self) -> ExerciseResult | None:
        """The latest verdict on the exercise in view."""
        return self.results.get(self.exercise.id)

    @property
    def passed(self) -> bool:
        """Whether the exercise in view is right, on the data too."""
        passed = self.result is not None and self.result.outcome is Outcome.PASS
        return passed and self.exercise.id not in self._later

    @property
    def elsewhere(self) -> list[ExerciseResult]:
        """What is wrong besides the exercise in view."""
        wrong = (Outcome.FAIL, Outcome.ERROR)
        return [
            result
            for exercise in self.lecture.exercise
            if exercise != self.exercise
            and (result := self.results.get(exercise.id))
            and result.outcome in wrong
        ]

    def keys(self, can_open: bool) -> list[Key]:
        """Those that do something now."""
        does = {
            Key.NEXT: self.passed and self._next() is not None,
            Key.HINT: not self.passed and self.hints < len(self.exercise.hints),
            Key.OPEN: can_open and not _absent(self._code, self.exercise.file),
        }
        return [key for key in Key if does.get(key, True)]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do in the course."""
        return not any(exercises_left(lecture, self.standings) for lecture in self.course.lectures)

    # what follows

    def _go_on(self) -> Order | None:
        """On to the next exercise. None if it is in another lecture: another judge is needed."""
        following = self._next()
        if following is None:
            return None
        lecture, exercise = following
        if lecture is not self.lecture:
            came_from, self.came_from = self.came_from, ""
            self._view(lecture, exercise)
            self.came_from = came_from
            return None
        self._turn_to(exercise)
        self._tried = frozenset()
        self.listing = False
        return self._order([exercise.id])

    def _next(self) -> tuple[Lecture, Exercise] | None:
        """The next exercise that is not done: after this one, then before it, then further on."""
        left = [e for e in exercises_left(self.lecture, self.standings) if e != self.exercise]
        place = self.lecture.exercise.index
        later = [e for e in left if place(e) > place(self.exercise)]
        if left:
            return self.lecture, first_to_do(self.lecture, (later or left)[0], self.standings)
        lectures = list(self.course.lectures)
        here = lectures.index(self.lecture)
        for lecture in lectures[here + 1 :] + lectures[:here]:
            if left := exercises_left(lecture, self.standings):
                return lecture, first_to_do(lecture, left[0], self.standings)
        return None

    def _turn_to(self, exercise: Exercise) -> None:
        self.hint = 0
        self.exercise = exercise
        self._count_hints()

    def _not_done(self, exercises: Iterable[Exercise]) -> Exercise | None:
        return next((e for e in exercises if not is_done(self.lecture, e, self.standings)), None)

    def _order(self, exercises: Iterable[str], on_data: bool = False) -> Order:
        self._number += 1
        self.judging = self.exercise.id
        self._ordered = tuple(exercises)
        return Order(self._number, self._ordered, on_data)

    def _count_hints(self) -> None:
        self.hints = 0
        try:
            shown = self._progress.count(Event.HINT, self.lecture.id, self.exercise.id)
        except UserError as error:
            self.trouble = error
        else:
            self.hints = min(shown, len(self.exercise.hints))

    def _record(self, verdict: Response) -> None:
        """What was tried, and what came out differently; not a pass that waits for its data."""
        kept = verdict.result.only(
            lambda e: (
                e.id not in self._later and (e.id in self._tried or e.outcome is not self._known(e))
            )
        )
        try:
            self._progress.record([kept], "watch")
            self.standings = self._progress.standing()
            self.trouble = None
        except UserError as error:
            self.trouble = error

    def _known(self, result: ExerciseResult) -> Outcome | None:
        standing = self.standings.get((self.lecture.id, result.id))
        return standing.outcome if standing else None

    def _note(self, deed: Event) -> None:
        try:
            self._progress.note(deed, self.lecture.id, self.exercise.id)
        except UserError as error:
            self.trouble = error


def _absent(submission: Submission, file: str) -> bool:
    trouble = submission.files[file].trouble
    return trouble is not None and trouble.absent

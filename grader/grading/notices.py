"""What a person should look at after a run: what was not graded, not read, guessed, or stopped.

A mark that is wrong through no fault of the learner's shows itself here, before anybody complains.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from grader.course.targets import Selection
from grader.failures import LimitReached, NotInstalled
from grader.grading import source_matching
from grader.grading.gradebook import DECIDE, LectureGrade
from grader.grading.store import SubmissionRecord
from grader.results import ExerciseResult, Outcome
from grader.source import files, notebooks
from grader.source.source_map import SourceMap


class NoticeKind(enum.StrEnum):
    """What a notice is about, the most pressing first."""

    UNGRADED = "not graded"
    UNREADABLE = "cannot be read"
    PARTLY = "cannot be read in part"
    LIBRARY = "not installed here"
    CHECK = "nobody passes"
    WAITING = "half of the class waits"
    TIME = "stopped at a limit"
    REMARK = "how it was read"


class Notice(msgspec.Struct, frozen=True):
    """Something to look at, and whom it is about."""

    kind: NoticeKind
    says: str
    who: tuple[str, ...]


class Attention:
    """Gathers what there is to look at in one lecture, from the marks as they are read."""

    def __init__(
        self, selection: Selection, hand_ins: Mapping[tuple[str, str], SubmissionRecord]
    ) -> None:
        self._selection = selection
        self._hand_ins = {
            who: hand_in
            for (who, lecture), hand_in in hand_ins.items()
            if lecture == selection.lecture.id
        }
        self._libraries: dict[str, dict[str, None]] = {}
        self._stopped: dict[tuple[str, str], dict[str, None]] = {}
        self._waiting: dict[str, dict[str, None]] = {}
        self._outcomes: dict[str, Counter[bool]] = {}
        self._works: dict[str, None] = {}

    def source_map(self, who: str) -> SourceMap:
        """From the lecture's files to what a learner handed in."""
        return SourceMap(self._hand_ins[who].origins if who in self._hand_ins else {})

    def is_read(self, who: str) -> bool:
        """Whether there was anything to judge: what cannot be read says nothing of an exercise."""
        return who not in self._hand_ins or self._hand_ins[who].is_read

    def add(self, who: str, result: ExerciseResult) -> None:
        """One mark."""
        if not self.is_read(who):
            return
        if result.outcome not in (Outcome.TODO, Outcome.BLOCKED):
            self._outcomes.setdefault(result.id, Counter())[result.outcome is Outcome.PASS] += 1
        self._works[who] = None
        for check in result.failing:
            match check.failure:
                case NotInstalled(library=library):
                    self._libraries.setdefault(library, {})[who] = None
                case LimitReached(short=short):
                    self._stopped.setdefault((result.id, short), {})[who] = None
        for need in result.blocked_by:
            self._waiting.setdefault(need, {})[who] = None

    def notices(self, grades: Sequence[LectureGrade]) -> tuple[Notice, ...]:
        """All there is to look at, the most pressing first."""
        found = [
            *self._ungraded(grades),
            *self._unread(),
            *(
                Notice(NoticeKind.LIBRARY, name, tuple(who))
                for name, who in self._libraries.items()
            ),
            *self._suspicious(),
            *(
                Notice(NoticeKind.TIME, f"{exercise}: {says}", tuple(who))
                for (exercise, says), who in self._stopped.items()
            ),
            *self._remarks(),
        ]
        order = list(NoticeKind)
        return tuple(sorted(found, key=lambda n: (order.index(n.kind), -len(n.who), n.says)))

    def _ungraded(self, grades: Sequence[LectureGrade]) -> Iterator[Notice]:
        by_reason: dict[str, list[str]] = {}
        for grade in grades:
            if grade.ungraded or set(grade.not_judged) - set(grade.to_decide):
                by_reason.setdefault(grade.ungraded or NOT_REACHED, []).append(grade.who)
            if grade.to_decide:
                says = DECIDE.format(names=", ".join(grade.to_decide))
                by_reason.setdefault(says, []).append(grade.who)
        yield from (Notice(NoticeKind.UNGRADED, why, tuple(who)) for why, who in by_reason.items())

    def _unread(self) -> Iterator[Notice]:
        files = Counter(exercise.file for exercise in self._selection.exercises)
        for who, hand_in in self._hand_ins.items():
            for says in dict.fromkeys(hand_in.troubles.values()):
                if not hand_in.is_read:
                    yield Notice(NoticeKind.UNREADABLE, says, (who,))
                    break
                of = sum(files[file] for file, why in hand_in.troubles.items() if why == says)
                if of:
                    first = says.partition("\n")[0].rstrip(":.")
                    yield Notice(NoticeKind.PARTLY, COSTS.format(says=first, count=of), (who,))

    def _suspicious(self) -> Iterator[Notice]:
        """What nearly everybody has wrong may be wrong itself."""
        for exercise, counts in self._outcomes.items():
            if counts.total() >= FEWEST and not counts[True]:
                says = NOBODY.format(exercise=exercise, count=counts.total())
                yield Notice(NoticeKind.CHECK, says, ())
        judged = len(self._works)
        for need, who in self._waiting.items():
            if judged >= FEWEST and 2 * len(who) >= judged:
                yield Notice(NoticeKind.WAITING, WAIT.format(count=len(who), need=need), tuple(who))

    def _remarks(self) -> Iterator[Notice]:
        by_remark: dict[str, list[str]] = {}
        said = {hand_in.ungraded for hand_in in self._hand_ins.values()}
        for who, hand_in in self._hand_ins.items():
            for remark in hand_in.remarks:
                if not (is_usual(remark) or remark in {*said, *hand_in.troubles.values()}):
                    by_remark.setdefault(remark, []).append(who)
        yield from (Notice(NoticeKind.REMARK, says, tuple(who)) for says, who in by_remark.items())


def is_usual(remark: str) -> bool:
    """Whether a remark is true of nearly every notebook, and nothing to look at."""
    return any(pattern.fullmatch(remark) for pattern in _USUAL)


def _pattern(template: str) -> re.Pattern[str]:
    """What a template may have become."""
    parts: Iterable[str] = re.split(r"\{\w*\}", template)
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)


_USUAL = [
    _pattern(template)
    for template in (
        notebooks.NOT_RUN,
        notebooks.ONE_NOT_RUN,
        files.MAGICS,
        notebooks.CELL_MAGIC,
        source_matching.NOTEBOOK,
    )
]
FEWEST = 5
"""Of judged works, before what all of them have is worth a word."""
NOT_REACHED = "It was handed in, and no run has come to it. Type `zth grade` again."
COSTS = "{says}. Exercises in it: {count}."
NOBODY = "{exercise} is wrong in all {count} works that have it: is its check right?"
WAIT = "{count} wait for {need}."

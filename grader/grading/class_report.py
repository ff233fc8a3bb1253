"""A class at a glance: how it did, what it misunderstood, who is stuck where, what to look at."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from grader.course.litter import files_in
from grader.course.manifest import Course, Exercise, Lecture
from grader.course.targets import Selection
from grader.grading.gradebook import LectureGrade, read_grades
from grader.grading.notices import Attention, Notice
from grader.grading.store import Store
from grader.results import ExerciseResult, Outcome
from grader.source.files import read_source
from grader.source.similarity import Alike, find_alike, is_readable, prints_of, shape_of

TENTHS = 10


class People(msgspec.Struct, frozen=True):
    """Some of the class; nobody is named where the names are left out."""

    count: int
    who: tuple[str, ...]


class Bar(msgspec.Struct, frozen=True):
    """How many learners have that share of the points."""

    percent: str
    count: int


class Stand(msgspec.Struct, frozen=True):
    """How the class did one exercise."""

    exercise: str
    title: str
    bonus: bool
    at: str
    link: str
    """The minute of the video."""
    counts: dict[Outcome, int]

    @property
    def judged(self) -> int:
        return sum(self.counts.values())

    @property
    def pass_rate(self) -> float:
        return self.counts[Outcome.PASS] / self.judged if self.judged else 0.0


class Mistake(msgspec.Struct, frozen=True):
    """A misconception that zth knows by name, and how many have it."""

    exercise: str
    name: str
    says: str
    at: str
    link: str
    count: int


class Stuck(msgspec.Struct, frozen=True):
    """Those whose first exercise that is not right is this one."""

    exercise: str
    people: People
    not_started: int


class Blocking(msgspec.Struct, frozen=True):
    """An exercise that others wait for."""

    exercise: str
    learners: int
    waiting: tuple[str, ...]
    """The exercises that cannot be judged before it is right."""


class FlaggedExercise(msgspec.Struct, frozen=True):
    """Something unusual, for a person to look at."""

    exercise: str
    says: str
    people: People


class ClassReport(msgspec.Struct, frozen=True):
    """What there is to say of a class and one lecture."""

    lecture: str
    title: str
    handed_in: int
    missing: People
    late: People
    by_hand: People
    """Who has points that a person gave."""
    mean: float
    median: float
    max_points: float
    distribution: tuple[Bar, ...]
    """Of those whose work could be read and is graded, like mean and median; late work with what it
    lost."""
    exercises: tuple[Stand, ...]
    mistakes: tuple[Mistake, ...]
    stuck: tuple[Stuck, ...]
    blocking: tuple[Blocking, ...]
    flags: tuple[FlaggedExercise, ...]
    alike: tuple[Alike, ...]
    """Sources that are nearly the same: to be looked at, which is no verdict."""
    compared: int | None
    """Learners whose sources could be compared; None if that is left out."""
    unreadable: People
    """Of whose work nothing could be read: no Python, no notebook, a broken archive."""
    waiting: People
    """Who handed in what is not graded yet."""
    look_at: tuple[Notice, ...]
    """What a person should look at, the most pressing first."""
    names: dict[str, str]
    """What to call people, by what they are known by."""


def read_classrooms(
    course: Course, selections: Sequence[Selection], store: Store
) -> Iterator[ClassReport]:
    """A summary for each lecture, from the gradebook alone."""
    for selection in selections:
        seen = _Seen(selection, Attention(selection, store.hand_ins()))
        grades = read_grades(course, [selection], store, seen.add)
        shapes = store.shapes(selection.lecture.id)
        alike = find_alike(shapes, course_prints(course, selection.lecture))
        compared = sum(map(is_readable, shapes.values()))
        placed = tuple(_placed(pair, seen.attention) for pair in alike)
        yield _classroom(selection, grades, seen, placed, compared)


def _placed(pair: Alike, attention: Attention) -> Alike:
    """A pair with the lines of what each handed in."""
    where = tuple(
        msgspec.structs.replace(
            match,
            one=attention.source_map(pair.one).locate(match.one),
            other=attention.source_map(pair.other).locate(match.other),
        )
        for match in pair.where
    )
    return msgspec.structs.replace(pair, where=where)


class Survey(msgspec.Struct, frozen=True):
    """How far a class is with a lecture: less than a `ClassReport`, and quicker to find out."""

    selection: Selection
    counts: dict[str, Counter[Outcome]]
    """By exercise, of the works that could be read."""
    look_at: tuple[Notice, ...]
    names: dict[str, str]


def read_surveys(course: Course, selections: Sequence[Selection], store: Store) -> Iterator[Survey]:
    """One for each lecture, from the gradebook alone."""
    hand_ins = store.hand_ins()
    for selection in selections:
        seen = _Seen(selection, Attention(selection, hand_ins))
        grades = read_grades(course, [selection], store, seen.add)
        yield Survey(selection, seen.counts, seen.attention.notices(grades), called(grades))


def course_prints(course: Course, lecture: Lecture) -> frozenset[int]:
    """The fingerprints of all that the course itself holds: what is like it comes from there."""
    folders = [
        course.stubs(lecture),
        course.solutions(lecture),
        course.hidden(lecture) / "wheats",
    ]
    files = [path for folder in folders for path in files_in(folder, "**/*.py")]
    return frozenset().union(*(prints_of(shape_of([read_source(path)])) for path in files))


def without_names(classroom: ClassReport) -> ClassReport:
    """The same for everybody's eyes: nobody is named, and what is to be looked at is not in it."""
    counts = {
        name: People(value.count, ())
        for name, value in msgspec.structs.asdict(classroom).items()
        if isinstance(value, People)
    }
    stuck = tuple(
        msgspec.structs.replace(s, people=People(s.people.count, ())) for s in classroom.stuck
    )
    left_out: dict[str, object] = {
        "flags": (),
        "alike": (),
        "compared": None,
        "look_at": (),
        "names": {},
    }
    return msgspec.structs.replace(classroom, **counts, stuck=stuck, **left_out)


class _Seen:
    """What the results of a lecture hold beside the marks."""

    def __init__(self, selection: Selection, attention: Attention) -> None:
        self.attention = attention
        self.lecture = selection.lecture
        self.counts: dict[str, Counter[Outcome]] = defaultdict(Counter)
        self.mistakes: Counter[tuple[str, str, str]] = Counter()
        self.flags: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.blocked: dict[str, tuple[set[str], Counter[str]]] = {}

    def add(self, who: str, result: ExerciseResult) -> None:
        self.attention.add(who, result)
        if not self.attention.is_read(who):
            return
        self.counts[result.id][result.outcome] += 1
        if result.misconception:
            known = result.misconception
            self.mistakes[result.id, known.name, known.says] += 1
        for flag in result.flags:
            self.flags[result.id, self.attention.source_map(who).remark(flag).sentence].append(who)
        for blocker in result.blocked_by:
            learners, waiting = self.blocked.setdefault(blocker, (set(), Counter()))
            learners.add(who)
            waiting[result.id] += 1


def _classroom(
    selection: Selection,
    grades: Sequence[LectureGrade],
    seen: _Seen,
    alike: tuple[Alike, ...],
    compared: int,
) -> ClassReport:
    lecture = selection.lecture
    handed = [grade for grade in grades if grade.handed_in and not grade.is_asked]
    read = [grade for grade in handed if seen.attention.is_read(grade.who)]
    totals = [grade.total for grade in read if grade.total is not None]
    flags = [
        FlaggedExercise(exercise, says, _people(who))
        for (exercise, says), who in seen.flags.items()
    ]
    return ClassReport(
        lecture=lecture.id,
        title=lecture.title,
        handed_in=len(handed),
        missing=_people(grade.who for grade in grades if not grade.handed_in),
        late=_people(grade.who for grade in handed if grade.late_hours),
        by_hand=_people(g.who for g in grades if any(e.by_hand for e in g.exercises)),
        mean=round(statistics.fmean(totals), 4) if totals else 0.0,
        median=statistics.median(totals) if totals else 0.0,
        max_points=handed[0].max_points if handed else 0.0,
        distribution=_distribution(totals, grades),
        exercises=tuple(_stand(lecture, e, seen.counts[e.id]) for e in selection.exercises),
        mistakes=tuple(_mistakes(lecture, seen.mistakes)),
        stuck=tuple(_stuck(selection.exercises, read)),
        blocking=tuple(_blocking(seen.blocked)),
        flags=tuple(sorted(flags, key=lambda flag: (-flag.people.count, flag.exercise))),
        alike=alike,
        compared=compared,
        unreadable=_people(g.who for g in handed if not seen.attention.is_read(g.who)),
        waiting=_people(grade.who for grade in grades if grade.not_judged),
        look_at=seen.attention.notices(grades),
        names=called(grades),
    )


def _people(names: Iterable[str]) -> People:
    who = tuple(names)
    return People(len(who), who)


def called(grades: Iterable[LectureGrade]) -> dict[str, str]:
    """What to call people: by their names where they have one, with the id where two have the same."""
    names = {grade.who: grade.name for grade in grades if grade.name}
    count = Counter(names.values())
    return {who: name if count[name] == 1 else f"{name} ({who})" for who, name in names.items()}


def _distribution(totals: Sequence[float], grades: Sequence[LectureGrade]) -> tuple[Bar, ...]:
    """Tenths of the points, and all of them: a bonus does not make it more."""
    most = next((grade.max_points for grade in grades), 0.0)
    counts = Counter(
        min(TENTHS, max(0, int(TENTHS * total / most + 1e-9))) for total in totals if most
    )
    names = [f"{10 * tenth}–{10 * tenth + 9}" for tenth in range(TENTHS)]
    return tuple(Bar(name, counts[tenth]) for tenth, name in enumerate([*names, "100"]))


def _stand(lecture: Lecture, exercise: Exercise, counts: Mapping[Outcome, int]) -> Stand:
    return Stand(
        exercise=exercise.id,
        title=exercise.title,
        bonus=exercise.bonus,
        at=exercise.at,
        link=lecture.link(exercise),
        counts={outcome: counts.get(outcome, 0) for outcome in Outcome},
    )


def _mistakes(lecture: Lecture, counted: Counter[tuple[str, str, str]]) -> Iterator[Mistake]:
    """The most frequent first; of a kind that is told in several ways, each way by itself."""
    order = {exercise.id: number for number, exercise in enumerate(lecture.exercise)}
    for (id_, name, says), count in sorted(
        counted.items(), key=lambda one: (-one[1], order.get(one[0][0], 0), one[0])
    ):
        exercise = lecture.find(id_)
        yield Mistake(id_, name, says, exercise.at, lecture.link(exercise), count)


def _stuck(exercises: Sequence[Exercise], handed: Sequence[LectureGrade]) -> Iterator[Stuck]:
    """In the lecture's order. An exercise that is not graded yet holds nobody up."""
    found: dict[str, list[tuple[str, Outcome | None]]] = {}
    for grade in handed:
        for graded in grade.exercises:
            if not graded.bonus and not graded.is_right and graded.points is not None:
                found.setdefault(graded.exercise, []).append((grade.who, graded.outcome))
                break
    for exercise in exercises:
        if people := found.get(exercise.id):
            not_started = sum(outcome is Outcome.TODO for _, outcome in people)
            yield Stuck(exercise.id, _people(who for who, _ in people), not_started)


def _blocking(blocked: Mapping[str, tuple[set[str], Counter[str]]]) -> Iterator[Blocking]:
    for exercise, (learners, waiting) in sorted(
        blocked.items(), key=lambda one: (-len(one[1][0]), one[0])
    ):
        names = tuple(name for name, _ in waiting.most_common())
        yield Blocking(exercise, len(learners), names)

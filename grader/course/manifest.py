"""course.toml as frozen structs; a mistake in it is refused with the file, the key, the remedy.

The only list of lectures and exercises: every other part of zth reads it from here.
"""

from __future__ import annotations

import datetime
import math
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from grader.errors import UserError

FORMAT = 1
MOMENTS = (datetime.datetime, datetime.date, datetime.time)
_TIME = re.compile(r"\d{1,2}:[0-5]\d:[0-5]\d")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DATA_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one probe may use before it is stopped."""

    seconds: float = 10.0
    """Processor time of one probe; the import of the learner's files is given as much."""
    memory_mb: int = 1024
    """Address space beyond what torch itself takes."""
    output_kb: int = 64
    """Printed text that is kept; the rest is counted and dropped."""
    observation_mb: int = 64
    """Size of what a probe may send back."""


class LimitChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits an exercise changes; None keeps the course's."""

    seconds: float | None = None
    memory_mb: int | None = None
    output_kb: int | None = None
    observation_mb: int | None = None

    def over(self, base: Limits) -> Limits:
        changed = {k: v for k, v in msgspec.structs.asdict(self).items() if v is not None}
        return msgspec.structs.replace(base, **changed)


class Late(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What work handed in after a lecture's `due` loses of the points it reached."""

    grace_minutes: float = 0.0
    """These do not count, and the days begin after them."""
    percent_a_day: float = 0.0
    """For each day begun."""
    cap_percent: float = 100.0
    """However late it is, no more than that is lost."""


class Exercise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to write. `id` is its name in commands, results and stubs."""

    id: str
    file: str
    title: str
    at: str
    """Where the lecture talks about it, h:mm:ss from the video's own chapters."""
    hints: tuple[str, str, str]
    """From a question to nearly the answer."""
    points: int = 1
    defines: tuple[str, ...] = ()
    """The names that hold the learner's answer, dotted for methods; by default the id alone."""
    needs: tuple[str, ...] = ()
    """Exercises of the same lecture whose code this one calls."""
    forbids: tuple[str, ...] = ()
    """Names not to be used here, besides the lecture's: `torch.autograd` and all below, `.grad`."""
    forbids_why: str = ""
    forbids_because: dict[str, str] = {}
    """Another reason for some of the names that are forbidden."""
    bonus: bool = False
    partial: bool = False
    """Whether each check that holds earns its share of the points; otherwise they have to hold all."""
    limits: LimitChanges = LimitChanges()
    judged: bool = True
    """False only in a pack, where nothing of it is visible: the instructor alone judges it."""

    def __hash__(self) -> int:
        return hash(self.id)  # some of its fields are dicts, which have no hash

    @property
    def names(self) -> tuple[str, ...]:
        return self.defines or (self.id,)

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py")


class Lecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    id: str
    dir: str
    title: str
    video: str
    """The video's id on YouTube."""
    exercise: tuple[Exercise, ...]
    package: str = ""
    """`from micrograd.engine import Value` finds the learner's engine.py where this is micrograd."""
    stand_ins: tuple[str, ...] = ()
    """Drawing libraries that may be missing: files from the video import them all the same."""
    has_cmp: bool = False
    """True if the lecture compares with `cmp`: then a difference is said in its words, too."""
    forbids: tuple[str, ...] = ()
    forbids_why: str = ""
    forbids_because: dict[str, str] = {}
    """Another reason for some of the names that are forbidden."""
    due: datetime.datetime | None = None
    """When a class has to hand it in; it says its offset from UTC."""

    def __hash__(self) -> int:
        return hash(self.id)  # some of its fields are dicts, which have no hash

    @cached_property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(e.file for e in self.exercise))

    def find(self, exercise_id: str) -> Exercise:
        return next(e for e in self.exercise if e.id == exercise_id)

    def all_needs(self, exercise: Exercise) -> tuple[str, ...]:
        """The exercises whose code it calls, and those that these call, and so on."""
        needs = [*exercise.needs]
        for need in needs:  # grows as it goes
            needs += [more for more in self.find(need).needs if more not in needs]
        return tuple(needs)

    def why_forbidden(self, exercise: Exercise, name: str) -> str:
        """The reason, for the learner, why a name may not be used in an exercise."""
        because = {**self.forbids_because, **exercise.forbids_because}
        rules = [r for r in because if name == r or name.startswith(f"{r}.")]
        if rules:
            return because[max(rules, key=len)]
        return exercise.forbids_why or self.forbids_why

    def link(self, exercise: Exercise) -> str:
        """The minute of the video, as a link."""
        hours, minutes, seconds = map(int, exercise.at.split(":"))
        return f"https://youtu.be/{self.video}?t={hours * 3600 + minutes * 60 + seconds}"


class Dataset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is not part of the course: fetched by `zth data`, or there already in ZTH_DATA."""

    name: str
    """The file's name, and what is typed: `zth data names.txt`."""
    url: str
    sha256: str
    """Of the file's bytes: another file by that name does not count."""
    about: str
    """What it is, in a few words."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    title: str
    lecture: tuple[Lecture, ...]
    seed: int = 1
    """The seed of `zth check`, so that a failure repeats."""
    limits: Limits = Limits()
    late: Late = Late()
    data: tuple[Dataset, ...] = ()
    timezone: str = ""
    """Where the course is given: `Europe/Berlin`. It says what IST or CST means in a time."""
    released: bool = False
    """It is a pack's: it has the stubs, as they were given, and neither solutions nor hidden checks."""


class Course(msgspec.Struct, frozen=True):
    """A manifest and the folder it describes."""

    root: Path
    manifest: Manifest

    @property
    def lectures(self) -> tuple[Lecture, ...]:
        return self.manifest.lecture

    @property
    def zone(self) -> datetime.tzinfo | None:
        """Where the course is given, where course.toml says so."""
        return find_zone(self.manifest.timezone)

    def lecture(self, id_: str) -> Lecture:
        """The lecture of that id, which is there."""
        return next(lecture for lecture in self.lectures if lecture.id == id_)

    @property
    def released(self) -> bool:
        return self.manifest.released

    def dataset(self, name: str) -> Dataset:
        """The data set of that name. Raises UserError if the course has none."""
        for dataset in self.manifest.data:
            if dataset.name == name:
                return dataset
        names = ", ".join(dataset.name for dataset in self.manifest.data)
        raise UserError(
            f"This course has no data set {name!r}.",
            f"Name one of: {names}." if names else "It needs no data at all.",
        )

    @property
    def forbids(self) -> tuple[str, ...]:
        """Every name that some exercise forbids."""
        names: dict[str, None] = {}
        for lecture in self.lectures:
            names |= dict.fromkeys(lecture.forbids)
            for exercise in lecture.exercise:
                names |= dict.fromkeys(exercise.forbids)
        return tuple(names)

    def stubs(self, lecture: Lecture) -> Path:
        # a pack's are not called exercises: a folder that has those is worked in
        return self.root / ("stubs" if self.released else "exercises") / lecture.dir

    def solutions(self, lecture: Lecture) -> Path:
        """Not there in a pack, and `hidden` neither."""
        return self.root / "solutions" / lecture.dir

    def hidden(self, lecture: Lecture) -> Path:
        return self.root / "tests" / "hidden" / lecture.dir

    def visible(self, lecture: Lecture) -> Path:
        """The checks that are in a pack as well. Not there if no check of the lecture is visible."""
        return self.root / "tests" / "visible" / lecture.dir

    def checks(self, lecture: Lecture) -> tuple[Path, ...]:
        """The folders of the checks that this course judges with."""
        return tuple(folder / lecture.dir for folder in self.all_checks)

    @property
    def all_checks(self) -> tuple[Path, ...]:
        kinds = ("visible",) if self.released else ("hidden", "visible")
        return tuple(self.root / "tests" / kind for kind in kinds)

    def limits(self, exercise: Exercise) -> Limits:
        return exercise.limits.over(self.manifest.limits)


def course_option(course: Course) -> str:
    """What a printed command needs so that it is about this course: ` --course DIR`, or nothing."""
    is_ours = course.root == bundled_course()
    return "" if is_ours else f" --course {shlex.quote(str(course.root))}"


def bundled_course() -> Path:
    """The course inside the installed package, or the checkout the package is run from."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_course"
    return inside if inside.is_dir() else package.parent


def load_course(root: Path) -> Course:
    """The course in `root`.

    Raises UserError if course.toml is missing, is not valid, or names what is not there.
    """
    path = root / "course.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"There is no course in {root}: {path.name} cannot be read ({error.strerror}).",
            "Name the folder that holds course.toml with --course DIR.",
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}).", SAVE_AS_UTF8) from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not valid TOML: {error}.", "Fix that line.") from None
    if raw.get("format") != FORMAT:
        found = repr(raw["format"]) if "format" in raw else "missing"
        raise UserError(
            f"{path}: `format` is {found}; this zth reads format {FORMAT}.",
            f"Install the zth that the course was made for, or write `format = {FORMAT}`.",
        )
    try:
        # TOML has moments, days and times of day; a text is none of them
        manifest = msgspec.convert(raw, Manifest, builtin_types=MOMENTS)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: {_spell_out(str(error), raw)}", MEND_THE_KEY) from None
    course = Course(root.resolve(), manifest)
    for problem, fix in _problems(course):
        raise UserError(f"{path}: {problem}", fix)
    return course


def _spell_out(message: str, raw: object) -> str:
    """msgspec's message with `$.lecture[1].exercise[0]` turned into the ids the author wrote."""
    match = re.search(r" - at `\$(.*?)`$", message)
    if not match:
        return message + "."
    here: object = raw
    words: list[str] = []
    for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", match[1]):
        try:
            here = here[key] if key else here[int(index)]  # type: ignore[index] # TOML holds anything
        except (KeyError, IndexError, TypeError):
            here = None
        name = here.get("id") or here.get("name") if isinstance(here, dict) else None
        if index and name:
            words[-1] = f"{words[-1]} {name}"
        else:
            words.append(key or f"number {int(index) + 1}")
    where = ", ".join(words)
    return f"{message[: match.start()]}, in {where}." if where else message[: match.start()] + "."


def find_zone(name: str) -> datetime.tzinfo | None:
    """The time zone of that name, the system's or the package tzdata's; None if there is none."""
    import zoneinfo  # only where a time is read

    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _problems(course: Course) -> Iterator[tuple[str, str]]:
    """What is wrong with a manifest whose types are right, each with its remedy."""
    manifest = course.manifest
    yield from _repeated([lecture.id for lecture in manifest.lecture], "lectures")
    yield from _repeated([lecture.dir for lecture in manifest.lecture], "lectures", "dir")
    yield from _limit_problems(manifest.limits, "the course")
    if manifest.timezone and find_zone(manifest.timezone) is None:
        yield (
            f"`timezone` is {manifest.timezone!r}: there is no such zone.",
            "Write Europe/Berlin, or UTC.",
        )
    yield from _late_problems(manifest.late)
    yield from _data_problems(manifest.data)
    if not manifest.lecture:
        yield "there are no lectures.", "Add a [[lecture]]."
    for lecture in manifest.lecture:
        yield from _lecture_problems(course, lecture)


def _lecture_problems(course: Course, lecture: Lecture) -> Iterator[tuple[str, str]]:
    if not _IDENTIFIER.fullmatch(lecture.id):
        yield f"`id` of lecture {lecture.id!r} is not a name.", "Use letters, digits and _."
    if not lecture.exercise:
        yield f"{lecture.id} has no exercises.", "Add a [[lecture.exercise]] or drop the lecture."
    if Path(lecture.dir).name != lecture.dir or lecture.dir.startswith("."):
        yield f"`dir` of {lecture.id} is {lecture.dir!r}: not one folder's name.", MEND_THE_KEY
    if lecture.due is not None and lecture.due.tzinfo is None:
        written = lecture.due.isoformat()
        yield (
            f"`due` of {lecture.id} is {written}, without an offset: when that is depends on where.",
            f"Write it with the offset from UTC: {written}Z, or {written}+02:00.",
        )
    yield from _repeated([e.id for e in lecture.exercise], f"exercises of {lecture.id}")
    worked = course.stubs(lecture) if course.released else course.solutions(lecture)
    for folder in (worked, *(() if course.released else (course.hidden(lecture),))):
        if not folder.is_dir():
            yield (
                f"{lecture.id} needs the folder {folder.relative_to(course.root)}.",
                UNPACK_AGAIN if course.released else "Make it, or correct `dir`.",
            )
    ids = {e.id for e in lecture.exercise}
    for exercise in lecture.exercise:
        where = f"{lecture.id}.{exercise.id}"
        if not _IDENTIFIER.fullmatch(exercise.id):
            yield f"`id` of {where!r} is not a name.", "Use letters, digits and _."
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*\.py", exercise.file):
            yield f"`file` of {where} is {exercise.file!r}: not a Python file's name.", MEND_THE_KEY
        elif not (worked / exercise.file).is_file():
            there = (worked / exercise.file).relative_to(course.root)
            yield (
                f"`file` of {where} is {exercise.file}, and {there} is not there.",
                UNPACK_AGAIN if course.released else "Write the solution, or correct `file`.",
            )
        if not _TIME.fullmatch(exercise.at):
            yield f"`at` of {where} is {exercise.at!r}.", "Write the time as h:mm:ss."
        if not exercise.judged and not course.released:
            yield f"`judged` of {where} is false.", "Take it out: only `zth release` writes it."
        yield from _limit_problems(exercise.limits, where)
        if exercise.points < 0:
            yield f"`points` of {where} is {exercise.points}.", "Points are 0 or more."
        if (exercise.forbids and not exercise.forbids_why) or (
            lecture.forbids and not lecture.forbids_why
        ):
            yield f"`forbids` of {where} has no `forbids_why`.", "Tell the learner why."
        for need in exercise.needs:
            if need not in ids:
                yield (
                    f"`needs` of {where} names {need!r}, which {lecture.id} does not have.",
                    f"Name one of: {', '.join(sorted(ids))}.",
                )
    cycle = _cycle({e.id: e.needs for e in lecture.exercise})
    if cycle:
        yield f"`needs` in {lecture.id} goes in a circle: {' → '.join(cycle)}.", "Break it."


def _limit_problems(limits: Limits | LimitChanges, of: str) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.structs.asdict(limits).items():
        if value is not None and not 0 < value < math.inf:
            yield f"`{name}` in the limits of {of} is {value}.", "A limit is above zero."


def _late_problems(late: Late) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.structs.asdict(late).items():
        if not 0 <= value < math.inf:
            yield f"`{name}` in [late] is {value}.", "Write a number that is 0 or more."
    if late.cap_percent > 100:
        yield f"`cap_percent` in [late] is {late.cap_percent:g}.", "Nobody loses more than 100."


def _data_problems(data: tuple[Dataset, ...]) -> Iterator[tuple[str, str]]:
    # a disk may not tell large letters from small ones
    yield from _repeated([dataset.name.lower() for dataset in data], "data sets", "name")
    for dataset in data:
        where = f"the data set {dataset.name!r}"
        if not _DATA_NAME.fullmatch(dataset.name):
            yield f"`name` of {where} is not one file's name.", "Use letters, digits, _ . and -."
        if not re.match(r"https?://[^/\s\[\]]+/\S+$", dataset.url):
            yield f"`url` of {where} is {dataset.url!r}.", "Write it as https://HOST/FILE."
        if not _SHA256.fullmatch(dataset.sha256):
            yield (
                f"`sha256` of {where} is not one: it has 64 digits, 0-9 and a-f.",
                "Write what `sha256sum FILE` prints.",
            )


def _repeated(names: list[str], of: str, key: str = "id") -> Iterator[tuple[str, str]]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two {of} have the {key} {name!r}.", "Rename one of them."


def _cycle(needs: dict[str, tuple[str, ...]]) -> list[str]:
    """One circle in `needs`, first name repeated at its end; empty if there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for need in needs.get(name, ()):
            if found := walk(need, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in needs if (found := walk(name, []))), [])


MEND_THE_KEY = "Correct that key; CONTRIBUTING.md lists what each one means."
SAVE_AS_UTF8 = "Save the file as UTF-8."
UNPACK_AGAIN = "Unpack the pack that you were given once more, in another folder."

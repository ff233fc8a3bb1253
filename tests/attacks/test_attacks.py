"""Every attack of the corpus through the real `zth grade`, with honest neighbours: none gains a point,
none costs a neighbour anything, and nothing of it is left.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from archives import BUILT
from corpus import Attack, read_attacks
from goldens import rendered
from judging import TINY, Judged, children_of

from grader.course.manifest import bundled_course, load_course
from grader.render.card import card
from grader.results import ExerciseResult, Outcome, exercise_object
from grader.sandbox.limits import WAITING
from grader.sandbox.protections import Layer

ZTH = str(Path(sys.executable).parent / "zth")
ATTACKS = read_attacks()
EVERY = 8
"""Attacks between two honest submissions."""
MOST_SECONDS = 2 * 2 * WAITING
"""Seconds for one exercise of one attack: two checks, each stopped after `WAITING` times its limit of one
second of processor time, and each tried once more on a busy machine."""
PATIENCE = 5.0
"""Seconds for what has ended to be gone."""
MARK = "zth-was-here"
BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
KINDS = {
    *("overfitting", "evasion", "redirection", "injection"),
    *("reading", "outliving", "filling", "forbidden", "misleading"),
}


class Graded:
    """What `zth grade` made of a folder, and how this machine looked before and after."""

    def __init__(self, place: Path, course: Path, lectures: list[str], isolation: str) -> None:
        self.place = place
        self.submissions = place / "submissions"
        self.submissions.mkdir(parents=True)
        self.course, self._lectures, self._isolation = course, lectures, isolation
        self._count = 0

    def name(self, name: str) -> str:
        """A learner's: in the order in which they are judged."""
        self._count += 1
        return f"{self._count:03d}-{name.replace('/', '-')}"

    def honest(self, lecture_dirs: list[str]) -> None:
        number = self._count
        folder = self.submissions / (f"{number:03d}-honest" if number else "000-honest")
        folder.mkdir()
        for name in lecture_dirs:
            target = folder / name if len(lecture_dirs) > 1 else folder
            shutil.copytree(self.course / "solutions" / name, target, dirs_exist_ok=True)

    def run(self) -> None:
        home, temporary, cwd = (self.place / name for name in ("home", "tmp", "cwd"))
        for folder in (home, temporary, cwd):
            folder.mkdir()
        before, processes = machine(self.submissions, self.course), children_of(os.getpid())
        with adopting_orphans():
            done = subprocess.run(
                [
                    *(ZTH, "grade", str(self.submissions), *self._lectures, "--json"),
                    *("--course", str(self.course), "--isolation", self._isolation, "--jobs", "2"),
                ],
                cwd=cwd,
                capture_output=True,
                text=True,
                timeout=300,
                env={**os.environ, "HOME": str(home), "TMPDIR": str(temporary)},
            )
            left = still_there(processes)
        assert done.returncode == 0, done.stderr[-3000:]
        assert left == {}, "no process outlives the run"
        assert machine(self.submissions, self.course) == before
        assert [p.name for p in cwd.iterdir()] == ["grades.sqlite"]
        assert [*temporary.iterdir()] == []
        for folder in (home, cwd, Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/")):
            assert not [p.name for p in folder.iterdir() if MARK in p.name]
        self.marks: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for mark in json.loads(done.stdout)["marks"]:
            self.marks[mark["who"]][mark["exercise"]] = mark["result"]

    def shown(self) -> str:
        """The summary as a person sees it who has a roster without any of these people."""
        roster = self.place / "roster.csv"
        roster.write_text("id,name\nsomebody,Some Body\n")
        done = subprocess.run(
            [
                *(ZTH, "grade", str(self.submissions), *self._lectures, "--status"),
                *("--course", str(self.course), "--roster", str(roster)),
            ],
            cwd=self.place / "cwd",
            capture_output=True,
            timeout=60,
        )
        return (done.stdout + done.stderr).decode()

    def attack(self, name: str) -> dict[str, dict[str, Any]]:
        (found,) = [marks for who, marks in self.marks.items() if who[4:] == name.replace("/", "-")]
        return found


def still_there(before: dict[int, str]) -> dict[int, str]:
    """Our children that were not there before, and do not end by themselves at once."""
    end = time.monotonic() + PATIENCE
    while True:
        left = {pid: name for pid, name in children_of(os.getpid()).items() if pid not in before}
        for pid in left:
            with contextlib.suppress(ChildProcessError):  # a child's child
                os.waitpid(pid, os.WNOHANG)
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


def machine(*folders: Path) -> list[object]:
    """What no submission may change: the devices, the mounts, every file in `folders`."""
    devices = [
        (name, (status := Path(f"/dev/{name}").stat()).st_mode, status.st_uid, int(status.st_rdev))
        for name in ("null", "zero", "full", "random", "urandom")
    ]
    mounts = Path("/proc/self/mountinfo").read_text()
    files = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            status = path.lstat()
            if "__pycache__" not in path.parts:
                own = status.st_size if stat.S_ISREG(status.st_mode) else 0
                files.append((str(path), status.st_mode, own, status.st_mtime_ns))
    return [devices, mounts, files]


class adopting_orphans:  # noqa: N801 - as contextlib names its own
    """Whoever outlives its parent becomes a child of ours, and is seen."""

    def __enter__(self) -> None:
        self._set(1)

    def __exit__(self, *_: object) -> None:
        self._set(0)

    def _set(self, value: int) -> None:
        pr_set_child_subreaper = 36
        assert ctypes.CDLL(None).prctl(pr_set_child_subreaper, value, 0, 0, 0) == 0


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    """The attacks on the tiny course, and the archives, an honest learner before and after every few."""
    place = tmp_path_factory.mktemp("tiny")
    course = Path(shutil.copytree(TINY, place / "course"))
    text = (course / "course.toml").read_text()
    (course / "course.toml").write_text(text.replace("seconds = 20", "seconds = 1"))
    graded = Graded(place, course, ["lecture1"], "bwrap")
    graded.honest(["tiny"])
    for number, attack in enumerate(a for a in ATTACKS if not a.lecture):
        attack.hand_in(graded.submissions / graded.name(attack.name))
        if number % EVERY == 0:
            graded.honest(["tiny"])
    for build in BUILT:
        build(graded.submissions)
    (graded.submissions / "zzz-honest").mkdir()
    shutil.copytree(
        course / "solutions" / "tiny", graded.submissions / "zzz-honest", dirs_exist_ok=True
    )
    graded.run()
    yield graded
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def real_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    """The attacks on lectures of the real course, and an honest learner before and after."""
    bundled = load_course(bundled_course())
    place = tmp_path_factory.mktemp("real")
    for folder in ("exercises", "solutions", "tests/hidden"):
        shutil.copytree(bundled.root / folder, place / "course" / folder)
    shutil.copyfile(bundled.root / "course.toml", place / "course" / "course.toml")
    lectures = {a.lecture for a in ATTACKS}
    dirs = [lecture.dir for lecture in bundled.lectures if lecture.id in lectures]
    graded = Graded(place, place / "course", [f"{a}.{e}" for a, e in touched()], "bwrap")
    graded.honest(dirs)
    for attack in (a for a in ATTACKS if a.lecture):
        attack.hand_in(graded.submissions / graded.name(attack.name))
    graded.honest(dirs)
    graded.run()
    yield graded
    shutil.rmtree(place)


def touched() -> list[tuple[str, str]]:
    """The exercises of the real course that an attack is about."""
    return sorted({(a.lecture, e) for a in ATTACKS if a.lecture for e in a.outcomes})


def test_the_corpus_is_what_it_says_it_is() -> None:
    assert {attack.kind for attack in ATTACKS} == KINDS
    assert len(ATTACKS) + len(BUILT) >= 80
    for attack in ATTACKS:
        assert attack.tries.endswith("."), attack.name
        assert attack.outcomes, attack.name
        assert set(attack.needs) <= set(Layer), attack.name
        passes = [name for name, wanted in attack.outcomes.items() if "PASS" in wanted]
        assert not passes or attack.flags or attack.known, attack.name
    assert [a.name for a in ATTACKS if a.known] == ["forbidden/measured"]


def test_an_attack_that_succeeds_is_noticed(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests below are fed a judge without a comparison, and an attack that expects too much."""
    (attack,) = [a for a in ATTACKS if a.name == "overfitting/one_case"]

    def problems() -> list[str]:
        results = judged.files({"arrays.py": attack.path.read_text(), "model.py": None})
        return attack.problems(json.loads(to_bytes(results)))

    assert problems() == []
    monkeypatch.setattr("grader.judge.checks.difference", lambda *_, **__: None)
    assert problems() == ["double: PASS instead of FAIL", *problems()[1:]]
    assert len(problems()) == 4, "each of the two is wrong, and nobody was told"
    monkeypatch.undo()
    asks_more = Attack("x/y", attack.path, "Tries.", {"double": ("PASS",)})
    results = judged.files({"arrays.py": attack.path.read_text(), "model.py": None})
    assert asks_more.problems(json.loads(to_bytes(results))) == ["double: FAIL instead of PASS"]


def to_bytes(results: dict[str, Any]) -> bytes:
    return msgspec.json.encode({name: exercise_object(one) for name, one in results.items()})


def test_a_small_course_under_attack(tiny_run: Graded) -> None:
    """In one test, so that one process alone pays for the run."""
    attacks = [a for a in ATTACKS if not a.lecture]
    assert problems_of(tiny_run, attacks) == {}
    for attack in attacks:
        for mark in tiny_run.attack(attack.name).values():
            assert sum(check["seconds"] for check in mark["checks"]) < MOST_SECONDS, attack.name
    archives_gain_nothing(tiny_run)
    nobody_else_pays(tiny_run)
    what_is_shown_is_harmless(tiny_run)
    every_result_says_its_protections(tiny_run)


def test_the_course_under_attack(real_run: Graded) -> None:
    """What passes here, by a road that is really hidden, is flagged."""
    assert problems_of(real_run, [a for a in ATTACKS if a.lecture]) == {}
    nobody_else_pays(real_run)


def problems_of(run: Graded, attacks: list[Attack]) -> dict[str, list[str]]:
    found = {a.name: a.problems(run.attack(a.name)) for a in attacks}
    return {name: problems for name, problems in found.items() if problems}


def archives_gain_nothing(run: Graded) -> None:
    for build, outcomes in BUILT.items():
        name = "evil" if build.__name__ == "evil_person" else build.__name__
        who = [who for who in run.marks if who.startswith(name) or who.endswith(name)]
        assert who, "it is somebody's"
        wanted = {exercise: (outcome,) for exercise, outcome in outcomes.items()}
        attack = Attack(build.__name__, Path(), "", wanted)
        assert attack.problems(run.marks[who[0]]) == [], build.__doc__


def nobody_else_pays(run: Graded) -> None:
    honest = {who: marks for who, marks in run.marks.items() if who.endswith("honest")}
    assert len(honest) >= 2
    for who, marks in honest.items():
        assert {mark["outcome"] for mark in marks.values()} == {"PASS"}, who
        assert [mark["flags"] for mark in marks.values() if mark["flags"]] == []


def what_is_shown_is_harmless(run: Graded) -> None:
    """The summary of a class, the card of an exercise: nothing that a terminal would obey, no line
    turned round, no markup taken for ours."""
    lecture = load_course(run.course).lectures[0]
    texts = [run.shown()]
    assert "evil" in texts[0]
    for name in (a.name for a in ATTACKS if a.kind == "misleading"):
        for mark in run.attack(name).values():
            result = msgspec.convert(mark, ExerciseResult)
            if result.outcome in (Outcome.FAIL, Outcome.ERROR):
                texts.append(rendered(card(lecture, result, run.place)))
    for text in texts:
        assert not set(text) & OBEYED, text
    assert "[bold green]" in "".join(texts), "markup is shown as it is written"


OBEYED = {chr(n) for n in (*range(32), *range(0x7F, 0xA0), *BIDI, 0x2028, 0x2029)} - {"\n", "\t"}


def every_result_says_its_protections(run: Graded) -> None:
    walled = set(Layer) - ({Layer.USER} if os.geteuid() == 0 else set())
    for who, marks in run.marks.items():
        for exercise, mark in marks.items():
            ran = mark["outcome"] in ("PASS", "FAIL") and mark["checks"][0]["name"] != "source"
            assert not ran or set(mark["protections"]) == walled, (who, exercise)


def test_without_bubblewrap_no_point_is_gained_either(
    tmp_path: Path,
) -> None:
    """Those that need a wall are not let loose here: of them the threat model says what holds."""
    course = Path(shutil.copytree(TINY, tmp_path / "course"))
    graded = Graded(tmp_path, course, ["1.double", "1.mean"], "fork")
    graded.honest(["tiny"])
    chosen = [a for a in ATTACKS if not a.lecture and not a.needs and a.kind in FORKED]
    for attack in chosen:
        attack.hand_in(graded.submissions / graded.name(attack.name))
    graded.honest(["tiny"])
    graded.run()
    for attack in chosen:
        marks = graded.attack(attack.name)
        assert not any(mark["points"] for mark in marks.values()), attack.name
    for who in ("000-honest", f"{len(chosen):03d}-honest"):
        assert {mark["outcome"] for mark in graded.marks[who].values()} == {"PASS"}


FORKED = {"overfitting", "evasion", "redirection"}

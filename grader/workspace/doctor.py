"""What zth needs, looked at one by one: what was found, and the remedy where something is amiss.

Things are tried, not looked up: torch is imported, a child judges a line, a save is waited for. What
breaks while it is looked at is a finding like any other, and hides none of those after it.
"""

from __future__ import annotations

import contextlib
import enum
import os
import platform
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader.course.data import DataState, locate, named_folder
from grader.course.manifest import Course, Limits, bundled_course
from grader.errors import UserError
from grader.sandbox.modules import CodeFile
from grader.sandbox.protocol import LoadFiles
from grader.workspace.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from packaging.requirements import Requirement

EVENT_SECONDS = 0.9
"""How long a save may go unnoticed before we say that no events come here. Then files are looked at."""
TRY_SECONDS = 60.0
"""How long a program may take that should take one or two."""
WIDTH = 80


class FindingState(enum.StrEnum):
    OK = "ok"
    NOTE = "note"
    """It works without, or it could be better."""
    WRONG = "wrong"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    state: FindingState
    found: str
    remedy: str = ""


class Terminal(msgspec.Struct, frozen=True):
    """What the command line knows of where it writes to."""

    is_terminal: bool
    width: int
    colours: str
    """Their number, in a word; empty for none."""
    encoding: str


class Doctor:
    """Looks at this machine, from a folder, for a course."""

    def __init__(
        self,
        open_course: Callable[[], Course],
        here: Path,
        terminal: Terminal,
        environ: Mapping[str, str],
    ) -> None:
        self._open_course = open_course
        self._here = here
        self._terminal = terminal
        self._environ = environ
        self._torch_works = False

    def findings(self, say: Callable[[str], None]) -> Iterator[Finding]:
        """One after the other; `say` is told what is looked at next."""
        looks = self._looks()
        while looks:
            name = next(iter(looks))
            look = looks.pop(name)
            say(name)
            try:
                yield from look()
            except UserError as error:
                yield Finding(name, FindingState.WRONG, error.message, error.fix)
                if name == "course":  # what is said of it need not be said again
                    looks = {k: v for k, v in looks.items() if k not in _OF_A_COURSE}
            except Exception as error:  # a finding like any other: it must not hide the next
                what = f"it could not be looked at: {type(error).__name__}: {error}"
                yield Finding(name, FindingState.WRONG, what, REPORT)

    def _looks(self) -> dict[str, Callable[[], Iterator[Finding]]]:
        looks = {
            "zth": self._zth,
            "python": self._python,
            "libraries": self._libraries,
            "torch": self._torch,
            "isolation": self._isolation,
            "bubblewrap": self._bubblewrap,
            "course": self._course_itself,
            "workspace": self._workspace_itself,
            "progress": self._progress,
            "saves": self._saves,
            "data": self._data,
            "terminal": self._terminal_itself,
            "editor": self._editor,
            "completion": self._completion,
            "tests": self._tests,
        }
        if sys.platform != "linux":
            del looks["bubblewrap"], looks["tests"]
        return looks

    @cached_property
    def _course(self) -> Course:
        return self._open_course()

    @cached_property
    def _workspace(self) -> Workspace:
        return find_workspace(self._here, self._course)

    def _zth(self) -> Iterator[Finding]:
        found = f"{_version('zth')}, {Path(__file__).resolve().parent.parent}"
        yield Finding("zth", FindingState.OK, found)

    def _python(self) -> Iterator[Finding]:
        version, system = platform.python_version(), f"{platform.system()} {platform.machine()}"
        found = f"{version} on {system}, {sys.executable}"
        if sys.platform == "win32":
            yield Finding(
                "python", FindingState.WRONG, found, "Use zth in WSL: it judges on Linux and macOS."
            )
        else:
            yield Finding("python", FindingState.OK, found)

    def _libraries(self) -> Iterator[Finding]:
        """What zth was installed with, torch aside."""
        amiss = []
        needed = [requirement for requirement in _needed() if requirement.name != "torch"]
        for requirement in needed:
            version = _version(requirement.name)
            if not version or not requirement.specifier.contains(version, prereleases=True):
                amiss.append((requirement, f"is {version}" if version else "is not installed"))
        if amiss:
            found = "; ".join(f"{requirement.name} {what}" for requirement, what in amiss)
            names = " ".join(f"'{requirement}'" for requirement, _ in amiss)
            yield Finding("libraries", FindingState.WRONG, found, f"python -m pip install {names}")
        else:
            yield Finding("libraries", FindingState.OK, f"all {len(needed)} that zth asks for")

    def _torch(self) -> Iterator[Finding]:
        done = subprocess.run(
            [sys.executable, "-c", _ASK_TORCH], capture_output=True, text=True, timeout=TRY_SECONDS
        )
        wanted = next(requirement for requirement in _needed() if requirement.name == "torch")
        install = f"python -m pip install '{wanted}'"
        if done.returncode != 0:
            why = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
            yield Finding("torch", FindingState.WRONG, f"it cannot be imported: {why[0]}", install)
            return
        self._torch_works = True
        version, built_for, has_gpu, seconds = done.stdout.split()[-4:]
        found = f"{version}, imported in {float(seconds):.1f} s"
        if not wanted.specifier.contains(version, prereleases=True):
            found = f"it is {version}, and zth is made for {wanted.specifier}"
            yield Finding("torch", FindingState.WRONG, found, install)
        elif built_for != "None" and has_gpu == "False":
            found += f"; built for a GPU ({built_for}), and none is here"
            yield Finding("torch", FindingState.NOTE, found, CPU_BUILD)
        else:
            yield Finding("torch", FindingState.OK, found)

    def _isolation(self) -> Iterator[Finding]:
        from grader.sandbox.isolation import Isolation
        from grader.sandbox.protocol import ReadyReply
        from grader.sandbox.sandbox import Sandbox

        if not self._torch_works:
            yield Finding("isolation", FindingState.NOTE, "not tried, for it needs torch")
            return
        times = []
        with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
            for _ in range(2):
                start = time.perf_counter()
                child = sandbox.child(Limits(), folder)
                answer = None
                if child.has_started():
                    child.tell(_six_times_seven(folder))
                    answer = child.hear(Limits().seconds)
                times.append(time.perf_counter() - start)
                sandbox.end(child)
                if not isinstance(answer, ReadyReply):
                    found = f"{sandbox.isolation}: a child did not do what it was told ({answer})"
                    yield Finding("isolation", FindingState.WRONG, found, SEE_TORCH)
                    return
        how = "forked" if sandbox.isolation is Isolation.FORK else "a Python of its own"
        found = f"{how}: your code starts in {times[1]:.2f} s, the first time in {times[0]:.1f} s"
        yield Finding("isolation", FindingState.OK, found)

    def _bubblewrap(self) -> Iterator[Finding]:
        from grader.sandbox.bubblewrap import remedy, why_not

        if not shutil.which("bwrap"):
            found = "not installed; needed only to grade a class"
            yield Finding(
                "bubblewrap", FindingState.NOTE, found, "Install your system's package bubblewrap."
            )
        elif why := why_not():
            found = f"it does not work here: {why}. Only to grade a class is it needed"
            yield Finding("bubblewrap", FindingState.NOTE, found, remedy(why))
        else:
            yield Finding("bubblewrap", FindingState.OK, "it works; used to grade a class")

    def _course_itself(self) -> Iterator[Finding]:
        course = self._course
        empty = [x for x in course.lectures if not any(course.hidden(x).glob("test_*.py"))]
        if empty and not course.released:
            found = f"{course.hidden(empty[0])} holds no checks"
            yield Finding("course", FindingState.WRONG, found, "Install zth again.")
            return
        exercises = sum(len(lecture.exercise) for lecture in course.lectures)
        counts = f"{_count(len(course.lectures), 'lecture')}, {_count(exercises, 'exercise')}"
        which = ", of a pack: the visible checks only" if course.released else ""
        yield Finding("course", FindingState.OK, f"{course.manifest.title}: {counts}{which}")

    def _workspace_itself(self) -> Iterator[Finding]:
        from grader.workspace.workspace_files import read_origin

        place = self._workspace
        if not place.exists:
            yield Finding(
                "workspace", FindingState.NOTE, f"none at {self._here}, nor above", GO_THERE
            )
            return
        trouble = _not_writable(place.root)
        if trouble:
            found = f"{place.root} cannot be written to: {trouble}"
            yield Finding(
                "workspace", FindingState.WRONG, found, "Own it, or work in another: zth init DIR"
            )
            return
        lectures = self._course.lectures
        absent = [
            lecture.id
            for lecture in lectures
            if not any((place.folder(lecture) / file).exists() for file in lecture.files)
        ]
        origin, version = read_origin(place), _version("zth")
        if absent:
            found = f"{place.root}, without {', '.join(absent)}"
            yield Finding("workspace", FindingState.NOTE, found, "Bring it in: zth update")
        elif origin and origin.zth != version:
            found = f"{place.root}, with the exercises of zth {origin.zth}"
            yield Finding(
                "workspace", FindingState.NOTE, found, f"Bring in those of {version}: zth update"
            )
        else:
            yield Finding("workspace", FindingState.OK, str(place.root))

    def _progress(self) -> Iterator[Finding]:
        from grader.workspace.progress import Progress

        if not self._workspace.exists:
            return
        done = sum(standing.done for standing in Progress(self._workspace).standing().values())
        yield Finding("progress", FindingState.OK, f"{_count(done, 'exercise')} done")

    def _saves(self) -> Iterator[Finding]:
        """Whether a save is noticed where the learner's files are."""
        root = self._workspace.root if self._workspace.exists else self._here
        if _not_writable(root):
            return  # that was said
        seconds = _notice_a_save(root)
        if seconds is None:
            found = f"no event comes when a file changes in {root}: a network's disk?"
            yield Finding("saves", FindingState.NOTE, found, "Quicker: zth watch --poll")
        else:
            yield Finding("saves", FindingState.OK, f"noticed in {seconds:.2f} s, for zth watch")

    def _data(self) -> Iterator[Finding]:
        located = [locate(dataset) for dataset in self._course.manifest.data]
        there = [each for each in located if each.state is DataState.VERIFIED]
        absent = [each for each in located if each.state is DataState.ABSENT]
        wrong = {each.why: each for each in located if each.state is DataState.WRONG}
        for each in wrong.values():
            yield Finding("data", FindingState.WRONG, each.why, each.fix)
        if absent:
            names = ", ".join(each.dataset.name for each in absent)
            found = f"{names}: not there; the checks do not wait for it"
            fix = absent[0].fix if named_folder() else "zth data"
            yield Finding("data", FindingState.NOTE, found, fix)
        if there:
            names = ", ".join(each.dataset.name for each in there)
            yield Finding("data", FindingState.OK, f"{names}, in {there[0].path.parent}")

    def _terminal_itself(self) -> Iterator[Finding]:
        terminal = self._terminal
        if not _writes(terminal.encoding):
            found = f"it is said to know {terminal.encoding} only: ✓ and → cannot be written"
            yield Finding("terminal", FindingState.WRONG, found, "export PYTHONUTF8=1")
        elif not terminal.is_terminal:
            found = f"none: plain text, {terminal.width} columns"
            yield Finding("terminal", FindingState.OK, found)
        elif terminal.width < WIDTH:
            found = f"{terminal.width} columns: titles are cut short"
            yield Finding(
                "terminal",
                FindingState.NOTE,
                found,
                f"Make it {WIDTH} wide, or the letters smaller.",
            )
        else:
            colours = f"{terminal.colours} colours" if terminal.colours else "no colours"
            links = (
                "links" if _knows_links(self._environ) else "links where the terminal supports them"
            )
            yield Finding(
                "terminal", FindingState.OK, f"{terminal.width} columns, {colours}, {links}"
            )

    def _editor(self) -> Iterator[Finding]:
        from grader.workspace.editors import choose

        try:
            editor = choose(self._environ)
        except UserError as error:
            yield Finding("editor", FindingState.NOTE, error.message, error.fix)
            return
        if editor.kind is None:
            found = f"{editor.name}, which zth does not know: it opens the file, not the line"
            yield Finding("editor", FindingState.OK, found)
        else:
            yield Finding("editor", FindingState.OK, f"{editor.name}, for zth open")

    def _completion(self) -> Iterator[Finding]:
        shell = Path(self._environ.get("SHELL", "")).name
        if shell not in _COMPLETIONS:
            return
        home = Path(self._environ.get("HOME", "~")).expanduser()
        for name in _COMPLETIONS[shell]:
            with contextlib.suppress(OSError):
                text = (home / name).read_text(encoding="utf-8", errors="replace")
                if "_ZTH_COMPLETE" in text or "zth --show-completion" in text:
                    yield Finding(
                        "completion", FindingState.OK, f"the tab key of {shell}: ~/{name}"
                    )
                    return
        found = f"tab completion for {shell} is not installed"
        yield Finding("completion", FindingState.NOTE, found, "zth --install-completion")

    def _tests(self) -> Iterator[Finding]:
        """What zth's own tests need besides, where this is a clone."""
        if not (bundled_course() / "tests" / "conftest.py").is_file():
            return
        path = os.pathsep.join([self._environ.get("PATH", os.defpath), *_off_the_path()])
        missing = [name for name, of in TESTED_WITH.items() if not shutil.which(of, path=path)]
        if missing:
            found = f"without {', '.join(missing)} some of zth's own fail"
            yield Finding("tests", FindingState.NOTE, found, f"apt install {' '.join(missing)}")
        else:
            yield Finding("tests", FindingState.OK, "all is here that zth's own tests need")


_OF_A_COURSE = ("workspace", "progress", "saves", "data")
"""What cannot be looked at without a course."""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _needed() -> list[Requirement]:
    """What zth was installed to need, extras aside."""
    from importlib import metadata

    from packaging.requirements import Requirement

    needed = [Requirement(text) for text in metadata.requires("zth") or ()]
    return [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]


def _version(name: str) -> str:
    """The version that is installed; empty if none is."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _six_times_seven(folder: str) -> LoadFiles:
    """A learner's file of one line, for a child to load."""
    import marshal

    path = str(Path(folder) / "doctor.py")
    code = marshal.dumps(compile("answer = 6 * 7", path, "exec"))
    seconds = Limits().seconds
    return LoadFiles(
        {"doctor": CodeFile(path, code)}, {}, "", (), ("answer",), "doctor", (), seconds, seconds
    )


def _not_writable(folder: Path) -> str:
    """Why nothing can be written there; empty if it can."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _notice_a_save(root: Path) -> float | None:
    """How long a save below a folder takes to be noticed; None if it is not."""
    from grader.workspace.file_watcher import FileWatcher

    with tempfile.TemporaryDirectory(prefix=".zth-doctor-", dir=root) as made:
        folder = Path(made)
        with FileWatcher(folder) as saves:
            deadline = time.monotonic() + EVENT_SECONDS
            while (left := deadline - time.monotonic()) > 0:  # it takes a moment to begin
                start = time.perf_counter()
                (folder / "saved.py").write_text(f"at = {start}\n")
                if select.select([saves], [], [], min(0.25, left))[0]:
                    saves.take()
                    return time.perf_counter() - start
    return None


def _off_the_path() -> Iterator[str]:
    """Where Debian keeps PostgreSQL's programs."""
    yield from map(str, Path("/usr/lib/postgresql").glob("*/bin"))


def _writes(encoding: str) -> bool:
    try:
        "✓✗→·".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _knows_links(environ: Mapping[str, str]) -> bool:
    """Whether this is one of the terminals that are known to make addresses clickable."""
    if environ.get("TERM_PROGRAM") in _WITH_LINKS:
        return True
    return any(name in environ for name in _WITH_LINKS)


_WITH_LINKS = (
    *("vscode", "iTerm.app", "WezTerm", "ghostty", "zed", "Tabby", "Hyper"),
    *("VTE_VERSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION", "ALACRITTY_WINDOW_ID"),
)
"""What they call themselves in TERM_PROGRAM, or a variable that they set."""
_COMPLETIONS = {
    "bash": (".bash_completions/zth.sh", ".bashrc"),
    "zsh": (".zfunc/_zth", ".zshrc"),
    "fish": (".config/fish/completions/zth.fish", ".config/fish/config.fish"),
}
_ASK_TORCH = """
import time
start = time.perf_counter()
import torch
took = time.perf_counter() - start
built_for = torch.version.cuda and "CUDA" + torch.version.cuda
built_for = built_for or getattr(torch.version, "hip", None) and "ROCm"
print(torch.__version__, built_for, torch.cuda.is_available(), took)
"""
TESTED_WITH = {
    "zsh": "zsh",
    "fish": "fish",
    "bubblewrap": "bwrap",
    "chromium": "chromium",
    "postgresql": "initdb",
}
"""Debian's packages, and a program of each."""
REPORT = "This is a fault of zth: please report it."
SEE_TORCH = "If torch is well, please report it."
CPU_BUILD = (
    "It works. The CPU build is all the course needs and takes a tenth of the room: "
    "where torch is explained, choose CPU as the platform, and install that over this one."
)
GO_THERE = "Go to yours with `cd`, or make one: zth init DIR"

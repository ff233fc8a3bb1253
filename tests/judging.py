"""Judging a few lines of source with the real sandbox, on the tiny course."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from grader.course.manifest import Course, Lecture
from grader.course.targets import select
from grader.judge.judge import open_judge
from grader.results import ExerciseResult, LectureResult
from grader.sandbox.isolation import Isolation
from grader.sandbox.sandbox import Sandbox
from grader.source.files import read_submission

TINY = Path(__file__).parent / "courses" / "tiny"
KILLS_THE_JUDGE = "def double(x):\n    return 13\n"
"""What a check of `deadly_course` does not survive."""
KILLS_THE_DIAGNOSIS = "def double(x):\n    return x\n"
"""Wrong, and a known mistake of `deadly_course` that is tried then takes its process along."""


def deadly_course(root: Path) -> Path:
    """The tiny course, in the folder `root`, where the course's own code ends the process it runs in."""
    shutil.copytree(TINY, root)
    make_deadly(root)
    return root


def make_deadly(root: Path) -> None:
    """Let the checks of a course like the tiny one do as those of `deadly_course`."""
    hidden = root / "tests" / "hidden" / "tiny"
    text = (hidden / "test_arrays.py").read_text()
    deadly = text.replace(
        "    observe(probe, x=x).is_close(2 * x)\n",
        "    seen = observe(probe, x=x)\n"
        "    if isinstance(seen.value, int):\n"
        "        os.kill(os.getpid(), 9)\n"
        "    seen.is_close(2 * x)\n",
    ).replace("import torch\n", "import os\n\nimport torch\n", 1)
    (hidden / "test_arrays.py").write_text(deadly)
    chaffs = (hidden / "chaffs.toml").read_text()
    kills = """with = "__import__('os').kill(__import__('os').getpid(), 9)"\n"""
    (hidden / "chaffs.toml").write_text(chaffs.replace('with = "x"\n', kills, 1))
    assert deadly != text
    assert kills in (hidden / "chaffs.toml").read_text()


class WarmJudge:
    """A judge that is kept open for one submission after another. A context manager."""

    def __init__(
        self,
        course: Course,
        isolation: Isolation,
        hide: Sequence[Path] = (),
        data: Mapping[str, Path] | None = None,
    ) -> None:
        self.course = course
        self.sandbox = Sandbox(isolation, hide=hide, data=data)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.sandbox)
            self.opened = stack.enter_context(
                open_judge(self.course, self.course.lectures, self.sandbox)
            )
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def judge(self, folder: Path, *targets: str, **options: Any) -> LectureResult:
        """The verdict on the files in `folder`; `targets` are exercises, by default all."""
        (selection,) = select(self.course, targets or [self.course.lectures[0].id])
        submission = read_submission(folder, selection.lecture)
        return self.opened.judge(selection, submission, **options)


class Judged:
    """Judges source text, written to a folder as a learner's files."""

    def __init__(self, warm: WarmJudge, folder: Path) -> None:
        self.warm = warm
        self.folder = folder
        self.last: LectureResult | None = None

    @property
    def lecture(self) -> Lecture:
        return self.warm.course.lectures[0]

    def worked(self, name: str) -> str:
        return (self.warm.course.solutions(self.lecture) / name).read_text(encoding="utf-8")

    def files(
        self, files: Mapping[str, str | bytes | None], *targets: str, **options: Any
    ) -> dict[str, ExerciseResult]:
        """The verdicts on these files; a file that is not named is the worked one, None is none."""
        for name in dict.fromkeys([*self.lecture.files, *files]):
            content = files.get(name, "") if name in files else self.worked(name)
            path = self.folder / name
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.as_it_is(*targets, **options)

    def code(
        self, code: str, *targets: str, file: str = "arrays.py", **options: Any
    ) -> dict[str, ExerciseResult]:
        """The verdicts where `code` stands at the end of a worked file: the last definition counts."""
        return self.files({file: f"{self.worked(file)}\n\n{code}"}, *targets, **options)

    def one(
        self, code: str, target: str, file: str = "arrays.py", **options: Any
    ) -> ExerciseResult:
        """The verdict on one exercise, as `code` does it."""
        return self.code(code, target, file=file, **options)[target]

    def as_it_is(self, *targets: str, **options: Any) -> dict[str, ExerciseResult]:
        """The verdicts on what lies in the folder now."""
        self.last = self.warm.judge(self.folder, *targets, **options)
        return {result.id: result for result in self.last.exercises}

    def line(self, marker: str, file: str = "arrays.py") -> int:
        """The number of the line that holds `marker`."""
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        (found,) = [number for number, line in enumerate(lines, 1) if marker in line]
        return found


def words(result: ExerciseResult) -> str:
    """What the first failing check says."""
    return result.failing[0].message


def children_of(pid: int) -> dict[int, str]:
    """Every process below `pid`, with its command."""
    found: dict[int, str] = {}
    parents: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :]
            parents.setdefault(int(rest.split()[1]), []).append((int(entry.name), name))
    waiting = [pid]
    while waiting:
        for child, name in parents.get(waiting.pop(), []):
            found[child] = name
            waiting.append(child)
    return found


def command_of(pid: int) -> bytes:
    """The words a process was started with; nothing where it is gone by now."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def resident_mb(pid: int | None = None) -> float:
    """What a process holds in memory."""
    pages = Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

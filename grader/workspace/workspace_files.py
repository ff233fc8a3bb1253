"""What a course gives a learner: the stubs and a README. And what it gave: the base of an update."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grader.course.manifest import Course, Lecture
from grader.course.stubs import stubs_of
from grader.errors import UserError
from grader.workspace.workspace import FOLDER, ORIGIN, Workspace

README = "README.md"
FORMAT = 1


class WorkspaceOrigin(msgspec.Struct, frozen=True):
    """Which course a workspace is of, and the zth that last brought its stubs."""

    title: str
    zth: str
    format: int = FORMAT


def given_files(course: Course) -> dict[str, bytes]:
    """Every file of a new workspace, by its path in it."""
    files = {
        f"{FOLDER}/{lecture.dir}/{path.name}": text.encode()
        for lecture in course.lectures
        for path, text in stubs_of(course, lecture).items()
    }
    return files | {README: readme(course).encode()}


def given_stubs(course: Course, lecture: Lecture) -> dict[str, str]:
    """The stubs of a lecture by file name, from the solutions: exercises/ may be worked in."""
    return {path.name: text for path, text in stubs_of(course, lecture).items()}


def base_folder(workspace: Workspace) -> Path:
    """Where the files are kept as they were given, in the same places as in the workspace."""
    return workspace.own / "stubs"


def origin_path(workspace: Workspace) -> Path:
    return workspace.own / ORIGIN


def origin_bytes(course: Course) -> bytes:
    from importlib import metadata  # slow to import

    origin = WorkspaceOrigin(course.manifest.title, metadata.version("zth"))
    return msgspec.json.format(msgspec.json.encode(origin)) + b"\n"


def read_origin(workspace: Workspace) -> WorkspaceOrigin | None:
    """None if the workspace was not made by `zth init`. Raises UserError for a newer one."""
    try:
        data = origin_path(workspace).read_bytes()
    except OSError:
        return None
    try:
        origin = msgspec.json.decode(data, type=WorkspaceOrigin)
    except msgspec.DecodeError:
        return None
    if origin.format > FORMAT:
        raise UserError("This workspace was made by a newer zth.", "Update zth.")
    return origin


def readme(course: Course) -> str:
    """The page a learner finds in a new workspace."""
    first = course.lectures[0]
    names = {
        "exercise": f"{first.id}.{first.exercise[0].id}",
        "lecture": first.id,
        "file": f"{FOLDER}/{first.dir}/{first.exercise[0].file}",
    }
    extra = PACK if course.released else ALONE
    return README_TEXT.format(
        title=course.manifest.title,
        lectures="\n".join(map(_about, course.lectures)),
        **names,
        **{name: text.format(**names) for name, text in extra.items()},
    )


def _about(lecture: Lecture) -> str:
    bonus = sum(exercise.bonus for exercise in lecture.exercise)
    count = len(lecture.exercise) - bonus
    exercises = "1 exercise" if count == 1 else f"{count} exercises"
    exercises += f" and {bonus} bonus" if bonus else ""
    titles = " · ".join(exercise.title for exercise in lecture.exercise)
    return (
        f"### {lecture.id} · {lecture.title}\n\n"
        f"[The video](https://youtu.be/{lecture.video}) · {exercises} in "
        f"[{FOLDER}/{lecture.dir}]({FOLDER}/{lecture.dir})\n\n"
        f"{titles}\n"
    )


README_TEXT = """\
# {title}

This folder is yours. Watch a lecture, open the file that goes with it, and write what is missing:
every place is marked with `# TODO` and its goal. Then ask whether it is right. The first one is in
[{file}]({file}):

    zth check {exercise}

{wrong}. Print whatever you like, write
functions of your own, bring what you wrote along with the video: an exercise is found by the names
it defines, and the rest of the file is up to you.
{about}
## The commands

| | |
|---|---|
| `zth` | where you are, and what comes next |
| `zth check` | check the lecture that you are in; or name one, or an exercise |
| `zth watch` | check again each time you save |
| `zth hint {exercise}` | a hint; ask again for the next, there are three |
{row}
| `zth reset {exercise}` | begin an exercise anew; what you wrote is kept |
| `zth restore` | bring back what a reset or an update replaced |
| `zth update` | new and changed exercises, after you have {newer} |
| `zth log` | what you tried, and when |
| `zth data` | the lectures' data sets, for training on the real thing |
| `zth doctor` | when something does not work |

`zth COMMAND --help` says more. Your progress and the copies are in `.zth`: keep that folder.

## The lectures

{lectures}"""
ALONE = {
    "wrong": """\
When it is wrong you are told what was called, what came of it, where it is in your file and, if it
is a mistake that others have made too, what they had in mind""",
    "about": "",
    "row": "| `zth solution {exercise}` | once it passes: yours beside the worked one |",
    "newer": "installed a newer zth",
}
PACK = {
    "wrong": """\
That takes zth, on Linux or macOS: `python -m pip install zth`. When it is wrong you are told what was
called, what came of it, and where it is in your file""",
    "about": """
What is judged here are the examples in the docstrings and the checks that your instructor has made
visible. Full marks are decided by the instructor's own checks, which are not in this folder; nor are
the solutions. Those ask for more, and where yours is right in another way than an example shows they
may ask for less. When you are done,

    zth submit {lecture} --as NAME

writes the file to hand in, with your name in the place of NAME. The folder `course` is your
instructor's: leave it as it is. When you are given a newer pack, do not unpack it over this folder:
unpack it elsewhere, put its `course` in the place of yours, and type `zth update`.
""",
    "row": "| `zth submit {lecture}` | the file to hand in |",
    "newer": "put a newer `course` here",
}

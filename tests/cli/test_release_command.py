"""`zth release` and `zth submit`: an instructor's own course, its pack, what comes back."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import commands
import pytest
import typer
from judging import TINY
from releasing import SECRET, own_course, solve

from grader.authoring.release import release_course
from grader.cli.completion import course_of
from grader.cli.main import app
from grader.course.manifest import bundled_course, load_course
from grader.course.stubs import stubs_of
from grader.grading.discovery import find_submissions
from grader.workspace.workspace import course_at

ZTH = str(Path(sys.executable).parent / "zth")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def zth(cwd: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return commands.run(cwd, "zth", *arguments, env={**os.environ, "EDITOR": "true", **env})


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instructor's, which has private checks, one visible check, and points of its own."""
    return own_course(tmp_path_factory.mktemp("own") / "course")


@pytest.fixture(scope="module")
def packed(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack, as it is put up for the students."""
    out = tmp_path_factory.mktemp("released") / "class.zip"
    done = zth(out.parent, "release", "class.zip", "--course", str(course))
    assert done.returncode == 0, done.stderr
    assert re.search(r"lecture1 +8 +7 +1\n", done.stdout), "exercises, examples, visible checks"
    assert "nothing is visible of: slope, shift, echo, secret" in done.stdout
    assert "unzip class.zip && cd class && zth" in done.stdout
    return out


@pytest.fixture
def student(packed: Path, tmp_path: Path) -> Path:
    """The pack, as a student unpacks it."""
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "class"


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


# what is in it


def test_nothing_hidden_is_in_a_pack(student: Path, course: Path) -> None:
    """No marker of what is private, and no line of a solution, in any file and any spelling."""
    look_for_answers(student, course)
    everything = {path: text_of(path) for path in files(student)}
    assert not any(
        secret in text for secret in (SECRET, "tiny-marker") for text in everything.values()
    )
    names = {path.name for path in everything}
    assert names.isdisjoint({"chaffs.toml", "equivalents.toml", "test_model.py"})
    assert not (student / "course" / "solutions").exists()
    text = (student / "course" / "course.toml").read_text()
    assert "#" not in text, "what was remarked beside a key"
    manifest = tomllib.loads(text)
    assert manifest["released"] is True
    exercises = {e["id"]: e for e in manifest["lecture"][0]["exercise"]}
    assert exercises["double"]["points"] == 5
    assert exercises["secret"]["judged"] is False
    assert "judged" not in exercises["mean"]


def test_the_real_course_is_released_without_a_line_of_its_answers(tmp_path: Path) -> None:
    done = zth(tmp_path, "release", "pack")
    assert done.returncode == 0, done.stderr
    course = load_course(bundled_course())
    assert look_for_answers(tmp_path / "pack", course.root) > 500
    for lecture in course.lectures:
        for path, stub in stubs_of(course, lecture).items():
            for place in ("exercises", "course/stubs", ".zth/stubs/exercises"):
                assert (tmp_path / "pack" / place / lecture.dir / path.name).read_text() == stub


def look_for_answers(pack: Path, root: Path) -> int:
    """How many were looked for: none of them is in a pack. Spaces and line ends do not count."""
    course = load_course(root)
    given = [s for le in course.lectures for s in stubs_of(course, le).values()]
    # the last hint of three is nearly the answer, and hints are for learners
    given += [
        hint.replace("`", "") for le in course.lectures for e in le.exercise for hint in e.hints
    ]
    known = " ".join("\n".join(given).split())
    secrets = {text for text in answers_of(root) if text not in known}
    for path in files(pack):
        text = " ".join(text_of(path).replace("`", "").split())
        assert not {secret for secret in secrets if secret in text}, path
    return len(secrets)


def answers_of(root: Path) -> set[str]:
    """The lines between the solutions' markers, what chaffs say and put, the hidden checks' names."""
    found: set[str] = set()
    for path in (root / "solutions").rglob("*.py"):
        inside = False
        for line in path.read_text().splitlines():
            inside = ("BEGIN SOLUTION" in line or inside) and "END SOLUTION" not in line
            if inside and "BEGIN SOLUTION" not in line:
                found |= {line, line.partition("  #")[0]}
    for path in (root / "tests" / "hidden").rglob("chaffs.toml"):
        for chaff in tomllib.loads(path.read_text())["chaff"]:
            found |= {chaff["says"], chaff["with"]}
    for path in (root / "tests" / "hidden").rglob("test_*.py"):
        found |= {f"def {name}(" for name in re.findall(r"def (test_\w+)", path.read_text())}
    return {plain for text in found if len(plain := " ".join(text.split())) > 8}


def text_of(path: Path) -> str:
    """What a file says; of a TOML its strings, for an escape would hide what is in them."""
    text = path.read_text()
    return "\n".join(strings(tomllib.loads(text))) if path.suffix == ".toml" else text


def strings(value: object) -> Iterator[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    yield from (text for one in inner for text in strings(one))
    if isinstance(value, str):
        yield value


def test_the_same_course_gives_the_same_bytes(packed: Path, course: Path, tmp_path: Path) -> None:
    again = tmp_path / "class.zip"
    done = zth(tmp_path, "release", str(again), "--json", "--course", str(course))
    (lecture,) = json.loads(done.stdout)["lectures"]
    assert (lecture["examples"], lecture["checks"]) == (7, 1)
    assert lecture["unseen"] == ["slope", "shift", "echo", "secret"]
    assert again.read_bytes() == packed.read_bytes()
    assert not list(tmp_path.glob(".zth-*"))


def test_wrong_use_of_release_writes_nothing(course: Path, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_bytes(b"mine")
    for arguments, says in (
        (["there.zip"], "--force"),
        (["no/where"], "There is no folder no"),
        (["x", "1.double"], "A pack has whole lectures"),
        (["x", "lecture9"], "There is no 'lecture9'"),
    ):
        done = zth(tmp_path, "release", *arguments, "--course", str(course))
        assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("tensor([2., 5.])", "tensor([2., 6.])", "lecture1.double: the solution is FAIL in it."),
        ("### BEGIN SOLUTION slope: the power rule.", "", "would be in the pack"),
        ("    >>> x = 3\n", "    >>>x = 3\n", "is no doctest"),
    ],
    ids=["a wrong example", "no marker", "no doctest"],
)
def test_a_pack_that_would_be_wrong_is_not_written(
    course: Path, tmp_path: Path, old: str, new: str, says: str
) -> None:
    broken = Path(shutil.copytree(course, tmp_path / "course"))
    path = broken / "solutions" / "tiny" / "arrays.py"
    text = path.read_text()
    assert old in text
    text = text.replace(old, new)
    if not new:  # the region that is closed goes with it
        head, tail = text.split("return 3 * x**2\n    ### END SOLUTION")
        text = f"{head}return 3 * x**2\n{tail}"
    path.write_text(text)
    done = zth(tmp_path, "release", "pack.zip", "--course", str(broken))
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["course"]


# what a student does with it


def test_what_is_visible_is_judged_and_the_rest_by_the_instructor(
    student: Path, course: Path, tmp_path: Path
) -> None:
    """A mistake that only a hidden check sees passes in the pack, and is found when it is graded."""
    solve(student, course, "arrays.py", "model.py")
    path = student / "exercises" / "tiny" / "arrays.py"
    trick = "sum(values) / max(4, len(values))"
    path.write_text(path.read_text().replace("sum(values) / len(values)", trick))
    done = zth(student / "exercises", "check")
    assert done.returncode == 0, done.stdout
    assert "Only the visible checks ran" in done.stdout
    assert "Judged by your instructor only: slope, shift, echo, secret." in done.stdout
    for who in ("ada", "bob"):
        if who == "bob":
            solve(student, course, "arrays.py")
        done = zth(student, "submit", "lecture1", "--as", who)
        assert f"Hand in: {who}-lecture1.zth.zip" in done.stdout
    handed = tmp_path / "submissions"
    handed.mkdir()
    for path in student.glob("*.zth.zip"):
        shutil.copy(path, handed)
    # and one who packs all that there is
    shutil.make_archive(str(handed / "cyd"), "zip", student.parent, "class")
    done = zth(tmp_path, "grade", "submissions", "lecture1", "--json", "--course", str(course))
    marks = {(m["who"], m["exercise"]): m["result"] for m in json.loads(done.stdout)["marks"]}
    assert {who for who, _ in marks} == {"ada", "bob", "cyd"}
    assert marks["ada", "mean"]["outcome"] == "FAIL"
    assert {e["outcome"] for (who, _), e in marks.items() if who in ("bob", "cyd")} == {"PASS"}
    assert (marks["ada", "double"]["points"], marks["ada", "double"]["max_points"]) == (5, 5)


def test_a_failure_in_a_pack_shows_what_was_typed(student: Path, course: Path) -> None:
    solve(student, course, "arrays.py")
    path = student / "exercises" / "tiny" / "arrays.py"
    path.write_text(path.read_text().replace("return x + x", "return x"))
    done = zth(student, "check", "double")
    assert done.returncode == 1
    for line in (
        "The examples of its docstring come out as they are written.",
        ">>> double(torch.tensor([1.0, 2.5]))",
        "expected  tensor([2., 5.])",
        "Only the visible checks ran",
    ):
        assert line in done.stdout
    alone = zth(student, "check", "slope")
    assert alone.returncode == 1
    assert alone.stdout.startswith("Judged by your instructor only: slope.")


COMMANDS: dict[str, tuple[list[str], int, str]] = {
    "watch": (["watch", "--help"], 0, "save"),
    "check": (["check", "double"], 1, "not started"),
    "hint": (["hint", "double"], 0, "What is x + x?"),
    "solution": (["solution", "double"], 2, "stay with your instructor"),
    "open": (["open", "double", "--print"], 0, "arrays.py"),
    "status": (["status"], 0, "My own course"),
    "list": (["list"], 0, "(judged by your instructor)"),
    "log": (["log"], 0, "lecture1.double"),
    "init": (["init"], 2, "is already a workspace"),
    "reset": (["reset", "double"], 0, "is a stub already"),
    "update": (["update"], 0, "up to date"),
    "restore": (["restore"], 0, "no dated copy"),
    "submit": (["submit"], 0, "8 of 8 exercises are not written yet: double"),
    "data": (["data", "--where"], 0, "needs no data"),
    "doctor": (["doctor"], 0, "of a pack"),
    "release": (["release", "x.zip"], 2, "This is the students' pack"),
    "grade": (["grade", ".", "lecture1"], 2, "This is the students' pack"),
    "score": (["score", "ada", "double", "1"], 2, "This is the students' pack"),
    "export": (["export", "x", "--to", "csv"], 2, "This is the students' pack"),
    "feedback": (["feedback", "x"], 2, "This is the students' pack"),
    "class": (["class"], 2, "This is the students' pack"),
    "nbgrader": (["nbgrader", "init", "x"], 2, "This is the students' pack"),
    "dev": (["dev", "check"], 2, "This is the students' pack"),
}


def test_every_command_works_in_a_pack_or_says_why_not(student: Path) -> None:
    group = typer.main.get_command(app)
    for name in getattr(group, "commands", {}):
        arguments, code, says = COMMANDS[name]
        done = zth(student, *arguments)
        assert (done.returncode, says in done.stdout + done.stderr) == (code, True), (
            f"{arguments}\n{done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr
    for below in (["stubs"], ["new", "lecture1.more", "--file", "arrays.py"]):
        done = zth(student, "dev", *below)
        assert (done.returncode, "This is the students' pack" in done.stderr) == (2, True)


def test_the_nearest_workspace_says_which_course(student: Path, tmp_path: Path) -> None:
    """A pack's own, wherever one stands in it; and the installed one in a workspace inside a pack."""
    for place in (student, student / "exercises" / "tiny", student / "course" / "stubs"):
        assert course_at(place).root == student / "course" == Path(course_of(str(place)))
    assert "My own course" in zth(tmp_path, "status", "--workspace", str(student)).stdout
    assert course_at(tmp_path).root == bundled_course() == Path(course_of(str(tmp_path)))
    assert zth(tmp_path, "init", "mine").returncode == 0
    mine = Path(shutil.move(tmp_path / "mine", student / "mine"))
    for place in (mine, mine / "exercises"):
        assert course_at(place).root == bundled_course() == Path(course_of(str(place)))
    assert zth(student, "init", str(tmp_path / "other")).returncode == 0
    assert "My own course" in zth(tmp_path / "other", "status").stdout


def test_a_pack_that_is_damaged_is_not_judged_by_another_course(student: Path) -> None:
    manifest = student / "course" / "course.toml"
    manifest.write_text(manifest.read_text() + "[[lecture")
    done = zth(student, "check", "double")
    assert done.returncode == 2
    assert "is not valid TOML" in done.stderr
    shutil.rmtree(student / "course" / "stubs")
    manifest.write_text(manifest.read_text().removesuffix("[[lecture"))
    done = zth(student, "check", "double")
    assert (done.returncode, "Unpack the pack" in done.stderr) == (2, True)


def test_a_newer_pack_is_brought_in_by_an_update(
    student: Path, course: Path, tmp_path: Path
) -> None:
    """The instructor's folder is replaced, and the work stays."""
    newer = Path(shutil.copytree(course, tmp_path / "newer"))
    solution = newer / "solutions" / "tiny" / "arrays.py"
    solution.write_text(
        solution.read_text().replace("The derivative of x**3.", "The slope of x**3.")
    )
    shutil.rmtree(student / "course")
    release_course(load_course(newer), load_course(newer).lectures, student / "course")
    work = student / "exercises" / "tiny" / "arrays.py"
    text = work.read_text().replace('raise NotImplementedError("double")', "return x + x")
    work.write_text(text)
    assert zth(student, "update").returncode == 0
    assert work.read_text() == text.replace("The derivative of x**3.", "The slope of x**3.")
    assert zth(student, "check", "double").returncode == 0


# what is handed in


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An ordinary one, of the tiny course."""
    shutil.copytree(TINY / "exercises", tmp_path / "exercises")
    return tmp_path


def submit(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return zth(workspace, "submit", *arguments, "--course", str(TINY))


def test_a_zip_has_the_files_and_what_they_import(workspace: Path) -> None:
    folder = workspace / "exercises" / "tiny"
    (folder / "helper.py").write_text("import deeper\n")
    (folder / "deeper.py").write_text("x = 1\n")
    (folder / "diary.py").write_text("private = 1\n")
    arrays = folder / "arrays.py"
    arrays.write_text("from tinypack.helper import x\n" + arrays.read_text())
    done = submit(workspace, "--as", "Ada Lovelace")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(workspace / "Ada Lovelace-lecture1.zth.zip") as archive:
        names = set(archive.namelist())
        assert archive.read("tiny/arrays.py") == arrays.read_bytes()
        about = json.loads(archive.read("submission.json"))
    assert names == {"submission.json"} | {
        f"tiny/{name}.py" for name in ("arrays", "model", "helper", "deeper")
    }
    assert (about["who"], about["lecture"]) == ("Ada Lovelace", "lecture1")
    assert re.search(r"T\d\d:\d\d:\d\d[+-]\d\d:\d\d$", about["at"]), "with its offset"


def test_what_nobody_means_to_hand_in_is_said(workspace: Path) -> None:
    folder = workspace / "exercises" / "tiny"
    (folder / "arrays.py").write_text("def double(x:\n")
    (folder / "model.py").unlink()
    done = submit(workspace)
    assert done.returncode == 0, done.stderr
    assert "arrays.py, line 1 is not valid Python" in done.stdout
    assert "model.py is not there." in done.stdout
    assert "3 of 8 exercises are not written yet: shift, echo, secret." in done.stdout
    assert "--as NAME" in done.stdout
    shutil.rmtree(folder)
    done = submit(workspace, "--workspace", str(workspace))
    assert (done.returncode, "nothing to hand in" in done.stderr) == (2, True)


def test_what_was_there_is_kept_and_the_same_work_is_the_same_zip(workspace: Path) -> None:
    out = workspace / "ada-lecture1.zth.zip"
    out.write_bytes(b"something of hers")
    for _ in range(2):
        assert submit(workspace, "--as", "ada").returncode == 0
    kept = sorted((workspace / ".zth" / "submitted").iterdir())
    assert [path.name.endswith(out.name) for path in kept] == [True, True]
    assert kept[0].read_bytes() == b"something of hers"
    contents = [
        {
            i.filename: i.CRC
            for i in zipfile.ZipFile(path).infolist()
            if i.filename != "submission.json"
        }
        for path in (kept[1], out)
    ]
    assert contents[0] == contents[1]
    listed = json.loads(submit(workspace, "--as", "ada", "--json").stdout)["submissions"]
    assert (listed[0]["lecture"], listed[0]["path"]) == ("lecture1", str(out))
    assert "no dated copy" in zth(workspace, "restore", "--course", str(TINY)).stdout


@pytest.mark.parametrize("who", ["a/b", "../x", ".hidden", "-x ", "a\nb", "x" * 81, " "])
def test_a_name_that_is_no_file_s(workspace: Path, who: str) -> None:
    done = submit(workspace, f"--as={who}")
    assert (done.returncode, "cannot be part of a file's name" in done.stderr) == (2, True)
    assert not list(workspace.glob("*.zip"))


@pytest.mark.parametrize("who", ["O'Brien", "de Vries, Jan", "José Ñandú", "D’Arcy", "a.b+c@x.org"])
def test_a_name_as_people_have_them_comes_back(workspace: Path, who: str) -> None:
    """What `zth submit` calls the file, `zth grade` finds again."""
    assert submit(workspace, "--as", who).returncode == 0
    (path,) = workspace.glob("*.zip")
    assert path.name == f"{who}-lecture1.zth.zip"
    (workspace / "submissions").mkdir()
    path.rename(workspace / "submissions" / path.name)
    (handed,) = find_submissions(workspace / "submissions").handed
    assert handed.who == who


def test_the_commands_that_are_printed_name_the_course(tmp_path: Path) -> None:
    done = subprocess.run(
        [ZTH, "release", "pack", "lecture1", "--course", str(TINY)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"zth grade SUBMISSIONS lecture1 --course {TINY}" in done.stdout

"""Completion: what is suggested, that it cannot drift, and the real shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
import typer
from judging import TINY

from grader.cli.completion import TABLE, bundled, suggest
from grader.cli.completion_table import table_of
from grader.cli.main import app
from grader.course.manifest import Course, bundled_course, load_course
from grader.course.targets import select

ZTH = Path(sys.executable).parent / "zth"
COURSE = ["--course", str(TINY)]
NAMES = ["double", "mean", "Tally", "quadruple", "slope", "shift", "echo", "secret"]


def values(words: list[str], typed: str) -> list[str]:
    found = suggest(words, typed)
    assert found is not None
    return [value for value, _ in found]


@pytest.mark.parametrize(
    ("words", "typed", "suggested"),
    [
        ([], "chec", ["check"]),
        ([], "nothing", []),
        ([], "--ver", ["--version"]),
        (["dev"], "", ["check", "stubs", "new", "completion"]),
        (["dev", "check"], "--no", ["--no-mutants"]),
        (["check"], "--j", ["--json"]),
        (["check", "--json"], "--j", []),  # it is there
        (["check", "--json"], "dou", ["double"]),
        (["check", "--"], "--j", []),  # no option any more
        (["check"], "", ["lecture1"]),
        (["check"], "1", ["1", *(f"1.{name}" for name in NAMES)]),
        (["check"], "1.d", ["1.double"]),
        (["check"], "lecture1.s", ["lecture1.slope", "lecture1.shift", "lecture1.secret"]),
        (["check"], "s", ["slope", "shift", "secret"]),
        (["check", "slope"], "s", ["shift", "secret"]),  # several, each once
        (["check"], "2.", []),
        (["open"], "slo", ["slope"]),
        (["open", "slope"], "s", []),  # takes one
        (["check", "--seed"], "", []),
        (["check", "--seed", "3"], "slo", ["slope"]),
        (["check", "--seed=3"], "slo", ["slope"]),
        (["nothing", "of"], "ours", []),
    ],
)
def test_what_is_suggested(words: list[str], typed: str, suggested: list[str]) -> None:
    line = [*words[:1], *COURSE, *words[1:]] if words[:1] in (["check"], ["open"]) else words
    assert values(line, typed) == suggested


def test_a_path_is_left_to_the_shell() -> None:
    for words in (
        ["check", "--course"],
        ["check", "--workspace"],
        ["init"],
        ["check", "--course", "="],
    ):
        assert suggest(words, "") is None


def test_every_name_suggested_is_a_target_and_every_target_is_suggested() -> None:
    for root in (TINY, bundled_course()):
        course = load_course(root)
        for lecture in course.lectures:
            heads = [lecture.id, lecture.id.removeprefix("lecture")]
            names = [f"{head}.{e.id}" for head in heads for e in lecture.exercise]
            for name in [*heads, *names]:
                assert name in values(["check", "--course", str(root)], name)
        for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            for name in values(["check", "--course", str(root)], letter):
                assert select(course, [name])


def test_a_name_in_two_lectures_is_not_suggested_alone(tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TINY, course)
    text = (course / "course.toml").read_text()
    again = text[text.index("[[lecture]]") :].replace("lecture1", "lecture2")
    (course / "course.toml").write_text(text + "\n" + again.replace('"tiny"', '"tiny2"', 1))
    for folder in ("exercises", "solutions", "tests/hidden"):
        shutil.copytree(course / folder / "tiny", course / folder / "tiny2")
    line = ["check", "--course", str(course)]
    assert values(line, "dou") == []
    assert values(line, "2.dou") == ["2.double"]
    assert values(line, "") == ["lecture1", "lecture2"]


def test_the_course_is_read_as_it_is_now(tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TINY, course)
    line = ["check", "--course", str(course)]
    assert values(line, "dou") == ["double"]
    toml = course / "course.toml"
    toml.write_text(toml.read_text().replace('"double"', '"doubled"'))
    assert values(line, "dou") == ["doubled"]
    toml.write_text("broken")
    assert answer("bash", "zth", *line, "dou").stdout == ""


def test_the_bundled_course_is_the_one_the_commands_take() -> None:
    assert bundled() == str(bundled_course())


def test_copies_are_those_that_restore_knows(
    tmp_path: Path, tiny: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.workspace.backups import LATEST, copies, keep
    from grader.workspace.workspace import Workspace

    place = Workspace(tmp_path)
    file = place.folder(tiny.lectures[0]) / "arrays.py"
    file.parent.mkdir(parents=True)
    monkeypatch.chdir(file.parent)
    assert values(["restore"], "") == []
    for text in "one", "two":
        file.write_text(text)
        keep(place, "reset", "zth reset", {file: file.read_bytes()})
    names = [LATEST, *(copy.name for copy in copies(place))]
    assert values(["restore"], "") == names
    assert values(["restore", "--workspace", str(tmp_path)], names[1]) == names[1:2]


def test_data_sets() -> None:
    assert values(["data"], "n") == ["names.txt"]
    assert values(["data", "names.txt"], "n") == []


def test_the_table_is_that_of_the_commands() -> None:
    """Somebody changed a command or an option: type `zth dev completion`."""
    table = Path(TABLE).read_text(encoding="utf-8")
    assert table == table_of(typer.main.get_command(app))


def test_every_command_is_there_with_a_few_words() -> None:
    rows = [row.split("\t") for row in Path(TABLE).read_text(encoding="utf-8").splitlines()]
    done = subprocess.run([ZTH, "--help"], capture_output=True, text=True, timeout=60)
    commands = [row[1] for row in rows if row[0] == "" and row[2] == "command"]
    assert {"check", "watch", "open", "data", "doctor", "dev"} <= set(commands)
    assert all(name in done.stdout for name in commands)
    assert {len(row) for row in rows} == {4}
    assert [row for row in rows if not row[3]] == []


def test_what_only_we_know_is_completed_from_the_table_too() -> None:
    assert values(["export", "out", "--to"], "git") == ["github-classroom"]
    assert values(["grade", "--isolation"], "b") == ["bwrap"]


def test_nothing_slow_is_imported() -> None:
    code = (
        "import sys; from grader.cli.completion import suggest\n"
        f"assert suggest(['check', *{COURSE}], '1.d')\n"
        "slow = {'typer', 'rich', 'msgspec', 'pathlib', 'importlib.metadata', 'grader.cli.main'}\n"
        "print('SLOW', sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert done.stdout == "SLOW []\n", done.stdout + done.stderr


def test_zth_that_is_asked_by_a_shell_imports_no_command() -> None:
    done = answer("bash", "zth", "chec", PYTHONPROFILEIMPORTTIME="1")
    assert done.stdout.split() == ["check"]
    assert "grader.cli.completion" in done.stderr
    assert not {"typer", "grader.cli.main", "grader.cli.check"} & {
        line.rpartition("|")[2].strip() for line in done.stderr.splitlines()
    }


def answer(shell: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What zth says to the script of a shell; the last word is the one being typed."""
    asked = {
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": " ".join(words),
        "_ZTH_COMPLETE": f"complete_{shell}",
    }
    env = {**os.environ, **asked, **env}
    return subprocess.run([ZTH], env=env, capture_output=True, text=True, timeout=60)


def test_quotes_and_open_quotes() -> None:
    spaced = str(TINY).replace("tiny", "'tiny'")
    for shell in ("bash", "fish"):
        done = answer(
            *(shell, "zth", "check", "--course", spaced, "1.dou"),
            _TYPER_COMPLETE_FISH_ACTION="get-args",
        )
        assert done.stdout.split("\t")[0] == "1.double"
        assert answer(shell, "zth", "check", '"unfinished').stderr == ""


def test_fish_is_told_whether_files_will_do() -> None:
    asks = {"_TYPER_COMPLETE_FISH_ACTION": "is-args"}
    assert answer("fish", "zth", "check", "--course", "/", **asks).returncode == 1
    assert answer("fish", "zth", "check", "", **asks).returncode == 0
    assert answer("fish", "zth", "check", "zzz", **asks).returncode == 0


def test_a_mistake_of_ours_does_not_land_in_the_line(tmp_path: Path) -> None:
    done = answer("bash", "zth", "check", "--course", str(tmp_path / "nowhere"), "1")
    assert (done.stdout, done.stderr) == ("", "")


# --------------------------------------------------------------------------- the real shells

Shell = Callable[[str], Path]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in which completion is installed as its user would do it, in a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZDOTDIR", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("PATH", f"{ZTH.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TERM", "xterm")

    def find(name: str) -> Path:
        program = shutil.which(name)
        if not program:
            pytest.fail(f"This test needs {name}: install it. It is not skipped.")
        line = "zth --install-completion; true"  # `true`, so that the shell stays its parent
        done = subprocess.run([program, "-c", line], capture_output=True, text=True, timeout=60)
        assert f"{name} completion installed" in done.stdout, done.stdout + done.stderr
        return Path(program)

    return find


@pytest.mark.parametrize(
    ("name", "arguments"), [("bash", ["--noprofile"]), ("zsh", ["-o", "NO_GLOBAL_RCS"])]
)
def test_tab(shell: Shell, name: str, arguments: list[str]) -> None:
    child = pexpect.spawn(
        *(str(shell(name)), [*arguments, "-i"]),
        encoding="utf-8",
        timeout=20,
        dimensions=(40, 100),
    )
    child.sendline(
        "PS1='re''ady> '; zle_highlight=(none); zstyle ':completion:*' menu no 2>/dev/null"
    )
    child.expect("ready> ")

    def tab(typed: str, *expected: str) -> None:
        child.send(typed + "\t")
        for text in expected:
            child.expect_exact(text)
        child.send("\x03")
        child.expect("ready> ")

    tab("zth chec", "check ")
    tab(f"zth check --course {TINY} doub", "double ")
    tab(f"zth check --course {TINY} 1.do", "1.double ")
    tab(f"zth check --course {TINY} double lecture1.sh", "lecture1.shift ")
    tab("zth check --deb", "--debug ")
    tab(f"zth check --course {TINY.parent}/ti", "tiny/")
    if name == "zsh":
        tab(f"zth check --course {TINY} lecture1.s", "slope", "The derivative of a cube")
    child.close(force=True)


def test_fish(shell: Shell) -> None:
    fish = shell("fish")

    def complete(line: str) -> list[str]:
        done = subprocess.run(
            [fish, "-c", f'complete -C "{line}"'], capture_output=True, text=True, timeout=30
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    assert complete("zth chec") == ["check\tCheck your work"]
    course = f"zth check --course {TINY}"
    assert complete(f"{course} doub") == ["double\tTwice a tensor"]
    assert complete(f"{course} 1.do") == ["1.double\tTwice a tensor"]
    assert complete(f"{course} zzz") == []
    assert f"{TINY}/" in complete(f"zth check --course {TINY.parent}/ti")

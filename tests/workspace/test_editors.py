"""Which editor, and the words that make it show a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.manifest import Course
from grader.errors import UserError
from grader.workspace.editors import EDITORS, Chosen, choose, command, link, place_of
from grader.workspace.workspace import Workspace

FILE = Path("/home/käthe/my course/exercises/tiny/arrays.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder that is the whole PATH, with nothing on it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def install(path: Path, *names: str) -> None:
    for name in names:
        program = path / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("code", ["code", "-g", f"{FILE}:12"]),
        ("code --wait", ["code", "--wait", "-g", f"{FILE}:12"]),
        ("codium", ["codium", "-g", f"{FILE}:12"]),
        ("cursor", ["cursor", "-g", f"{FILE}:12"]),
        ("windsurf", ["windsurf", "-g", f"{FILE}:12"]),
        ("zed", ["zed", f"{FILE}:12"]),
        ("subl -w", ["subl", "-w", f"{FILE}:12"]),
        ("vi", ["vi", "+12", str(FILE)]),
        ("vim.tiny", ["vim.tiny", "+12", str(FILE)]),
        ("nvim -u NONE", ["nvim", "-u", "NONE", "+12", str(FILE)]),
        ("vim -c 'set nu'", ["vim", "-c", "set nu", "+12", str(FILE)]),
        ("gvim", ["gvim", "+12", str(FILE)]),
        ("nano", ["nano", "+12", str(FILE)]),
        ("micro", ["micro", "+12", str(FILE)]),
        ("hx", ["hx", f"{FILE}:12"]),
        ("emacs -nw", ["emacs", "-nw", "+12", str(FILE)]),
        ("emacs-29.1 -nw", ["emacs-29.1", "-nw", "+12", str(FILE)]),
        ("pycharm.sh", ["pycharm.sh", "--line", "12", str(FILE)]),
        ("kate", ["kate", "--line", "12", str(FILE)]),
        ("gedit", ["gedit", "+12", str(FILE)]),
        ("ed -v", ["ed", "-v", str(FILE)]),  # not one we know: the file alone
    ],
)
@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
def test_the_words(path: Path, variable: str, editor: str, words: list[str]) -> None:
    install(path, words[0])
    chosen = choose({"PATH": str(path), variable: editor})
    assert command(chosen, FILE, 12) == words


def test_a_variable_that_names_nothing_is_said(path: Path) -> None:
    install(path, "nano")
    for value in ("nosuch -w", "'unfinished"):
        with pytest.raises(UserError) as caught:
            choose({"PATH": str(path), "EDITOR": value})
        assert value in caught.value.message
        assert "EDITOR" in caught.value.fix


def test_no_editor_at_all(path: Path) -> None:
    with pytest.raises(UserError, match="no editor that zth knows"):
        choose({"PATH": str(path)})


def test_a_path_with_spaces_needs_no_quotes(path: Path) -> None:
    install(path, "my editor/subl")
    program = str(path / "my editor" / "subl")
    for value in (program, f"'{program}' -w"):
        chosen = choose({"PATH": str(path), "EDITOR": value})
        assert chosen.words[0] == program
        assert command(chosen, FILE, 3)[-1] == f"{FILE}:3"


def test_a_link_to_an_editor_is_that_editor(path: Path) -> None:
    install(path, "nano")
    (path / "editor").symlink_to(path / "nano")
    chosen = choose({"PATH": str(path), "EDITOR": "editor"})
    assert command(chosen, FILE, 3) == ["editor", "+3", str(FILE)]


VS_CODE = {"TERM_PROGRAM": "vscode"}
CURSOR = VS_CODE | {"CURSOR_TRACE_ID": "1"}
CODIUM = VS_CODE | {"VSCODE_GIT_ASKPASS_MAIN": "/usr/share/codium/askpass-main.js"}
JETBRAINS = {"TERMINAL_EMULATOR": "JetBrains-JediTerm"}


@pytest.mark.parametrize(
    ("around", "first"),
    [
        (VS_CODE, "code"),
        (CURSOR, "cursor"),
        (CODIUM, "codium"),
        (VS_CODE | {"TERM_PROGRAM_VERSION": "1.99.0-insider"}, "code-insiders"),
        ({"TERM_PROGRAM": "zed"}, "zed"),
        (JETBRAINS, "pycharm"),
        ({"INSIDE_EMACS": "29.1,comint"}, "emacsclient"),
        ({"NVIM": "/run/nvim.sock"}, "nvim"),
        ({"DISPLAY": ":0"}, "code"),
        ({}, "nvim"),
    ],
)
def test_the_order(path: Path, around: dict[str, str], first: str) -> None:
    install(path, *(name for kind in EDITORS for name in kind.names if name != "hx"))
    (path / "helix").unlink()
    environ = {"PATH": str(path), **around}
    assert choose(environ).name == first
    named = {"EDITOR": "nano", **environ}
    assert choose(named).name == "nano", "what is named comes before what is around"
    assert choose({"VISUAL": "micro", **named}).name == "micro"
    assert choose({"EDITOR": " ", **environ}).name == first


def test_vs_codes_terminal_without_its_command(path: Path) -> None:
    install(path, "nano", "kate")
    assert choose({"PATH": str(path), **VS_CODE}).name == "nano", "no screen, so no kate"
    assert choose({"PATH": str(path), **VS_CODE, "DISPLAY": ":0"}).name == "kate"


def test_emacs_without_a_screen_takes_the_terminal(path: Path) -> None:
    install(path, "emacs")
    plain = {"PATH": str(path), "EDITOR": "emacs"}
    chosen = choose(plain)
    assert (chosen.words, chosen.in_terminal) == (("emacs", "-nw"), True)
    chosen = choose(plain | {"DISPLAY": ":0"})
    assert (chosen.words, chosen.in_terminal) == (("emacs",), False)
    assert choose({"PATH": str(path)}).words == ("emacs", "-nw"), "also where it is all there is"


def test_inside_nvim_a_quote_in_the_path(path: Path) -> None:
    install(path, "nvim")
    chosen = choose({"PATH": str(path), "NVIM": "/run/nvim.sock"})
    assert not chosen.in_terminal
    words = command(chosen, Path("/it's/a.py"), 3)
    assert words[:4] == ["nvim", "--server", "/run/nvim.sock", "--remote-expr"]
    assert "+3 ' . fnameescape('/it''s/a.py')" in words[4]


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        (VS_CODE, "vscode://file/home/k%C3%A4the/my%20course/exercises/tiny/arrays.py:12"),
        (CURSOR, "cursor://file/home/k%C3%A4the/my%20course/exercises/tiny/arrays.py:12"),
        (CODIUM, "vscodium://file/home/k%C3%A4the/my%20course/exercises/tiny/arrays.py:12"),
        (
            {"EDITOR": "'code' -w"},
            "vscode://file/home/k%C3%A4the/my%20course/exercises/tiny/arrays.py:12",
        ),
        (
            VS_CODE | {"EDITOR": "vim"},
            "vscode://file/home/k%C3%A4the/my%20course/exercises/tiny/arrays.py:12",
        ),
        (
            JETBRAINS,
            "pycharm://open?file=/home/k%C3%A4the/my%20course/exercises/tiny/arrays.py&line=12",
        ),
        ({"EDITOR": "subl"}, FILE.as_uri()),
        ({"EDITOR": "vim"}, FILE.as_uri()),
        ({"EDITOR": "'unfinished"}, FILE.as_uri()),
        (VS_CODE | {"VSCODE_IPC_HOOK_CLI": "/run/ipc.sock"}, FILE.as_uri()),
        ({}, FILE.as_uri()),
    ],
)
def test_the_link(environ: dict[str, str], address: str) -> None:
    assert link(FILE, 12, environ) == address


def test_every_kind_says_where() -> None:
    for kind in EDITORS:
        for name in kind.names:
            words = " ".join(command(Chosen((name,), kind), FILE, 12))
            assert str(FILE) in words
            assert "12" in words
            assert "{" not in words


STUB = 'raise NotImplementedError("Tally")'


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (f"import torch\nclass Tally:\n    def add(self):\n        {STUB}\n", 3),
        (f"class Tally:\n    def add(self): pass\n    def total(self):\n        {STUB}\n", 3),
        ("\n\nclass Tally:\n    def add(self): pass\n    def total(self): pass\n", 3),
        ("x = 1\n", None),
        ("x = 1\ndef (\n", 2),
        ("", None),
    ],
    ids=["begun nowhere", "half", "done", "not defined", "not Python", "empty"],
)
def test_the_line_of_an_exercise(
    tiny: Course, tmp_path: Path, source: str, line: int | None
) -> None:
    lecture = tiny.lectures[0]
    file = tmp_path / "exercises" / "tiny" / "arrays.py"
    file.parent.mkdir(parents=True)
    file.write_text(source)
    assert place_of(Workspace(tmp_path), lecture, lecture.find("Tally")) == (file, line)


def test_a_file_that_is_not_there(tiny: Course, tmp_path: Path) -> None:
    lecture = tiny.lectures[0]
    with pytest.raises(UserError, match=r"arrays\.py is not there"):
        place_of(Workspace(tmp_path), lecture, lecture.find("Tally"))

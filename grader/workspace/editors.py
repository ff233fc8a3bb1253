"""Opening an exercise: its line, the learner's editor, and how that one is told to show a line."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec

from grader.course.manifest import Exercise, Lecture
from grader.errors import UserError
from grader.source.files import find_definition, read_source
from grader.workspace.workspace import Workspace, read_file

WRONG_START_SECONDS = 0.3
"""A program with a window that ends with an error within this was not started."""


class Editor(msgspec.Struct, frozen=True):
    """A kind of editor: the names of its programs, and what it wants to hear."""

    names: tuple[str, ...]
    at: tuple[str, ...]
    """The arguments that show {path} at {line}."""
    in_terminal: bool = False
    """It wants the terminal for itself; others have a window of their own."""
    link: str = ""
    """An address that shows {path} at {line}; {name} is that of the program."""


class Chosen(msgspec.Struct, frozen=True):
    """The editor to use: the words that start it, and its kind; None for one we do not know."""

    words: tuple[str, ...]
    kind: Editor | None

    @property
    def name(self) -> str:
        return Path(self.words[0]).name

    @property
    def in_terminal(self) -> bool:
        if self.kind is None:  # most likely, and a window would only keep us waiting
            return True
        return self.kind.in_terminal or bool(_NO_WINDOW & set(self.words[1:]))


_PLUS = ("+{line}", "{path}")
_COLON = ("{path}:{line}",)
_VS_CODE = Editor(("code",), ("-g", *_COLON), link="vscode://file{path}:{line}")
_EMACS = Editor(("emacs",), _PLUS)
_EMACS_CLIENT = Editor(("emacsclient",), _PLUS)
_NVIM = Editor(("nvim",), _PLUS, in_terminal=True)
_PYCHARM = Editor(
    ("pycharm", "charm", "pycharm-community", "pycharm-professional"),
    ("--line", "{line}", "{path}"),
    link="pycharm://open?file={path}&line={line}",
)
_OWN_LINK = "{name}://file{path}:{line}"
# where nobody says which, the first that is installed is used; vim last, to get out of it is an art
EDITORS = (
    _VS_CODE,
    Editor(("cursor", "windsurf"), ("-g", *_COLON), link=_OWN_LINK),
    Editor(("codium",), ("-g", *_COLON), link="vscodium://file{path}:{line}"),
    Editor(("code-insiders",), ("-g", *_COLON), link="vscode-insiders://file{path}:{line}"),
    Editor(("zed", "zeditor"), _COLON, link="zed://file{path}:{line}"),
    Editor(("subl", "sublime_text"), _COLON),
    _PYCHARM,
    Editor(("idea",), _PYCHARM.at, link="idea://open?file={path}&line={line}"),
    Editor(("kate", "kwrite"), ("--line", "{line}", "{path}")),
    Editor(("mate",), ("-l", "{line}", "{path}")),
    Editor(("gnome-text-editor", "gedit", "geany", "bbedit"), _PLUS),
    Editor(("gvim", "mvim"), _PLUS),
    Editor(("hx", "helix"), _COLON, in_terminal=True),
    _NVIM,
    Editor(("micro", "nano", "kak", "joe", "mg", "ne"), _PLUS, in_terminal=True),
    _EMACS,
    _EMACS_CLIENT,
    Editor(("vim", "vi"), _PLUS, in_terminal=True),
)
_NO_WINDOW = {"-nw", "--no-window-system", "-t", "-tty", "--tty"}
"""What sends an Emacs that could have a window to the terminal."""


def place_of(workspace: Workspace, lecture: Lecture, exercise: Exercise) -> tuple[Path, int | None]:
    """The file and the line to show: what is still a stub, or the definition, or what breaks the file.

    None if the file does not define it. Raises UserError if there is no file, or none that can
    be read.
    """
    path = workspace.folder(lecture) / exercise.file
    if read_file(path) is None:
        raise UserError(f"{path} is not there.", PUT_IT_BACK.format(f"{lecture.id}.{exercise.id}"))
    source = read_source(path)
    if not source.code:
        return path, source.trouble.line if source.trouble else None
    nodes = [node for name in exercise.names if (node := find_definition(source.text, name))]
    stub = re.search(rf"raise NotImplementedError\(.{exercise.id}.\)", source.text)
    left = source.text.count("\n", 0, stub.start()) + 1 if stub else 0
    holding = [node.lineno for node in nodes if node.lineno <= left <= (node.end_lineno or 0)]
    return path, max(holding) if holding else next((node.lineno for node in nodes), None)


def choose(environ: Mapping[str, str]) -> Chosen:
    """The editor to use: $VISUAL, $EDITOR, the one whose terminal this is, the first installed.

    Raises UserError if there is none, or where the variable names none.
    """
    for variable in ("VISUAL", "EDITOR"):
        if value := environ.get(variable, "").strip():
            return _named(variable, value, environ)
    around = _around(environ)
    if around and _installed(around.words[0], environ):
        return around
    for kind in EDITORS:
        for name in kind.names:
            chosen = _without_screen(Chosen((name,), kind), environ)
            if _installed(name, environ) and (chosen.in_terminal or _has_screen(environ)):
                return chosen
    raise UserError("There is no editor that zth knows.", SET_EDITOR)


def command(editor: Chosen, path: Path, line: int | None) -> list[str]:
    """The words that make an editor show a line of a file; the file alone where we do not know it."""
    if editor.kind is None:
        return [*editor.words, str(path)]
    shown = str(path).replace("'", "''") if editor.kind is _IN_NVIM else str(path)
    return [*editor.words, *(a.format(path=shown, line=line or 1) for a in editor.kind.at)]


def start(editor: Chosen, path: Path, line: int | None) -> None:
    """Show the file. One in the terminal is waited for, a window is not. Raises UserError."""
    words = command(editor, path, line)
    try:
        if editor.in_terminal:
            with _interrupts_are_the_editors():
                code = subprocess.run(words).returncode
            if code:
                raise UserError(_ended(editor, code), SEE_WHY.format(shlex.join(words)))
            return
        nowhere = subprocess.DEVNULL
        window = subprocess.Popen(
            words, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except OSError as error:
        raise UserError(f"{editor.name} cannot be started: {error.strerror}.", SET_EDITOR) from None
    with contextlib.suppress(subprocess.TimeoutExpired):
        if code := window.wait(WRONG_START_SECONDS):
            raise UserError(_ended(editor, code), SEE_WHY.format(shlex.join(words)))
    window.returncode = 0  # it goes on without us


def _ended(editor: Chosen, code: int) -> str:
    """That it failed, and how."""
    if code > 0:
        return f"{editor.name} ended with {code}."
    with contextlib.suppress(ValueError):
        return f"{editor.name} was ended by {signal.Signals(-code).name}."
    return f"{editor.name} was ended by signal {-code}."


def link(path: Path, line: int | None, environ: Mapping[str, str]) -> str:
    """An address for a terminal's link to a line: the editor's own where it has one, else the file's.

    Looks at nothing but `environ`: the editor whose terminal this is, then $VISUAL and $EDITOR.
    """
    editor = _around(environ)
    if not editor and (value := environ.get("VISUAL") or environ.get("EDITOR")):
        with contextlib.suppress(ValueError, IndexError):
            program = shlex.split(value)[0]
            editor = Chosen((program,), _kind(program))
    if not editor or not editor.kind or not editor.kind.link or "VSCODE_IPC_HOOK_CLI" in environ:
        return (
            path.as_uri()
        )  # at the far end of an ssh, too: the editor's address means the near one
    return editor.kind.link.format(name=editor.name, path=quote(str(path)), line=line or 1)


def _around(environ: Mapping[str, str]) -> Chosen | None:
    """The editor in whose terminal we are."""
    if environ.get("TERM_PROGRAM") == "vscode":  # all that are made from VS Code say so
        inside = environ.get("VSCODE_GIT_ASKPASS_MAIN", "").lower()
        if "CURSOR_TRACE_ID" in environ:
            inside += "cursor"
        names = ("cursor", "windsurf", "codium")
        name = next((name for name in names if name in inside), "code")
        if "insider" in environ.get("TERM_PROGRAM_VERSION", ""):
            name = "code-insiders"
        return Chosen((name,), _kind(name))
    if environ.get("TERM_PROGRAM") == "zed":
        return Chosen(("zed",), _kind("zed"))
    if environ.get("TERMINAL_EMULATOR") == "JetBrains-JediTerm":
        return Chosen(("pycharm",), _PYCHARM)
    if environ.get("INSIDE_EMACS"):
        return Chosen(("emacsclient", "-n"), _EMACS_CLIENT)
    if server := environ.get("NVIM"):
        return Chosen(("nvim", "--server", server), _IN_NVIM)
    return None


# what runs in its terminal asks it for a tab of its own
_IN_NVIM = Editor(
    ("nvim",),
    ("--remote-expr", "execute('stopinsert | tabedit +{line} ' . fnameescape('{path}'))"),
)


def _named(variable: str, value: str, environ: Mapping[str, str]) -> Chosen:
    """The editor that a variable names, with its arguments."""
    if _installed(value, environ):  # a path with spaces in it, without quotes
        words = [value]
    else:
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise UserError(f"${variable} is {value!r}: {error}.", SET_EDITOR) from None
    found = _installed(words[0], environ) if words else None
    if not found:
        raise UserError(f"${variable} is {value!r}, and there is no such program.", SET_EDITOR)
    kind = _kind(words[0]) or _kind(str(Path(found).resolve()))  # `editor` may be a link to nano
    return _without_screen(Chosen(tuple(words), kind), environ)


def _kind(program: str) -> Editor | None:
    """The kind of a program by its name: vim, vim.basic, /opt/pycharm-2024.1/bin/pycharm.sh."""
    name = Path(program).name
    names = (name, re.split(r"\.|-\d", name)[0])
    return next((kind for name in names for kind in EDITORS if name in kind.names), None)


def _without_screen(chosen: Chosen, environ: Mapping[str, str]) -> Chosen:
    """An Emacs where there is no screen for its window."""
    if chosen.kind in (_EMACS, _EMACS_CLIENT) and not _has_screen(environ):
        return chosen if chosen.in_terminal else Chosen((*chosen.words, "-nw"), chosen.kind)
    return chosen


def _has_screen(environ: Mapping[str, str]) -> bool:
    return sys.platform == "darwin" or bool(
        environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    )


def _installed(program: str, environ: Mapping[str, str]) -> str | None:
    return shutil.which(program, path=environ.get("PATH"))


@contextlib.contextmanager
def _interrupts_are_the_editors() -> Iterator[None]:
    """Ctrl-C in an editor must not end us; a handler, unlike SIG_IGN, is not inherited."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


SET_EDITOR = "Set EDITOR to the one you like: export EDITOR=nano"
SEE_WHY = "Try it yourself to see why: {}"
PUT_IT_BACK = "`zth reset {}` puts it there as it was at the start."

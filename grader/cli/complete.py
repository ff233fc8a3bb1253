"""The entry of `zth`, and completion in the shell, answered before anything slow is imported.

typer installs its scripts (`zth --install-completion`), which call zth back with _ZTH_COMPLETE set.
Commands and options are read off the app, lectures and exercises off the course, both once: what was
read is kept in the cache until a file it came from changes. So nothing is typed twice.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # type checkers know it by name; to import it would cost more than the answer
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

VARIABLE = "_ZTH_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
FORMAT = "1"
"""Of the kept tables; another is made anew."""
FILES = "files"
"""What is typed here is a path: the shell knows better."""

Row = list[str]
Word = tuple[str, str]
"""What may stand here, and a few words on it."""


def main() -> None:
    """Answer the shell where it asks; otherwise run the command."""
    action, _, shell = os.environ.get(VARIABLE, "").partition("_")
    if action == "complete" and shell in SHELLS:
        _answer(shell)
    from grader.cli.main import main

    if {"--install-completion", "--show-completion"} & set(sys.argv):
        _mend_script_of_zsh()
    main()


def _mend_script_of_zsh() -> None:
    """typer's script for zsh only loads itself at the first TAB of a terminal; let it answer, too."""
    import contextlib

    import typer

    with contextlib.suppress(AttributeError, KeyError):  # another typer: the second TAB will do
        typer._completion_shared._completion_scripts["zsh"] += (
            '\n[[ $zsh_eval_context[-1] == loadautofunc ]] && %(complete_func)s "$@"\n'
        )


def _answer(shell: str) -> NoReturn:
    """Write what the shell's script expects, and end."""
    code = 0
    try:
        words, typed = _line(shell)
        found = suggest(words, typed)
        code, text = _SPOKEN[shell](found)
        os.write(1, text.encode())
    except Exception:  # a message in the middle of the line being typed helps nobody
        code = 1
    os._exit(code)


def suggest(words: Row, typed: str) -> list[Word] | None:
    """What may stand where `typed` was begun, after `words`; None where that is a path."""
    line = _read(words, _commands())
    if line.waiting:
        return _values(line.waiting, line, typed)
    if typed.startswith("-") and not line.only_arguments:
        options = (
            row for row in line.rows if row[1].startswith("-") and row[1] not in line.options
        )
        return [(row[1], row[3]) for row in options if row[1].startswith(typed)]
    commands = [row for row in line.rows if row[2] == "command"]
    if commands:
        return [(row[1], row[3]) for row in commands if row[1].startswith(typed)]
    arguments = [row for row in line.rows if not row[1]]
    if len(line.arguments) < len(arguments):
        return _values(arguments[len(line.arguments)][2], line, typed)
    if arguments and arguments[-1][3] == "many":
        return _values(arguments[-1][2], line, typed)
    return []


class _Line:
    """What was typed before, understood."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        """Of the command: its commands, options and arguments."""
        self.options: dict[str, str] = {}
        self.arguments: Row = []
        self.waiting = ""
        """What the option before takes, where its value is what comes now."""
        self.only_arguments = False


def _read(words: Row, table: list[Row]) -> _Line:
    line = _Line()
    path = option = ""
    line.rows = [row for row in table if row[0] == path]
    for word in words:
        takes = {row[1]: row[2] for row in line.rows}
        if line.waiting:
            if word != "=":  # bash makes three words of --course=DIR
                line.options[option] = word
                line.waiting = ""
        elif word == "--":
            line.only_arguments = True
        elif word.startswith("-") and not line.only_arguments:
            option, equals, value = word.partition("=")
            line.options[option] = value
            line.waiting = "" if equals else takes.get(option, "")
        elif takes.get(word) == "command" and not line.arguments:
            path = f"{path} {word}".lstrip()
            line.rows = [row for row in table if row[0] == path]
        else:
            line.arguments.append(word)
    return line


def _values(takes: str, line: _Line, typed: str) -> list[Word] | None:
    """The values of an option or argument that begin as typed."""
    if takes == FILES:
        return None
    if takes.startswith("one of "):
        return [(word, "") for word in takes.split()[2:] if word.startswith(typed)]
    module, colon, function = takes.partition(":")
    if not colon:  # a number, or free text
        return []
    if function in _QUICK:
        return [word for word in _QUICK[function](line, typed) if word[0] not in line.arguments]
    import importlib

    return [(value, "") for value in getattr(importlib.import_module(module), function)(typed)]


def targets(line: _Line, typed: str) -> Iterator[Word]:
    """Lectures and exercises as they may be typed: lecture5, 5, lecture5.dprobs, 5.dprobs, dprobs."""
    rows = [row for row in _course(line) if row[0] == "target"]
    head, dot, _ = typed.partition(".")
    alone: dict[str, list[str]] = {}
    for _, lecture, exercise, title in rows:
        number = lecture.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
        for name in (lecture, number):
            if not exercise and name.startswith(typed) and (typed or name == lecture):
                yield name, title
            if exercise and head == name and f"{name}.{exercise}".startswith(typed):
                yield f"{name}.{exercise}", title
        if exercise and typed and not dot and exercise.startswith(typed):
            alone.setdefault(exercise, []).append(title)
    yield from ((name, titles[0]) for name, titles in alone.items() if len(titles) == 1)


def data_sets(line: _Line, typed: str) -> Iterator[Word]:
    for kind, name, _, about in _course(line):
        if kind == "data" and name.startswith(typed):
            yield name, about


def copies(line: _Line, typed: str) -> Iterator[Word]:
    """The dated copies of the workspace, the newest first."""
    start = os.path.abspath(line.options.get("--workspace") or ".")
    while not os.path.isdir(home := os.path.join(start, ".zth", "kept")):
        if start == os.path.dirname(start):
            return
        start = os.path.dirname(start)
    names = sorted((name for name in os.listdir(home) if not name.startswith(".")), reverse=True)
    for name in ["latest", *names] if names else []:
        if name.startswith(typed):
            yield name, ""


_QUICK: dict[str, Callable[[_Line, str], Iterator[Word]]] = {
    "complete_target": targets,
    "complete_data": data_sets,
    "complete_copy": copies,
}
"""Answered here without the import of the function that typer would ask."""


def complete_target(typed: str) -> list[str]:
    """Lectures and exercises of the course that begin as typed."""
    return [name for name, _ in targets(_Line(), typed)]


def complete_data(typed: str) -> list[str]:
    """The data sets of the course that begin as typed."""
    return [name for name, _ in data_sets(_Line(), typed)]


def _course(line: _Line) -> list[Row]:
    """What the course has: target, lecture, exercise, title; or data, name, nothing, about."""
    folder = os.path.expanduser(line.options.get("--course", "")) or course_of(
        line.options.get("--workspace") or "."
    )
    return _kept([os.path.abspath(os.path.join(folder, "course.toml"))], _read_course)


def course_of(place: str) -> str:
    """The folder of `course_at`, known without the import of its module, and of what reads TOML."""
    folder = os.path.abspath(os.path.expanduser(place))
    while True:
        pack = os.path.join(folder, "course")
        if os.path.isfile(os.path.join(pack, "course.toml")) and os.path.isdir(
            os.path.join(folder, "exercises")
        ):
            with open(os.path.join(pack, "course.toml"), encoding="utf-8") as file:
                if "\nreleased = true" in file.read():
                    return pack
        above = os.path.dirname(folder)
        if above == folder or os.path.isfile(os.path.join(folder, ".zth", "workspace.json")):
            return bundled()
        folder = above


def bundled() -> str:
    """The folder of `bundled_course`, known without the import of its module."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "_course")
    return inside if os.path.isdir(inside) else os.path.dirname(package)


def _read_course(file: str) -> list[Row]:
    from pathlib import Path

    from grader.course.manifest import load_course

    course = load_course(Path(file).parent)
    rows = []
    for lecture in course.lectures:
        rows.append(["target", lecture.id, "", lecture.title])
        rows += [["target", lecture.id, e.id, e.title] for e in lecture.exercise]
    return rows + [["data", d.name, "", d.about] for d in course.manifest.data]


def _commands() -> list[Row]:
    """The command a word belongs to, the word, what it takes, a few words on it.

    The word is empty for an argument; the last column then says whether there may be many.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    files = sorted(name for name in os.listdir(here) if name.endswith(".py"))
    # a new installation may have old times in its files, but not in its folders
    sources = [here, os.path.dirname(here), *(os.path.join(here, name) for name in files)]
    return _kept(sources, lambda _: list(read_app()))


def read_app() -> Iterator[Row]:
    """The rows of every command and option that is not hidden."""
    import typer

    from grader.cli.main import app

    def rows(command: Any, path: str, above: Any) -> Iterator[Row]:
        context = typer.Context(command, parent=above, **command.context_settings)
        for name, below in getattr(command, "commands", {}).items():
            if not below.hidden:
                yield [path, name, "command", _first_sentence(below.help)]
                yield from rows(below, f"{path} {name}".lstrip(), context)
        asked = _asked(command.callback)
        for parameter in command.get_params(context):
            if getattr(parameter, "hidden", False):
                continue
            flag = getattr(parameter, "is_flag", False)
            takes = "" if flag else asked.get(parameter.name, "text")
            if parameter.param_type_name == "argument":
                yield [path, "", takes, "many" if parameter.nargs == -1 else "one"]
            else:
                help = _first_sentence(parameter.help)
                for name in (*parameter.opts, *parameter.secondary_opts):
                    if name.startswith("--"):
                        yield [path, name, takes, help]

    yield from rows(typer.main.get_command(app), "", None)


def _asked(callback: Any) -> dict[str, str]:
    """What each parameter of a command takes: files, words, or what a function of ours knows."""
    import inspect
    import typing

    if callback is None:
        return {}
    hints = typing.get_type_hints(inspect.unwrap(callback), include_extras=True)
    found = {name: _takes(hint) for name, hint in hints.items()}
    for name, hint in hints.items():
        for information in getattr(hint, "__metadata__", ()):
            if function := getattr(information, "autocompletion", None):
                found[name] = f"{function.__module__}:{function.__name__}"
    return found


def _takes(hint: Any) -> str:
    """What a type says of the words it is written in."""
    import enum
    import typing
    from pathlib import Path

    if inside := typing.get_args(hint):  # Annotated[Path | None, …]: the first that says anything
        return next((takes for part in inside if (takes := _takes(part)) != "text"), "text")
    if isinstance(hint, type) and issubclass(hint, Path):
        return FILES
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " ".join(("one of", *(str(each.value) for each in hint)))
    return "text"


def _first_sentence(text: str | None) -> str:
    line = " ".join((text or "").split("\n\n")[0].split())
    return line.partition(". ")[0].rstrip(".:")


def _kept(sources: list[str], make: Callable[[str], list[Row]]) -> list[Row]:
    """What `make` reads off the first source, kept until one of them changes."""
    stats = [(path, os.stat(path)) for path in sources]
    key = [FORMAT, *(f"{path} {stat.st_mtime_ns} {stat.st_size}" for path, stat in stats)]
    head = "\t".join(key)
    # not platformdirs: it is slower to import than all of this; on macOS, too, this is a cache
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.path.join(cache, "zth", "completion")
    place = os.path.join(folder, sources[0].replace(os.sep, "%")[-200:])
    try:
        with open(place, encoding="utf-8") as file:
            first, *lines = file.read().split("\n")
        if first == head:
            return [line.split("\t") for line in lines]
    except (OSError, ValueError):
        pass
    rows = make(sources[0])
    lines = ["\t".join(" ".join(cell.split()) for cell in row) for row in rows]
    try:
        os.makedirs(folder, exist_ok=True)
        with open(f"{place}.{os.getpid()}", "w", encoding="utf-8") as file:
            file.write("\n".join([head, *lines]))
        os.replace(file.name, place)
    except OSError:  # then it is slower the next time, too
        pass
    return rows


def _line(shell: str) -> tuple[Row, str]:
    """The words before the one that is being typed, without `zth`, and what is there of that one."""
    if shell == "bash":
        words = os.environ["COMP_WORDS"].split("\n")
        at = int(os.environ["COMP_CWORD"])
        before, typed = words[1:at], "".join(words[at : at + 1])
        return [_unquoted(word) for word in before], "" if typed == "=" else typed
    *before, typed = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    return before[1:], typed


def _split(text: str) -> Row:
    """A line as words; the last one is empty after a space."""
    if not any(character in text for character in "'\"\\"):
        return [*text.split(), *([""] if text[-1:].isspace() else [])]
    import shlex

    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    words = []
    try:
        for word in lexer:
            words.append(word)
    except ValueError:  # a quote that is still open
        return [*words, lexer.token]
    return [*words, *([""] if text[-1:].isspace() else [])]


def _unquoted(word: str) -> str:
    return _split(word)[0] if word.strip() else word


def _for_bash(found: list[Word] | None) -> tuple[int, str]:
    return 0, "\n".join(value for value, _ in found or ())


def _for_zsh(found: list[Word] | None) -> tuple[int, str]:
    """Code that the script evaluates."""
    if found is None:
        return 0, "_files"
    words = " ".join(f"'{_plain(value)}:{_plain(help)}'" for value, help in found)
    return 0, f"local -a zth; zth=({words}); _describe -V zth zth" if words else ""


def _plain(text: str) -> str:
    """Nothing that zsh would understand inside single quotes."""
    return text.replace("'", "’").replace("\\", "").replace(":", "\\:")


def _for_fish(found: list[Word] | None) -> tuple[int, str]:
    """Asked twice: whether there is anything but files, then what."""
    if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return int(found is None), ""
    return 0, "\n".join(f"{value}\t{help}" for value, help in found or ())


_SPOKEN = {"bash": _for_bash, "zsh": _for_zsh, "fish": _for_fish}

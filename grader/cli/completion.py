"""Completion in the shell: what may be typed next, from the table of commands, the course, the folder.

typer installs its scripts (`zth --install-completion`), which call zth back with _ZTH_COMPLETE set.
Somebody waits for the answer, so nothing slow is imported: commands and options are the rows of
commands.tsv, which `zth dev completion` writes, and a course is read as TOML and no more.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # type checkers know it by name; to import it would cost more than the answer
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "commands.tsv")
FILES = "files"
"""What is typed here is a path: the shell knows better."""
ONE_OF = "one of "

Word = tuple[str, str]
"""What may stand here, and a few words on it."""


def answer_the_shell() -> None:
    """Write what the shell's script expects, and end; return if it asks for something else."""
    action, _, shell = os.environ["_ZTH_COMPLETE"].partition("_")
    if action != "complete" or shell not in _SPOKEN:
        return
    code = 1
    try:
        code, text = _SPOKEN[shell](suggest(*_line(shell)))
        os.write(1, text.encode())
    except Exception:  # a message in the middle of the line being typed helps nobody
        code = 1
    os._exit(code)


def suggest(words: list[str], typed: str) -> list[Word] | None:
    """What may stand where `typed` was begun, after `words`; None if that is a path."""
    line = _TypedLine(words)
    if line.waiting:
        return line.values(line.waiting, typed)
    if typed.startswith("-") and not line.only_arguments:
        options = (row for row in line.rows if row[1].startswith("-"))
        found = [(word, about) for _, word, _, about in options if word not in line.options]
    elif commands := [(word, about) for _, word, takes, about in line.rows if takes == "command"]:
        found = commands
    else:
        arguments = [row for row in line.rows if not row[1]]
        if arguments and arguments[-1][3] == "many":
            arguments += arguments[-1:] * len(line.arguments)
        if len(line.arguments) >= len(arguments):
            return []
        return line.values(arguments[len(line.arguments)][2], typed)
    return [(word, _first_sentence(line)) for word, line in found if word.startswith(typed)]


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".:")


def read_table() -> list[list[str]]:
    """The rows of every command: the command, a word, what the word takes, a line on it.

    The word is empty for an argument; the last column then says whether there may be many.
    """
    with open(TABLE, encoding="utf-8") as file:
        return [row.split("\t") for row in file.read().splitlines()]


class _TypedLine:
    """What was typed before, understood."""

    def __init__(self, words: list[str]) -> None:
        self.options: dict[str, str] = {}
        self.arguments: list[str] = []
        self.waiting = ""
        """What the option before takes, where its value is what comes now."""
        self.only_arguments = False
        table = read_table()
        path = option = ""
        self.rows = [row for row in table if row[0] == path]
        """Of the command: its commands, options and arguments."""
        for word in words:
            takes = {row[1]: row[2] for row in self.rows}
            if self.waiting:
                if word != "=":  # bash makes three words of --course=DIR
                    self.options[option] = word
                    self.waiting = ""
            elif word == "--":
                self.only_arguments = True
            elif word.startswith("-") and not self.only_arguments:
                option, equals, value = word.partition("=")
                self.options[option] = value
                self.waiting = "" if equals else takes.get(option, "")
            elif takes.get(word) == "command" and not self.arguments:
                path = f"{path} {word}".lstrip()
                self.rows = [row for row in table if row[0] == path]
            else:
                self.arguments.append(word)

    def values(self, takes: str, typed: str) -> list[Word] | None:
        """The values of an option or argument that begin as typed; None for paths."""
        if takes == FILES:
            return None
        if takes.startswith(ONE_OF):
            there = [(word, "") for word in takes.split()[2:] if word.startswith(typed)]
        elif takes in COMPLETERS:
            there = list(COMPLETERS[takes](self.options, typed))
        else:  # a number, or free text
            return []
        return [word for word in there if word[0] not in self.arguments]


def _targets(options: dict[str, str], typed: str) -> Iterator[Word]:
    """Lectures and exercises as they may be typed: lecture5, 5, lecture5.dprobs, 5.dprobs, dprobs."""
    head, dot, _ = typed.partition(".")
    alone: dict[str, list[str]] = {}
    for lecture in _course(options)["lecture"]:
        number = lecture["id"].lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
        exercises = {each["id"]: each["title"] for each in lecture["exercise"]}
        for name in (lecture["id"], number):
            if name.startswith(typed) and (typed or name == lecture["id"]):
                yield name, lecture["title"]
            for exercise, title in exercises.items():
                if head == name and f"{name}.{exercise}".startswith(typed):
                    yield f"{name}.{exercise}", title
        for exercise, title in exercises.items():
            if typed and not dot and exercise.startswith(typed):
                alone.setdefault(exercise, []).append(title)
    yield from ((name, titles[0]) for name, titles in alone.items() if len(titles) == 1)


def _data_sets(options: dict[str, str], typed: str) -> Iterator[Word]:
    for each in _course(options).get("data", ()):
        if each["name"].startswith(typed):
            yield each["name"], each["about"]


def _copies(options: dict[str, str], typed: str) -> Iterator[Word]:
    """The dated copies of the workspace, the newest first."""
    start = os.path.abspath(options.get("--workspace") or ".")
    while not os.path.isdir(home := os.path.join(start, ".zth", "kept")):
        if start == os.path.dirname(start):
            return
        start = os.path.dirname(start)
    names = sorted((name for name in os.listdir(home) if not name.startswith(".")), reverse=True)
    for name in ["latest", *names] if names else []:
        if name.startswith(typed):
            yield name, ""


def complete_target(typed: str) -> list[str]:
    """Lectures and exercises of the course that begin as typed."""
    return [name for name, _ in _targets({}, typed)]


def complete_data(typed: str) -> list[str]:
    """The data sets of the course that begin as typed."""
    return [name for name, _ in _data_sets({}, typed)]


def complete_copy(typed: str) -> list[str]:
    """The dated copies of the workspace that begin as typed."""
    return [name for name, _ in _copies({}, typed)]


COMPLETERS: dict[str, Callable[[dict[str, str], str], Iterator[Word]]] = {
    "complete_target": _targets,
    "complete_data": _data_sets,
    "complete_copy": _copies,
}
"""By the name of the `autocompletion=` function; the options that were typed say of which course."""


def _course(options: dict[str, str]) -> dict[str, Any]:
    """What course.toml says, as it is."""
    import tomllib  # half of the time of an answer, and not needed for a command or an option

    named = os.path.expanduser(options.get("--course", ""))
    folder = named or course_of(options.get("--workspace") or ".")
    with open(os.path.join(folder, "course.toml"), "rb") as file:
        return tomllib.load(file)


def course_of(place: str) -> str:
    """The folder of `course_at`, known without the import of its module."""
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


def _line(shell: str) -> tuple[list[str], str]:
    """The words before the one that is being typed, without `zth`, and what is there of that one."""
    if shell == "bash":
        words = os.environ["COMP_WORDS"].split("\n")
        at = int(os.environ["COMP_CWORD"])
        before, typed = words[1:at], "".join(words[at : at + 1])
        unquoted = [_split(word)[0] if word.strip() else word for word in before]
        return unquoted, "" if typed == "=" else typed
    *before, typed = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    return before[1:], typed


def _split(text: str) -> list[str]:
    """A line as words; the last one is empty after a space."""
    last = [""] if text[-1:].isspace() else []
    if not any(character in text for character in "'\"\\"):
        return [*text.split(), *last]
    import shlex

    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    words = []
    try:
        for word in lexer:
            words.append(word)
    except ValueError:  # a quote that is still open
        return [*words, lexer.token]
    return [*words, *last]


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

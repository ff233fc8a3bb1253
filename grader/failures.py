"""Why a check did not pass, as data: one struct for each kind of failure.

    Failure
     ├─ Mismatch            it ran, and what it gave is not what was expected
     ├─ Incomparable        what it gave cannot be compared with what was expected
     ├─ ChangedInput        it changed an argument in place
     ├─ CheckMessage        the words of a check, from `fail("…")`
     ├─ Forbidden           it uses or calls a forbidden name
     ├─ MissingAttribute    the check asked the learner's object for an attribute that it does not have
     ├─ ReturnedNone        the check asked None for an attribute
     ├─ Raised              an exception
     ├─ NotInstalled        it imports a library that is not installed
     ├─ LimitReached        time, memory, processes, size
     ├─ Crashed, Exited, ChannelClosed, ProtocolBroken      its process ended, or answered nonsense
     ├─ NotWritten          still a stub
     ├─ NotDefined          a name is not there
     ├─ Unreadable          a file is no Python, or not there
     └─ NeedsUnwritten, NeedsUndefined, NeedsUnreadable     another exercise has to be done first

`sentence` is the failure in words for a person. What decides anything (what a learner may be told, what
an instructor should look at) goes by the type and the fields, never by the words.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import ClassVar, Literal, Self

import msgspec


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place in what a learner wrote."""

    file: str
    """The name of a file or notebook; empty for a cell of the notebook that is open now."""
    line: int | None = None
    """From 1, in the file, or in the cell if there is one; None for the whole file."""
    function: str = ""
    """Empty at the top of a file."""
    cell: str = ""
    """`cell 3` or `In [12]`; empty if it is no notebook."""

    def __str__(self) -> str:
        """
        >>> str(Location("engine.py", 7, "tanh")), str(Location("hw.ipynb", 3, cell="cell 2"))
        ('engine.py, line 7, in tanh', 'hw.ipynb, cell 2, line 3')
        """
        line = "" if self.line is None else f"line {self.line}"
        function = f"in {self.function}" if self.function else ""
        return ", ".join(filter(None, [self.file, self.cell, line, function]))


Locate = Callable[[Location], Location]


class Failure(msgspec.Struct, tag=True, tag_field="type", frozen=True, kw_only=True):
    """Why a check did not pass."""

    location: Location | None = None
    """Where in the learner's code, if that is known."""

    @property
    def sentence(self) -> str:
        """The failure in words."""
        raise NotImplementedError

    @property
    def line(self) -> int | None:
        """The line of `location`, if both are known."""
        return self.location.line if self.location else None

    def moved(self, locate: Locate) -> Self:
        """The same failure with each of its locations replaced by what `locate` gives for it."""
        changes: dict[str, object] = {}
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if isinstance(value, Location):
                changes[field] = locate(value)
            elif isinstance(value, Failure):
                changes[field] = value.moved(locate)
        return msgspec.structs.replace(self, **changes)

    def _with_place(self, text: str) -> str:
        return f"{text} ({self.location})" if self.location else text


class Hint(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something more to see in a mismatch."""

    kind: Literal[
        "missing return", "nan", "infinite", "zeros", "almost zero", "opposite sign", "factor",
        "comparison", "extra dimension",
    ]  # fmt: skip
    value: str = ""
    """A count, a factor, or the lecture's own comparison."""

    OWN: ClassVar = frozenset({"missing return", "nan", "infinite", "zeros"})

    @property
    def is_own(self) -> bool:
        """True if it says nothing of the expected value."""
        return self.kind in self.OWN

    @property
    def text(self) -> str:
        if self.kind == "factor" and float(self.value) > 1:
            return f"yours is {self.value} times too large"
        return _HINTS[self.kind].format(value=self.value)


_HINTS = {
    "missing return": "Is a `return` missing?",
    "nan": "{value} of yours are nan",
    "infinite": "{value} of yours are infinite",
    "zeros": "yours is all zeros",
    "almost zero": "yours is zero but for rounding",
    "opposite sign": "yours has the opposite sign",
    "factor": "yours is {value} times the expected value",
    "comparison": "{value}",  # exact, approximate, maxdiff: the lecture's own (lecture 5, 0:13:01)
    "extra dimension": "the values may be right: only a dimension of size 1 differs",
}


class Mismatch(Failure, frozen=True, kw_only=True):
    """What the code gave is not what was expected."""

    intro: str = ""
    """The check's own words ahead of it."""
    path: str = ""
    """The part that differs, as `dW1`, `stoi.a` or `number 3`; empty for the whole."""
    aspect: Literal["value", "type", "shape", "dtype", "length", "keys", "part", "output"] = "value"
    expected: str = ""
    actual: str = ""
    differing: int = 0
    """How many values of a tensor differ."""
    total: int = 0
    """How many values the tensor has; 0 if it is no tensor."""
    worst: tuple[int, ...] = ()
    """The index of the value that differs most."""
    missing: tuple[str, ...] = ()
    """Keys that are not there."""
    hints: tuple[Hint, ...] = ()

    @property
    def counted(self) -> str:
        """How much differs, and where most; empty if the two values say it all."""
        if self.missing:
            return f"{', '.join(self.missing)} missing"
        if self.aspect == "part":
            return "nothing there"
        if not self.total:
            return ""
        text = "the value differs"
        if self.total > 1:
            text = f"{self.differing} of {self.total} values differ"
        return f"{text}; worst at [{', '.join(map(str, self.worst))}]" if self.worst else text

    @property
    def heading(self) -> str:
        """Which part differs and how much, ahead of the two values."""
        path = f"{self.path}:" if self.path else ""
        return " ".join(filter(None, [self.intro, path, self.counted]))

    @property
    def unit(self) -> str:
        """A word ahead of both values: `shape `, `dtype `, or nothing."""
        return f"{self.aspect} " if self.aspect in ("shape", "dtype") else ""

    @property
    def pair(self) -> tuple[str, str]:
        """The two values in words."""
        if self.aspect == "length":
            many = [f"{n} value{'s' * (n != '1')}" for n in (self.expected, self.actual)]
            return many[0], many[1]
        return f"{self.unit}{self.expected}", f"{self.unit}{self.actual}"

    @property
    def sentence(self) -> str:
        heading, (expected, actual) = self.heading, self.pair
        if self.expected:
            heading += ": " if self.counted else " " * bool(heading)
            heading += f"expected {expected}, got {self.actual if self.unit else actual}"
        elif self.actual:
            heading += f"; got {actual}"
        asked = [hint.text for hint in self.hints if hint.kind == "missing return"]
        others = [hint.text for hint in self.hints if hint.kind != "missing return"]
        return " ".join(["; ".join([heading, *others]) + ".", *asked])


class Incomparable(Failure, frozen=True, kw_only=True):
    """A check broke on what the code gave, and holds for the worked solution."""

    error: str

    @property
    def sentence(self) -> str:
        return f"Your result cannot be compared with the expected one ({self.error})."


class ChangedInput(Failure, frozen=True, kw_only=True):
    names: tuple[str, ...]
    copy: str = ""
    """How to copy it, as `.clone()`; empty if they are of several kinds."""

    @property
    def sentence(self) -> str:
        names = _listed([f"`{name}`" for name in self.names])
        copy = f" (`{self.copy}`)" if self.copy else ""
        return (
            f"Your code changed its argument in place: {names}. Work on a copy{copy}, or make a new "
            "value: the code that called yours still needs the old one."
        )


class CheckMessage(Failure, frozen=True, kw_only=True):
    text: str
    """May say anything, the expected value too."""

    @property
    def sentence(self) -> str:
        return self.text


class Forbidden(Failure, frozen=True, kw_only=True):
    name: str
    why: str
    """The reason that the course gives."""
    called: bool
    """True if it was seen when the code ran, False if it was seen in the source."""

    @property
    def sentence(self) -> str:
        if self.called:
            return self._with_place(f"It calls {self.name}. {self.why}")
        return f"{self.location or 'It'} uses {self.name}. {self.why}"


class MissingAttribute(Failure, frozen=True, kw_only=True):
    owner: str
    """The class; empty for the file itself."""
    name: str
    there: tuple[str, ...] = ()
    """Attributes that it does have."""

    @property
    def sentence(self) -> str:
        if not self.owner:
            return f"Your {self.name} is not there."
        others = f" It has {_listed([*self.there])}." if self.there else ""
        return f"Your {self.owner} has no {self.name}.{others}"


class ReturnedNone(Failure, frozen=True, kw_only=True):
    attribute: str

    @property
    def sentence(self) -> str:
        return (
            f"Your code returned None, but something with .{self.attribute} is expected: "
            "is a `return` missing?"
        )


class Raised(Failure, frozen=True, kw_only=True):
    exception: str
    """The name of its class."""
    message: str = ""
    """What Python, a library or the learner says."""
    file: str = ""
    """The file that was asked for, if it is about one."""

    @property
    def is_out_of_reach(self) -> bool:
        """True if it asked for a file or the network that are not there where work is graded."""
        return self.exception in _OUT_OF_REACH

    @property
    def sentence(self) -> str:
        if self.exception in _EXPLAINED:
            text = _EXPLAINED[self.exception].format(message=self.message)
        else:
            text = f"{self.exception}: {self.message}" if self.message else self.exception
        text = self._with_place(text)
        return f"{text}. {ONLY_THE_DATA}" if self.is_out_of_reach and self.location else text


_OUT_OF_REACH = frozenset(
    "FileNotFoundError NotADirectoryError URLError ConnectionError gaierror".split()
)
ONLY_THE_DATA = (
    "Where work is graded there is no network, and no files but the course's own data sets"
)
_EXPLAINED = {
    "SystemExit": "Your code called exit (SystemExit: {message}); return the answer instead.",
    "KeyboardInterrupt": "Your code raised KeyboardInterrupt.",
    "RecursionError": "RecursionError: it calls itself without end.",
    "BdbQuit": "breakpoint() needs your terminal: `zth check --debug` gives it one.",
    "EOFError": "EOFError: it asks for input(), and nobody can answer here. {message}",
}


class NotInstalled(Failure, frozen=True, kw_only=True):
    library: str

    @property
    def sentence(self) -> str:
        return self._with_place(
            f"{self.library} is not installed where your work is graded: do without it, or ask for "
            "it to be installed"
        )


class LimitReached(Failure, frozen=True, kw_only=True):
    kind: Literal["cpu", "wait", "memory", "processes", "size"]
    limit: str = ""
    """Seconds for cpu and wait, megabytes for memory and size."""

    @property
    def short(self) -> str:
        """The limit alone, without a guess at the cause."""
        return _LIMITS[self.kind][0].format(limit=self.limit)

    @property
    def sentence(self) -> str:
        return self._with_place(self.short + _LIMITS[self.kind][1])


_LIMITS = {
    "cpu": ("Stopped at the time limit of {limit} s", ": an endless loop?"),
    "wait": ("Stopped after {limit} s of waiting", ": what it waits for does not come."),
    "memory": ("Stopped at the memory limit of {limit} MB", ": does something grow without end?"),
    "processes": ("Stopped at the process limit", ": an exercise may not start other processes."),
    "size": ("It returned more than {limit} MB", "."),
}


class Crashed(Failure, frozen=True, kw_only=True):
    signal: str
    """As SIGSEGV."""

    @property
    def sentence(self) -> str:
        means = _SIGNALS.get(self.signal, "a crash")
        return self._with_place(f"Your code crashed Python: {self.signal}, {means}.")


_SIGNALS = {
    "SIGSEGV": "a segmentation fault: memory that is not its own",
    "SIGABRT": "an abort, often by a library that found its state broken",
    "SIGBUS": "a bad memory access",
    "SIGFPE": "an arithmetic fault",
    "SIGILL": "an illegal instruction",
    "SIGKILL": "killed from outside, or by the system for lack of memory",
    "SIGSYS": "a system call that is not allowed",
}


def signal_name(number: int) -> str:
    """The name of a signal, as SIGSEGV."""
    return {s.value: s.name for s in signal.Signals}.get(number, f"signal {number}")


class Exited(Failure, frozen=True, kw_only=True):
    status: int

    @property
    def sentence(self) -> str:
        return self._with_place(
            f"Your code ended the Python process itself, with status {self.status}, before it returned."
        )


class ChannelClosed(Failure, frozen=True, kw_only=True):
    @property
    def sentence(self) -> str:
        return self._with_place(
            "Your code closed a file descriptor it did not open, so its result could not be sent back."
        )


class ProtocolBroken(Failure, frozen=True, kw_only=True):
    @property
    def sentence(self) -> str:
        return self._with_place("The result that your code sent back could not be read.")


class NotWritten(Failure, frozen=True, kw_only=True):
    @property
    def sentence(self) -> str:
        return "Not written yet. Replace the TODO with your code, and save."


class NotDefined(Failure, frozen=True, kw_only=True):
    """A name that an exercise has to define is not there; `location` is where something like it is."""

    names: tuple[str, ...]
    file: Location
    found: Literal["", "inside", "outside", "misspelt"] = ""
    """What stands at `location`: the name in another class, outside of its class, or a like name."""
    found_name: str = ""
    holder: str = ""
    """The class that it is in or should be in."""

    @property
    def sentence(self) -> str:
        text = f"{self.file} does not define {_listed([*self.names])}."
        name = self.names[0].rpartition(".")[2]
        if self.found == "misspelt":
            return (
                f"{text} There is {self.found_name} in {self.location}: should it be called {name}?"
            )
        if self.found == "inside":
            return (
                f"{text} There is {name} in {self.location}, but inside {self.holder}: is it indented "
                "too far?"
            )
        if self.found == "outside":
            return (
                f"{text} There is {name} in {self.location}, but outside of {self.holder}: is it "
                "indented too little?"
            )
        return text


class Unreadable(Failure, frozen=True, kw_only=True):
    """A file that cannot be judged; `location` is where, with the line if one is known."""

    why: str
    """What follows the location in a sentence, as `is not valid Python`; a whole one if there is none."""
    absent: bool = False
    """Not there or empty: the work has not begun, which is not an error."""

    @property
    def sentence(self) -> str:
        return f"{self.location} {self.why}" if self.location else self.why


class NeedsUnwritten(Failure, frozen=True, kw_only=True):
    exercise: str

    @property
    def sentence(self) -> str:
        return f"It calls {self.exercise}, which is not written yet."


class NeedsUndefined(Failure, frozen=True, kw_only=True):
    name: str
    file: Location
    exercise: str
    lecture: str

    @property
    def sentence(self) -> str:
        return (
            f"It needs {self.name}, which {self.file} does not define: that is "
            f"{self.lecture}.{self.exercise}."
        )


class NeedsUnreadable(Failure, frozen=True, kw_only=True):
    """It calls an exercise, or imports a file, that cannot be read."""

    importer: Location | None = None
    """The file that imports it, unless an exercise is called."""
    needed: str
    """The exercise, or the module."""
    exercise: str = ""
    why: Unreadable

    @property
    def sentence(self) -> str:
        start = f"{self.importer} imports" if self.importer else "It calls"
        return f"{start} {self.needed}, and {self.why.sentence}"


AnyFailure = (
    Mismatch | Incomparable | ChangedInput | CheckMessage | Forbidden | MissingAttribute
    | ReturnedNone | Raised | NotInstalled | LimitReached | Crashed | Exited | ChannelClosed
    | ProtocolBroken | NotWritten | NotDefined | Unreadable | NeedsUnwritten | NeedsUndefined
    | NeedsUnreadable
)  # fmt: skip


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]

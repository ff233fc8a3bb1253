"""What judge, zygote and child say to each other; every message is one msgpack struct."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from grader.sandbox.modules import MAX_PATH, CodeFile
from grader.sandbox.probes import ProbeCall
from grader.sandbox.protections import Layer

MAX_FRAMES = 200
MAX_LINE = 10_000_000
MAX_TEXT = 4000
MAX_NAME = 200
MAX_NAMES = 12
MAX_CHANGED = 1000
MAX_REPLY = 4 << 20
"""Bytes of an answer that holds no observation.

A child keeps to all of these, so what does not is no answer of ours: the judge reads nothing of it.
"""
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
Name = Annotated[str, msgspec.Meta(max_length=MAX_NAME)]
Line = Annotated[int, msgspec.Meta(ge=1, le=MAX_LINE)]
Frame = tuple[Annotated[str, msgspec.Meta(max_length=MAX_PATH)], Line, Name]
"""File, line, function."""


class LoadFiles(msgspec.Struct, frozen=True, tag=True):
    """The learner's files and the names an exercise is about. Answered with Ready when `module`
    has been imported and has the names."""

    files: dict[str, CodeFile]
    others: dict[str, CodeFile]
    package: str
    stand_ins: tuple[str, ...]
    names: tuple[str, ...]
    """Dotted, in `module`."""
    module: str
    forbids: tuple[str, ...]
    seconds: float
    """Processor time that it may take."""
    wall_seconds: float
    seen: tuple[str, ...] = ()
    """The only folders of the disk that there are for it, besides its own; all where none is named."""


class RunProbe(msgspec.Struct, frozen=True, tag=True):
    call: ProbeCall
    modules: tuple[str, ...]
    """The stems the probe takes, loaded before it runs."""
    seconds: float
    wall_seconds: float
    quiet: bool
    """Nobody listens any more: what is printed from here on is not even counted."""


class ReturnedReply(msgspec.Struct, frozen=True, tag=True):
    """What the probe returned, encoded, and the inputs it changed in place."""

    value: bytes
    changed: Annotated[list[Name], msgspec.Meta(max_length=MAX_CHANGED)]


class RaisedReply(msgspec.Struct, frozen=True, tag=True):
    """What the learner's code raised, and where; outermost frame first."""

    kind: Name
    message: Text
    frames: Annotated[list[Frame], msgspec.Meta(max_length=MAX_FRAMES)]
    stub: Text | None = None
    """What the NotImplementedError of a stub names."""
    file: Text = ""
    """The file that an OSError is about."""
    missing: Text = ""
    """An attribute that the learner's own object or file does not have, asked for by the probe."""
    there: Annotated[list[Name], msgspec.Meta(max_length=MAX_NAMES)] = []
    """The attributes that object does have."""
    limit: Literal["", "memory", "processes"] = ""
    """`memory` or `processes`, where the exception is how that limit shows."""
    forbidden: Name = ""
    """The forbidden name that was called."""
    alone: bool = False
    """Whether it took nothing along but what it would have given: the rest of the file is there."""


class MissingReply(msgspec.Struct, frozen=True, tag=True):
    """Names of the exercise, or files of the probe, that the learner does not have."""

    names: Annotated[list[str], msgspec.Meta(min_length=1)]


class ReadyReply(msgspec.Struct, frozen=True, tag=True):
    """The child has set its limits, or has loaded the learner's file, and waits."""

    layers: tuple[Layer, ...] = ()
    """What it has put on; believed only before it has seen the learner's code."""
    missing: list[Name] = []
    """Those of the exercise's names that the learner's file does not have; not all of them."""


Reply = ReadyReply | ReturnedReply | RaisedReply | MissingReply


class Fork(msgspec.Struct, frozen=True, tag=True):
    """Judge to zygote, with three file descriptors: channel, output, trace. Not answered."""

    child: int
    """A number for it, of the judge's choice."""
    memory_mb: int
    folder: bytes
    """As the file system has it, which may be in no alphabet."""
    imports: tuple[str, ...] = ()
    """Libraries that are slow to import and that the learner's code will use."""


class End(msgspec.Struct, frozen=True, tag=True):
    """Kill that child and whatever it left behind. Answered where `answer` is set."""

    child: int
    answer: bool
    patience: float = 0.0
    """Seconds in which it may end by itself."""


class Usage(msgspec.Struct, frozen=True, tag=True):
    """Ask for the processor time that child has used. Answered with Used."""

    child: int


class Used(msgspec.Struct, frozen=True, tag=True):
    cpu_seconds: float


class ChildEnded(msgspec.Struct, frozen=True, tag=True):
    status: int
    """As os.waitpid gives it."""
    by_itself: bool = False
    """Whether it was gone before it was killed; known where there was patience."""


def pack(message: msgspec.Struct) -> bytes:
    return msgspec.msgpack.encode(message)


to_child = msgspec.msgpack.Decoder(LoadFiles | RunProbe)
from_child = msgspec.msgpack.Decoder(Reply)
seen_by_child = msgspec.msgpack.Decoder(ReturnedReply)
"""For what is so large that it can only be an observation."""
to_zygote = msgspec.msgpack.Decoder(Fork | End | Usage)
from_zygote = msgspec.msgpack.Decoder(ChildEnded)
usage_from_zygote = msgspec.msgpack.Decoder(Used)

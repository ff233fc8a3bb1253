"""The judge's side of the wall: start children, ask them, stop them at their limits."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from grader.course.manifest import Limits
from grader.errors import UserError
from grader.sandbox import serialization
from grader.sandbox.bubblewrap import words_before
from grader.sandbox.isolation import Isolation, default_isolation
from grader.sandbox.limits import WAITING, cpu_seconds, ends_within
from grader.sandbox.protections import Layer
from grader.sandbox.protocol import (
    MAX_FRAMES,
    MAX_NAME,
    MAX_REPLY,
    ChildEnded,
    End,
    Fork,
    Frame,
    LoadFiles,
    ReadyReply,
    Reply,
    RunProbe,
    Usage,
    from_child,
    from_zygote,
    pack,
    seen_by_child,
    usage_from_zygote,
)
from grader.sandbox.seclusion import folders_in_class

GRACE_SECONDS = 0.2
"""How long after the limit the child may still write where it is."""
START_SECONDS = 120.0
"""How long a new Python may take to import torch on a slow disk."""
WAITING_SHARE = 0.05
"""Of the time that passed: a process that used less of the processor has waited for something."""
LAST_WORDS = 0.1
"""Seconds in which a process that is over its time writes the rest of where it is."""
_OVER, _CRASH = b"Current thread 0x", b"Fatal Python error"
OVERRUN = 3.0
"""Seconds of processor time beyond its limit, after which a process has put that limit off."""
_TRACE_BYTES = 64 << 10
_SCRATCH_BYTES = 16 << 10
_PIPE_BYTES = 1 << 20
"""As much as a pipe holds, and more."""
_TRACE_LINE = re.compile(r'^  File "(.*)", line (\d{1,7}) in (.*)$', re.MULTILINE)


class Interrupted(Exception):
    """The verdict is not wanted any more."""


class ChildExit(msgspec.Struct, frozen=True):
    """The child did not answer: a limit, or its own end. Innermost frame first."""

    limit: str
    """`time` where it waits for something, `cpu` where its time is over, `overrun` where it goes on
    beyond that, `observation`, `message` where it broke the protocol, or empty: it ended by itself."""
    frames: list[Frame]


class ExitStatus(NamedTuple):
    """How a process ended."""

    signal: int
    """That it died of; 0 if it ended otherwise."""
    status: int
    by_itself: bool
    """Whether it was gone before it was killed; known where there was patience."""


class Child:
    """A process for one exercise: told something, heard about it; `output` is what it printed."""

    def __init__(
        self, limits: Limits, cpu_seconds: Callable[[], float], interrupt: int | None = None
    ) -> None:
        """`cpu_seconds` tells the processor time that the process has used."""
        self._limits = limits
        self._cpu_seconds = cpu_seconds
        self._interrupt = interrupt
        self._ours, theirs = socket.socketpair()
        self._output, output = os.pipe()
        self._trace, trace = os.pipe()
        _widen(output)
        self.fds = (theirs.detach(), output, trace)
        for fd in (self._output, self._trace):
            os.set_blocking(fd, False)
        self._ours.setblocking(False)
        self._printed = bytearray()
        self.dropped = 0
        """Bytes printed beyond the limit."""
        self._where = bytearray()
        self._scratch = bytearray(_SCRATCH_BYTES)
        self._heard = bytearray()
        self._ready = False
        self.layers: tuple[Layer, ...] = ()
        """What it had put on when it started."""
        self.own_folder = ""
        """A folder that was made for it."""

    def given_away(self) -> None:
        """The child has its ends of the pipes; ours are closed, so that its death is seen."""
        for fd in self.fds:
            os.close(fd)

    @property
    def output(self) -> str:
        return self._printed.decode("utf-8", "replace")

    def tell(self, message: LoadFiles | RunProbe) -> None:
        """Send a message; `hear` gives the answer. A child that is gone is found out there."""
        data = pack(message)
        # one that is ready and does not read is as good as gone
        self._ours.settimeout(self._limits.seconds if self._ready else START_SECONDS)
        with contextlib.suppress(OSError):
            self._ours.sendall(serialization.header(len(data)) + data)
        self._ours.setblocking(False)

    def has_started(self) -> bool:
        """Whether it waits for what it is told; False if it ended before it saw any of it."""
        if not self._ready:
            hello = self._listen(time.monotonic() + START_SECONDS)
            self._ready = isinstance(hello, ReadyReply)
            self.layers = hello.layers if isinstance(hello, ReadyReply) else ()
        return self._ready

    def hear(self, seconds: float) -> Reply | ChildExit:
        """The answer to what was told, or how the child ended or has to be ended.

        `seconds` is the processor time that it has. It keeps to that by itself: it is waited for as
        long as it computes, however little of the processor a busy machine gives it.
        """
        used: list[float] = []
        while True:
            answer = self._listen(time.monotonic() + seconds + GRACE_SECONDS)
            if not isinstance(answer, ChildExit) or answer.limit != "time":
                break
            used.append(self._cpu_seconds())
            if used[-1] - used[0] > seconds + OVERRUN:
                answer = ChildExit("overrun", answer.frames)
                break
            if len(used) >= WAITING and used[-1] - used[-WAITING] < WAITING_SHARE * seconds:
                break
            if not self._is_over_time():  # it may write that now, and end before we listen again
                self._where.clear()
        self._where.clear()
        return answer

    def close(self) -> None:
        self._ours.close()
        os.close(self._output)
        os.close(self._trace)

    def _is_over_time(self) -> bool:
        """Whether the child has written where it was when its processor time was over."""
        return _OVER in self._where and _CRASH not in self._where

    def _listen(self, deadline: float) -> Reply | ChildExit:
        limit = "time"
        with selectors.DefaultSelector() as selector:
            for source in (self._ours.fileno(), self._output, self._trace):
                selector.register(source, selectors.EVENT_READ)
            if self._interrupt is not None:
                selector.register(self._interrupt, selectors.EVENT_READ)
            while True:
                size = self._size_ahead()
                if size is not None and size > self._limits.observation_mb << 20:
                    return self._died("observation")
                if size is not None and len(self._heard) >= serialization.HEADER_SIZE + size:
                    return self._take(size)
                left = deadline - time.monotonic()
                if left <= 0:
                    return self._died(limit)
                for key, _ in selector.select(left):
                    if key.fd == self._interrupt:
                        raise Interrupted
                    if key.fd == self._ours.fileno():
                        part = self._read_channel()
                        if not part:
                            return self._died("")
                        self._heard += part
                    elif not self._drain_one(key.fd):
                        selector.unregister(key.fd)
                if self._is_over_time() and (over := time.monotonic() + LAST_WORDS) < deadline:
                    deadline, limit = over, "cpu"

    def _size_ahead(self) -> int | None:
        """The size of the next message, where its header is here."""
        if len(self._heard) < serialization.HEADER_SIZE:
            return None
        return serialization.size_of(bytes(self._heard[: serialization.HEADER_SIZE]))

    def _take(self, size: int) -> Reply:
        end = serialization.HEADER_SIZE + size
        data = bytes(self._heard[serialization.HEADER_SIZE : end])
        del self._heard[:end]
        self.drain()
        return _reply(data)

    def _read_channel(self) -> bytes:
        try:
            return self._ours.recv(1 << 20)
        except OSError:
            return b""

    def drain(self) -> None:
        """All that is in the pipes now: a child that prints on and on would never let them empty."""
        for fd in (self._output, self._trace):
            left = _PIPE_BYTES
            while left > 0 and (size := self._drain_one(fd)) > 0:
                left -= size

    def _drain_one(self, fd: int) -> int:
        """Read once; keep what fits. 0 at the end, -1 where there is nothing now."""
        try:
            size = os.readv(fd, [self._scratch])
        except BlockingIOError:
            return -1
        kept, limit = (
            (self._where, _TRACE_BYTES)
            if fd == self._trace
            else (self._printed, self._limits.output_kb << 10)
        )
        room = max(0, limit - len(kept))
        kept += self._scratch[: min(room, size)]
        if size == _SCRATCH_BYTES:  # there is more than a few lines
            self._scratch = bytearray(_PIPE_BYTES)
        if fd == self._output:
            self.dropped += size - min(room, size)
        return size

    def _died(self, limit: str) -> ChildExit:
        self.drain()
        text = self._where.decode("utf-8", "replace")
        # the thread that the crash or the time-out is in comes last and is marked, where it is Python's
        marker = "Current thread" if "Current thread" in text else "Thread 0x"
        _, _, thread = text.rpartition(marker)
        # the learner's code can write there, too
        found = _TRACE_LINE.findall(thread)[:MAX_FRAMES]
        return ChildExit(limit, [(f, int(n), where[:MAX_NAME]) for f, n, where in found])


def _widen(pipe: int) -> None:
    """Room for more at once: a flood of prints is drained in half the time."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):  # a user may have no more room for pipes
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _reply(data: bytes) -> Reply:
    try:
        small = len(data) <= MAX_REPLY
        reply: Reply = from_child.decode(data) if small else seen_by_child.decode(data)
    except msgspec.DecodeError as error:
        raise serialization.ProtocolError(str(error)) from None
    return reply


class Sandbox:
    """Where children come from. A context manager: nothing of it is left running after.

    In the `foreground` a child has the terminal and no limits, and only one runs at a time.
    `forbids` is what a course forbids, made ready for all children at once. As soon as there is
    something to read from `interrupt`, a wait for a child raises Interrupted instead. In
    bubblewrap no child sees the folders of `hide`, wherever they lie.

    A child runs in the submission's own folder. Where there is `data`, it is as when a class is graded:
    each child has a new folder with these files under their names, and nothing else; and in bubblewrap
    it never has another. A `secluded` child finds nothing else on the disk that a class would not find.
    """

    def __init__(
        self,
        isolation: Isolation | None = None,
        foreground: bool = False,
        forbids: Sequence[str] = (),
        interrupt: int | None = None,
        hide: Sequence[Path] = (),
        data: Mapping[str, Path] | None = None,
        secluded: bool = False,
    ) -> None:
        self._interrupt = interrupt
        self._hide = hide
        self._data = data
        self.seen = folders_in_class() if secluded else ()
        """The folders of the disk that a child finds, where it does not find all."""
        self._folders: tempfile.TemporaryDirectory[str] | None = None
        self.isolation = isolation or default_isolation()
        self.foreground = foreground
        self._forbids = forbids
        self._numbers = itertools.count()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._running: dict[Child, int | subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        if sys.platform == "win32":
            raise UserError("zth judges on Linux and macOS.", "On Windows, run it in WSL.")
        if self.isolation is not Isolation.SPAWN:
            self._start_zygote()
        return self

    def __exit__(self, *_: object) -> None:
        for child in list(self._running):
            with contextlib.suppress(OSError):
                self.end(child)
        self._stop_zygote()
        if self._folders is not None:
            self._folders.cleanup()

    def child(self, limits: Limits, folder: str, imports: Sequence[str] = ()) -> Child:
        """A new process that has seen nothing yet, and has imported the libraries `imports`."""
        child = Child(limits, lambda: self._cpu_seconds(child), self._interrupt)
        if self._data is not None and self.isolation is not Isolation.BWRAP:
            folder = child.own_folder = self._new_folder(self._data)
        start = self._spawn if self.isolation is Isolation.SPAWN else self._fork
        try:
            self._running[child] = start(child, limits, folder, imports)
        except BaseException:
            child.close()
            raise
        finally:
            child.given_away()
        return child

    def end(self, child: Child, patience: float = 0.0) -> ExitStatus:
        """Stop a child and all it started. It has `patience` seconds to end by itself."""
        process = self._running.pop(child, None)
        if process is None or isinstance(process, int):
            ended = self._end_forked(process, patience)
        else:
            ended = self._end_spawned(process, patience)
        child.drain()
        self._close(child)
        if os.WIFSIGNALED(ended.status):
            return ExitStatus(os.WTERMSIG(ended.status), 0, ended.by_itself)
        return ExitStatus(0, os.WEXITSTATUS(ended.status), ended.by_itself)

    def dismiss(self, child: Child) -> None:
        """End a child whose answers are all here; how it ends is of no interest."""
        process = self._running.get(child)
        if isinstance(process, int):
            del self._running[child]
            self._tell_zygote(End(process, answer=False))
            self._close(child)
        else:
            self.end(child)

    def _new_folder(self, data: Mapping[str, Path]) -> str:
        if self._folders is None:
            self._folders = tempfile.TemporaryDirectory(prefix="zth-", ignore_cleanup_errors=True)
        folder = Path(tempfile.mkdtemp(dir=self._folders.name))
        for name, path in data.items():
            shutil.copyfile(path, folder / name)  # a link would lead to the one that all have
            (folder / name).chmod(0o444)
        return str(folder)

    def _close(self, child: Child) -> None:
        child.close()
        if child.own_folder:
            shutil.rmtree(child.own_folder, ignore_errors=True)

    def is_bereft(self, child: Child) -> bool:
        """Whether the zygote of a child is gone: it took the child along, whatever that was doing."""
        process = self._running.get(child)
        if process is None:
            return True
        return isinstance(process, int) and not self._zygote_is_there()

    def _cpu_seconds(self, child: Child) -> float:
        """Processor time that a running child has used."""
        process = self._running.get(child)
        if isinstance(process, subprocess.Popen):
            return cpu_seconds(process.pid)
        assert self._control is not None
        if process is None or not self._tell_zygote(Usage(process)):
            return 0.0
        answer = self._control.recv(1 << 12)
        return usage_from_zygote.decode(answer).cpu_seconds if answer else 0.0

    def _spawn(
        self, child: Child, limits: Limits, folder: str, imports: Sequence[str]
    ) -> subprocess.Popen[bytes]:
        numbers = (*child.fds, limits.memory_mb, int(self.foreground))
        return _python(
            "grader.sandbox.child",
            [*map(str, numbers), folder, *imports],
            child.fds,
            self.foreground,
        )

    def _fork(self, child: Child, limits: Limits, folder: str, imports: Sequence[str]) -> int:
        number = next(self._numbers)
        order = Fork(number, limits.memory_mb, os.fsencode(folder), tuple(imports))
        if not self._tell_zygote(order, child.fds):
            # it was killed: start another
            self._stop_zygote()
            self._start_zygote()
            self._tell_zygote(order, child.fds)
        return number

    def _end_forked(self, number: int | None, patience: float) -> ChildEnded:
        """How a child ended; as killed where its zygote is gone, and the child with it."""
        assert self._control is not None
        answer = b""
        if number is not None and self._tell_zygote(End(number, answer=True, patience=patience)):
            with contextlib.suppress(OSError):
                answer = self._control.recv(1 << 12)
        return from_zygote.decode(answer) if answer else ChildEnded(signal.SIGKILL, by_itself=True)

    def _end_spawned(self, process: subprocess.Popen[bytes], patience: float) -> ChildEnded:
        by_itself = process.returncode is not None or ends_within(process.pid, patience)
        if not self.foreground:  # there it is in our own group
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        code = process.wait()
        return ChildEnded(-code if code < 0 else code << 8, by_itself)

    def _tell_zygote(self, message: Fork | End | Usage, fds: Sequence[int] = ()) -> bool:
        """Whether there was a zygote to hear it."""
        assert self._control is not None
        try:
            socket.send_fds(self._control, [pack(message)], fds)
        except OSError:
            return False
        return True

    def _zygote_is_there(self) -> bool:
        """Whether its end of the socket is open: the kernel closes that before a child is told."""
        assert self._control is not None
        try:
            return bool(self._control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _start_zygote(self) -> None:
        # children of the one before are gone, and this one does not know them
        self._running = {c: p for c, p in self._running.items() if not isinstance(p, int)}
        walled = self.isolation is Isolation.BWRAP
        before = words_before(self._hide, self._data or {}) if walled else ()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            fd = theirs.fileno()
            self._zygote = _python(
                "grader.sandbox.zygote",
                [str(fd), "cell" if walled else "", *self._forbids],
                (fd,),
                before=before,
            )

    def _stop_zygote(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._zygote is not None:
            try:
                self._zygote.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()
            self._zygote = None


def _python(
    module: str,
    arguments: list[str],
    fds: tuple[int, ...],
    foreground: bool = False,
    before: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """A Python that does not look for modules in the current folder, and computes on one thread."""
    changes = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    if not foreground:
        changes["MPLBACKEND"] = "Agg"  # plt.show(), copied along with the video, waits for nobody
    nowhere = None if foreground else subprocess.DEVNULL
    return subprocess.Popen(
        [*before, sys.executable, "-P", "-m", module, *arguments],
        pass_fds=fds,
        stdin=nowhere,
        stdout=nowhere,
        env={**os.environ, **changes},
        start_new_session=not foreground,
    )

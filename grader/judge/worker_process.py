"""A process of ours that stays, and the channel to it: how a judge is kept and asked from outside.

The messages are msgspec structs; both sides name what they may hear. The process has no terminal: what
it prints is kept, and read where it ends without a word.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Self, TypeVar

import msgspec

from grader.errors import UserError

Message = TypeVar("Message")
END_SECONDS = 5.0
"""How long it may take to end by itself before it is killed."""
_pack = msgspec.msgpack.Encoder().encode


class WorkerReady(msgspec.Struct, tag=True, frozen=True):
    """The checks are collected."""


class WorkerFailed(msgspec.Struct, tag=True, frozen=True):
    """It cannot go on: a UserError's two sentences, or the traceback of a fault of ours."""

    message: str
    fix: str = ""
    trace: str = ""

    @property
    def error(self) -> Exception:
        """What to raise where it is heard."""
        if self.fix:
            return UserError(self.message, self.fix)
        return RuntimeError(f"{self.message}\n{self.trace}")


class WorkerEnded(Exception):
    """It is gone and said nothing of it: killed, or out of memory."""

    def __init__(self, status: int, printed: str) -> None:
        super().__init__(f"ended with {status}\n{printed}".strip())
        self.status = status
        self.printed = printed


class ParentExited(Exception):
    """The parent closed the channel or exited."""


class Process:
    """The process, seen from outside: `tell` it a message, `hear` what it says. A context manager."""

    def __init__(self, module: str, arguments: Sequence[str] = (), fds: Sequence[int] = ()) -> None:
        """`module` is run with the channel's descriptor and `arguments`; it gets `fds` as well."""
        self._module = module
        self._arguments = arguments
        self._fds = fds

    def __enter__(self) -> Self:
        ours, theirs = socket.socketpair()
        self._printed = tempfile.TemporaryFile()
        with theirs:
            fd = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self._module, str(fd), *self._arguments],
                pass_fds=(fd, *self._fds),
                stdin=subprocess.DEVNULL,
                stdout=self._printed,
                stderr=self._printed,
                start_new_session=True,  # a Ctrl-C is for the one who asks
            )
        self._channel = Connection(ours.detach())
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._printed.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Readable when there is something to hear."""
        return self._channel.fileno()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def tell(self, message: msgspec.Struct) -> None:
        with contextlib.suppress(OSError):  # gone: `hear` tells how
            self._channel.send_bytes(_pack(message))

    def hear(self, decoder: msgspec.msgpack.Decoder[Message]) -> Message:
        """The next thing it says; waits for it. The decoder knows Failed besides.

        Raises UserError and RuntimeError as the process had them, Ended where it is gone.
        """
        try:
            message = decoder.decode(self._channel.recv_bytes())
        except (EOFError, OSError):
            self._process.wait()
            self._printed.seek(0)
            printed = self._printed.read().decode("utf-8", "replace").strip()
            raise WorkerEnded(self._process.returncode, printed) from None
        if isinstance(message, WorkerFailed):
            raise message.error
        return message


class ParentChannel:
    """The process that started this one, seen from inside."""

    def __init__(self, channel: Connection) -> None:
        self._channel = channel

    def say(self, message: msgspec.Struct) -> None:
        with contextlib.suppress(OSError):  # nobody is there: the next `hear` tells
            self._channel.send_bytes(_pack(message))

    def hear(self, decoder: msgspec.msgpack.Decoder[Message]) -> Message:
        """The next message; waits for it. Raises Alone where nobody is there any more."""
        try:
            return decoder.decode(self._channel.recv_bytes())
        except (EOFError, OSError):
            raise ParentExited from None

    def has_more(self) -> bool:
        """Whether `hear` would not wait."""
        return self._channel.poll()


def run(fd: int, work: Callable[[ParentChannel], None]) -> None:
    """What the process does, from its first line to its end: `work`, or why it cannot."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the end of the channel says it better
    parent = ParentChannel(Connection(fd))
    try:
        work(parent)
    except UserError as error:
        parent.say(WorkerFailed(error.message, error.fix))
    except ParentExited:
        pass
    except Exception as error:  # the parent shows it, with its traceback
        parent.say(WorkerFailed(str(error), trace=traceback.format_exc()))
    os._exit(0)  # nobody has to wait for torch to be taken apart

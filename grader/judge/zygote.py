"""The zygote: torch imported, nothing of the course in it; forks a child for each exercise.

A fork costs about ten milliseconds where an import of torch costs a second. One child is always
kept ready, made while the judge is busy with the one before. The zygote is started as a program
of its own, so its heap has never held a check, a solution or an expected value.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from pathlib import Path

from grader.judge import child, limits
from grader.judge.messages import Ended, Fork, pack, to_zygote
from grader.judge.tripwire import TRIPWIRE
from grader.judge.warm import warm


class _Spare:
    """A forked child that waits for its first orders on a socket of its own."""

    def __init__(self, keep_out: socket.socket) -> None:
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                keep_out.close()
                ours.close()
                _wait_and_serve(theirs)
            finally:
                os._exit(70)
        theirs.close()
        self._orders = ours

    def send(self, order: Fork, fds: list[int]) -> None:
        socket.send_fds(self._orders, [pack(order)], fds)
        self._orders.close()


def _wait_and_serve(orders: socket.socket) -> None:
    data, fds, _, _ = socket.recv_fds(orders, 1 << 16, 3)
    if not data:
        os._exit(0)
    orders.close()
    order = to_zygote.decode(data)
    if isinstance(order, Fork):
        channel, output, trace = fds
        child.settle_in_sandbox(output, trace, order.memory_mb, order.folder)
        child.serve(channel, trace)


def serve(control: socket.socket) -> None:
    """Fork and end children as told, until the judge closes the socket. Does not return."""
    limits.adopt_orphans()
    spare = _Spare(control)
    running: dict[int, int] = {}
    while True:
        data, fds, _, _ = socket.recv_fds(control, 1 << 16, 3)
        if not data:
            break
        message = to_zygote.decode(data)
        if isinstance(message, Fork):
            running[message.child] = spare.pid
            spare.send(message, list(fds))
            for fd in fds:
                os.close(fd)
            spare = _Spare(control)
        else:
            pid = running.pop(message.child)
            status = _end(pid, keep={spare.pid, *running.values()})
            if message.answer:
                control.send(pack(Ended(status)))
    for pid in (*running.values(), spare.pid):
        _end(pid, keep=set())
    os._exit(0)  # not the slow way, through the end of the interpreter and of torch


def _end(pid: int, keep: set[int]) -> int:
    """Kill a child and all it left behind; its status as waitpid gives it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        status = 0
    while orphans := _children() - keep:
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, 0)
    return status


def _children() -> set[int]:
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(pid) for pid in listed.split()}


def main(control_fd: int, forbids: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's to handle
    warm()
    TRIPWIRE.guard(forbids)
    gc.freeze()
    with socket.socket(fileno=control_fd) as control:
        serve(control)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

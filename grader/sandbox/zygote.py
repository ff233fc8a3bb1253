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

from grader.sandbox import child, limits, namespaces
from grader.sandbox.forbidden_calls import TRIPWIRE
from grader.sandbox.huge_pages import use_large_pages
from grader.sandbox.preload import import_ahead, warm
from grader.sandbox.protections import Layer
from grader.sandbox.protocol import ChildEnded, Fork, Usage, Used, pack, to_zygote


class _Block:
    """The cells, and what stands around all of them."""

    def __init__(self) -> None:
        self.walls = namespaces.walls()
        self.cells = namespaces.NamespaceForker()


class _Forked:
    """A child: first it waits for its orders on a socket of its own, then it runs."""

    def __init__(self, keep_out: socket.socket, block: _Block | None) -> None:
        ours, theirs = socket.socketpair()
        self.pid = block.cells.fork() if block else os.fork()
        if self.pid == 0:
            try:
                keep_out.close()
                ours.close()
                _wait_and_serve(theirs, block.walls if block else None)
            finally:
                os._exit(70)
        theirs.close()
        self._orders = ours
        self._in_cell = block is not None

    def send(self, order: Fork, fds: list[int]) -> None:
        socket.send_fds(self._orders, [pack(order)], fds)
        self._orders.close()

    def end(self, keep: set[int]) -> int:
        """Kill it and all it left behind; its status as waitpid gives it."""
        self._orders.close()
        if not self._in_cell:  # in a cell the kernel ends the rest
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            status = 0
        if not self._in_cell:
            _end_orphans(keep)
        return status


def _wait_and_serve(orders: socket.socket, walls: tuple[Layer, ...] | None) -> None:
    data, fds, _, _ = socket.recv_fds(orders, 1 << 16, 3)
    if not data:
        os._exit(0)
    orders.close()
    order = to_zygote.decode(data)
    if isinstance(order, Fork):
        channel, output, trace = fds
        layers = child.settle_in_sandbox(output, trace, order.memory_mb, order.folder, walls)
        child.serve(channel, trace, layers)


def serve(control: socket.socket, block: _Block | None) -> None:
    """Fork and end children as told, until the judge closes the socket. Does not return."""
    limits.adopt_orphans()
    spare = _Forked(control, block)
    running: dict[int, _Forked] = {}
    imported: set[str] = set()
    while True:
        data, fds, _, _ = socket.recv_fds(control, 1 << 16, 3)
        if not data:
            break
        message = to_zygote.decode(data)
        if isinstance(message, Fork):
            if missing := set(message.imports) - imported:
                spare.end({other.pid for other in running.values()})
                import_ahead(missing)
                imported |= missing
                spare = _Forked(control, block)
            running[message.child] = spare
            spare.send(message, list(fds))
            for fd in fds:
                os.close(fd)
            spare = _Forked(control, block)
        elif isinstance(message, Usage):
            known = running.get(message.child)
            control.send(pack(Used(limits.cpu_seconds(known.pid) if known else 0.0)))
        else:
            ended = ChildEnded(
                signal.SIGKILL
            )  # a child of the zygote before us, which is gone with it
            if forked := running.pop(message.child, None):
                by_itself = limits.ends_within(forked.pid, message.patience)
                keep = {spare.pid, *(other.pid for other in running.values())}
                ended = ChildEnded(forked.end(keep), by_itself)
            if message.answer:
                control.send(pack(ended))
    for forked in (*running.values(), spare):
        forked.end(keep=set())
    os._exit(0)  # not the slow way, through the end of the interpreter and of torch


def _end_orphans(keep: set[int]) -> None:
    while orphans := _children(os.getpid()) - keep:
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, 0)


def _children(pid: int) -> set[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(pid) for pid in listed.split()}


def main(control_fd: int, in_cell: bool, forbids: list[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's to handle
    block = _Block() if in_cell else None  # before torch is there: it goes on in another process
    warm()
    TRIPWIRE.guard(forbids)
    gc.freeze()
    if block:  # one learner does not wait for it; a class is quicker for it
        use_large_pages()
    with socket.socket(fileno=control_fd) as control:
        serve(control, block)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "cell", sys.argv[3:])

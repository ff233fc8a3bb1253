"""A real Jupyter kernel, told to run one cell after another as a notebook tells it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

PATIENCE_SECONDS = 90.0


class Output(NamedTuple):
    """What stands below a cell."""

    text: str
    """All of it as plain text."""
    html: str
    error: str
    """The lines of a traceback; empty where nothing was raised."""
    seconds: float


class Kernel:
    def __init__(self, folder: Path, **env: str) -> None:
        self._folder = folder
        self._env = {**os.environ, "JUPYTER_PLATFORM_DIRS": "1", **env}

    def __enter__(self) -> Self:
        from jupyter_client.manager import KernelManager

        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(self._folder), env=self._env)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE_SECONDS)
        assert not self.run("from grader.notebook import check").error
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def interrupt(self) -> None:
        """The button with the square."""
        self._manager.interrupt_kernel()

    def run(self, code: str, cell: str = "") -> Output:
        """Run a cell; `cell` is its id, where the program that shows the notebook tells it."""
        return self.finish(self.start(code, cell))

    def start(self, code: str, cell: str = "") -> str:
        """Run a cell and do not wait."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": False, "stop_on_error": False}
        metadata = {"cellId": cell} if cell else {}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def finish(self, asked: str) -> Output:
        begin = time.monotonic()
        texts: list[str] = []
        pages: list[str] = []
        errors: list[str] = []
        while True:
            message = self._client.get_iopub_msg(timeout=PATIENCE_SECONDS)
            if message["parent_header"].get("msg_id") != asked:
                continue
            content: dict[str, Any] = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                took = time.monotonic() - begin
                return Output("\n".join(texts), "\n".join(pages), "\n".join(errors), took)
            if message["msg_type"] == "stream":
                texts.append(content["text"])
            elif message["msg_type"] == "error":
                errors += content["traceback"]
            elif "data" in content:
                texts.append(content["data"].get("text/plain", ""))
                pages.append(content["data"].get("text/html", ""))

"""A real server on this machine, for one file, that can be told to misbehave."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

SECONDS = 60
"""How long a server that is told to stop midway says nothing, at most."""


class FileServer(ThreadingHTTPServer):
    """Serves `content` at every path, as its settings say; `asked` is what Range each asked for."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.status = 200
        self.knows_ranges = True
        self.says_its_size = True
        self.cut_at: int | None = None
        """The connection is closed after so many bytes of an answer."""
        self.pause_at: int | None = None
        """Nothing more is said after so many bytes of an answer, until `go_on`."""
        self.go_on = threading.Event()
        self.paused = threading.Event()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/file.txt"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range", "")
        server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if server.status != 200:
            self.send_error(server.status)
            return
        if not server.knows_ranges:
            start = 0
        elif start >= len(server.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.content)}")
            self.end_headers()
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            end = len(server.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(server.content)}")
        if server.says_its_size:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if server.pause_at is not None:
            self.wfile.write(body[: server.pause_at])
            self.wfile.flush()
            server.paused.set()
            server.go_on.wait(SECONDS)
            body = body[server.pause_at :]
        with contextlib.suppress(ConnectionError):  # who was served may be gone
            self.wfile.write(body[: server.cut_at])

    def log_message(self, *_: object) -> None:
        pass

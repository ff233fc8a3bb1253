"""A real Jupyter server with nbgrader's formgrader, and a real Chromium that looks at its pages."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from handing_in import BIN
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Route,
    sync_playwright,
)

PATIENCE_MS = 60_000
TOKEN = "a-token-of-the-tests"
MATHJAX = """
window.MathJax = {Hub: {Config() {}, Queue() {}, Startup: {signal: {Interest(told) {
  setTimeout(() => told("End"), 0);
}}}}};
"""
"""nbgrader's pages ask the web for it and nothing else; formgrader waits for its word."""


class Server(NamedTuple):
    url: str
    """With a slash at its end."""
    process: subprocess.Popen[bytes]


@contextmanager
def serving(folder: Path, home: Path) -> Iterator[Server]:
    """A Jupyter server in a course's folder, with a home of its own."""
    homes = ("config", "data", "runtime")
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "JUPYTER_TOKEN": TOKEN}
    env |= {f"JUPYTER_{name.upper()}_DIR": str(home / name) for name in homes}
    env |= {"JUPYTER_PLATFORM_DIRS": "1", "IPYTHONDIR": str(home / "ipython")}
    home.mkdir(parents=True)
    words = ["-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.port=0"]
    log = home / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=folder, env=env, stdout=said, stderr=said
        )
    try:
        yield Server(_address(process, home / "runtime", log), process)
    finally:
        process.terminate()
        process.wait(60)


def _address(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                url: str = json.loads(path.read_text())["url"]
            except ValueError:  # just being written
                continue
            return url
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("This test needs chromium: install it. It is not skipped.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """A page of the browser, and what it complained of."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 1000})
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.url = url
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**/*", self._answer)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location}")

    def _answer(self, route: Route, request: Request) -> None:
        """Nothing of a page may come from elsewhere, but for what nbgrader itself takes from there."""
        if request.url.startswith((self.url, "file:", "data:")):
            route.continue_()
        elif "mathjax" in request.url:
            route.fulfill(content_type="text/javascript", body=MATHJAX)
        else:
            self.complaints.append(f"asked for {request.url}")
            route.abort()

    # formgrader

    def open(self, path: str) -> None:
        """A page of formgrader, when its table is filled."""
        self._go(path)
        self.page.wait_for_function(
            "() => document.querySelector('#main-table td')?.textContent.includes('Loading') === false"
        )

    def _go(self, path: str) -> None:
        if not self.page.context.cookies():
            self.page.goto(f"{self.url}formgrader?token={TOKEN}")
        self.page.goto(f"{self.url}formgrader/{path}")

    def row(self, name: str) -> Locator:
        cells = self.page.locator("td.name, td.student-id").filter(has_text=name)
        return self.page.locator("#main-table tr").filter(has=cells)

    def press(self, name: str, column: str) -> tuple[str, str]:
        """The button of a row; what the dialog says then, its title first."""
        self.row(name).locator(f"td.{column} a").click()
        dialog = self.page.locator(".modal.in")
        dialog.wait_for()
        said = dialog.locator(".modal-title").inner_text(), dialog.inner_text()
        self.page.wait_for_function("() => !document.querySelector('.modal-backdrop:not(.in)')")
        dialog.locator("button", has_text="OK").click()
        dialog.wait_for(state="detached")
        return said

    def open_submission(self, submission: str) -> None:
        """A learner's notebook, when all scores and comments are there."""
        self._go(f"submissions/{submission}/")
        self.page.wait_for_function(
            "() => formgrader.loaded && formgrader.grades.loaded && formgrader.comments.loaded"
        )

    def type_into(self, name: str, text: str) -> None:
        """A score or a comment, as a person who then goes on to the next; it is saved."""
        field = self.page.locator(f"[id='{name}']")
        with self.page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
            field.fill(text)
            field.press("Escape")
        assert saved.value.ok

    def value(self, name: str) -> str:
        return self.page.locator(f"[id='{name}']").input_value()

    def below(self, name: str) -> str:
        """What is shown below a graded cell."""
        cell = self.page.locator("div.cell").filter(has=self.page.locator(f"[id='{name}']"))
        return cell.locator(".output_wrapper").inner_text()

"""A pytest session that is opened and closed, where pytest.main would run one and return.

The one module that calls pytest's own functions: those that pytest's `wrap_session` calls, in its order.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.config import ConftestImportFailure, _prepareconfig

if TYPE_CHECKING:
    from grader.judge.pytest_plugin import HiddenChecks


class NotCollected(Exception):
    """The checks cannot be collected; the text says why."""


@contextlib.contextmanager
def collected_checks(
    plugin: HiddenChecks, root: Path, arguments: Sequence[str]
) -> Iterator[pytest.Session]:
    """A session whose checks are collected, closed when the block ends.

    Raises NotCollected if pytest itself refuses. Files that cannot be imported are in `plugin.errors`.
    """
    with contextlib.ExitStack() as stack:
        with _own_environment(), _refusals():
            config = _prepareconfig([*OPTIONS, f"--rootdir={root}", *arguments], [plugin])
            stack.callback(config._ensure_unconfigure)
            session = pytest.Session.from_config(config)
            config._do_configure()
            config.hook.pytest_sessionstart(session=session)
            stack.callback(
                config.hook.pytest_sessionfinish, session=session, exitstatus=pytest.ExitCode.OK
            )
            config.hook.pytest_collection(session=session)
        yield session


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ConftestImportFailure as error:
        raise NotCollected(f"{error.path}: {error.cause}") from error
    except (pytest.UsageError, pytest.exit.Exception) as error:
        raise NotCollected(str(error)) from error


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """The environment as this course needs it, whatever the learner's asks of their own pytest."""
    ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    theirs = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", *ours)
    before = {name: os.environ.pop(name) for name in theirs if name in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]
        os.environ.update(before)


_UNWANTED = (
    "terminal cacheprovider logging warnings faulthandler unraisableexception threadexception "
    "doctest junitxml pastebin stepwise debugging recwarn tmpdir monkeypatch"
).split()
OPTIONS = (
    *("--import-mode=importlib", "--assert=plain", "--capture=no", "-c", "/dev/null"),
    *(word for name in _UNWANTED for word in ("-p", f"no:{name}")),
)

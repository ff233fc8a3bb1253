"""What the tests of `zth dev` share; the fixtures are in author/conftest.py."""

from collections.abc import Callable

from click.testing import Result

Dev = Callable[..., Result]
"""Runs a `zth dev` command on a course: `dev(course, "check", "double")`."""

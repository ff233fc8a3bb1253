"""The files of zth that decide a verdict: another one may give another."""

from __future__ import annotations

from pathlib import Path

PARTS = ("judge", "sandbox", "source")


def judging_code(package: Path) -> list[Path]:
    """The Python files of these parts, and the plain data that they give. `package` is ours."""
    ground = [package / f"{name}.py" for name in ("results", "failures")]
    return ground + [path for part in PARTS for path in sorted((package / part).glob("*.py"))]

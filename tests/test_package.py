"""The package as a whole: the wheel carries the course, the README's lines are the ones that run."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path

import grader

ROOT = Path(grader.__file__).resolve().parent.parent


def test_the_wheel_carries_the_course_and_finds_it(tmp_path: Path) -> None:
    """Built as `pip install .` builds it, unpacked in another folder, run from there."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)],
        check=True,
        timeout=300,
    )
    (wheel,) = tmp_path.glob("zth-*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    names = {
        p.relative_to(site / "grader" / "_course").parts[0]
        for p in (site / "grader/_course").iterdir()
    }
    assert names == {"course.toml", "exercises", "solutions", "tests"}
    templates = {path.name for path in (site / "grader" / "export" / "templates").iterdir()}
    assert templates >= {"base.html.jinja", "feedback.html.jinja", "class.html.jinja"}
    code = "from grader.course.manifest import *; c = load_course(bundled_course()); print(c.root)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(site / "grader" / "_course"), done.stderr


def test_no_arrow_points_the_other_way() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "1 kept, 0 broken" in done.stdout, done.stdout


def test_every_module_can_be_imported_alone() -> None:
    for module in pkgutil.walk_packages(grader.__path__, "grader."):
        importlib.import_module(module.name)


def test_the_readme_holds_the_lines_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "\n    python -m pip install -c constraints.txt -e . && zth check lecture1\n" in readme
    assert "\n    python -m pip install -c constraints.txt -e '.[dev]' && pytest\n" in readme


def test_the_readme_names_the_lectures() -> None:
    from grader.course.manifest import load_course

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for lecture in load_course(ROOT).lectures:
        assert f"| {lecture.id} · {lecture.title} |" in readme
